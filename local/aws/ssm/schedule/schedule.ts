/** Schedules of maintenance windows and associations: `cron(...)`, `rate(...)` and `at(...)`. */

import { instantOf, isTimeZone, wallClock } from '../../time-zone.ts';
import { firings, readCron } from './cron.ts';

export interface Schedule {
	readonly kind: 'cron' | 'rate' | 'at';
	/** Of a rate, in milliseconds. */
	readonly periodMs?: number;
	/** The first run after an instant, or nothing where there is none any more. Epoch milliseconds. */
	next(after: number): number | undefined;
}

export interface ScheduleOptions {
	/** IANA name; default UTC. */
	readonly zone?: string;
	/** Days that a run waits after the day its cron expression names. */
	readonly offsetDays?: number;
	/** Where a rate begins to count: it fires one period later, then every period. */
	readonly since: number;
}

const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS };

/** @throws Error saying what is wrong with the expression, its time zone or its offset. */
export function readSchedule(expression: string, { zone = 'UTC', offsetDays = 0, since }: ScheduleOptions): Schedule {
	if (!isTimeZone(zone)) throw new Error(`${zone} is not a time zone.`);
	const [, kind, inner = ''] = /^(cron|rate|at)\((.+)\)$/.exec(expression.trim()) ?? [];
	if (offsetDays > 0 && kind !== 'cron') throw new Error('an offset needs a cron expression.');
	switch (kind) {
		case 'cron':
			return cronSchedule(inner, zone, offsetDays);
		case 'rate':
			return rateSchedule(inner, since);
		case 'at':
			return atSchedule(inner, zone);
		default:
			throw new Error(`${expression} is neither cron(...) nor rate(...) nor at(...).`);
	}
}

function cronSchedule(expression: string, zone: string, offsetDays: number): Schedule {
	const cron = readCron(expression);
	return {
		kind: 'cron',
		next(after) {
			// A day earlier, as wall clocks are set back.
			for (const wall of firings(cron, wallClock(zone, after) - (offsetDays + 1) * DAY_MS)) {
				const at = instantOf(zone, wall + offsetDays * DAY_MS);
				if (at > after) return at;
			}
			return undefined;
		},
	};
}

function rateSchedule(expression: string, since: number): Schedule {
	const [, count, unit = ''] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(expression.trim()) ?? [];
	const unitMs = UNITS[unit];
	if (count === undefined || unitMs === undefined) throw new Error(`rate(${expression}) is not a rate.`);
	const periodMs = Number(count) * unitMs;
	return { kind: 'rate', periodMs, next: (after) => since + (Math.max(0, Math.floor((after - since) / periodMs)) + 1) * periodMs };
}

function atSchedule(expression: string, zone: string): Schedule {
	const wall = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(expression.trim()) ? Date.parse(`${expression.trim()}Z`) : Number.NaN;
	if (Number.isNaN(wall)) throw new Error(`at(${expression}) is not a time.`);
	const at = instantOf(zone, wall);
	return { kind: 'at', next: (after) => (at > after ? at : undefined) };
}
