/** Recurrence rules of iCalendar, as far as change calendars need them: daily, weekly on some days, monthly, yearly. */

export interface Recurrence {
	readonly frequency: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
	readonly interval: number;
	readonly count?: number;
	/** On the wall clock, the last instant at which one may start. */
	readonly untilWall?: number;
	/** Of a weekly one: 0 is Monday. */
	readonly days?: readonly number[];
}

const DAY_MS = 86_400_000;
const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
const KNOWN = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'WKST']);

/**
 * Reads `FREQ=WEEKLY;BYDAY=SA,SU;COUNT=10`.
 * @param wallOf reads the time of UNTIL on the wall clock of the event.
 * @throws Error for a rule that is not known here.
 */
export function readRecurrence(rule: string, wallOf: (until: string) => number): Recurrence {
	const parts = new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string]));
	const refuse = () => new Error(`the local AWS does not know the recurrence ${rule}.`);
	const frequency = FREQUENCIES.find((each) => each === parts.get('FREQ'));
	const until = parts.get('UNTIL');
	const days = parts.get('BYDAY')?.split(',');
	if (!frequency || [...parts.keys()].some((part) => !KNOWN.has(part))) throw refuse();
	if ((parts.get('WKST') ?? 'MO') !== 'MO') throw refuse();
	if (days && (frequency !== 'WEEKLY' || days.some((day) => !DAYS.includes(day)))) throw refuse();
	const count = parts.get('COUNT');
	return {
		frequency,
		interval: Number(parts.get('INTERVAL') ?? 1),
		...(count === undefined ? {} : { count: Number(count) }),
		...(until === undefined ? {} : { untilWall: wallOf(until) }),
		...(days ? { days: days.map((day) => DAYS.indexOf(day)).sort((a, b) => a - b) } : {}),
	};
}

/** The starts of a recurring event on the wall clock, the first first; without end where the rule has none. */
export function* starts(first: number, recurrence: Recurrence): Generator<number> {
	const { count = Number.POSITIVE_INFINITY, untilWall = Number.POSITIVE_INFINITY } = recurrence;
	let given = 0;
	for (const start of candidates(first, recurrence)) {
		if (start > untilWall || given >= count) return;
		given += 1;
		yield start;
	}
}

function* candidates(first: number, { frequency, interval, days }: Recurrence): Generator<number> {
	for (let step = 0; ; step += interval) {
		if (frequency === 'DAILY') yield first + step * DAY_MS;
		else if (frequency === 'WEEKLY') yield* week(first, step, days);
		else yield* sameDay(first, frequency === 'MONTHLY' ? step : step * 12);
	}
}

/** The days of one week, from the first occurrence on; without BYDAY the day of the first. */
function* week(first: number, weeks: number, days: readonly number[] | undefined): Generator<number> {
	const weekday = (new Date(first).getUTCDay() + 6) % 7;
	for (const day of days ?? [weekday]) {
		const start = first + (weeks * 7 + day - weekday) * DAY_MS;
		if (start >= first) yield start;
	}
}

/** The same day so many months later; a month that does not have it is left out. */
function* sameDay(first: number, months: number): Generator<number> {
	const date = new Date(first);
	const day = date.getUTCDate();
	const start = new Date(first);
	start.setUTCDate(1);
	start.setUTCMonth(date.getUTCMonth() + months);
	start.setUTCDate(day);
	if (start.getUTCDate() === day) yield start.getTime();
}
