/** What a playbook is once it has been checked and compiled: durations are seconds, defaults are filled in. */

import type { VersionScheme } from '../versions/version.ts';

export const LIFECYCLE_OCCASIONS = ['instance-terminating', 'instance-launching'] as const;
/** What a playbook can name under `on`, in the order in which the set keeps them. */
export const OCCASIONS = [...LIFECYCLE_OCCASIONS, 'alarm', 'noncompliant', 'event', 'request', 'session', 'inventory'] as const;

export type LifecycleOccasion = (typeof LIFECYCLE_OCCASIONS)[number];
/** The kinds of occasion a playbook can name under `on`. */
export type PlaybookOn = (typeof OCCASIONS)[number];

export function isLifecycle(on: PlaybookOn): on is LifecycleOccasion {
	return on === 'instance-terminating' || on === 'instance-launching';
}

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
	/** Launch only: how long a new node may take to register with Systems Manager. 0 for every other occasion. */
	readonly registerWithinSeconds: number;
	/** The managed node that a command runs on, or a path to it in the event, where the occasion does not say which. */
	readonly node?: string;
}

export interface OpsItemSpec {
	readonly severity?: string;
	readonly category?: string;
	readonly priority?: number;
	/** Runbooks that an operator may start from it, as a playbook names documents. */
	readonly runbooks?: readonly string[];
}

/** What follows an outcome. */
export interface Then {
	readonly opsItem?: OpsItemSpec;
}

/** What follows an outcome while a hook holds the instance. */
export interface LifecycleThen extends Then {
	readonly lifecycle: LifecycleResult;
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

interface PlaybookOf<On extends PlaybookOn> {
	readonly name: string;
	/** Unique per `on`; the lowest number that matches wins. */
	readonly priority: number;
	readonly on: On;
	readonly when: { readonly detail: EventPattern };
	readonly brakes?: Brakes;
}

export interface LifecyclePlaybook extends PlaybookOf<LifecycleOccasion> {
	readonly when: { readonly detail: EventPattern; readonly tags?: EventPattern };
	readonly run: Run;
	readonly then: { readonly onSuccess: LifecycleThen; readonly onFailure: LifecycleThen };
}

/** What an alarm's time in each of its states means. Seconds. */
export interface AlarmTimers {
	/** How long the alarm must be OK before its OpsItem is resolved. */
	readonly calmSeconds: number;
	/** How long an operation waits for OK; a later OK still resolves the OpsItem. */
	readonly waitForOkSeconds: number;
	readonly insufficientData: 'ignore' | 'ok' | 'alarm';
	/** An alarm that goes off this often within this time starts no work until it has been calm. */
	readonly flapping?: { readonly times: number; readonly withinSeconds: number };
}

export interface AlarmPlaybook extends PlaybookOf<'alarm'> {
	readonly run?: Run;
	/** Opened for every alarm. */
	readonly opsItem: OpsItemSpec;
	readonly alarm: AlarmTimers;
}

export interface CompliancePlaybook extends PlaybookOf<'noncompliant'> {
	readonly run: Run;
	readonly then: { readonly onFailure: Then };
	readonly compliance: {
		/** From the end of the work to the look at what AWS Config finds. */
		readonly settleSeconds: number;
		/** Remediations of one resource under one rule within 24 hours. */
		readonly attempts: number;
	};
}

export interface EventPlaybook extends PlaybookOf<'event'> {
	/** A pattern over the whole event; `detail` is `{}` where it can be anything. */
	readonly when: { readonly detail: EventPattern; readonly source?: readonly unknown[]; readonly 'detail-type'?: readonly unknown[] };
	readonly run?: Run;
	/** Opened for every event. */
	readonly opsItem?: OpsItemSpec;
	readonly then: { readonly onFailure: Then };
	/** Paths to what tells one subject from another: events that agree in it are about the same operation. Each event is its own where absent. */
	readonly about?: readonly string[];
}

/** Lets people run things by event: `when.detail.runbook` names the runbooks that are allowed, `when.detail.command` the commands. */
export interface RequestPlaybook extends PlaybookOf<'request'> {
	/** At most: a request for a command may ask for less. */
	readonly run: { readonly timeoutSeconds: number; readonly deliverWithinSeconds?: number };
	readonly then: { readonly onFailure: Then };
}

/** What has to hold of a session. Nothing where it is empty. */
export interface SessionRule {
	/** There must be none. */
	readonly forbidden?: true;
	readonly reasonRequired?: true;
	readonly maxSeconds?: number;
}

/** The rules for sessions: one that breaks them is terminated, and people are told. */
export interface SessionPlaybook extends PlaybookOf<'session'> {
	readonly when: { readonly detail: EventPattern; readonly tags?: EventPattern };
	/** It starts no work. */
	readonly run?: undefined;
	readonly rule: SessionRule;
	readonly opsItem: OpsItemSpec;
}

/** What Systems Manager calls the platform of a node. */
export const PLATFORMS = ['Linux', 'Windows', 'MacOS'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Programs by their names, and the version that none of them may be below. */
export interface SoftwareFloor {
	/** Conditions of an event pattern. */
	readonly name: readonly unknown[];
	/** For all, or by what installed them. */
	readonly version: string | Readonly<Partial<Record<VersionScheme, string>>>;
}

/** What has to hold of the programs on a node. At least one of the three is there. */
export interface SoftwareRule {
	/** Conditions of an event pattern: no program may meet one. */
	readonly forbidden?: readonly unknown[];
	/** Each must be met by a program. */
	readonly required?: readonly unknown[];
	readonly below?: readonly SoftwareFloor[];
}

/** A rule for the software on nodes: those that break it are one operation, and may be run a command on. */
export interface InventoryPlaybook extends PlaybookOf<'inventory'> {
	/** Which nodes; all of them where it is empty. There is no event: `detail` is `{}`. */
	readonly when: {
		readonly detail: EventPattern;
		readonly tags?: EventPattern;
		/** Conditions of an event pattern. */
		readonly patchGroup?: readonly unknown[];
		readonly platform?: readonly Platform[];
	};
	readonly software: SoftwareRule;
	readonly run?: Run;
	readonly opsItem: OpsItemSpec;
}

export type Playbook =
	| LifecyclePlaybook
	| AlarmPlaybook
	| CompliancePlaybook
	| EventPlaybook
	| RequestPlaybook
	| SessionPlaybook
	| InventoryPlaybook;
export type PlaybookFor<On extends PlaybookOn> = On extends LifecycleOccasion ? LifecyclePlaybook : Extract<Playbook, { readonly on: On }>;

/** A playbook with where it came from. */
export interface CompiledPlaybook<P extends Playbook = Playbook> {
	readonly playbook: P;
	/** The version of the Parameter Store parameter it was compiled from. */
	readonly parameterVersion: number;
}

/** All playbooks in force: one item of the ledger. */
export interface PlaybookSet {
	/** In order of `on`, then `priority`. */
	readonly playbooks: readonly CompiledPlaybook[];
	readonly compiledAt: string;
}
