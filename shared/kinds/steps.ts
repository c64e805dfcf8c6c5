/** Small steps that decisions of every kind are made of. Pure. */

import type { Effect, Note, Step } from '../operation/facts.ts';
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
