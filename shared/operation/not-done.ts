/** What AWS did not do, as facts. */

import { callFailure, describeError, requestIdOf } from '../errors.ts';
import type { Effect, Fact } from './facts.ts';

/** @param why default: `refused` where AWS never will, else `retry`. */
export function notDone<E extends Effect['name']>(
	effect: E,
	error: unknown,
	why: Extract<Fact, { type: 'not-done' }>['why'] = callFailure(error) === 'refused' ? 'refused' : 'retry',
) {
	return { type: 'not-done', effect, why, message: describeError(error), requestId: requestIdOf(error) } as const satisfies Fact;
}

type NotStarted = Extract<Fact, { type: 'work-not-started' }>;

export function notStarted(why: NotStarted['why'], message: string, requestId?: string): NotStarted {
	return { type: 'work-not-started', why, message, requestId };
}

/** Of a call that failed. */
export function startFailed(error: unknown, why: NotStarted['why'] = callFailure(error)): NotStarted {
	return notStarted(why, describeError(error), requestIdOf(error));
}
