/** The life of a remediation: what each fact means for it. Pure. */

import type { ComplianceFact, Fact, Step } from '../../operation/facts.ts';
import type { ComplianceOperation, WaitingReason } from '../../operation/types.ts';
import { waitsUntil } from '../brakes.ts';
import { answered, proceed } from '../ending.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { atWork, hasBegun, tickWork, wait } from '../working.ts';
import { afresh, course, goOn, opened, proven, unlessStale } from './attempts.ts';
import { compliant, decide, exhausted, gone } from './ending.ts';
import { isNewer, learned, proves } from './findings.ts';
import { operator } from './operator.ts';
import { attemptsLeft, nextLook } from './timers.ts';
import { evaluation, looked, unanswered } from './verifying.ts';

export function nextCompliance(operation: ComplianceOperation, fact: Fact, now: number): Step<ComplianceOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	const step = unlessStale(react(operation, fact, now), now);
	const unmoved =
		step.operation.state === operation.state && step.effects.length === 0 && fact.type === 'compliance' && fact.from === 'event';
	if (unmoved || step.operation.closedAt !== undefined) return step;
	const moved = timed(step.operation, operation.waiting, now);
	// Its record says that a shared command was sent: its nodes are not written again for that, and are looked at as running ones are.
	const seen = fact.type === 'work-shared' ? change(moved, { state: 'running' }) : moved;
	return { ...step, operation: change(moved, { dueAt: nextLook(seen, now) }) };
}

/** The operation with the time since which it waits, where it does. */
function timed({ waitsSince, ...operation }: ComplianceOperation, before: WaitingReason | undefined, now: number): ComplianceOperation {
	if (operation.waiting === undefined) return operation;
	return { ...operation, waitsSince: operation.waiting === before ? (waitsSince ?? now) : now };
}

function react(operation: ComplianceOperation, fact: Fact, now: number): Step<ComplianceOperation> {
	switch (fact.type) {
		case 'opened':
			return opened(operation, now);
		case 'tick':
			return tick(operation, now);
		case 'compliance':
			if (operation.ending !== undefined) return nothing(operation);
			return fact.from === 'event' ? told(operation, fact, now) : answer(operation, fact, now);
		case 'done':
			return done(operation, fact, now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, now);
		default:
			// The attempt is over: what else was asked about it at the same moment begins no other.
			if (operation.state === 'verifying' || operation.waiting === 'retry') return nothing(operation);
			return atWork(course, operation, fact, now) ?? nothing(operation);
	}
}

function tick(operation: ComplianceOperation, now: number): Step<ComplianceOperation> {
	const { ending, state, waiting, verify, dueAt = 0 } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (state === 'verifying') return now >= (verify?.lookAt ?? 0) ? ask(operation, [{ name: 'read-compliance' }]) : nothing(operation);
	if (waiting === 'retry') return now >= dueAt ? ask(afresh(operation), [{ name: 'read-compliance' }]) : nothing(operation);
	// Whoever waits has time: the deadline counts from the start.
	return tickWork(course, operation, now, hasBegun(operation) ? operation.deadlineAt : waitsUntil(operation));
}

/** An event of AWS Config: the compliance type has changed. */
function told(operation: ComplianceOperation, fact: ComplianceFact, now: number): Step<ComplianceOperation> {
	const { compliance, evaluatedAt = 0 } = fact;
	if (compliance === 'INSUFFICIENT_DATA' || !isNewer(fact, operation.finding)) return nothing(operation);
	const known = learned(operation, fact, evaluatedAt);
	// It tells nothing of work that goes on: what counts is evaluated after its end.
	if (hasBegun(operation)) return nothing(known, note('found meanwhile', `${compliance}, while the work is under way`));
	if (operation.state === 'verifying')
		return compliance === 'NOT_APPLICABLE' || proves(fact, operation) ? proven(known, now) : nothing(known);
	if (compliance === 'COMPLIANT') return compliant(known, now);
	return compliance === 'NON_COMPLIANT' ? nothing(known) : gone(known, now);
}

/** AWS Config's answer, where it was asked. */
function answer(operation: ComplianceOperation, fact: ComplianceFact, now: number): Step<ComplianceOperation> {
	if (operation.state === 'verifying') return looked(operation, fact, now);
	if (hasBegun(operation)) return nothing(operation);
	const known = learned(operation, fact, now);
	const { requestId } = fact;
	switch (fact.compliance) {
		case 'NON_COMPLIANT':
			if (attemptsLeft(known, now) > 0) return goOn(known, now);
			return exhausted(known, `${known.subject.rule} still finds it noncompliant`, now, requestId);
		case 'COMPLIANT':
			return compliant(known, now, requestId);
		case 'INSUFFICIENT_DATA':
			return decide(known, { state: 'skipped', reason: 'AWS Config has no data to judge it by', requestId }, now);
		default:
			return gone(known, now, requestId);
	}
}

function done(operation: ComplianceOperation, fact: Extract<Fact, { type: 'done' }>, now: number): Step<ComplianceOperation> {
	if (operation.ending !== undefined) return answered(operation, fact, now);
	if (fact.effect === 'evaluate-rule') return evaluation(operation, fact, now);
	return fact.effect === 'cancel-work'
		? nothing(operation, note('work stopped', fact.note ?? 'in case it still ran', fact.requestId))
		: nothing(operation);
}

function notDone(operation: ComplianceOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<ComplianceOperation> {
	const { effect, why, message, requestId } = fact;
	if (operation.ending !== undefined) return answered(operation, fact, now);
	if (effect === 'evaluate-rule') return evaluation(operation, fact, now);
	if (effect === 'cancel-work') return nothing(operation, note('work not stopped', message, requestId));
	if (operation.state === 'verifying') return effect === 'read-compliance' ? unanswered(operation, fact, now) : nothing(operation);
	if (hasBegun(operation) || operation.waiting === 'retry') return nothing(operation);
	if (why === 'refused') return decide(operation, { state: 'failed', reason: `AWS Config does not answer: ${message}`, requestId }, now);
	// A look that AWS did not grant is a look that the clock takes again.
	return wait(operation, effect === 'ask-calendar' ? 'calendar' : 'throttle', message, requestId);
}
