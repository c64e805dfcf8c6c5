/** What can happen to an operation (facts), and what it can ask for (effects). `next` maps the one to the other. */

import type { Trouble } from '../kinds/agent/types.ts';
import type { AssociationCounts, AssociationState, FailingNode } from '../kinds/association/types.ts';
import type { RuleInForce, SoftwareFinding } from '../kinds/inventory/types.ts';
import type { Grant, PatchFinding } from '../kinds/patch/types.ts';
import type { SessionState } from '../kinds/session/types.ts';
import type { NodeFinding } from '../kinds/state/types.ts';
import type {
	AlarmRecord,
	Brake,
	EndedCommand,
	LifecycleResult,
	NodeCounts,
	NodeResult,
	Occasion,
	Operation,
	OpsItemNews,
	Refusal,
	Work,
} from './types.ts';

/** Whether Systems Manager reaches a node (DescribeInstanceInformation). */
export type NodeStatus = 'online' | 'connection-lost' | 'not-registered';

/** How started work stands. `not-delivered` and `not-started` prove that nothing ran on the node. */
export type WorkStatus = 'running' | 'succeeded' | 'failed' | 'not-delivered' | 'not-started' | 'unknown';

/** What Auto Scaling says of the held instance (DescribeAutoScalingInstances). */
export interface InstanceFact {
	readonly type: 'instance';
	/** Absent where the group no longer has the instance. */
	readonly lifecycleState?: string | undefined;
	/** Whether another hook of the group could be what the instance waits for. */
	readonly otherHooks: boolean;
	readonly requestId?: string | undefined;
}

export interface WorkFact {
	readonly type: 'work';
	readonly status: WorkStatus;
	/** The command or execution it speaks of; absent where it was asked for by the operation's own. */
	readonly externalId?: string;
	/** The work that a command was sent for: the same for each that was sent again. */
	readonly workId?: string;
	/** AWS's own words: StatusDetails, the failed step and its message. */
	readonly details: string;
	readonly exitCode?: number;
	readonly output?: string;
	readonly outputUrl?: string;
	/** When it ended on the node or as an execution, where AWS says so. Epoch milliseconds. */
	readonly endedAt?: number;
	readonly requestId?: string | undefined;
}

/** What a brake says of an operation whose work is to start. */
export interface BrakeFact {
	readonly type: 'brake';
	readonly brake: Brake;
	/** Of a limit: a slot has been taken for the operation. */
	readonly free: boolean;
	readonly why: string;
	readonly requestId?: string | undefined;
}

/** How an alarm stands: CloudWatch's event, or its answer. */
export interface AlarmFact {
	readonly type: 'alarm';
	readonly from: 'event' | 'look';
	/** Absent where the alarm is gone. */
	readonly state?: AlarmRecord['state'];
	/** CloudWatch's own time of that state. Epoch milliseconds. */
	readonly at: number;
	readonly reason: string;
	/** Muted or suppressed: until when, as far as is known, and by what. */
	readonly held?: NonNullable<AlarmRecord['held']>;
	/** Of an event: what parameters of work that it begins can point into. */
	readonly occasion?: Occasion;
	/** A series of a multi-series alarm, where the event is about that alone. */
	readonly contributor?: { readonly id: string; readonly name: string };
	readonly requestId?: string | undefined;
}

/** What a rule finds of a resource: AWS Config's event, or its answer. */
export interface ComplianceFact {
	readonly type: 'compliance';
	readonly from: 'event' | 'look';
	/** Absent where the rule has no result for the resource (it may be gone). */
	readonly compliance?: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE' | 'INSUFFICIENT_DATA';
	/** When the evaluation began (ConfigRuleInvokedTime). Epoch milliseconds. */
	readonly evaluatedAt?: number;
	readonly annotation?: string;
	readonly requestId?: string | undefined;
}

/** How a command on many nodes stands: AWS's event, or its answer. */
export interface CommandFact {
	readonly type: 'command';
	/** The command that it speaks of. */
	readonly externalId?: string | undefined;
	/** `unknown`: AWS does not say. */
	readonly status: 'running' | 'ended' | 'unknown';
	/** AWS's own words: StatusDetails, or why it does not say. */
	readonly details: string;
	/** Of one that has ended, and was looked up. */
	readonly ended?: EndedCommand;
	readonly tally?: NodeTally;
	readonly requestId?: string | undefined;
}

/** How the nodes of one command have ended, as far as is known. */
export interface NodeTally {
	/** Every node that it went to is accounted for. */
	readonly complete: boolean;
	readonly counts: NodeCounts;
	/** The first that did not succeed. */
	readonly notable: readonly NodeResult[];
	/** When the last of them ended. Epoch milliseconds. */
	readonly endedAt?: number;
}

/** How an association stands: State Manager's event of it, or of one of its nodes, or its answer. `at` is when it was so, epoch milliseconds. */
export type AssociationFact =
	| ({ readonly type: 'association'; readonly from: 'event'; readonly at: number } & Partial<AssociationCounts> & {
				readonly status: AssociationState['status'];
			})
	| { readonly type: 'association'; readonly from: 'node'; readonly at: number; readonly node: FailingNode }
	| {
			readonly type: 'association';
			readonly from: 'look';
			readonly at: number;
			/** Absent where the association is gone. */
			readonly found?: AssociationState;
			readonly requestId?: string | undefined;
	  };

/** What Systems Manager finds of nodes: its events, or its answer. */
export interface StateFact {
	readonly type: 'state';
	readonly from: 'event' | 'look';
	readonly findings: readonly NodeFinding[];
	readonly requestId?: string | undefined;
}

/** What became of a session: what somebody did with it, or how AWS lists it. */
export interface SessionFact {
	readonly type: 'session';
	readonly from: 'event' | 'look';
	readonly state: SessionState;
	/** Of an event: who did it, and when (epoch milliseconds). */
	readonly by?: string;
	readonly at: number;
	readonly requestId?: string | undefined;
}

/** What a rule finds of the software on nodes: in inventory that has come, in all that there is, or in that of its own nodes. */
export interface InventoryFact {
	readonly type: 'inventory';
	readonly from: 'event' | 'sweep' | 'look';
	readonly findings: readonly SoftwareFinding[];
	/** Absent where no playbook in force has the rule. */
	readonly rule?: RuleInForce;
	readonly requestId?: string | undefined;
}

/** How the operation of a command stands that was begun for an operation of another kind. */
export interface RoundFact {
	readonly type: 'round';
	/** Absent where none of the nodes can be reached now. */
	readonly operationId?: string;
	/** Of one that has just been begun: whom it is for. */
	readonly nodes?: readonly string[];
	/** Of one that is over, in words. */
	readonly end?: string;
}

/** What a look at all agents has found for one cause: because it is time, because a node has registered or was deregistered, or for an operation. */
export interface AgentFact {
	readonly type: 'agents';
	readonly from: 'check' | 'registration' | 'look';
	readonly troubles: readonly Trouble[];
	/** What is not among them does not have the cause. */
	readonly complete: boolean;
	readonly requestId?: string | undefined;
}

/** How the run of a maintenance window stands: AWS's event, or its answer. */
export interface WindowRunFact {
	readonly type: 'window-run';
	/** AWS's word. */
	readonly status: string;
	readonly details?: string | undefined;
	/** Epoch milliseconds. */
	readonly endedAt?: number | undefined;
	/** What only a look tells. */
	readonly looked?: {
		readonly tasks: number;
		/** Tasks that did not end well, in words. */
		readonly troubles: readonly string[];
		/** Ids of the commands that patch. */
		readonly commands: readonly string[];
		/** What has opened the window's ring. */
		readonly granted?: Grant;
		/** The OpsItem of an earlier run of the group, where it has not been resolved. */
		readonly opsItemId?: string;
	};
	readonly requestId?: string | undefined;
}

/** How the nodes of a patch group are, all of which are in a report. */
export interface PatchedFact {
	readonly type: 'patched';
	readonly found: PatchFinding;
	/** `s3://...` */
	readonly report: string;
	readonly requestId?: string | undefined;
}

export type OperatorVerb = 'retry' | 'extend' | 'cancel' | 'complete';

export type Fact =
	| { readonly type: 'opened' }
	/** Another event, or the sweep, named the subject of an operation that exists. */
	| { readonly type: 'seen'; readonly token?: string; readonly eventId?: string }
	| { readonly type: 'tick' }
	| { readonly type: 'node'; readonly status: NodeStatus; readonly since?: string; readonly requestId?: string | undefined }
	| BrakeFact
	/** Its command is to be sent together with that of other operations. */
	| { readonly type: 'work-shared'; readonly work: Work }
	| {
			readonly type: 'work-started';
			readonly externalId: string;
			readonly adopted: boolean;
			/** Why the record of shared work does not say so: each of its operations then says it for itself. */
			readonly unrecorded?: string | undefined;
			readonly requestId?: string | undefined;
	  }
	| {
			readonly type: 'work-not-started';
			/** `taken`: another run sends it, to this node too. `left-out`: another run has sent it, and not to this node. */
			readonly why: 'throttled' | 'refused' | 'unknown' | 'paused' | 'not-managed' | 'taken' | 'left-out';
			readonly message: string;
			readonly requestId?: string | undefined;
	  }
	/** A status event names started work, perhaps before the reply of the call that started it. */
	| { readonly type: 'work-seen'; readonly externalId: string; readonly workId?: string }
	/** AWS lists no such work; true once it has had the time to show it. */
	| { readonly type: 'work-not-found'; readonly certain: boolean }
	| WorkFact
	| InstanceFact
	| AlarmFact
	| ComplianceFact
	| CommandFact
	| WindowRunFact
	| PatchedFact
	| AssociationFact
	| StateFact
	/** Another operation has all that this one is about. */
	| { readonly type: 'handed-over'; readonly to: string }
	| AgentFact
	/** A playbook has been given nodes; there are more for it. Without any where no playbook is for them. */
	| { readonly type: 'handed'; readonly ids: readonly string[]; readonly playbook?: string; readonly more: boolean }
	/** A person has removed the registration of a node. */
	| {
			readonly type: 'deregistered';
			readonly id: string;
			readonly by: string;
			readonly reason: string;
			readonly requestId?: string | undefined;
	  }
	| InventoryFact
	| RoundFact
	| SessionFact
	/** Ends of nodes were put on record, beside the operation. */
	| { readonly type: 'nodes' }
	| { readonly type: 'heartbeat-sent'; readonly requestId?: string | undefined }
	| {
			readonly type: 'done';
			readonly effect: Effect['name'];
			readonly opsItemId?: string;
			readonly opsItem?: OpsItemNews;
			readonly refusal?: Refusal;
			/** What the lifecycle action was completed with. */
			readonly lifecycle?: LifecycleResult;
			/** An OpsItem was told when it was not decided yet how the operation ends. */
			readonly undecided?: true;
			readonly note?: string;
			readonly requestId?: string | undefined;
			/** What finds the other changes that it took, as `requestId`. */
			readonly calls?: readonly string[];
	  }
	/**
	 * `gone`: there is no active lifecycle action, as far as the call can tell, or the OpsItem is not open any more. `refused`: AWS will
	 * never do it.
	 */
	| {
			readonly type: 'not-done';
			readonly effect: Effect['name'];
			readonly why: 'retry' | 'gone' | 'refused';
			readonly message: string;
			readonly requestId?: string | undefined;
			/** What finds the changes that were made before it failed. */
			readonly calls?: readonly string[];
	  }
	| {
			readonly type: 'operator';
			readonly verb: OperatorVerb;
			readonly by: string;
			readonly seconds?: number;
			readonly result?: LifecycleResult;
	  };

export type Effect =
	| { readonly name: 'check-node' }
	/** Whether the playbook's calendars are open. */
	| { readonly name: 'ask-calendar' }
	/** A slot under the playbook's limits, held by the operation's id. */
	| { readonly name: 'take-slot' }
	| { readonly name: 'release-slot' }
	| { readonly name: 'start-work'; readonly work: Work }
	| { readonly name: 'find-work' }
	| { readonly name: 'look-up-work' }
	| { readonly name: 'look-at-instance' }
	/** By the instance's id: where the hook has fired again, another token may not be known yet. */
	| { readonly name: 'heartbeat' }
	| { readonly name: 'cancel-work' }
	/** By token at first, where one is known; a token that was refused is not tried again: the instance's id finds the action too. */
	| { readonly name: 'complete-lifecycle' }
	| { readonly name: 'open-ops-item' }
	/** What has happened since the OpsItem was opened. */
	| { readonly name: 'update-ops-item' }
	| { readonly name: 'resolve-ops-item' }
	/** Takes back that it was resolved. */
	| { readonly name: 'reopen-ops-item' }
	| { readonly name: 'look-at-alarm' }
	| { readonly name: 'read-compliance' }
	/** Asks AWS Config to evaluate the rule anew: at most once a minute, up to 25 rules together. */
	| { readonly name: 'evaluate-rule' }
	| { readonly name: 'look-at-association' }
	/** On the nodes where it failed. */
	| { readonly name: 'apply-association' }
	| { readonly name: 'read-node-state' }
	| { readonly name: 'survey-agents' }
	/** Operations are opened for nodes that a playbook is for. */
	| { readonly name: 'hand-to-playbook' }
	| { readonly name: 'look-at-session' }
	| { readonly name: 'terminate-session' }
	| { readonly name: 'read-inventory' }
	/** A command for the nodes of the round that is on record. */
	| { readonly name: 'run-round' }
	| { readonly name: 'look-at-round' }
	| { readonly name: 'look-at-run' }
	/** Reads the nodes of a patch group, and writes the report. */
	| { readonly name: 'survey-nodes' }
	/** Takes its target and its task from the window of the group itself, or of the next. */
	| { readonly name: 'close-ring' }
	| { readonly name: 'close-next-ring' }
	| { readonly name: 'open-next-ring' };

/** A line for the history; the engine adds the time. `requestId` as `requestIdOf` gives it. */
export interface Note {
	readonly what: string;
	readonly why: string;
	readonly requestId?: string | undefined;
}

export interface Step<O extends Operation = Operation> {
	readonly operation: O;
	readonly notes: readonly Note[];
	readonly effects: readonly Effect[];
}

/** The pure decision of one kind of operation. `now` is epoch milliseconds. */
export type Next<O extends Operation = Operation> = (operation: O, fact: Fact, now: number) => Step<O>;
