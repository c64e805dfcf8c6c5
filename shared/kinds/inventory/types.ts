import type { InventorySubject, OperationOf, OpsItemSpec, Run } from '../../operation/types.ts';

/** What a rule finds of one node. */
export interface SoftwareFinding {
	readonly node: string;
	/** `gone`: Systems Manager keeps no inventory of it any more, or the rule is not for it. */
	readonly is: 'found' | 'clean' | 'gone';
	/** When that was so, by the node's own inventory. Epoch milliseconds. */
	readonly at: number;
	/** What is wrong, in a few words: `telnet 0.17-90.el9 is forbidden`. */
	readonly what?: string;
}

/** What a rule is by the playbook in force. */
export interface RuleInForce {
	readonly parameterVersion: number;
	/** In words. */
	readonly says: string;
	readonly opsItem: OpsItemSpec;
	readonly run?: Run;
}

/** A command for some of the nodes: an operation of its own, whose course this one only follows. */
export interface Round {
	readonly number: number;
	readonly at: number;
	readonly nodes: readonly string[];
	/** The operation of the command, once it is there. */
	readonly operationId?: string;
	/** When it is looked at next. */
	readonly lookAt: number;
}

/** From the first node that breaks a rule for software until none does. */
export interface InventoryOperation extends OperationOf<InventorySubject> {
	/** The rule in words. */
	readonly says: string;
	readonly opsItem: OpsItemSpec;
	/** What is run on nodes that break it: not this operation's own work. */
	readonly remedy?: Run;
	/**
	 * Nodes that break it, and the inventory that says so last. An id and a time are about 30 bytes: all 2,400 nodes that a Region may
	 * have (Systems Manager quotas) are a fifth of what an item of the ledger holds.
	 */
	readonly nodes: Readonly<Record<string, number>>;
	/** What is wrong with the first of them. */
	readonly what: Readonly<Record<string, string>>;
	/** Nodes that did, and since when they do not: older findings of theirs are no news. Only the latest are kept. */
	readonly well: Readonly<Record<string, number>>;
	/** How many broke it at some time. */
	readonly count: number;
	/** When a command was last sent to a node, of earlier occurrences too. */
	readonly tried: Readonly<Record<string, number>>;
	/** How many commands there were, of earlier occurrences too. */
	readonly rounds: number;
	/** The command that is under way. */
	readonly round?: Round;
	/** How the last one ended, in words. */
	readonly ran?: string;
	/** Nodes whose inventory comes at about the same time are sent one command: none is begun before this. */
	readonly gatherUntil: number;
	/** When inventory is read next, and how often it was read. */
	readonly lookAt: number;
	readonly looks: number;
	/** When its OpsItem was told of its nodes. */
	readonly toldAt: number;
	/** What the OpsItem has yet to be told. */
	readonly untold?: true;
}
