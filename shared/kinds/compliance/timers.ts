/** The clocks of a remediation. Everything is epoch milliseconds unless its name says seconds. Pure. */

import type { ComplianceOperation } from '../../operation/types.ts';
import { BY_NEXT_TICK } from '../ending.ts';
import { DECIDE_AFTER_DEADLINE, hasBegun, workLook } from '../working.ts';

const MINUTE = 60_000;
export const DAY = 1_440 * MINUTE;

/** What is known of the resource is too old to start work by after this. */
const STALE_AFTER = 5 * MINUTE;
/**
 * What waits looks whether it can go on the more rarely the longer it has waited for the same, up to about this: thousands may wait for
 * hours. That a calendar opens an event tells.
 */
const LONGEST_PATIENCE = 4 * MINUTE;
const LONGEST_FOR_CALENDAR = 6 * MINUTE;

/** From an evaluation that was asked for to the look at what it found. */
export const LOOK_AGAIN = 5 * MINUTE;
/** Looks in vain until the rule is evaluated anew (it may have to wait its turn), and after that. */
export const LOOKS_BEFORE_EVALUATION = 8;
export const LOOKS_AFTER_EVALUATION = 3;

export function isStale({ finding }: ComplianceOperation, now: number): boolean {
	return now - finding.knownAt >= STALE_AFTER;
}

/** From a look in vain to the next, where the rule is to be evaluated anew and is not yet: 1, 2, 4, 8, 10 minutes. */
export function lookBackoff(looks: number): number {
	return Math.min(2 ** (looks - 1), 10) * MINUTE;
}

/** When remediations began, of the last 24 hours. */
export function recent(times: readonly number[], now: number): number[] {
	return times.filter((at) => now - at < DAY);
}

/** How many remediations of its resource under its rule may still begin. */
export function attemptsLeft({ settings, remediatedAt }: ComplianceOperation, now: number): number {
	return settings.attempts - recent(remediatedAt, now).length;
}

/** When the clock must look at an open operation next. */
export function nextLook(operation: ComplianceOperation, now: number): number {
	const { ending, state, waiting, verify, dueAt = 0, deadlineAt } = operation;
	const soon = now + BY_NEXT_TICK;
	if (ending !== undefined) return soon;
	if (state === 'verifying') return Math.max(soon, verify?.lookAt ?? 0);
	if (waiting === 'retry') return Math.max(soon, dueAt);
	if (waiting !== undefined && waiting !== 'throttle') return now + patience(operation, now);
	const look = workLook(operation, BY_NEXT_TICK, now);
	return hasBegun(operation) ? Math.min(look, deadlineAt + DECIDE_AFTER_DEADLINE) : look;
}

/** A quarter of the time that it has waited, half as much or half as much again: what began to wait together must not always look together. */
function patience({ id, waiting, waitsSince = 0 }: ComplianceOperation, now: number): number {
	const spread = 0.5 + (Number.parseInt(id.split('-')[1]?.slice(0, 4) ?? '', 16) / 0x10000 || 0);
	const longest = waiting === 'calendar' ? LONGEST_FOR_CALENDAR : LONGEST_PATIENCE;
	return Math.max(Math.min((now - waitsSince) / 4, longest) * spread, BY_NEXT_TICK);
}
