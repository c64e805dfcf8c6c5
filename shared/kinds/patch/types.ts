/** One run of the maintenance window of a patch group, from its start to the gate of the next group. */

import type { OperationOf, PatchSubject } from '../../operation/types.ts';

/**
 * What is to be said of a node, worst first. `not-back`: its command has no end, or its connection is lost since. `never-reached`: the run
 * has not patched it.
 */
export const VERDICTS = ['not-back', 'failed', 'never-reached', 'pending-reboot', 'missing', 'well'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What the settings say of a group, as they were when its run began. */
export interface PatchRing {
	/** Of its nodes, those that have to be well. */
	readonly successPercent: number;
	readonly soakDays: number;
	readonly approveAfterDays: number;
	/** The group that is patched before it, and opens its ring; the first has none, and is never closed. */
	readonly before?: { readonly group: string; readonly approveAfterDays: number };
	/** The group whose ring it opens; the last has none. */
	readonly next?: string;
}

/** An execution of the window. Instants are epoch milliseconds. */
export interface WindowRun {
	readonly startedAt: number;
	/** From then on nothing of it starts. */
	readonly cutoffAt: number;
	/** When the window closes. */
	readonly endsAt: number;
	/** AWS's word: `IN_PROGRESS`, `TIMED_OUT`. */
	readonly status: string;
	readonly details?: string;
	/** Absent while it goes on. */
	readonly endedAt?: number;
	/** Tasks that it has; absent until they were looked up. */
	readonly tasks?: number;
	/** Its tasks that did not end well, in words. */
	readonly troubles?: readonly string[];
	/** Ids of the commands that patch. */
	readonly commands?: readonly string[];
}

/** The run of the group before that opened the ring. */
export interface Grant {
	readonly operation: string;
	/** When that run began. Epoch milliseconds. */
	readonly startedAt: number;
}

export interface NodeVerdict {
	readonly node: string;
	readonly verdict: Verdict;
	readonly why: string;
}

/** What is found of the nodes of a group. All of them are in the report. */
export interface PatchFinding {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly nodes: Readonly<Record<Verdict, number>>;
	/** Patches of all its nodes together, by what became of them. */
	readonly patches: { readonly installed: number; readonly missing: number; readonly failed: number; readonly pendingReboot: number };
	/** Patches that are not as they should be, by what makes them matter. */
	readonly severity: { readonly critical: number; readonly security: number; readonly other: number };
	/** The first that are not well. */
	readonly named: readonly NodeVerdict[];
	/** Nodes that may yet come back. */
	readonly unsettled: number;
}

/** What is to be done, one after another, beside following the run. */
export type Chore = 'open-ops-item' | RingChore;
/** With the group's own ring, or with that of the next group. */
export type RingChore = 'close-ring' | 'close-next-ring' | 'open-next-ring';

export interface PatchOperation extends OperationOf<PatchSubject> {
	readonly ring: PatchRing;
	readonly window: WindowRun;
	readonly granted?: Grant;
	/** The OpsItem of an earlier run, which that has not resolved. */
	readonly itemBefore?: string;
	/** What an earlier run had granted to the next group is withdrawn. */
	readonly withdrawn?: true;
	readonly found?: PatchFinding;
	/** Where the report of the run is: `s3://...`. */
	readonly report?: string;
	readonly chores: readonly Chore[];
	/** When AWS is asked next how the run or its nodes are. Epoch milliseconds. */
	readonly lookAt: number;
	/** Until then the nodes have to stay well. Epoch milliseconds. */
	readonly soaksUntil?: number;
}
