/** The life of a lifecycle operation: what each fact means for it. Pure. */

import type { Effect, Fact, NodeStatus, Note, Step, WorkFact } from '../../operation/facts.ts';
import type { Operation, WaitingReason } from '../../operation/types.ts';
import { done, heartbeatSent, instance, notDone } from './answers.ts';
import { ask, begin, brake, hasBegun, note, nothing, observed, wait } from './begin.ts';
import { decide, proceed } from './ending.ts';
import { operator } from './operator.ts';
import { DECIDE_AFTER_DEADLINE, effectiveDeadline, heartbeatIsDue, LATE_EVENT, nextLook } from './timers.ts';

export function nextLifecycle(operation: Operation, fact: Fact, now: number): Step {
	if (operation.closedAt !== undefined) return nothing(operation);
	const step = react(operation, fact, now);
	if (fact.type === 'seen' && step.operation === operation) return step;
	if (step.operation.closedAt !== undefined) return step;
	// Its record says that a shared command was sent: its nodes are not written again for that, and are looked at as running ones are.
	const looked = fact.type === 'work-shared' ? { ...step.operation, state: 'running' as const } : step.operation;
	return { ...step, operation: { ...step.operation, dueAt: nextLook(looked, now) } };
}

function react(operation: Operation, fact: Fact, now: number): Step {
	switch (fact.type) {
		case 'opened':
			return opened(operation, now);
		case 'seen':
			return seen(operation, fact);
		case 'tick':
			return tick(operation, now);
		case 'node':
			return node(operation, fact.status, fact.since, fact.requestId, now);
		case 'brake':
			return brake(operation, fact, now);
		case 'work-shared':
			return nothing({ ...operation, work: fact.work });
		case 'work-started':
			return started(operation, fact, now);
		case 'work-seen':
			return workSeen(operation, fact, now);
		case 'work-not-started':
			return notStarted(operation, fact, now);
		case 'work-not-found':
			return notFound(operation, fact.certain, now);
		case 'work':
			return work(operation, fact, now);
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
	}
}

function opened(operation: Operation, now: number): Step {
	if (operation.brakes?.observe) return observed(operation, now);
	const late = now - operation.actionStartedAt >= LATE_EVENT;
	return ask(operation, [{ name: late ? 'look-at-instance' : 'check-node' }]);
}

function seen(operation: Operation, fact: Extract<Fact, { type: 'seen' }>): Step {
	if (fact.token === undefined || fact.token === operation.token) return nothing(operation);
	const why =
		operation.token === undefined ? 'the event came after the sweep had found the instance' : 'the hook fired again for this instance';
	const named = { ...operation, token: fact.token, ...(fact.eventId !== undefined && { eventId: fact.eventId }) };
	return nothing(named, note('lifecycle token learned', why));
}

function tick(operation: Operation, now: number): Step {
	const beat: Effect[] = heartbeatIsDue(operation, now) ? [{ name: 'heartbeat' }] : [];
	if (operation.ending !== undefined) {
		const step = proceed(operation, [], now);
		return { ...step, effects: [...beat, ...step.effects] };
	}
	if (now >= effectiveDeadline(operation) + DECIDE_AFTER_DEADLINE) {
		// Work that ended in time may not have been reported.
		return operation.state === 'running' ? ask(operation, [{ name: 'look-up-work' }]) : timeOut(operation, now);
	}
	if (operation.state === 'running') return ask(operation, [...beat, ...lookAround(operation)]);
	if (operation.state === 'starting' && operation.work !== undefined) return ask(operation, [...beat, { name: 'find-work' }]);
	if (operation.waiting !== undefined && operation.waiting !== 'registration') {
		const step = begin(operation, now);
		return { ...step, effects: [...beat, ...step.effects] };
	}
	return ask(operation, [...beat, { name: 'check-node' }]);
}

/**
 * How the work stands, and whether what it is for is still there: a command needs its node. A runbook may outlive its node, and
 * needs the wait.
 */
function lookAround({ work }: Operation): Effect[] {
	return [{ name: 'look-up-work' }, { name: work?.type === 'command' ? 'check-node' : 'look-at-instance' }];
}

/** What was waited for in vain. */
const IN_VAIN: Partial<Record<WaitingReason, string>> = {
	registration: 'the node did not register with Systems Manager before the deadline',
	limit: "its turn under the playbook's limits did not come before the deadline",
	calendar: "the playbook's calendar did not open before the deadline",
};

function timeOut(operation: Operation, now: number): Step {
	const reason = IN_VAIN[operation.waiting as WaitingReason] ?? "not over within the playbook's timeout or the hook's own limit";
	return decide(operation, { state: 'timed-out', reason, then: operation.then.onFailure, cancel: true }, now);
}

function node(operation: Operation, status: NodeStatus, since: string | undefined, requestId: string | undefined, now: number): Step {
	if (operation.ending !== undefined) return nothing(operation);
	if (hasBegun(operation))
		return operation.state === 'running' && status === 'not-registered' ? vanished(operation, requestId, now) : nothing(operation);
	if (status === 'online') return begin(operation, now);
	const { subject } = operation;
	const launching = subject.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
	if (launching && operation.registerBy !== undefined && now < operation.registerBy) {
		return wait(operation, 'registration', 'the new node has not registered with Systems Manager yet');
	}
	if (!launching && subject.origin === 'WarmPool') {
		const reason = 'the node is stopped in its warm pool: there is nothing to drain';
		return decide(operation, { state: 'skipped', reason, then: operation.then.onSuccess, requestId }, now);
	}
	const reason =
		status === 'connection-lost'
			? `the node is unreachable: its agent's connection is lost${since ? ` (last seen ${since})` : ''}`
			: 'the node is unreachable: Systems Manager does not manage it (no agent, no permission, or it is gone)';
	return decide(operation, { state: 'failed', reason, then: operation.then.onFailure, requestId }, now);
}

/** A lost connection may come back; a node that is not managed any more will report no end. */
function vanished(operation: Operation, requestId: string | undefined, now: number): Step {
	const reason = 'the node vanished while its work ran: Systems Manager does not manage it any more';
	return decide(operation, { state: 'failed', reason, then: operation.then.onFailure, cancel: true, requestId }, now);
}

function started(operation: Operation, fact: Extract<Fact, { type: 'work-started' }>, now: number): Step {
	if (operation.work === undefined || operation.work.externalId === fact.externalId) return nothing(operation);
	const work = { ...operation.work, externalId: fact.externalId, startedAt: now };
	const running: Operation = {
		...operation,
		state: 'running',
		work,
		attempts: { ...operation.attempts, start: operation.attempts.start + 1 },
	};
	const what = work.type === 'command' ? 'command sent' : 'runbook started';
	const told = note(fact.adopted ? `${what} (found)` : what, `${work.document}: ${fact.externalId}`, fact.requestId);
	// What ended while nobody listened is in the list already.
	return fact.adopted ? ask(running, [{ name: 'look-up-work' }], told) : nothing(running, told);
}

function workSeen(operation: Operation, fact: Extract<Fact, { type: 'work-seen' }>, now: number): Step {
	const { state, work } = operation;
	const awaited = state === 'starting' && work !== undefined && work.externalId === undefined;
	if (!awaited || (fact.workId !== undefined && fact.workId !== work.id)) return nothing(operation);
	return started(operation, { type: 'work-started', externalId: fact.externalId, adopted: false }, now);
}

function notStarted(operation: Operation, fact: Extract<Fact, { type: 'work-not-started' }>, now: number): Step {
	switch (fact.why) {
		case 'throttled':
			return wait(operation, 'throttle', `Systems Manager is at its rate limit: ${fact.message}`, fact.requestId);
		case 'paused':
			return wait(operation, 'pause', fact.message);
		case 'not-managed':
			return node({ ...operation, state: 'waiting' }, 'not-registered', undefined, fact.requestId, now);
		case 'refused': {
			const { work: _work, ...rest } = operation;
			const reason = `Systems Manager refused the work: ${fact.message}`;
			return decide(rest, { state: 'failed', reason, then: operation.then.onFailure, requestId: fact.requestId }, now);
		}
		case 'unknown':
			return nothing(operation, note('no reply', `${fact.message}: whether the work started is looked up`, fact.requestId));
		case 'taken':
			return nothing(operation);
		case 'left-out':
			return sendAgain(operation, now);
	}
}

function notFound(operation: Operation, certain: boolean, now: number): Step {
	if (!certain) return nothing(operation);
	const why = 'AWS lists no such work two minutes after the call that should have started it';
	return sendAgain(operation, now, note('starting again', why));
}

/** The same work once more: it keeps its name, and so its marker on the node. */
function sendAgain(operation: Operation, now: number, ...notes: Note[]): Step {
	if (operation.ending !== undefined || operation.state !== 'starting' || operation.work === undefined) return nothing(operation);
	const work = { ...operation.work, attempt: operation.work.attempt + 1, recordedAt: now };
	return ask({ ...operation, work }, [{ name: 'start-work', work }], ...notes);
}

function work(operation: Operation, fact: WorkFact, now: number): Step {
	if (operation.ending !== undefined || operation.state !== 'running') return nothing(operation);
	if (fact.status === 'running' || fact.status === 'unknown') {
		return now >= operation.deadlineAt + DECIDE_AFTER_DEADLINE ? timeOut(operation, now) : nothing(operation);
	}
	// News of an earlier attempt, which this one has replaced.
	if (fact.externalId !== undefined && fact.externalId !== operation.work?.externalId) return nothing(operation);
	const { onSuccess, onFailure } = operation.then;
	const { requestId } = fact;
	// When it ended counts, not when that became known.
	if ((fact.endedAt ?? now) >= operation.deadlineAt) return timeOut(operation, now);
	if (fact.status === 'succeeded') {
		return decide(operation, { state: 'succeeded', reason: `${operation.run.document}: ${fact.details}`, then: onSuccess, requestId }, now);
	}
	const didNotRun = fact.status === 'not-started' || fact.status === 'not-delivered';
	// Work that a neighbour kept from starting is started once more; it is alone then, and not shared again.
	if (didNotRun && operation.work?.shared === true) {
		const { work: _work, ...rest } = operation;
		const why = `the shared command never reached this node (${fact.details})`;
		return ask({ ...rest, state: 'starting' }, [{ name: 'check-node' }], note('starting again', why, requestId));
	}
	const code = fact.exitCode === undefined || fact.exitCode < 0 ? '' : `, exit code ${fact.exitCode}`;
	const said = fact.output ? `: ${fact.output}` : '';
	const reason = `${operation.run.document}: ${fact.details}${code}${said}`;
	return decide(operation, { state: 'failed', reason, then: onFailure, requestId }, now);
}
