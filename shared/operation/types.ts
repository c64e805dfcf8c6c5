/**
 * The operation: one piece of work on one subject, from the event that opened it to its end.
 * Every instant in here is epoch milliseconds, except in `history`, which people read.
 */

import type { AgentCause, AgentOperation } from '../kinds/agent/types.ts';
import type { AssociationOperation } from '../kinds/association/types.ts';
import type { InventoryOperation } from '../kinds/inventory/types.ts';
import type { PatchOperation } from '../kinds/patch/types.ts';
import type { SessionEnd, SessionOperation } from '../kinds/session/types.ts';
import type { StateOperation } from '../kinds/state/types.ts';
import type { AlarmTimers, Brakes, CompliancePlaybook, LifecycleResult, LifecycleThen, OpsItemSpec, Run, Then } from '../playbook/types.ts';

export const OPEN_STATES = ['waiting', 'starting', 'running', 'verifying'] as const;
export const CLOSED_STATES = ['succeeded', 'failed', 'timed-out', 'skipped'] as const;
export type OpenState = (typeof OPEN_STATES)[number];
export type ClosedState = (typeof CLOSED_STATES)[number];
export type OperationState = OpenState | ClosedState;

/**
 * Why an operation waits before its work starts. `retry`: an attempt failed, and the next one is a while away. `soak`: a ring is done, and
 * has yet to prove itself for a while. `gathering`: others may be about to join it, or it may be over before anybody need be told.
 */
export type WaitingReason = 'registration' | 'throttle' | 'pause' | 'held' | 'retry' | 'soak' | 'gathering' | Brake;
/** What a playbook can hold work back with. */
export type Brake = 'calendar' | 'limit';

/** A call to AWS. */
export interface Called {
	/** Finds it in CloudTrail. */
	readonly requestId?: string | undefined;
	/** The service, as the SDK names it, and its operation: `SSM SendCommand`. */
	readonly call?: string | undefined;
}

/** One line of the story that `fleet -- show` prints, with the call to AWS behind it. */
export interface HistoryEntry extends Called {
	/** ISO 8601, UTC. */
	readonly at: string;
	/** What happened, in words of the field: `opened`, `command sent`, `heartbeat`, `lifecycle action completed`. */
	readonly what: string;
	/** Why, in a sentence an operator understands. */
	readonly why: string;
	/** What else it made Fleetkeeper change, where that has no line of its own: the last fifty. */
	readonly calls?: readonly Called[];
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

/** A CloudWatch alarm. */
export interface AlarmSubject {
	readonly kind: 'alarm';
	readonly alarm: string;
	readonly alarmArn: string;
	readonly account: string;
	readonly region: string;
}

/** One resource as one AWS Config rule judges it. */
export interface ComplianceSubject {
	readonly kind: 'compliance';
	readonly rule: string;
	/** As AWS Config spells it: `AWS::EC2::Instance`. */
	readonly resourceType: string;
	readonly resourceId: string;
	readonly account: string;
	readonly region: string;
}

/** What any other event is about: what the playbook's `about` leads to, or else the event itself. */
export interface EventSubject {
	readonly kind: 'event';
	readonly source: string;
	readonly detailType: string;
	/** Values that tell one subject from another. */
	readonly key: readonly string[];
	/** Whose subject it is: what one playbook does about it is no concern of another. A request's is everybody's. */
	readonly playbook?: string;
	/** ARNs of the event. */
	readonly resources: readonly string[];
	readonly account: string;
	readonly region: string;
}

/** A command that somebody has asked for, on many nodes. */
export interface CommandSubject {
	readonly kind: 'command';
	/** Who asks: the source of the request's event. */
	readonly source: string;
	/** Two requests of one id are one. */
	readonly requestId: string;
	/** As the request names it. */
	readonly document: string;
	/** Its targets in words. */
	readonly on: string;
	readonly account: string;
	readonly region: string;
}

/** One run of the maintenance window of a patch group. */
export interface PatchSubject {
	readonly kind: 'patch';
	/** The patch group (tag `PatchGroup`): `test`. */
	readonly group: string;
	readonly windowId: string;
	readonly executionId: string;
	readonly account: string;
	readonly region: string;
}

/** A State Manager association that does not bring its nodes into its state. */
export interface AssociationSubject {
	readonly kind: 'association';
	readonly associationId: string;
	readonly account: string;
	readonly region: string;
}

/** What Systems Manager finds noncompliant of a node, or of a patch group where many of its nodes are. */
export interface StateSubject {
	readonly kind: 'state';
	readonly complianceType: 'Patch' | 'Association';
	/** Exactly one of the two. */
	readonly node?: string;
	readonly group?: string;
	readonly account: string;
	readonly region: string;
}

/** A session of Session Manager: who opened it, where and why is all known from its start. */
export interface SessionSubject {
	readonly kind: 'session';
	readonly sessionId: string;
	/** The ARN of who has started it. */
	readonly owner: string;
	readonly node: string;
	/** The name or ARN of its document. */
	readonly document: string;
	/** What whoever has started it gave as the reason. */
	readonly reason?: string;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	readonly account: string;
	readonly region: string;
}

/** A rule of a playbook for the software on nodes: all that break it are one operation. */
export interface InventorySubject {
	readonly kind: 'inventory';
	/** The name of the playbook. */
	readonly rule: string;
	readonly account: string;
	readonly region: string;
}

/** What keeps nodes from being managed as they should be: all that have the same cause are one operation. */
export interface AgentSubject {
	readonly kind: 'agent';
	readonly cause: AgentCause;
	readonly account: string;
	readonly region: string;
}

export type Subject =
	| AgentSubject
	| LifecycleSubject
	| AlarmSubject
	| ComplianceSubject
	| EventSubject
	| CommandSubject
	| PatchSubject
	| AssociationSubject
	| StateSubject
	| InventorySubject
	| SessionSubject;
export type OperationKind = Subject['kind'];

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
	/** A runbook on many resources, with rate control, as StartAutomationExecution takes it. */
	readonly scope?: WorkScope;
	/** A command on many nodes, with rate control, as SendCommand takes it. */
	readonly fleet?: FleetScope;
}

export interface WorkScope {
	/** The runbook's parameter that each target is given as. */
	readonly targetParameter: string;
	readonly targets: readonly Target[];
	/** Counts or percentages. */
	readonly maxConcurrency?: string;
	readonly maxErrors?: string;
}

/** `tag:<key>`, `tag-key`, `InstanceIds` or `ResourceGroup`, and what it may be: all targets must be met, each by one of its values. */
export interface Target {
	readonly key: string;
	readonly values: readonly string[];
}

export interface FleetScope {
	readonly targets: readonly Target[];
	/** Counts or percentages. */
	readonly maxConcurrency: string;
	readonly maxErrors: string;
	/** A node that has not begun by then is not begun: SendCommand's TimeoutSeconds. */
	readonly deliverWithinSeconds: number;
}

/** An ending that has been decided and whose effects are not all done yet. */
export interface Ending<T extends Then = Then> {
	readonly state: ClosedState;
	readonly reason: string;
	readonly then: T;
	/** Effects still to be done, in order. */
	readonly pending: readonly EndingEffect[];
}
export type EndingEffect = 'cancel-work' | 'complete-lifecycle' | 'open-ops-item' | 'update-ops-item' | 'resolve-ops-item' | RingClosing;
/** Of maintenance windows: the group's own ring, and that of the next group. */
type RingClosing = 'close-ring' | 'close-next-ring';

/** `refused`: OpsCenter does not take it, and people have to hear of it otherwise. */
export type OpsItemNews = 'opened' | 'added' | 'refused';

/** Why OpsCenter does not take it, and at which version of the operation that was learned: who publishes a later one tells people. */
export interface Refusal {
	readonly why: string;
	readonly version: number;
}

export interface OperationResult {
	/** What the lifecycle action was completed with; `over` where the hook had ended before we could. */
	readonly lifecycle?: LifecycleResult | 'over';
	readonly opsItemId?: string;
	/** Whether the OpsItem is this operation's own, or was open and this one was added to it: people are told of the first alone. */
	readonly opsItem?: OpsItemNews;
	readonly refusal?: Refusal;
	/** The OpsItem has been resolved. */
	readonly resolved?: true;
	/** Nothing was done: the playbook observes. */
	readonly observed?: true;
	/** How the nodes of a command on many have ended. */
	readonly nodes?: NodeCounts;
	/** When a session ended, and what it leaves. */
	readonly session?: SessionEnd;
	readonly reason: string;
}

/** What parameters of a playbook can point into: the event, as far as it is kept. */
export interface Occasion {
	readonly detail: Readonly<Record<string, unknown>>;
	readonly account: string;
	readonly region: string;
	readonly source?: string;
	readonly 'detail-type'?: string;
	readonly id?: string;
	readonly time?: string;
	readonly resources?: readonly string[];
	/** Of an alarm's metrics. */
	readonly dimensions?: Readonly<Record<string, string>>;
}

/** The timers of the hook, read from Auto Scaling when the operation opened. Seconds. */
export interface HookTimers {
	readonly heartbeatTimeoutSeconds: number;
	readonly globalTimeoutSeconds: number;
	readonly defaultResult: LifecycleResult;
}

/** What operations of every kind have. */
export interface OperationOf<S extends Subject, T extends Then = Then> {
	/** `<kind>-<hash of the subject's key>-<occurrence>`: derived, so that a repeated event finds it. */
	readonly id: string;
	readonly kind: S['kind'];
	readonly subject: S;
	readonly occurrence: number;
	readonly playbook: { readonly name: string; readonly parameterVersion: number };
	readonly run?: Run;
	readonly brakes?: Brakes;

	readonly state: OperationState;
	readonly waiting?: WaitingReason;
	readonly ending?: Ending<T>;
	readonly result?: OperationResult;
	readonly history: readonly HistoryEntry[];

	readonly openedAt: number;
	/** Start and run must be over by then. */
	readonly deadlineAt: number;
	/** When the clock looks at it next; absent once closed and told. */
	readonly dueAt?: number;
	readonly closedAt?: number;

	/** What else this occurrence is known by. */
	readonly eventId?: string;
	/** The managed node that its command runs on, where the subject does not say. */
	readonly node?: string;
	readonly work?: Work;
	/** It holds a slot under the limits of its playbook, until it closes. */
	readonly slot?: true;
	/** The occasion's own values that parameters point into. */
	readonly occasion: Occasion;
	/** How often work was begun anew, and an effect of the ending was tried. */
	readonly attempts: { readonly start: number; readonly ending: number };

	readonly version: number;
	/** The last version whose state was published as `Operation State Change`. */
	readonly publishedVersion: number;
}

export interface LifecycleOperation extends OperationOf<LifecycleSubject, LifecycleThen> {
	readonly run: Run;
	readonly then: { readonly onSuccess: LifecycleThen; readonly onFailure: LifecycleThen };
	/** The lifecycle token. */
	readonly token?: string;
	readonly hookTimers: HookTimers;
	/** When the wait began, as far as is known: the hook's timers count from here. */
	readonly actionStartedAt: number;
	readonly heartbeat?: { readonly nextAt: number; readonly count: number };
	readonly registerBy?: number;
}

/** From the first ALARM to the calm after it: one OpsItem, however often the alarm goes off in between. */
export interface AlarmOperation extends OperationOf<AlarmSubject> {
	readonly opsItem: OpsItemSpec;
	readonly timers: AlarmTimers;
	readonly alarm: AlarmRecord;
}

/** What is known of the alarm. */
export interface AlarmRecord {
	readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
	/** CloudWatch's own time of that state: an older event is old news. */
	readonly stateAt: number;
	readonly reason: string;
	/** Times at which it went off, oldest first; of a storm the last hundred. */
	readonly alarms: readonly number[];
	/** How often it went off, all in all. */
	readonly count: number;
	/** When it went off before this operation, as far as that counts as flapping. */
	readonly earlier?: readonly number[];
	/** Series of a multi-series alarm by their ids. */
	readonly contributors?: Readonly<Record<string, Contributor>>;
	/** Until then it is muted or suppressed, and by what. */
	readonly held?: { readonly until: number; readonly why: string };
	/** Work is not started any more until it is calm. */
	readonly flapping?: true;
	/** How the work ended, in words, each time it ran. */
	readonly ran: readonly string[];
	/** When the calm is over, once it is OK; absent while it is in ALARM. */
	readonly calmAt?: number;
	/** The last state that an earlier operation knew of: news from before is that one's. */
	readonly after?: number;
	/** What the OpsItem has yet to be told. */
	readonly untold?: true;
	readonly deleted?: true;
}

/** A series of a multi-series alarm: what it is called, whether it is in ALARM, and since when that is known. Epoch milliseconds. */
export interface Contributor {
	readonly name: string;
	readonly inAlarm: boolean;
	readonly at: number;
}

/** What the rule last found of the resource, as far as is known. */
export interface ComplianceFinding {
	readonly compliance: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE' | 'INSUFFICIENT_DATA';
	/** When that evaluation began; events come in any order. Absent where AWS Config did not say. */
	readonly evaluatedAt?: number;
	/** Until when it is known to have been so. */
	readonly knownAt: number;
}

export interface ComplianceOperation extends OperationOf<ComplianceSubject> {
	readonly run: Run;
	readonly then: { readonly onFailure: Then };
	readonly settings: CompliancePlaybook['compliance'];
	readonly finding: ComplianceFinding;
	/** Since when it has waited for the same reason. */
	readonly waitsSince?: number;
	/** When remediations of this rule and resource began, within the last 24 hours; of earlier occurrences too. */
	readonly remediatedAt: readonly number[];
	readonly verify?: {
		/** A result counts whose evaluation began after this: the end of the work. */
		readonly after: number;
		/** When compliance is read next. */
		readonly lookAt: number;
		/** How often it was read in vain. */
		readonly looks: number;
		/** When the rule was asked to evaluate anew. */
		readonly evaluatedAt?: number;
	};
}

export interface EventOperation extends OperationOf<EventSubject> {
	readonly opsItem?: OpsItemSpec;
	readonly then: { readonly onFailure: Then };
	/** How many events it is about. */
	readonly events: number;
	/** Ids of the latest events, of earlier occurrences too: a copy of one of them is no news. */
	readonly eventIds: readonly string[];
	/** Of a request: who asks, and why. */
	readonly request?: { readonly by?: string; readonly reason?: string };
	readonly scope?: WorkScope;
}

/**
 * How a node has ended under a command: `failed` ran and counts against MaxErrors, `cancelled` was stopped, `unreached` never took it up
 * (gone, silent, of another platform), `unstarted` had not had its turn. Of `unknown` ones AWS has not said.
 */
export type NodeEnd = 'succeeded' | 'failed' | 'cancelled' | 'unreached' | 'unstarted' | 'unknown';
export type NodeCounts = Readonly<Record<NodeEnd, number>>;

/** What became of a command on one node. */
export interface NodeResult {
	readonly node: string;
	readonly commandId: string;
	/** AWS's own word: StatusDetails where it was looked up, else the coarse Status that an event has. */
	readonly status: string;
	/** Epoch milliseconds. */
	readonly endedAt?: number;
	readonly exitCode?: number;
	/** The last line that it wrote. */
	readonly output?: string;
	/** It was looked up: there is no more to be learned. */
	readonly listed?: true;
}

/** A command that has ended, as AWS counts it (ListCommands). */
export interface EndedCommand {
	/** StatusDetails. */
	readonly details: string;
	/** How many nodes it went to, and how many of them count against MaxErrors. */
	readonly targets: number;
	readonly errors: number;
}

/** Nodes by the value of their tag PatchGroup. */
export interface Ring {
	readonly name: string;
	/** Of one that has not had its turn: what the operation then has of it. */
	readonly plan?: Pick<CommandOperation, 'chunks' | 'maxConcurrency' | 'maxErrors'>;
	/** Absent where it was never begun, or is under way. */
	readonly end?: 'done' | 'failed';
	/** Of one that is over. */
	readonly nodes?: NodeCounts;
}

/**
 * Rings one after another: the next is begun when the one before has proved itself. `chunks`, `commands`, `left`, the rates, the counts
 * and the errors of the operation are those of the ring whose turn it is.
 */
export interface Rings {
	readonly each: readonly Ring[];
	/** How many of them are done: the one after them has its turn. */
	readonly done: number;
	/** A ring is done when so many of its nodes succeeded, of all that it has. */
	readonly successPercent: number;
	readonly soakSeconds: number;
	/** When the soak of the last one that is done is over. */
	readonly soaksUntil?: number;
}

/** One command of AWS's, or several one after another where one call does not take all of its nodes. */
export interface CommandOperation extends OperationOf<CommandSubject> {
	readonly run: Run;
	readonly then: { readonly onFailure: Then };
	readonly request: { readonly by?: string; readonly reason?: string };
	readonly rings?: Rings;
	/** Of all its commands together, as SendCommand takes them; where there are several, counts. */
	readonly maxConcurrency: string;
	readonly maxErrors: string;
	/** What each command goes to that is not over: the first is under way, or the next. */
	readonly chunks: readonly (readonly Target[])[];
	/** How many commands there are in all. */
	readonly commands: number;
	/** What is left of its time, apart from the command that is under way. Milliseconds. */
	readonly left: number;
	/** Of commands that are over. */
	readonly nodes: NodeCounts;
	/** AWS's own count of errors in commands that are over. */
	readonly errors: number;
	/** The first nodes that did not succeed; all of them are in the ledger. */
	readonly notable: readonly NodeResult[];
	/** AWS says that the command under way has ended, and its nodes are accounted for since: with AWS's own counts, once they are known. */
	readonly over?: { readonly at: number; readonly ended?: EndedCommand };
	/** It is being stopped, to end so. */
	readonly stop?: {
		readonly at: number;
		readonly state: ClosedState;
		readonly reason: string;
		/** How often AWS was asked in vain. */
		readonly tries: number;
		/** AWS has taken it. */
		readonly asked?: true;
	};
	/** Where its output is: the bucket's folder, and the log group with a stream for each command and node. */
	readonly output: { readonly s3: string; readonly logGroup: string };
}

export type Operation =
	| AgentOperation
	| LifecycleOperation
	| AlarmOperation
	| ComplianceOperation
	| EventOperation
	| CommandOperation
	| PatchOperation
	| AssociationOperation
	| StateOperation
	| InventoryOperation
	| SessionOperation;
export type OperationOfKind<K extends OperationKind> = Extract<Operation, { readonly kind: K }>;

export type {
	AgentOperation,
	AssociationOperation,
	InventoryOperation,
	LifecycleResult,
	LifecycleThen,
	OpsItemSpec,
	PatchOperation,
	Run,
	SessionOperation,
	StateOperation,
	Then,
};
