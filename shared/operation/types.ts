/**
 * The operation: one piece of work on one subject, from the event that opened it to its end.
 * Every instant in here is epoch milliseconds, except in `history`, which people read.
 */

import type { Brakes, LifecycleResult, Run, Then } from '../playbook/types.ts';

export const OPEN_STATES = ['waiting', 'starting', 'running', 'verifying'] as const;
export const CLOSED_STATES = ['succeeded', 'failed', 'timed-out', 'skipped'] as const;
export type OpenState = (typeof OPEN_STATES)[number];
export type ClosedState = (typeof CLOSED_STATES)[number];
export type OperationState = OpenState | ClosedState;

/** Why an operation waits before its work starts. */
export type WaitingReason = 'registration' | 'throttle' | 'pause' | Brake;
/** What a playbook can hold work back with. */
export type Brake = 'calendar' | 'limit';

/** One line of the story that `fleet -- show` prints. */
export interface HistoryEntry {
	/** ISO 8601, UTC. */
	readonly at: string;
	/** What happened, in words of the field: `opened`, `command sent`, `heartbeat`, `lifecycle action completed`. */
	readonly what: string;
	/** Why, in a sentence an operator understands. */
	readonly why: string;
	/** The AWS request id of the call behind it: finds the call in CloudTrail. */
	readonly requestId?: string | undefined;
}

/** The instance held in a `*:Wait` state by one lifecycle hook. */
export interface LifecycleSubject {
	readonly kind: 'lifecycle';
	readonly group: string;
	readonly groupArn?: string;
	readonly hook: string;
	readonly instanceId: string;
	readonly transition: 'autoscaling:EC2_INSTANCE_TERMINATING' | 'autoscaling:EC2_INSTANCE_LAUNCHING';
	readonly origin?: string;
	readonly destination?: string;
	readonly account: string;
	readonly region: string;
}

export type Subject = LifecycleSubject;

/** The started (or about to be started) work of an operation. */
export interface Work {
	/** Its name at AWS: in the Comment of a command, the source of an execution's ClientToken, the marker on a node. */
	readonly id: string;
	/** How often the call that starts it was put on record: the same work, sent again only by the clock. */
	readonly attempt: number;
	readonly type: 'command' | 'automation';
	/** The document's deployed name or ARN. */
	readonly document: string;
	/** Sent together with other operations: the work record of this id holds the command id. */
	readonly shared: boolean;
	/** With its parameters resolved and the engine's own added. */
	readonly parameters: Readonly<Record<string, readonly string[]>>;
	/** When the call that starts it was put on record. */
	readonly recordedAt: number;
	/** The command id or the automation execution id, once known. */
	readonly externalId?: string;
	readonly startedAt?: number;
}

/** An ending that has been decided and whose effects are not all done yet. */
export interface Ending {
	readonly state: ClosedState;
	readonly reason: string;
	readonly then: Then;
	/** Effects still to be done, in order. */
	readonly pending: readonly EndingEffect[];
}
export type EndingEffect = 'cancel-work' | 'complete-lifecycle' | 'open-ops-item';

export type OpsItemNews = 'opened' | 'added';

export interface OperationResult {
	/** What the lifecycle action was completed with; `over` where the hook had ended before we could. */
	readonly lifecycle?: LifecycleResult | 'over';
	readonly opsItemId?: string;
	/** Whether the OpsItem is this operation's own, or was open and this one was added to it: people are told of the first alone. */
	readonly opsItem?: OpsItemNews;
	/** Nothing was done: the playbook observes. */
	readonly observed?: true;
	readonly reason: string;
}

/** What parameters of a playbook can point into. */
export interface Occasion {
	readonly detail: Readonly<Record<string, unknown>>;
	readonly account: string;
	readonly region: string;
}

/** The timers of the hook, read from Auto Scaling when the operation opened. Seconds. */
export interface HookTimers {
	readonly heartbeatTimeoutSeconds: number;
	readonly globalTimeoutSeconds: number;
	readonly defaultResult: LifecycleResult;
}

export interface Operation {
	/** `<kind>-<hash of the subject's key>-<occurrence>`: derived, so that a repeated event finds it. */
	readonly id: string;
	readonly kind: Subject['kind'];
	readonly subject: Subject;
	readonly occurrence: number;
	readonly playbook: { readonly name: string; readonly parameterVersion: number };
	readonly run: Run;
	readonly then: { readonly onSuccess: Then; readonly onFailure: Then };
	readonly brakes?: Brakes;

	readonly state: OperationState;
	readonly waiting?: WaitingReason;
	readonly ending?: Ending;
	readonly result?: OperationResult;
	readonly history: readonly HistoryEntry[];

	readonly openedAt: number;
	/** Start and run must be over by then. */
	readonly deadlineAt: number;
	/** When the clock looks at it next; absent once closed and told. */
	readonly dueAt?: number;
	readonly closedAt?: number;

	/** Lifecycle token, event id: what else this occurrence is known by. */
	readonly token?: string;
	readonly eventId?: string;
	readonly hookTimers: HookTimers;
	/** When the wait began, as far as is known: the hook's timers count from here. */
	readonly actionStartedAt: number;
	readonly heartbeat?: { readonly nextAt: number; readonly count: number };
	readonly registerBy?: number;

	readonly work?: Work;
	/** It holds a slot under the limits of its playbook, until it closes. */
	readonly slot?: true;
	/** The occasion's own values that parameters point into: `{detail, account, region}`. */
	readonly occasion: Occasion;
	/** How often work was begun anew, and an effect of the ending was tried. */
	readonly attempts: { readonly start: number; readonly ending: number };

	readonly version: number;
	/** The last version whose state was published as `Operation State Change`. */
	readonly publishedVersion: number;
}

export type { LifecycleResult, Run, Then };
