/** From the decision to the close: the effects of an ending, one after another. */

import type { Note, Step } from '../../operation/facts.ts';
import type { ClosedState, EndingEffect, Operation, OperationResult, Then } from '../../operation/types.ts';
import { BY_NEXT_TICK } from './timers.ts';

/** How often a complete call may answer "no active lifecycle action" while another hook could be what holds the instance. */
const AMBIGUOUS_ATTEMPTS = 3;
/** How often stopping the work is tried, beside the rest of the ending. */
const CANCEL_ATTEMPTS = 3;

interface Decision {
	readonly state: ClosedState;
	readonly reason: string;
	readonly then: Then;
	/** False where the hook is known to be over, or not to be ours to complete. */
	readonly complete?: boolean;
	/** True where work may still run. */
	readonly cancel?: boolean;
	readonly requestId?: string | undefined;
}

/** Decides how an operation ends, and asks for the first effect of that. */
export function decide(operation: Operation, decision: Decision, now: number): Step {
	const { state, reason, then, complete = true, cancel = false } = decision;
	const pending: EndingEffect[] = [];
	if (cancel && operation.work !== undefined) pending.push('cancel-work');
	if (complete) pending.push('complete-lifecycle');
	if (then.opsItem !== undefined) pending.push('open-ops-item');
	const { waiting: _waiting, ...rest } = operation;
	const decided: Operation = {
		...rest,
		ending: { state, reason, then, pending },
		result: { reason, ...(operation.brakes?.observe ? { observed: true } : !complete && { lifecycle: 'over' as const }) },
		attempts: { ...operation.attempts, ending: 0 },
	};
	const note: Note = { what: WORDS[state], why: reason, requestId: decision.requestId };
	return proceed(decided, [note], now);
}

const HELD: Readonly<Record<string, string>> = {
	over: 'the lifecycle action was over already',
	undefined: 'the lifecycle action is left alone',
};

const WORDS = {
	succeeded: 'work succeeded',
	failed: 'failed',
	'timed-out': 'timed out',
	skipped: 'skipped',
} as const satisfies Record<ClosedState, string>;

/** Asks for the next effect of the ending, or closes the operation when there is none left. */
export function proceed(operation: Operation, notes: readonly Note[], now: number): Step {
	const { ending } = operation;
	if (ending === undefined) return { operation, notes, effects: [] };
	const [first] = ending.pending;
	if (first === undefined) return close(operation, notes, now);
	return { operation: { ...operation, dueAt: now + BY_NEXT_TICK }, notes, effects: [{ name: first }] };
}

function close(operation: Operation, notes: readonly Note[], now: number): Step {
	const { ending, dueAt: _dueAt, waiting: _waiting, heartbeat: _heartbeat, ...rest } = operation;
	const state = ending?.state ?? 'failed';
	const lifecycle = rest.result?.lifecycle;
	const held = HELD[`${lifecycle}`] ?? `lifecycle action completed with ${lifecycle}`;
	return {
		operation: { ...rest, state, closedAt: now },
		notes: [...notes, { what: 'closed', why: `${state}; ${held}` }],
		effects: [],
	};
}

/** An effect of the ending is done, with what came of it. */
export function effectDone(
	operation: Operation,
	effect: EndingEffect,
	outcome: Pick<OperationResult, 'lifecycle' | 'opsItemId' | 'opsItem'> & { readonly note: Note },
	now: number,
): Step {
	const { ending } = operation;
	if (ending === undefined) return { operation, notes: [], effects: [] };
	const pending = ending.pending.filter((candidate) => candidate !== effect);
	const result = {
		reason: ending.reason,
		...operation.result,
		...(outcome.lifecycle && { lifecycle: outcome.lifecycle }),
		...(outcome.opsItemId && { opsItemId: outcome.opsItemId }),
		...(outcome.opsItem && { opsItem: outcome.opsItem }),
	};
	const attempts = { ...operation.attempts, ending: 0 };
	return proceed({ ...operation, ending: { ...ending, pending }, result, attempts }, [outcome.note], now);
}

/** An effect of the ending could not be done now: it stays pending, and the clock asks again. */
export function effectNotDone(operation: Operation, effect: EndingEffect, note: Note, now: number): Step {
	const { ending } = operation;
	if (ending === undefined) return { operation, notes: [], effects: [] };
	const tries = operation.attempts.ending + 1;
	const later = { ...operation, attempts: { ...operation.attempts, ending: tries }, dueAt: now + BY_NEXT_TICK };
	if (effect === 'cancel-work') {
		// The instance must not wait for a stop that AWS does not take: complete first, stop afterwards.
		const others = ending.pending.filter((candidate) => candidate !== 'cancel-work');
		const givenUp = tries >= CANCEL_ATTEMPTS;
		const pending = givenUp ? others : [...others, 'cancel-work' as const];
		const moved = { ...later, ending: { ...ending, pending } };
		return others.length > 0 || givenUp ? proceed(moved, [note], now) : { operation: moved, notes: [note], effects: [] };
	}
	// The story says it once, not once a minute.
	return { operation: later, notes: tries === 1 ? [note] : [], effects: [] };
}

/** Whether "no active lifecycle action" can be believed although the instance still waits: another hook may hold it. */
export function isAmbiguousForGood(operation: Operation): boolean {
	return operation.attempts.ending >= AMBIGUOUS_ATTEMPTS;
}
