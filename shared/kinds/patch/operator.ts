/** What a person's command means for a run. Pure. */

import type { Fact, Step } from '../../operation/facts.ts';
import type { EndingEffect } from '../../operation/types.ts';
import { proceed } from '../ending.ts';
import { change, note, nothing } from '../steps.ts';
import { closings, decide, hasItem } from './ending.ts';
import type { PatchOperation } from './types.ts';
import { staysClosed } from './words.ts';

export function operator(operation: PatchOperation, fact: Extract<Fact, { type: 'operator' }>, now: number): Step<PatchOperation> {
	const { verb, by, seconds = 0 } = fact;
	const { ending, chores, soaksUntil, deadlineAt } = operation;
	switch (verb) {
		case 'extend': {
			const said = note('extended', `by ${by}: ${seconds} s more${soaksUntil === undefined ? '' : ' of soak'}`);
			const longer = change<PatchOperation>(operation, { deadlineAt: deadlineAt + seconds * 1_000 });
			if (soaksUntil === undefined) return nothing(longer, said);
			// What was about to be opened is judged again after that.
			const left = chores.filter((chore) => chore !== 'open-next-ring');
			const until = soaksUntil + seconds * 1_000;
			return nothing({ ...longer, chores: left, soaksUntil: until, lookAt: until }, said);
		}
		case 'retry': {
			if (ending !== undefined) return proceed(operation, [note('retried', `by ${by}`)], now);
			return nothing({ ...operation, lookAt: now }, note('retried', `by ${by}: the clock looks within a minute`));
		}
		case 'cancel': {
			if (ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			const pending: EndingEffect[] = [...(hasItem(operation) ? (['update-ops-item'] as const) : []), ...closings(operation)];
			return decide(operation, { state: 'failed', reason: `cancelled by ${by}${staysClosed(operation)}` }, pending, now);
		}
		case 'complete': {
			// Whoever says that the run is dealt with has not said that the next group may have its patches: that is on demand.
			if (ending !== undefined) return proceed(operation, [note('completed', `by ${by}: it is ending already`)], now);
			const pending: EndingEffect[] = [...(hasItem(operation) ? (['resolve-ops-item'] as const) : []), ...closings(operation)];
			return decide(operation, { state: 'skipped', reason: `completed by ${by}${staysClosed(operation)}` }, pending, now);
		}
	}
}
