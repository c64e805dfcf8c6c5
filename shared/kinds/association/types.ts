import type { AssociationSubject, OperationOf } from '../../operation/types.ts';

/** A node on which an association fails. */
export interface FailingNode {
	readonly node: string;
	/** AWS's own word: `Failed`, `TimedOut`. */
	readonly status: string;
	readonly errorCode?: string;
	/** Where its output is. */
	readonly output?: string;
}

/** On how many nodes it fails, and on how many it has yet to end. */
export interface AssociationCounts {
	readonly failing: number;
	readonly pending: number;
}

/** What State Manager says of an association. */
export interface AssociationState extends AssociationCounts {
	readonly status: 'Pending' | 'Success' | 'Failed';
	/** Those on which it fails, as far as they were found. */
	readonly nodes: readonly FailingNode[];
	/** The document that it applies. */
	readonly document: string;
	/** ComplianceSeverity: `CRITICAL`. */
	readonly severity?: string;
	/** Where its nodes write their output; absent where it keeps none. */
	readonly output?: string;
}

/** From the first failure of an association until it succeeds on all of its nodes. */
export interface AssociationOperation extends OperationOf<AssociationSubject> {
	/** AssociationName. */
	readonly name: string;
	readonly document?: string;
	readonly severity?: string;
	readonly output?: string;
	/** On how many nodes it fails, as far as is known, and the first of them. */
	readonly failing: number;
	readonly nodes: readonly FailingNode[];
	/** AWS's time of the last news of the whole association: what is older is none. */
	readonly knownAt: number;
	/** Since when it fails nowhere and has yet to end on some nodes. */
	readonly pendingSince?: number;
	/** It is applied again, once: to which nodes, and how often that was tried. */
	readonly again?: { readonly at: number; readonly nodes: readonly string[]; readonly tries: number; readonly sent?: true };
	/** When it is looked at next, and how often it was since its OpsItem was opened. */
	readonly lookAt: number;
	readonly looks: number;
	/** What the OpsItem has yet to be told. */
	readonly untold?: true;
}
