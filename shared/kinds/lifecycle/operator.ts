/** What a person's command means for an operation. Pure. */

import type { Fact, Step } from '../../operation/facts.ts';
import type { LifecycleOperation } from '../../operation/types.ts';
import { proceed } from '../ending.ts';
import { ask, note, nothing } from '../steps.ts';
import { decide } from './ending.ts';
import { hookLimit } from './timers.ts';

export function operator(operation: LifecycleOperation, fact: Extract<Fact, { type: 'operator' }>, now: number): Step<LifecycleOperation> {
	const { verb, by } = fact;
	switch (verb) {
		case 'extend': {
			const limit = hookLimit(operation.hookTimers, operation.actionStartedAt);
			const deadlineAt = Math.min(operation.deadlineAt + (fact.seconds ?? 0) * 1_000, limit);
			const gained = Math.round((deadlineAt - operation.deadlineAt) / 1_000);
			const extended = note('extended', `by ${by}: ${gained} s more, as far as the hook lasts`);
			return ask({ ...operation, deadlineAt }, operation.heartbeat ? [{ name: 'heartbeat' }] : [], extended);
		}
		case 'retry': {
			const asked = note('retried', `by ${by}`);
			if (operation.ending !== undefined) return proceed(operation, [asked], now);
			if (operation.state !== 'waiting') return nothing(operation, asked);
			return ask({ ...operation, state: 'starting' }, [{ name: 'check-node' }], asked);
		}
		case 'cancel': {
			if (operation.ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			const reason = `cancelled by ${by}`;
			return decide(operation, { state: 'failed', reason, then: operation.then.onFailure, cancel: true }, now);
		}
		case 'complete': {
			const completed = operation.ending?.pending.includes('complete-lifecycle') === false;
			if (completed) return proceed(operation, [note('completed', `by ${by}: the lifecycle action is over already`)], now);
			const then = { lifecycle: fact.result ?? operation.then.onSuccess.lifecycle };
			return decide(operation, { state: 'skipped', reason: `completed by ${by}`, then, cancel: true }, now);
		}
	}
}
