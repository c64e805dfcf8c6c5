/** What the engine and its performers share within one execution environment. */

import type { Deps } from '../deps.ts';
import type { Kind } from '../kinds/kind.ts';
import { createPlaybookStore, type PlaybookStore } from '../playbook/store.ts';
import type { BrakeFact, Effect, Fact } from './facts.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Operation, OperationKind, OperationOfKind } from './types.ts';

/** What a command was sent for. It never changes once the command is sent. */
export interface CommandPurpose {
	readonly workId: string;
	/** Instance ids to the operations that the command serves; under '' the one it serves alone. */
	readonly members: ReadonlyMap<string, string>;
}

/**
 * Carries out one kind of effect for several operations at once, and says what came of it: operation ids to facts.
 * It never throws for what AWS answers; that is a fact too.
 */
export type Perform<O extends Operation = Operation> = {
	// Of a method, TypeScript lets a parameter be narrower: an effect is asked for by operations of the kinds that know it.
	perform(services: Services, operations: readonly O[]): Promise<ReadonlyMap<string, Fact>>;
}['perform'];

/** What a function knows of kinds of operations, beside what all share. */
export interface Part {
	readonly kinds?: { readonly [K in OperationKind]?: Kind<OperationOfKind<K>> };
	/** Who carries out effects. An effect that nobody in a function carries out is left to the clock. */
	readonly performers?: Partial<Record<Effect['name'], Perform>>;
}

export interface Services extends Deps {
	readonly ledger: Ledger;
	readonly playbooks: PlaybookStore;
	readonly performers: NonNullable<Part['performers']>;
	/** By command id: a burst's nodes end one by one, and only the first needs to be asked about. */
	readonly purposes: Map<string, CommandPurpose | 'foreign'>;
	/** What calendars said, and when, by their names. */
	readonly calendars: Map<string, { readonly at: number; readonly fact: BrakeFact }>;
	/** @throws Error where the function has no part for operations of this kind. */
	kindOf(operation: Operation): Kind<Operation>;
}

export function createServices(deps: Deps, parts: readonly Part[]): Services {
	const kinds: Part['kinds'] = Object.assign({}, ...parts.map((part) => part.kinds));
	return {
		...deps,
		ledger: createLedger(deps),
		playbooks: createPlaybookStore(deps),
		performers: Object.assign({}, ...parts.map((part) => part.performers)),
		purposes: new Map(),
		calendars: new Map(),
		kindOf({ id, kind }) {
			const found = kinds?.[kind];
			if (found === undefined) throw new Error(`operation ${id} is of a kind that this function has nothing to do with`);
			return found;
		},
	};
}
