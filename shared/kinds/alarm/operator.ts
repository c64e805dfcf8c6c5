/** What a person's command means for an alarm's operation. Pure. */

import type { Fact, Step } from '../../operation/facts.ts';
import type { AlarmOperation } from '../../operation/types.ts';
import { end, proceed } from '../ending.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { hasBegun, tickWork } from '../working.ts';
import { hasItem, isCalm, know, resolvingOf, stop } from './ending.ts';
import { beginWork, course, wantsWork } from './work.ts';

export function operator(operation: AlarmOperation, fact: Extract<Fact, { type: 'operator' }>, now: number): Step<AlarmOperation> {
	const { verb, by } = fact;
	const { ending, work } = operation;
	switch (verb) {
		case 'extend': {
			const gained = fact.seconds ?? 0;
			const deadlineAt = operation.deadlineAt + gained * 1_000;
			return nothing(change(operation, { deadlineAt }), note('extended', `by ${by}: ${gained} s more`));
		}
		case 'retry':
			return retry(operation, now, by);
		case 'cancel': {
			if (ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			const decision = { state: 'failed', reason: `cancelled by ${by}`, cancel: hasBegun(operation) } as const;
			if (operation.waiting === 'held' && !hasItem(operation)) return end(operation, decision, { then: {}, pending: [] }, {}, now);
			return stop(operation, decision, {}, now);
		}
		case 'complete': {
			if (ending !== undefined) return proceed(operation, [note('completed', `by ${by}: it is ending already`)], now);
			const stopping = hasBegun(operation) && work !== undefined ? (['cancel-work'] as const) : [];
			const decided = know(operation, {}, 'calmAt');
			const reason = `completed by ${by}`;
			return end(decided, { state: 'skipped', reason }, { then: {}, pending: [...stopping, ...resolvingOf(operation)] }, {}, now);
		}
	}
}

/** What waits goes on at once; work that has ended is begun anew, also of an alarm that flaps; otherwise CloudWatch is asked. */
function retry(operation: AlarmOperation, now: number, by: string): Step<AlarmOperation> {
	const asked = note('retried', `by ${by}`);
	if (operation.ending !== undefined) return proceed(operation, [asked], now);
	if (hasBegun(operation)) return nothing(operation, asked);
	if (operation.waiting === 'held' || operation.alarm.held !== undefined || isCalm(operation) || operation.run === undefined) {
		return ask(operation, [{ name: 'look-at-alarm' }], asked);
	}
	const step = wantsWork(operation) ? tickWork(course, operation, now) : beginWork(know(operation, {}, 'flapping'), now);
	return { ...step, notes: [asked, ...step.notes] };
}
