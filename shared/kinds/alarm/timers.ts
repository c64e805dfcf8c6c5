/** The clocks of an alarm's operation. Everything is epoch milliseconds unless its name says seconds. Pure. */

import type { AlarmOperation, AlarmRecord } from '../../operation/types.ts';
import type { AlarmTimers } from '../../playbook/types.ts';
import { BY_NEXT_TICK } from '../ending.ts';
import { DECIDE_AFTER_DEADLINE, hasBegun, workLook } from '../working.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An event of an alarm going off that is older than this is a late one: whether it still is in ALARM is looked at before anything is done. */
export const LATE_EVENT = 5 * MINUTE;
/** What holds an alarm, and does not say until when, is looked at again after this. */
export const HELD_LOOK = 5 * MINUTE;

/** Whoever waits for OK looks at the alarm now and then, in case its event was lost or came first: the more rarely, the longer it waits. */
const FIRST_LOOK = 5 * MINUTE;
const LAST_LOOK = 60 * MINUTE;

/** Times at which it went off that are kept: the first, and of a storm the last. */
const KEPT = 100;

/** The first look at the alarm after an instant. Looks are counted from its last change, so that no other news puts them off. */
export function lookAfter({ stateAt }: AlarmRecord, at: number): number {
	const age = at - stateAt;
	let look = FIRST_LOOK;
	while (look <= age && look < LAST_LOOK) look *= 2;
	if (look <= age) look += Math.ceil((age - look + 1) / LAST_LOOK) * LAST_LOOK;
	return stateAt + look;
}

/** When the clock must look at an open operation next. */
export function nextLook(operation: AlarmOperation, now: number): number {
	const { ending, state, alarm, deadlineAt, result, dueAt = Infinity } = operation;
	const soon = now + BY_NEXT_TICK;
	if (ending !== undefined) return ending.pending[0] === 'resolve-ops-item' ? Math.max(alarm.calmAt ?? 0, soon) : soon;
	// News must not put off what is due.
	const tell = alarm.untold || result?.opsItem === undefined ? Math.min(soon, dueAt > now ? dueAt : soon) : Infinity;
	if (hasBegun(operation)) return Math.min(tell, workLook(operation, BY_NEXT_TICK, now), deadlineAt + DECIDE_AFTER_DEADLINE);
	if (alarm.held !== undefined) return Math.min(alarm.held.until > now ? alarm.held.until : soon, lookAfter(alarm, now));
	if (state !== 'verifying') return soon;
	return Math.min(tell, alarm.calmAt ?? Math.min(deadlineAt, lookAfter(alarm, now)));
}

/** Whether what holds it is to be looked at: its time is over, or it may have ended before. */
export function isHeldLookDue({ alarm, dueAt = 0 }: AlarmOperation, now: number): boolean {
	return (alarm.held?.until ?? 0) <= now || isLookDue(alarm, dueAt, now);
}

/** Whether one of the looks at the alarm fell into the time since the clock was to look. */
export function isLookDue(alarm: AlarmRecord, dueAt: number, now: number): boolean {
	return lookAfter(alarm, dueAt - 1) <= now;
}

/** How long a composite's actions are suppressed from now on, at most, or until it is worth another look. Periods in seconds; gives milliseconds. */
export function suppressedFor(by: string, waitPeriod: number | undefined, extensionPeriod: number | undefined): number {
	const seconds = by === 'WaitPeriod' ? waitPeriod : by === 'ExtensionPeriod' ? extensionPeriod : undefined;
	return seconds === undefined ? HELD_LOOK : seconds * 1_000;
}

/** A mute rule in words, by its ARN: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:web-release`. */
export function mutedBy(arn = ''): string {
	return `muted by ${arn.split(':').at(-1) || 'a mute rule'}`;
}

/** The times at which it went off, with one more. */
export function withTime(alarms: readonly number[], at: number): readonly number[] {
	const all = [...alarms, at].sort((a, b) => a - b);
	return all.length <= KEPT ? all : [...all.slice(0, 1), ...all.slice(1 - KEPT)];
}

/** Whether its going off at an instant is counted already, or was of an earlier operation. Of a storm, what is not kept counts as known. */
export function isKnown({ alarms, count, after = 0 }: AlarmRecord, at: number): boolean {
	const forgotten = count > alarms.length && at > (alarms[0] ?? 0) && at < (alarms[1] ?? 0);
	return at <= after || forgotten || alarms.includes(at);
}

/** Whether it has gone off too often, up to the last time: in this operation and before it, for each that was solved was another. */
export function isFlapping({ alarms, earlier = [] }: Pick<AlarmRecord, 'alarms' | 'earlier'>, timers: AlarmTimers): boolean {
	if (timers.flapping === undefined) return false;
	return withinFlapping(timers, alarms.at(-1) ?? 0, [...earlier, ...alarms]).length >= timers.flapping.times;
}

/** The times that count as flapping at an instant. */
export function withinFlapping({ flapping }: AlarmTimers, at: number, times: readonly number[]): readonly number[] {
	const since = at - (flapping?.withinSeconds ?? 0) * SECOND;
	return times.filter((time) => time > since).slice(-KEPT);
}

/** `2026-03-02 09:41:12 UTC` */
export function instant(at: number): string {
	// biome-ignore lint/style/noRestrictedGlobals: of the instant that it is given. `Intl` says the same, and costs a cold start 4 ms.
	return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A span of time as a person says it: `42 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function span(milliseconds: number): string {
	const seconds = Math.max(0, Math.round(milliseconds / SECOND));
	if (seconds < 120) return `${seconds} s`;
	const minutes = Math.round(seconds / 60);
	if (minutes < 120) return `${minutes} min`;
	const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
	if (hours < 48) return `${hours} h${rest > 0 ? ` ${rest} min` : ''}`;
	return `${Math.floor(hours / 24)} d${hours % 24 > 0 ? ` ${hours % 24} h` : ''}`;
}
