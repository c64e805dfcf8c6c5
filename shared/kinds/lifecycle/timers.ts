/** The clocks of a lifecycle operation. Everything is epoch milliseconds unless its name says seconds. */

import type { HookTimers, LifecycleOperation } from '../../operation/types.ts';
import { BY_NEXT_TICK } from '../ending.ts';
import { DECIDE_AFTER_DEADLINE, workLook } from '../working.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Under this a clock that ticks once a minute (plus EventBridge's own delay) cannot keep a hook alive. Seconds. */
const SHORTEST_KEPT_ALIVE_SECONDS = 180;

/** Taken off the hook's own end, so that the result is applied before Auto Scaling applies its default. */
const BEFORE_HOOK_ENDS = 2 * MINUTE;
const BEFORE_SHORT_HOOK_ENDS = 15 * SECOND;

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
export function effectiveDeadline(operation: LifecycleOperation): number {
	return operation.waiting === 'pause' ? hookLimit(operation.hookTimers, operation.actionStartedAt) : operation.deadlineAt;
}

/** When the hook is over at Auto Scaling, whatever its calls answer. */
export function hookIsOver(operation: LifecycleOperation, now: number): boolean {
	return now >= hookLimit(operation.hookTimers, operation.actionStartedAt) + BEFORE_HOOK_ENDS;
}

export function heartbeatIsDue(operation: LifecycleOperation, now: number): boolean {
	return operation.heartbeat !== undefined && now >= operation.heartbeat.nextAt && now < effectiveDeadline(operation);
}

/** When the clock must look at an open operation next. */
export function nextLook(operation: LifecycleOperation, now: number): number {
	const { ending, heartbeat } = operation;
	const deadlineAt = effectiveDeadline(operation);
	const regular = workLook(operation, BY_NEXT_TICK, now);
	const end = ending === undefined ? deadlineAt + DECIDE_AFTER_DEADLINE : Infinity;
	const beat = heartbeat !== undefined && heartbeat.nextAt < deadlineAt ? heartbeat.nextAt : Infinity;
	return Math.min(regular, end, beat);
}
