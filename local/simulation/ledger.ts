/** The ledger as the table has it, from its writes: read by nobody's code but this. */

import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Operation } from '../../shared/operation/types.ts';
import type { Call } from '../aws/wire.ts';

/** An operation as it was written last. */
export type Recorded = Operation;

interface Written {
	readonly before: Recorded | undefined;
	readonly after: Recorded;
}

/** A playbook's slots after a change. */
export interface SlotsItem {
	readonly playbook: string;
	/** Ids of operations by the set that holds them: `held`, `hour492384`. */
	readonly sets: Readonly<Record<string, ReadonlySet<string>>>;
}

export class LedgerMirror {
	readonly #now: () => number;
	readonly #operations = new Map<string, Recorded>();
	readonly #decisions = new Map<string, number>();
	readonly #closings = new Map<string, number>();

	constructor(now: () => number) {
		this.#now = now;
	}

	get operations(): ReadonlyMap<string, Recorded> {
		return this.#operations;
	}

	/** When it was written how an operation ends. */
	decidedOnRecord(id: string): number | undefined {
		return this.#decisions.get(id);
	}

	/** When it was written that an operation has closed: the write may come long after the decision. */
	closedOnRecord(id: string): number | undefined {
		return this.#closings.get(id);
	}

	/** What a call that succeeded has written: an operation, a playbook's slots, or nothing of either. */
	take({ operation, input }: Call, answer: string): Written | SlotsItem | undefined {
		if (operation === 'PutItem') return this.#put((input as { Item: Parameters<typeof unmarshall>[0] }).Item);
		if (operation !== 'UpdateItem') return undefined;
		const { Attributes } = JSON.parse(answer) as { Attributes?: Parameters<typeof unmarshall>[0] };
		return Attributes && slotsOf(unmarshall(Attributes));
	}

	#put(item: Parameters<typeof unmarshall>[0]): Written | undefined {
		const { pk } = item as Record<string, { S?: string }>;
		if (!pk?.S?.startsWith('operation#')) return undefined;
		const after = unmarshall(item)['operation'] as Recorded;
		const before = this.#operations.get(after.id);
		this.#operations.set(after.id, after);
		if (after.ending !== undefined && before?.ending === undefined) this.#decisions.set(after.id, this.#now());
		if (after.closedAt !== undefined && before?.closedAt === undefined) this.#closings.set(after.id, this.#now());
		return { before, after };
	}
}

function slotsOf(item: Readonly<Record<string, unknown>>): SlotsItem | undefined {
	const [kind, playbook] = String(item['pk']).split('#');
	if (kind !== 'limits' || playbook === undefined) return undefined;
	const sets = Object.entries(item).filter((entry): entry is [string, Set<string>] => entry[1] instanceof Set);
	return { playbook, sets: Object.fromEntries(sets) };
}

/** Where an operation stands, in a word: `running`, `waiting (limit)`, `ending as failed`, `succeeded`. */
export function standing({ state, waiting, ending, closedAt }: Recorded): string {
	if (closedAt !== undefined) return state;
	if (ending !== undefined) return `ending as ${ending.state}`;
	return waiting === undefined ? state : `waiting (${waiting})`;
}

/** The line of its history that says how it ends, or undefined where it does not say yet. */
export function decisionOf({ history }: Recorded) {
	return history.find(({ what }) => DECISIONS.has(what));
}

const DECISIONS = new Set(['work succeeded', 'failed', 'timed out', 'skipped']);
