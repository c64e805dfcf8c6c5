/** The life of the operation of an event: what each fact means for it. Pure. */

import type { Fact, Step } from '../../operation/facts.ts';
import type { EventOperation } from '../../operation/types.ts';
import { answered, BY_NEXT_TICK, isEndingEffect, outcomeOf, proceed } from '../ending.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { atWork, DECIDE_AFTER_DEADLINE, hasBegun, wait, workLook } from '../working.ts';
import { decide } from './ending.ts';
import { course, goOn, observed, work } from './work.ts';

/** Events that are remembered, so that a copy of one is not counted again. */
export const REMEMBERED = 50;

export function nextEvent(operation: EventOperation, fact: Fact, now: number): Step<EventOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	if (fact.type === 'seen') return seen(operation, fact.eventId);
	const step = withDeadline(react(operation, fact, now), now);
	const unmoved = step.operation === operation && step.effects.length === 0;
	if (unmoved || step.operation.closedAt !== undefined) return step;
	// Its record says that a shared command was sent: its nodes are not written again for that, and are looked at as running ones are.
	const looked = fact.type === 'work-shared' ? change(step.operation, { state: 'running' }) : step.operation;
	return { ...step, operation: change(step.operation, { dueAt: nextLook(looked, now) }) };
}

/** The deadline counts from the start of the work: brakes may have held it up for long. */
function withDeadline(step: Step<EventOperation>, now: number): Step<EventOperation> {
	const begins = step.effects.some((effect) => effect.name === 'start-work' && effect.work.attempt === 1);
	return begins ? { ...step, operation: change(step.operation, { deadlineAt: course.deadline(step.operation, now) }) } : step;
}

function react(operation: EventOperation, fact: Exclude<Fact, { type: 'seen' }>, now: number): Step<EventOperation> {
	switch (fact.type) {
		case 'opened':
			return operation.brakes?.observe ? observed(operation, now) : goOn(operation, now);
		case 'tick':
			return operation.ending === undefined ? goOn(operation, now) : proceed(operation, [], now);
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

/** When the clock must look at an open operation next. */
function nextLook(operation: EventOperation, now: number): number {
	const { ending, deadlineAt } = operation;
	const end = ending === undefined && hasBegun(operation) ? deadlineAt + DECIDE_AFTER_DEADLINE : Infinity;
	return Math.min(workLook(operation, BY_NEXT_TICK, now), end);
}

/** Another event about the same subject. When the clock looks next stays as it is, or a stream of events would keep it away. */
function seen(operation: EventOperation, eventId: string | undefined): Step<EventOperation> {
	if (eventId === undefined || operation.eventIds.includes(eventId)) return nothing(operation);
	const events = operation.events + 1;
	const counted = { ...operation, events, eventIds: [...operation.eventIds, eventId].slice(-REMEMBERED) };
	// The story of a storm is short: 2, 4, 8 events and so on.
	const said = (events & (events - 1)) === 0 ? [note('seen again', `${events} events about it so far`)] : [];
	const tell = operation.ending === undefined && operation.result?.opsItemId !== undefined;
	return ask(counted, tell ? [{ name: 'update-ops-item' }] : [], ...said);
}

function done(operation: EventOperation, fact: Extract<Fact, { type: 'done' }>, now: number): Step<EventOperation> {
	if (operation.ending !== undefined) return answered(operation, fact, now);
	if (fact.effect !== 'open-ops-item') return nothing(operation);
	const result = { reason: '', ...operation.result, ...outcomeOf(fact) };
	const step = work(change(operation, { result }), now);
	return { ...step, notes: [note('OpsItem', fact.note ?? 'the playbook asks for one', fact.requestId), ...step.notes] };
}

function notDone(operation: EventOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<EventOperation> {
	const { effect, message, requestId } = fact;
	if (operation.ending !== undefined) return answered(operation, fact, now);
	if (effect === 'open-ops-item') return withoutItem(operation, message, requestId, now);
	// The next event, or the end, tells it again.
	if (isEndingEffect(effect) || hasBegun(operation)) return nothing(operation);
	// A look that AWS did not grant is a look that the next tick takes again.
	return wait(operation, effect === 'ask-calendar' ? 'calendar' : 'throttle', message, requestId);
}

const NOT_OPENED = 'OpsItem not opened';

/** Work does not wait for OpsCenter: the clock asks again. */
function withoutItem(operation: EventOperation, message: string, requestId: string | undefined, now: number): Step<EventOperation> {
	const said = operation.history.some(({ what }) => what === NOT_OPENED) ? [] : [note(NOT_OPENED, message, requestId)];
	if (operation.run === undefined && now < operation.deadlineAt) return nothing(change(operation, {}), ...said);
	const step =
		operation.run === undefined
			? decide(change(operation, { result: { opsItem: 'refused', reason: '' } }), { state: 'failed', reason: message, requestId }, now)
			: work(operation, now);
	return { ...step, notes: [...said, ...step.notes] };
}

function operator(operation: EventOperation, fact: Extract<Fact, { type: 'operator' }>, now: number): Step<EventOperation> {
	const { verb, by } = fact;
	switch (verb) {
		case 'extend': {
			const gained = fact.seconds ?? 0;
			return nothing(
				change(operation, { deadlineAt: operation.deadlineAt + gained * 1_000 }),
				note('extended', `by ${by}: ${gained} s more`),
			);
		}
		case 'retry': {
			const asked = note('retried', `by ${by}`);
			if (operation.ending !== undefined) return proceed(operation, [asked], now);
			if (hasBegun(operation)) return nothing(operation, asked);
			const step = goOn(operation, now);
			return { ...step, notes: [asked, ...step.notes] };
		}
		case 'cancel':
			if (operation.ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			return decide(operation, { state: 'failed', reason: `cancelled by ${by}`, cancel: true }, now);
		case 'complete':
			if (operation.ending !== undefined) return proceed(operation, [note('completed', `by ${by}: it is ending already`)], now);
			return decide(operation, { state: 'skipped', reason: `completed by ${by}`, cancel: true }, now);
	}
}
