/** Small steps that decisions of every kind are made of. Pure. */

import type { Effect, Fact, Note, Step } from '../operation/facts.ts';
import type { Operation } from '../operation/types.ts';

/** An operation with some of what every kind has changed, and some of it gone. */
export function change<O extends Operation>(operation: O, changes: Partial<Operation>, ...gone: readonly (keyof Operation)[]): O {
	const changed: Record<string, unknown> = { ...operation, ...changes };
	for (const key of gone) delete changed[key];
	return changed as unknown as O;
}

export function nothing<O extends Operation>(operation: O, ...notes: Note[]): Step<O> {
	return { operation, notes, effects: [] };
}

export function ask<O extends Operation>(operation: O, effects: readonly Effect[], ...notes: Note[]): Step<O> {
	return { operation, notes, effects };
}

export function note(what: string, why: string, requestId?: string): Note {
	return { what, why, requestId };
}

/**
 * A step that moves an operation which goes on, or a tick, with when the clock looks at it next; any other as it is.
 * @param before the operation before the step.
 * @param timed the operation after it, with that time.
 */
export function whereMoved<O extends Operation>(before: O, fact: Fact, step: Step<O>, timed: (after: O) => O): Step<O> {
	const unmoved = step.operation === before && step.effects.length === 0 && fact.type !== 'tick';
	return unmoved || step.operation.closedAt !== undefined ? step : { ...step, operation: timed(step.operation) };
}
