/** What a playbook is once it has been checked and compiled: durations are seconds, defaults are filled in. */

/** The kinds of occasion a playbook can name under `on`. */
export type PlaybookOn = 'instance-terminating' | 'instance-launching';

/** A result of a lifecycle action, as CompleteLifecycleAction spells it. */
export type LifecycleResult = 'CONTINUE' | 'ABANDON';

/** An EventBridge event pattern: field names to nested patterns or to lists of conditions. */
export interface EventPattern {
	readonly [field: string]: unknown;
}

/** The work of a playbook: one Command document or one Automation runbook. */
export interface Run {
	readonly type: 'command' | 'automation';
	/** As the playbook names it: a file of `runbooks/` (`drain-node`), an `AWS-*` document, or an ARN. */
	readonly document: string;
	/** Values are lists, as SSM takes them; a value of the form `$.detail.…` is a path into the event. */
	readonly parameters: Readonly<Record<string, readonly string[]>>;
	/** Counted from the opening of the operation. */
	readonly timeoutSeconds: number;
	/** How long Run Command may take to reach the node (SendCommand's TimeoutSeconds, 30 to 2,592,000). */
	readonly deliverWithinSeconds: number;
	/** Launch only: how long a new node may take to register with Systems Manager. 0 on terminate. */
	readonly registerWithinSeconds: number;
}

export interface OpsItemSpec {
	readonly severity?: string;
	readonly category?: string;
	readonly priority?: number;
}

/** What follows an outcome. */
export interface Then {
	readonly lifecycle: LifecycleResult;
	readonly opsItem?: OpsItemSpec;
}

/** What happens to work that is held back. */
export type HeldBack = 'wait' | 'skip';

/** How many operations of a playbook may have work under way. At least one of the two is there. */
export interface Limits {
	/** At any instant. */
	readonly concurrent?: number;
	/** Begun within one clock hour (UTC). */
	readonly perHour?: number;
	readonly beyond: HeldBack;
}

/** Change Calendars, all of which must be open. */
export interface Calendars {
	/** Names or ARNs. */
	readonly names: readonly string[];
	readonly closed: HeldBack;
}

/** What holds a playbook's work back, for every kind of operation. */
export interface Brakes {
	readonly limits?: Limits;
	readonly calendar?: Calendars;
	/** Nothing is done: what would have been is recorded. */
	readonly observe?: true;
}

export interface Playbook {
	readonly name: string;
	/** Unique per `on`; the lowest number that matches wins. */
	readonly priority: number;
	readonly on: PlaybookOn;
	readonly when: { readonly detail: EventPattern; readonly tags?: EventPattern };
	readonly run: Run;
	readonly then: { readonly onSuccess: Then; readonly onFailure: Then };
	readonly brakes?: Brakes;
}

/** A playbook with where it came from. */
export interface CompiledPlaybook {
	readonly playbook: Playbook;
	/** The version of the Parameter Store parameter it was compiled from. */
	readonly parameterVersion: number;
}

/** All playbooks in force: one item of the ledger. */
export interface PlaybookSet {
	/** In order of `on`, then `priority`. */
	readonly playbooks: readonly CompiledPlaybook[];
	readonly compiledAt: string;
}
