/** What the engine and its performers share within one execution environment. */

import type { Deps } from '../deps.ts';
import { createHookReader, type HookReader } from '../outcomes/hooks.ts';
import { createPlaybookStore, type PlaybookStore } from '../playbook/store.ts';
import type { BrakeFact, Fact } from './facts.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Operation } from './types.ts';

/** What a command was sent for. It never changes once the command is sent. */
export interface CommandPurpose {
	readonly workId: string;
	/** Instance ids to the operations that the command serves; under '' the one it serves alone. */
	readonly members: ReadonlyMap<string, string>;
}

export interface Services extends Deps {
	readonly ledger: Ledger;
	readonly hooks: HookReader;
	readonly playbooks: PlaybookStore;
	/** By command id: a burst's nodes end one by one, and only the first needs to be asked about. */
	readonly purposes: Map<string, CommandPurpose | 'foreign'>;
	/** What calendars said, and when, by their names. */
	readonly calendars: Map<string, { readonly at: number; readonly fact: BrakeFact }>;
}

export function createServices(deps: Deps): Services {
	return {
		...deps,
		ledger: createLedger(deps),
		hooks: createHookReader(deps),
		playbooks: createPlaybookStore(deps),
		purposes: new Map(),
		calendars: new Map(),
	};
}

/**
 * Carries out one kind of effect for several operations at once, and says what came of it: operation ids to facts.
 * It never throws for what AWS answers; that is a fact too.
 */
export type Perform = (services: Services, operations: readonly Operation[]) => Promise<ReadonlyMap<string, Fact>>;
