/** What becomes of a dead letter, before anything is done. Pure. */

import { Refusal } from '../support/verb.ts';
import type { Letter } from './letter.ts';

export interface Wish {
	/** Beginnings of message ids or event ids; all letters where there are none. */
	readonly ids: readonly string[];
	/** What was refused for good is put back too. */
	readonly all: boolean;
	/** What is not worth putting back is deleted, or what is named; nothing is put back. */
	readonly discard: boolean;
}

export type Act = 'put back' | 'delete' | 'leave';

export interface Plan {
	readonly act: Act;
	/** Why it is left. */
	readonly why?: string;
}

/** Beginnings shorter than this name too much. */
export const SHORTEST_ID = 4;

export function planFor(letter: Letter, { ids, all, discard }: Wish): Plan {
	const named = ids.some((id) => isNamed(letter, id));
	if (ids.length > 0 && !named) return { act: 'leave', why: 'it is not named' };
	const { back, givenUp } = letter;
	if (discard) {
		const worthless = named || back.to === 'nowhere' || givenUp === 'refused';
		return worthless ? { act: 'delete' } : { act: 'leave', why: 'it can be put back' };
	}
	if (back.to === 'nowhere') return { act: 'leave', why: back.why };
	if (givenUp === 'refused' && !all && !named) return { act: 'leave', why: 'it was refused for good, and would be again as things stand' };
	return { act: 'put back' };
}

/** @throws Refusal for an id that names nothing. */
export function mustBeNamed(letters: readonly Letter[], { ids }: Wish): void {
	const unknown = ids.find((id) => !letters.some((letter) => isNamed(letter, id)));
	if (unknown === undefined) return;
	throw new Refusal(`No dead letter has an id that begins with '${unknown}': fleet -- redrive shows them all.`);
}

function isNamed({ messageId, event }: Letter, id: string): boolean {
	return messageId.startsWith(id) || event?.id?.startsWith(id) === true;
}
