/** What the answers to effects mean: of the hook, of the held instance, of an ending. Pure. */

import type { Fact, InstanceFact, Step } from '../../operation/facts.ts';
import type { LifecycleOperation } from '../../operation/types.ts';
import { answered, effectDone, effectNotDone, isEndingEffect } from '../ending.ts';
import { ask, note, nothing } from '../steps.ts';
import { hasBegun, wait } from '../working.ts';
import { decide, isAmbiguousForGood } from './ending.ts';
import { transitionsOfState } from './sighting.ts';
import { heartbeatInterval, hookIsOver } from './timers.ts';

/** Auto Scaling's own word on whether the instance still waits. */
export function instance(operation: LifecycleOperation, fact: InstanceFact, now: number): Step<LifecycleOperation> {
	const { lifecycleState, otherHooks, requestId } = fact;
	// An abandoned launch may wait on its way out: that is another hook's.
	const held = lifecycleState !== undefined && transitionsOfState(lifecycleState).includes(operation.subject.transition);
	const where = lifecycleState === undefined ? 'has left its group' : `is ${lifecycleState}`;
	if (operation.ending !== undefined) {
		if (!operation.ending.pending.includes('complete-lifecycle')) return nothing(operation);
		if (held && !hookIsOver(operation, now) && !(otherHooks && isAmbiguousForGood(operation))) return nothing(operation);
		const why = held ? 'the instance waits, but not for this hook' : `the instance ${where}`;
		return effectDone(operation, 'complete-lifecycle', { lifecycle: 'over' }, note('hook is over', why, requestId), now);
	}
	if (held) return hasBegun(operation) ? nothing(operation) : ask(operation, [{ name: 'check-node' }]);
	const began = operation.work !== undefined;
	const reason = began ? `the instance ${where}: the wait ended before the work did` : `the instance ${where}: it does not wait any more`;
	const { onSuccess, onFailure } = operation.then;
	const decision = began
		? { state: 'failed' as const, reason, then: onFailure, cancel: true }
		: { state: 'skipped' as const, reason, then: { lifecycle: onSuccess.lifecycle } };
	return decide(operation, { ...decision, complete: false, requestId }, now);
}

export function heartbeatSent(operation: LifecycleOperation, requestId: string | undefined, now: number): Step<LifecycleOperation> {
	if (operation.heartbeat === undefined) return nothing(operation);
	const heartbeat = { nextAt: now + heartbeatInterval(operation.hookTimers), count: operation.heartbeat.count + 1 };
	const why = `hook kept alive for another ${operation.hookTimers.heartbeatTimeoutSeconds} s`;
	return nothing({ ...operation, heartbeat }, note('heartbeat', why, requestId));
}

export function done(operation: LifecycleOperation, fact: Extract<Fact, { type: 'done' }>, now: number): Step<LifecycleOperation> {
	const { effect, requestId } = fact;
	if (effect !== 'complete-lifecycle' || operation.ending === undefined) return answered(operation, fact, now);
	const { lifecycle = operation.ending.then.lifecycle } = fact;
	return effectDone(operation, effect, { lifecycle }, note('lifecycle action completed', lifecycle, requestId), now);
}

export function notDone(operation: LifecycleOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<LifecycleOperation> {
	const { effect, why, message, requestId } = fact;
	if (effect === 'heartbeat') {
		if (why === 'gone') return ask(operation, [{ name: 'look-at-instance' }]);
		// It stays due: the next tick tries again.
		return nothing(operation, note('heartbeat not taken', message, requestId));
	}
	if (isEndingEffect(effect)) {
		const step = effectNotDone(operation, effect, note(`${effect} not done`, message, requestId), now);
		// A call that AWS goes on refusing must not keep an operation open whose hook has ended.
		const doubtful = why === 'gone' || (effect === 'complete-lifecycle' && hookIsOver(operation, now));
		return doubtful ? { ...step, effects: [...step.effects, { name: 'look-at-instance' }] } : step;
	}
	// A look that AWS did not grant is a look that the next tick takes again.
	const unbegun = operation.state === 'starting' && operation.work === undefined && operation.ending === undefined;
	return unbegun ? wait(operation, effect === 'ask-calendar' ? 'calendar' : 'throttle', message, requestId) : nothing(operation);
}
