/** The life of a lifecycle operation: what each fact means for it. Pure. */

import type { Effect, Fact, Step } from '../../operation/facts.ts';
import type { LifecycleOperation } from '../../operation/types.ts';
import { proceed } from '../ending.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { atWork, tickWork } from '../working.ts';
import { done, heartbeatSent, instance, notDone } from './answers.ts';
import { course, observed } from './begin.ts';
import { operator } from './operator.ts';
import { effectiveDeadline, heartbeatIsDue, LATE_EVENT, nextLook } from './timers.ts';

export function nextLifecycle(operation: LifecycleOperation, fact: Fact, now: number): Step<LifecycleOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	const step = react(operation, fact, now);
	if (fact.type === 'seen' && step.operation === operation) return step;
	if (step.operation.closedAt !== undefined) return step;
	// Its record says that a shared command was sent: its nodes are not written again for that, and are looked at as running ones are.
	const looked = fact.type === 'work-shared' ? change(step.operation, { state: 'running' }) : step.operation;
	return { ...step, operation: change(step.operation, { dueAt: nextLook(looked, now) }) };
}

function react(operation: LifecycleOperation, fact: Fact, now: number): Step<LifecycleOperation> {
	switch (fact.type) {
		case 'opened':
			return opened(operation, now);
		case 'seen':
			return seen(operation, fact);
		case 'tick':
			return tick(operation, now);
		case 'instance':
			return instance(operation, fact, now);
		case 'heartbeat-sent':
			return heartbeatSent(operation, fact.requestId, now);
		case 'done':
			return done(operation, fact, now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, now);
		default:
			return atWork(course, operation, fact, now) ?? nothing(operation);
	}
}

function opened(operation: LifecycleOperation, now: number): Step<LifecycleOperation> {
	if (operation.brakes?.observe) return observed(operation, now);
	const late = now - operation.actionStartedAt >= LATE_EVENT;
	return ask(operation, [{ name: late ? 'look-at-instance' : 'check-node' }]);
}

function seen(operation: LifecycleOperation, fact: Extract<Fact, { type: 'seen' }>): Step<LifecycleOperation> {
	if (fact.token === undefined || fact.token === operation.token) return nothing(operation);
	const why =
		operation.token === undefined ? 'the event came after the sweep had found the instance' : 'the hook fired again for this instance';
	const named = { ...operation, token: fact.token, ...(fact.eventId !== undefined && { eventId: fact.eventId }) };
	return nothing(named, note('lifecycle token learned', why));
}

function tick(operation: LifecycleOperation, now: number): Step<LifecycleOperation> {
	const beat: Effect[] = heartbeatIsDue(operation, now) ? [{ name: 'heartbeat' }] : [];
	// A command needs its node. A runbook may outlive its node, and needs the wait.
	const around: Effect = { name: operation.work?.type === 'command' ? 'check-node' : 'look-at-instance' };
	const step =
		operation.ending === undefined ? tickWork(course, operation, now, effectiveDeadline(operation), [around]) : proceed(operation, [], now);
	return { ...step, effects: [...beat, ...step.effects] };
}
