/** What a kind of operation is to the engine and to those who are told of it. */

import type { Fact, Step } from '../operation/facts.ts';
import type { Operation, OpsItemSpec } from '../operation/types.ts';

export interface Kind<O extends Operation> {
	next(operation: O, fact: Fact, now: number): Step<O>;
	/** How OpsCenter is told of an operation. */
	item(operation: O): OpsItemText;
}

/** What an OpsItem says. Operations whose items have the same key share one while it is open. */
export interface OpsItemText {
	/** Within the stage. */
	readonly key: string;
	readonly title: string;
	readonly spec: OpsItemSpec;
	/** The first lines of the description. */
	readonly intro: string;
	/** This operation's own line of the description. */
	readonly line: string;
	/** ARNs. Deduplication hashes them too: what operations share an item have them in common. */
	readonly resources: readonly string[];
	/** What all operations of the item have in common, by name; names hold letters, digits and `_.-/`. */
	readonly data: Readonly<Record<string, string>>;
	/** This operation's own data: brought up to date while the item is open. */
	readonly own: Readonly<Record<string, string>>;
	/** How the severity stands now, where it has changed since the item was opened. */
	readonly raisedTo?: string;
	/** It is resolved with its operation: in the place of one that is not open any more another is opened only once that is on record. */
	readonly isResolved?: true;
}
