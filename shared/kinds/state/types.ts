import type { OperationOf, StateSubject } from '../../operation/types.ts';

export type ComplianceType = StateSubject['complianceType'];

/** What was found of one node. */
export interface NodeFinding {
	readonly node: string;
	/** `gone`: Systems Manager does not manage it any more. */
	readonly is: 'compliant' | 'noncompliant' | 'gone';
	/** When that was so, epoch milliseconds. */
	readonly at: number;
	/** The highest of what is wrong: `critical`. */
	readonly severity?: string;
}

/** From the first finding that a node, or nodes of a patch group, are not compliant until all of them are. */
export interface StateOperation extends OperationOf<StateSubject> {
	/** The patch group of its nodes. */
	readonly group: string;
	/**
	 * Nodes that are not compliant, and since when that is known. An id and a time are about 30 bytes: all 2,400 nodes that a Region may
	 * have (Systems Manager quotas) are a fifth of what an item of the ledger holds.
	 */
	readonly nodes: Readonly<Record<string, number>>;
	/** Nodes that were, and since when they are compliant: older findings of theirs are no news. Only the latest are kept. */
	readonly well: Readonly<Record<string, number>>;
	/** How many were not compliant at some time. */
	readonly count: number;
	/** The highest that was found: `critical`. */
	readonly severity?: string;
	/** When compliance is read next, and how often it was read since people were told. */
	readonly lookAt: number;
	readonly looks: number;
	/** When its OpsItem was told of its nodes. */
	readonly toldAt: number;
	/** What the OpsItem has yet to be told. */
	readonly untold?: true;
}
