/** From the decision to the close: the effects of an ending, one after another. Pure. */

import type { Effect, Fact, Note, Step } from '../operation/facts.ts';
import type { ClosedState, EndingEffect, Operation, OperationResult } from '../operation/types.ts';
import { change, note, nothing } from './steps.ts';

/** The clock ticks once a minute. What one tick leaves must be due at the next, however long the first took over it. Milliseconds. */
export const BY_NEXT_TICK = 45_000;
/** How often stopping the work is tried, beside the rest of the ending. */
const CANCEL_ATTEMPTS = 3;

export interface Decision {
	readonly state: ClosedState;
	readonly reason: string;
	readonly requestId?: string | undefined;
}

const WORDS = {
	succeeded: 'work succeeded',
	failed: 'failed',
	'timed-out': 'timed out',
	skipped: 'skipped',
} as const satisfies Record<ClosedState, string>;

/**
 * Decides how an operation ends, and asks for the first effect of that.
 * @param ending what follows, and the effects that it takes, in order.
 * @param closed how the last line of its story goes on.
 */
export function end<O extends Operation>(
	operation: O,
	{ state, reason, requestId }: Decision,
	ending: Pick<NonNullable<O['ending']>, 'then' | 'pending'>,
	result: Omit<OperationResult, 'reason'>,
	now: number,
	said: string = WORDS[state],
): Step<O> {
	const decided = change(
		operation,
		{
			ending: { state, reason, ...ending } as never,
			result: { ...operation.result, ...result, reason },
			attempts: { ...operation.attempts, ending: 0 },
		},
		'waiting',
	);
	return proceed(decided, [note(said, reason, requestId)], now);
}

/** Asks for the next effect of the ending, or closes the operation when there is none left. */
export function proceed<O extends Operation>(operation: O, notes: readonly Note[], now: number): Step<O> {
	const { ending } = operation;
	if (ending === undefined) return { operation, notes, effects: [] };
	const [first] = ending.pending;
	if (first === undefined) return close(operation, ending.state, notes, now);
	return { operation: change(operation, { dueAt: now + BY_NEXT_TICK }), notes, effects: [{ name: first }] };
}

const HELD: Readonly<Record<string, string>> = {
	over: '; the lifecycle action was over already',
	undefined: '; the lifecycle action is left alone',
};

function close<O extends Operation>(operation: O, state: ClosedState, notes: readonly Note[], now: number): Step<O> {
	const lifecycle = operation.result?.lifecycle;
	const held = operation.kind !== 'lifecycle' ? '' : (HELD[`${lifecycle}`] ?? `; lifecycle action completed with ${lifecycle}`);
	const closed = change(operation, { state, closedAt: now }, 'ending', 'dueAt', 'waiting', 'heartbeat' as never);
	return { operation: closed, notes: [...notes, note('closed', `${state}${held}`)], effects: [] };
}

/** An effect of the ending is done, with what came of it. */
export function effectDone<O extends Operation>(
	operation: O,
	effect: EndingEffect,
	outcome: Omit<OperationResult, 'reason'>,
	said: Note,
	now: number,
): Step<O> {
	const { ending } = operation;
	if (ending === undefined) return nothing(operation);
	const pending = ending.pending.filter((candidate) => candidate !== effect);
	const result = { reason: ending.reason, ...operation.result, ...outcome };
	const attempts = { ...operation.attempts, ending: 0 };
	return proceed(change(operation, { ending: { ...ending, pending } as never, result, attempts }), [said], now);
}

/** An effect of the ending could not be done now: it stays pending, and the clock asks again. */
export function effectNotDone<O extends Operation>(operation: O, effect: EndingEffect, said: Note, now: number): Step<O> {
	const { ending } = operation;
	if (ending === undefined) return nothing(operation);
	const tries = operation.attempts.ending + 1;
	const later = change(operation, { attempts: { ...operation.attempts, ending: tries }, dueAt: now + BY_NEXT_TICK });
	if (effect === 'cancel-work') {
		// The rest must not wait for a stop that AWS does not take: it comes first, and stopping afterwards.
		const others = ending.pending.filter((candidate) => candidate !== 'cancel-work');
		const givenUp = tries >= CANCEL_ATTEMPTS;
		const pending = givenUp ? others : [...others, 'cancel-work' as const];
		const moved = change(later, { ending: { ...ending, pending } as never });
		return others.length > 0 || givenUp ? proceed(moved, [said], now) : { operation: moved, notes: [said], effects: [] };
	}
	// The story says it once, not once a minute.
	return { operation: later, notes: tries === 1 ? [said] : [], effects: [] };
}

const ENDING_EFFECTS: readonly string[] = [
	...['cancel-work', 'complete-lifecycle', 'open-ops-item', 'update-ops-item', 'resolve-ops-item', 'close-ring', 'close-next-ring'],
] satisfies string[];

export function isEndingEffect(name: Effect['name']): name is EndingEffect {
	return ENDING_EFFECTS.includes(name);
}

/** What the answer to an effect of an ending means, where it is no lifecycle action's. */
export function answered<O extends Operation>(operation: O, fact: Extract<Fact, { type: 'done' | 'not-done' }>, now: number): Step<O> {
	const { effect, requestId } = fact;
	if (!isEndingEffect(effect) || operation.ending === undefined) return nothing(operation);
	if (fact.type === 'not-done') return effectNotDone(operation, effect, note(`${effect} not done`, fact.message, requestId), now);
	// What has been decided meanwhile it does not say.
	if (fact.undecided) return { operation, notes: [], effects: operation.ending.pending.includes(effect) ? [{ name: effect }] : [] };
	if (effect === 'cancel-work')
		return effectDone(operation, effect, {}, note('work stopped', fact.note ?? 'its time is over', requestId), now);
	return effectDone(operation, effect, outcomeOf(fact), note('OpsItem', fact.note ?? 'the playbook asks for one', requestId), now);
}

/** What the answer to an effect on an OpsItem adds to the result. */
export function outcomeOf({ effect, opsItemId, opsItem, refusal }: Extract<Fact, { type: 'done' }>): Omit<OperationResult, 'reason'> {
	return {
		...(opsItemId !== undefined && { opsItemId }),
		...(opsItem !== undefined && { opsItem }),
		...(refusal !== undefined && { refusal }),
		...(effect === 'resolve-ops-item' && opsItem !== 'refused' && { resolved: true as const }),
	};
}
