/** Operations that do little themselves: an OpsItem tells of what is amiss, and is resolved once that is well again. Pure. */

import type { Effect, Fact, Note, Step } from '../operation/facts.ts';
import type {
	AgentOperation,
	AssociationOperation,
	EndingEffect,
	InventoryOperation,
	SessionOperation,
	StateOperation,
} from '../operation/types.ts';
import { answered, BY_NEXT_TICK, type Decision, end, isEndingEffect, outcomeOf, proceed } from './ending.ts';
import { ask, change, note, nothing } from './steps.ts';

export type Telling = AgentOperation | AssociationOperation | InventoryOperation | SessionOperation | StateOperation;

/** The ledger keeps what is open for thirty days; what is amiss by then is found anew. Milliseconds. */
export const LONGEST = 30 * 86_400_000;

/** Lines of a story that are kept, where it goes on for long: the first, and the last. */
const FIRST_LINES = 10;
const LINES = 60;

/** An operation whose OpsItem is to be opened, or to be told: it may have been resolved by hand, and another is opened then. */
export function tell<O extends Telling>(operation: O, ...said: readonly Note[]): Step<O> {
	return ask(change(operation, { untold: true } as never), [{ name: 'open-ops-item' }], ...said);
}

/** When the clock must look next at an operation that is looked at in time. */
export function nextLook({ ending, untold, lookAt, deadlineAt }: Telling, now: number): number {
	const soon = now + BY_NEXT_TICK;
	return ending !== undefined || untold ? soon : Math.max(soon, Math.min(lookAt, deadlineAt));
}

export function withShortStory<O extends Telling>(operation: O): O {
	const { history } = operation;
	if (history.length < LINES) return operation;
	return change(operation, { history: [...history.slice(0, FIRST_LINES), ...history.slice(FIRST_LINES + 1 - LINES)] });
}

/** Its OpsItem may be there: an answer to the call that opens it may be lost. */
function mayHaveItem({ state, result }: Telling): boolean {
	return result?.opsItemId !== undefined || (state === 'verifying' && result?.opsItem !== 'refused');
}

/** All is well: the OpsItem is resolved. One that a call may have opened whose reply nobody heard is found by opening it again. */
export function solve<O extends Telling>(operation: O, decision: Decision, now: number, said: string): Step<O> {
	const found = operation.result?.opsItemId === undefined ? (['open-ops-item'] as const) : [];
	const pending: EndingEffect[] = mayHaveItem(operation) ? [...found, 'resolve-ops-item'] : [];
	return end(operation, decision, { then: {}, pending }, {}, now, said);
}

/** It ends before all is well: the OpsItem stays open, and says so. */
export function leave<O extends Telling>(operation: O, decision: Decision, now: number): Step<O> {
	const pending: EndingEffect[] = operation.result?.opsItemId === undefined ? [] : ['update-ops-item'];
	return end(operation, decision, { then: {}, pending }, {}, now);
}

/**
 * What the answer to an effect on the OpsItem means.
 * @param isWell whether all is well by now.
 */
export function itemDone<O extends Telling>(
	operation: O,
	fact: Extract<Fact, { type: 'done' }>,
	reason: string,
	isWell: boolean,
	now: number,
): Step<O> {
	const { effect, requestId } = fact;
	if (operation.ending !== undefined) return answered(operation, fact, now);
	// A run that knew nothing of what is amiss since has resolved it.
	if (effect === 'resolve-ops-item') return isWell ? nothing(operation) : tell(operation);
	if (effect !== 'open-ops-item') return nothing(operation);
	const before = operation.result?.opsItemId;
	const known = change(operation, { result: { ...operation.result, ...outcomeOf(fact), reason } }, 'untold' as never);
	const isFirst = before === undefined || before !== known.result?.opsItemId;
	return nothing(known, ...(isFirst ? [note('OpsItem', fact.note ?? 'it tells of this', requestId)] : []));
}

export function itemNotDone<O extends Telling>(operation: O, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<O> {
	const { effect, why, message, requestId } = fact;
	if (effect === 'open-ops-item' && why === 'gone') {
		const { opsItemId: _closed, opsItem: _news, ...known } = operation.result ?? { reason: '' };
		return ask(change(operation, { result: known }), [{ name: effect }]);
	}
	if (operation.ending !== undefined) return answered(operation, fact, now);
	if (!isEndingEffect(effect)) return nothing(operation);
	// The story says it once, not once a minute.
	const said = operation.history.some(({ what, why: before }) => what === NOT_TOLD && before === message);
	return nothing(change(operation, { untold: true } as never), ...(said ? [] : [note(NOT_TOLD, message, requestId)]));
}

const NOT_TOLD = 'OpsItem not told';

/** @param look what shows how it stands. */
export function operator<O extends Telling>(
	operation: O,
	{ verb, by, seconds = 0 }: Extract<Fact, { type: 'operator' }>,
	look: Effect,
	now: number,
): Step<O> {
	const { ending } = operation;
	switch (verb) {
		case 'extend': {
			const deadlineAt = operation.deadlineAt + seconds * 1_000;
			return nothing(change(operation, { deadlineAt }), note('extended', `by ${by}: ${seconds} s more`));
		}
		case 'retry': {
			if (ending !== undefined) return proceed(operation, [note('retried', `by ${by}`)], now);
			return ask(change(operation, { lookAt: now } as never), [look], note('retried', `by ${by}: it is looked at, by the next minute`));
		}
		case 'cancel':
			if (ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			return leave(operation, { state: 'failed', reason: `cancelled by ${by}` }, now);
		case 'complete':
			if (ending !== undefined) return proceed(operation, [note('completed', `by ${by}: it is ending already`)], now);
			return solve(operation, { state: 'skipped', reason: `completed by ${by}` }, now, 'completed');
	}
}
