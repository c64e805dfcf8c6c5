/** The life of an alarm's operation, from the first ALARM to the calm after it: what each fact means for it. Pure. */

import type { Effect, Fact, Note, Step } from '../../operation/facts.ts';
import type { AlarmOperation } from '../../operation/types.ts';
import { answered, isEndingEffect, outcomeOf, proceed } from '../ending.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { atWork, hasBegun, tickWork, wait } from '../working.ts';
import { giveUp, hasItem, isCalm, know, resolve, unsure, withoutItem } from './ending.ts';
import { news, opened } from './news.ts';
import { operator } from './operator.ts';
import { isHeldLookDue, isLookDue, nextLook } from './timers.ts';
import { course, wantsWork } from './work.ts';

/** Lines of its story that are kept, of a storm: the first, and the last. */
const FIRST_LINES = 10;
const LINES = 100;

/** What the story says of work that has begun. */
const BEGUN = /^(command sent|runbook started)/;

export function nextAlarm(operation: AlarmOperation, fact: Fact, now: number): Step<AlarmOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	const step = untilCalm(tellingOfWaits(operation, react(operation, fact, now)), now);
	const unmoved = step.operation === operation && step.effects.length === 0 && fact.type !== 'tick';
	if (unmoved || step.operation.closedAt !== undefined) return step;
	const begun = withDeadline(withShortStory(step.operation), step.effects, now);
	// Its record says that a shared command was sent: its nodes are not written again for that, and are looked at as running ones are.
	const looked = fact.type === 'work-shared' ? change(begun, { state: 'running' }) : begun;
	const next = nextLook(looked, now);
	// News of the alarm does not put off the look at its work, nor the end of its waiting.
	const isWatched = hasBegun(operation) || (wantsWork(operation) && wantsWork(begun));
	const dueAt = fact.type === 'alarm' && isWatched ? Math.min(next, operation.dueAt ?? next) : next;
	return { ...step, operation: change(begun, { dueAt }) };
}

function react(operation: AlarmOperation, fact: Fact, now: number): Step<AlarmOperation> {
	switch (fact.type) {
		case 'opened':
			return opened(operation, now);
		case 'alarm':
			return news(operation, fact, now);
		case 'tick':
			return tick(operation, now);
		case 'done':
			return done(operation, fact, now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, now);
		default:
			// Work that is not wanted any more is not begun by what was asked for it before.
			return (wantsWork(operation) || hasBegun(operation) ? atWork(course, operation, fact, now) : undefined) ?? nothing(operation);
	}
}

/** The OpsItem says what the work waits for, and that it has begun after all. */
function tellingOfWaits({ history }: AlarmOperation, step: Step<AlarmOperation>): Step<AlarmOperation> {
	const waits = ({ what }: Note) => what === 'waiting';
	const waited = history.findLast(({ what }) => what !== 'OpsItem')?.what === 'waiting';
	const tells = step.notes.some(waits) || (waited && step.notes.some(({ what }) => BEGUN.test(what)));
	return tells && step.operation.ending === undefined ? { ...step, effects: [...step.effects, { name: 'update-ops-item' }] } : step;
}

/** An OpsItem is resolved once the calm is over, also where the operation has failed meanwhile. */
function untilCalm(step: Step<AlarmOperation>, now: number): Step<AlarmOperation> {
	if ((step.operation.alarm.calmAt ?? 0) <= now) return step;
	return { ...step, effects: step.effects.filter(({ name }) => name !== 'resolve-ops-item') };
}

/** The playbook's timeout counts from the start of the work: brakes may have held it up for long. */
function withDeadline(operation: AlarmOperation, effects: readonly Effect[], now: number): AlarmOperation {
	const begins = effects.some((effect) => effect.name === 'start-work' && effect.work.attempt === 1);
	return begins ? change(operation, { deadlineAt: course.deadline(operation, now) }) : operation;
}

function withShortStory(operation: AlarmOperation): AlarmOperation {
	const { history } = operation;
	if (history.length < LINES) return operation;
	return change(operation, { history: [...history.slice(0, FIRST_LINES), ...history.slice(FIRST_LINES + 1 - LINES)] });
}

function tick(operation: AlarmOperation, now: number): Step<AlarmOperation> {
	const { ending, alarm, result } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (operation.waiting === 'held') return ask(operation, isHeldLookDue(operation, now) ? [{ name: 'look-at-alarm' }] : []);
	const step = hasBegun(operation) || wantsWork(operation) ? tickBusy(operation, now) : tickWaiting(operation, now);
	if (step.operation.ending !== undefined) return step;
	const telling: readonly Effect[] =
		result?.opsItem === undefined ? [{ name: 'open-ops-item' }] : alarm.untold ? [{ name: 'update-ops-item' }] : [];
	return { ...step, effects: [...step.effects, ...telling] };
}

/** A pause is not the playbook's time. Work that whoever opened it never came to may not be wanted any more: the alarm is looked at first. */
function tickBusy(found: AlarmOperation, now: number): Step<AlarmOperation> {
	const operation = found.state === 'starting' && !found.work ? change(found, { state: 'waiting' }) : found;
	return tickWork(course, operation, now, operation.waiting === 'pause' ? Infinity : operation.deadlineAt);
}

/** Nothing runs: it waits for OK, or for the calm after it. */
function tickWaiting(operation: AlarmOperation, now: number): Step<AlarmOperation> {
	const { alarm, deadlineAt, dueAt = now } = operation;
	if (isCalm(operation)) return (alarm.calmAt ?? 0) <= now ? resolve(operation, now) : nothing(operation);
	if (alarm.held !== undefined) return ask(operation, isHeldLookDue(operation, now) ? [{ name: 'look-at-alarm' }] : []);
	if (deadlineAt <= now) return giveUp(operation, now);
	return ask(operation, isLookDue(alarm, dueAt, now) ? [{ name: 'look-at-alarm' }] : []);
}

function done(operation: AlarmOperation, fact: Extract<Fact, { type: 'done' }>, now: number): Step<AlarmOperation> {
	const { effect, requestId } = fact;
	if (effect === 'resolve-ops-item' && operation.ending === undefined) return resolvedMeanwhile(operation);
	if (effect !== 'open-ops-item' && effect !== 'update-ops-item') return answered(operation, fact, now);
	if (effect === 'update-ops-item' && operation.ending === undefined && !hasItem(operation)) return nothing(operation);
	const told = know(operation, {}, 'untold');
	if (operation.ending !== undefined) return answered(told, fact, now);
	const known = change(told, { result: { ...told.result, ...outcomeOf(fact), reason: told.alarm.reason } });
	// The story of a storm does not repeat what its OpsItem says.
	const isFirst = !operation.history.some(({ what }) => what === 'OpsItem') || operation.result?.opsItemId !== known.result?.opsItemId;
	return nothing(known, ...(isFirst ? [note('OpsItem', fact.note ?? 'the playbook asks for one', requestId)] : []));
}

/** It went off again while a run that knew nothing of that resolved its OpsItem. */
function resolvedMeanwhile(operation: AlarmOperation): Step<AlarmOperation> {
	return isCalm(operation) ? nothing(operation) : ask(unsure(operation), [{ name: 'open-ops-item' }]);
}

function notDone(operation: AlarmOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<AlarmOperation> {
	const { effect, why, message, requestId } = fact;
	if (effect === 'open-ops-item' && why === 'gone') return ask(withoutItem(operation), [{ name: effect }]);
	if (operation.ending !== undefined) return answered(operation, fact, now);
	if (isEndingEffect(effect)) {
		const said = operation.alarm.untold ? [] : [note(`${effect} not done`, message, requestId)];
		const untold = know(operation, { untold: true });
		return nothing(effect === 'open-ops-item' ? unsure(untold) : untold, ...said);
	}
	// A look that AWS did not grant is a look that the next tick takes again.
	if (!wantsWork(operation) || effect === 'look-at-alarm') return nothing(operation);
	return wait(operation, effect === 'ask-calendar' ? 'calendar' : 'throttle', message, requestId);
}
