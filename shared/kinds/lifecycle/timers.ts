/** The clocks of a lifecycle operation. Everything is epoch milliseconds unless its name says seconds. */

import type { HookTimers, Operation } from '../../operation/types.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The clock ticks once a minute. What one tick leaves must be due at the next, however long the first took over it. */
export const BY_NEXT_TICK = 45 * SECOND;

/** Under this a clock that ticks once a minute (plus EventBridge's own delay) cannot keep a hook alive. Seconds. */
const SHORTEST_KEPT_ALIVE_SECONDS = 180;

/**
 * Running work is looked up in case its event never comes, or its node vanished: the first time soon, and then the more rarely
 * the longer it runs. A lost event costs at most half of the time that the work took, and a long drain few calls.
 */
const FIRST_LOOK = 5 * MINUTE;
const LAST_LOOK = 20 * MINUTE;

/** Taken off the hook's own end, so that the result is applied before Auto Scaling applies its default. */
const BEFORE_HOOK_ENDS = 2 * MINUTE;
const BEFORE_SHORT_HOOK_ENDS = 15 * SECOND;

/**
 * How long after a deadline the clock decides. Work that ended just before the deadline is settled by then: a settling
 * function has had time to finish, and two decisions never meet.
 */
export const DECIDE_AFTER_DEADLINE = 30 * SECOND;

/** An event older than this is a late one: whether the instance still waits is looked at before anything runs. */
export const LATE_EVENT = 5 * MINUTE;

export function canBeKeptAlive(timers: HookTimers): boolean {
	return timers.heartbeatTimeoutSeconds >= SHORTEST_KEPT_ALIVE_SECONDS;
}

/** The last moment to decide before Auto Scaling ends the wait by itself, heartbeats or not. */
export function hookLimit(timers: HookTimers, actionStartedAt: number): number {
	return canBeKeptAlive(timers)
		? actionStartedAt + timers.globalTimeoutSeconds * SECOND - BEFORE_HOOK_ENDS
		: actionStartedAt + timers.heartbeatTimeoutSeconds * SECOND - BEFORE_SHORT_HOOK_ENDS;
}

/** When the work must be over: the playbook's timeout or the hook's end, whichever is first. */
export function deadline(timeoutSeconds: number, timers: HookTimers, actionStartedAt: number, from: number): number {
	return Math.min(from + timeoutSeconds * SECOND, hookLimit(timers, actionStartedAt));
}

/** Half of the hook's HeartbeatTimeout: room for one lost tick, and for one throttled call. */
export function heartbeatInterval(timers: HookTimers): number {
	return (timers.heartbeatTimeoutSeconds * SECOND) / 2;
}

/** A paused operation has not begun: its hook is kept alive to the hook's own end. */
export function effectiveDeadline(operation: Operation): number {
	return operation.waiting === 'pause' ? hookLimit(operation.hookTimers, operation.actionStartedAt) : operation.deadlineAt;
}

/** When the hook is over at Auto Scaling, whatever its calls answer. */
export function hookIsOver(operation: Operation, now: number): boolean {
	return now >= hookLimit(operation.hookTimers, operation.actionStartedAt) + BEFORE_HOOK_ENDS;
}

export function heartbeatIsDue(operation: Operation, now: number): boolean {
	return operation.heartbeat !== undefined && now >= operation.heartbeat.nextAt && now < effectiveDeadline(operation);
}

/** When the clock must look at an open operation next. */
export function nextLook(operation: Operation, now: number): number {
	const { state, ending, heartbeat } = operation;
	const deadlineAt = effectiveDeadline(operation);
	const running = state === 'running' && ending === undefined;
	const ran = now - (operation.work?.startedAt ?? now);
	const regular = now + (running ? Math.min(Math.max(ran / 2, FIRST_LOOK), LAST_LOOK) : BY_NEXT_TICK);
	const end = ending === undefined ? deadlineAt + DECIDE_AFTER_DEADLINE : Infinity;
	const beat = heartbeat !== undefined && heartbeat.nextAt < deadlineAt ? heartbeat.nextAt : Infinity;
	return Math.min(regular, end, beat);
}
