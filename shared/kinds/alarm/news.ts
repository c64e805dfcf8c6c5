/** What CloudWatch says of the alarm, by an event or when asked, and what follows from it. Events come late, twice and in any order. Pure. */

import type { AlarmFact, Note, Step } from '../../operation/facts.ts';
import type { AlarmOperation, EndingEffect } from '../../operation/types.ts';
import type { AlarmTimers } from '../../playbook/types.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { hasBegun, open } from '../working.ts';
import { calmWords, type Held, hasItem, hold, isCalm, know, resolve, rest, skip, unsure } from './ending.ts';
import { instant, isFlapping, isKnown, LATE_EVENT, withTime } from './timers.ts';
import { act, course, hasWaited, waitingForOk, wantsWork, withoutWorkIfFlapping } from './work.ts';

/** Series of one alarm that are kept by name. */
const SERIES = 100;
/** What the story quotes of a reason. Characters. */
const QUOTED = 200;

/** What a state is to an operation; `nothing` where the playbook ignores it. */
export function meaningOf(state: AlarmFact['state'], { insufficientData }: AlarmTimers): 'alarm' | 'ok' | 'gone' | 'nothing' {
	if (state === undefined) return 'gone';
	if (state !== 'INSUFFICIENT_DATA') return state === 'ALARM' ? 'alarm' : 'ok';
	return insufficientData === 'ignore' ? 'nothing' : insufficientData;
}

export function news(operation: AlarmOperation, fact: AlarmFact, now: number): Step<AlarmOperation> {
	if (fact.contributor !== undefined) return series(operation, fact);
	switch (meaningOf(fact.state, operation.timers)) {
		case 'alarm':
			return fact.from === 'look' && !isCalm(operation) ? stillInAlarm(operation, fact, now) : wentOff(operation, fact, now);
		case 'ok':
			return ok(operation, fact, now);
		case 'gone':
			return gone(operation, fact, now);
		case 'nothing':
			return noData(operation, fact, now);
	}
}

/** The operation has just been put together: what is known of the alarm decides what is done. */
export function opened(operation: AlarmOperation, now: number): Step<AlarmOperation> {
	const { alarm } = operation;
	if (alarm.deleted || meaningOf(alarm.state, operation.timers) !== 'alarm')
		return calm(operation, calmAt(operation, alarm.stateAt, now), now);
	const flapping = isFlapping(alarm, operation.timers);
	const flagged = know(operation, flapping ? { flapping } : {}, 'held');
	const held = alarm.held ?? lateness(alarm.stateAt, now);
	return held === undefined ? act(flagged, now) : hold(change(flagged, { state: 'waiting', waiting: 'held' }), held, now);
}

function wentOff(operation: AlarmOperation, fact: AlarmFact, now: number): Step<AlarmOperation> {
	const { alarm, timers, ending } = operation;
	const { at, state = 'ALARM', reason, requestId, held = fact.from === 'event' ? lateness(at, now) : undefined, occasion } = fact;
	if (isKnown(alarm, at)) return nothing(operation);
	const alarms = withTime(alarm.alarms, at);
	const counted = know(operation, { alarms, count: alarm.count + 1, ...(isFlapping({ ...alarm, alarms }, timers) && { flapping: true }) });
	// It came late: what has come since is newer.
	if (at <= alarm.stateAt) return withoutWorkIfFlapping(nothing(know(counted, { untold: true })), now);
	const noDataNow = state === 'INSUFFICIENT_DATA' && !isCalm(operation);
	const again = change(know(counted, { state, stateAt: at, reason }, 'calmAt', 'deleted'), { ...(occasion && { occasion }) });
	const said = note('in ALARM again', quoted(reason), requestId);
	if (ending !== undefined) return duringEnding(again, held, now, said);
	if (hasBegun(again)) return ask(again, [{ name: 'open-ops-item' }], said);
	if (held !== undefined) return hold(waitingForOk(again, now), held, now, said);
	if (wantsWork(again)) return withoutWorkIfFlapping(ask(again, [{ name: 'open-ops-item' }], said), now);
	return noDataNow ? nothing(know(again, { untold: true }), said) : act(again, now, said);
}

/** It goes off again while it ends: that is told and worked on anew, as if it had gone off a moment later. */
function duringEnding(operation: AlarmOperation, held: Held | undefined, now: number, said: Note): Step<AlarmOperation> {
	const { ending } = operation;
	if (ending === undefined) return nothing(operation, said);
	if (ending.pending.includes('cancel-work')) {
		// What may still run is stopped first: the next operation begins anew.
		const pending = ending.pending.filter((effect) => effect !== 'resolve-ops-item');
		return nothing(change(operation, { ending: { ...ending, pending } }), said);
	}
	const { resting } = rest(operation);
	const awake = change(unsure(resting), {}, 'ending');
	return held === undefined ? act(awake, now, said) : hold(awake, held, now, said);
}

/** CloudWatch was asked, and it has not left ALARM as far as was known. */
function stillInAlarm(operation: AlarmOperation, { held, requestId }: AlarmFact, now: number): Step<AlarmOperation> {
	if (operation.ending !== undefined || hasBegun(operation)) return nothing(operation);
	if (operation.alarm.held !== undefined) {
		if (held !== undefined) return hold(operation, held, now);
		return act(operation, now, note('in ALARM still', 'nothing holds it any more', requestId));
	}
	if (!hasWaited(operation)) return nothing(operation);
	return held === undefined ? open(course, change(operation, { state: 'starting' }), now) : hold(operation, held, now);
}

function lateness(at: number, now: number): Held | undefined {
	return now - at < LATE_EVENT ? undefined : { until: now, why: 'its event came late' };
}

function ok(operation: AlarmOperation, fact: AlarmFact, now: number): Step<AlarmOperation> {
	const { state = 'OK', at, reason, requestId } = fact;
	if (at <= operation.alarm.stateAt) return nothing(operation);
	const fine = know(operation, { state, stateAt: at, reason });
	return calm(fine, calmAt(fine, at, now), now, note(state === 'OK' ? 'OK' : 'no data', quoted(reason), requestId));
}

function gone(operation: AlarmOperation, { at, requestId }: AlarmFact, now: number): Step<AlarmOperation> {
	// It was made anew since.
	if (at < operation.alarm.stateAt || operation.alarm.deleted) return nothing(operation);
	const deleted = know(operation, { deleted: true, stateAt: at });
	return calm(deleted, now, now, note('deleted', 'the alarm does not exist any more', requestId));
}

function calmAt({ alarm, timers }: AlarmOperation, since: number, now: number): number {
	return alarm.deleted ? now : since + timers.calmSeconds * 1_000;
}

/** It is OK: once it has been so for the calm time, the operation ends. What runs is left to end. */
function calm(before: AlarmOperation, until: number, now: number, ...said: readonly Note[]): Step<AlarmOperation> {
	const operation = know(before, { calmAt: until }, 'held');
	const { ending, waiting, alarm } = operation;
	if (ending !== undefined) return nothing(resolving(operation), ...said);
	if (hasBegun(operation)) return nothing(operation, ...said);
	if (waiting === 'held' && !hasItem(operation)) {
		const why = alarm.deleted ? 'the alarm does not exist any more' : `is ${calmWords(alarm)}`;
		return skip(operation, `it was held (${before.alarm.held?.why ?? 'by CloudWatch'}), and ${why}`, now);
	}
	const { resting, effects } = rest(operation);
	if (until > now) return { operation: resting, notes: said, effects };
	const step = resolve(resting, now);
	return { ...step, notes: [...said, ...step.notes], effects: [...effects, ...step.effects] };
}

/** An operation that ends otherwise, and whose OpsItem is to be resolved now that it is OK. */
function resolving(operation: AlarmOperation): AlarmOperation {
	const { ending } = operation;
	if (ending === undefined || ending.pending.includes('resolve-ops-item') || operation.result?.opsItem === 'refused') return operation;
	const pending: EndingEffect[] = [...ending.pending, 'resolve-ops-item'];
	return change(operation, { ending: { ...ending, pending } });
}

/** The playbook makes nothing of missing data: it stands as it stood. What was held is no ALARM any more, and opens nothing. */
function noData(operation: AlarmOperation, { from, at, reason }: AlarmFact, now: number): Step<AlarmOperation> {
	const { ending, waiting, alarm } = operation;
	if (from === 'event' || ending !== undefined) return nothing(operation);
	if (hasWaited(operation)) return open(course, change(operation, { state: 'starting' }), now);
	if (alarm.held === undefined) return nothing(operation);
	const free = know(operation, {}, 'held');
	const why = `it was held (${alarm.held.why}), and has no data since ${instant(at)}: ${quoted(reason)}`;
	if (waiting === 'held' && !hasItem(operation)) return skip(know(free, { stateAt: Math.max(at, alarm.stateAt) }), why, now);
	const { resting, effects } = rest(free);
	return ask(resting, effects, note('no data', why));
}

/** A series of a multi-series alarm. A storm of them costs no call each: the clock tells the OpsItem of all together. */
function series(operation: AlarmOperation, { contributor, state, at }: AlarmFact): Step<AlarmOperation> {
	const { id = '', name = '' } = contributor ?? {};
	const inAlarm = state === 'ALARM';
	const { [id]: known, ...others } = operation.alarm.contributors ?? {};
	if (known !== undefined && known.at >= at) return nothing(operation);
	// One that is fine again is remembered for as long as older news of it may come.
	const kept = Object.entries(others).filter(([, each]) => each.inAlarm || at - each.at < LATE_EVENT);
	if (kept.length >= SERIES) return nothing(operation);
	const told = inAlarm === (known?.inAlarm ?? false);
	return nothing(
		know(operation, { contributors: Object.fromEntries([...kept, [id, { name, inAlarm, at }]]), ...(!told && { untold: true }) }),
	);
}

function quoted(reason: string): string {
	return reason.length > QUOTED ? `${reason.slice(0, QUOTED)}...` : reason;
}
