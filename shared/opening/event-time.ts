import { CLOCK_SKEW } from '../work/run-command.ts';

/**
 * When what an event tells was so, in epoch milliseconds: where it does not say, now. A time to come would make all that follows old news.
 * @param time of the event, in ISO 8601.
 */
export function eventTime(time: string | undefined, now: number): number {
	const at = Date.parse(time ?? '');
	return Number.isNaN(at) ? now : Math.min(at, now + CLOCK_SKEW);
}
