/**
 * Cron expressions of Systems Manager: minutes, hours, day of month, month, day of week, year; seconds may stand before them
 * (user guide, "Reference: Cron and rate expressions for Systems Manager").
 */

export interface Cron {
	readonly seconds: readonly number[];
	readonly minutes: readonly number[];
	readonly hours: readonly number[];
	readonly months: ReadonlySet<number>;
	readonly years: ReadonlySet<number> | undefined;
	/** Whether it may fire on a day, which stands as its midnight in UTC. */
	onDay(day: Date): boolean;
}

const DAY_MS = 86_400_000;
const LAST_YEAR = 2199;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** @throws Error saying what is wrong with it. */
export function readCron(expression: string): Cron {
	const fields = expression.trim().split(/\s+/);
	if (fields.length < 6 || fields.length > 7) throw new Error(`it has ${fields.length} fields: six are needed, or seven with seconds.`);
	const [seconds = '0', minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] =
		fields.length === 7 ? fields : ['0', ...fields];
	if ((dayOfMonth === '?') === (dayOfWeek === '?')) throw new Error('one of day of month and day of week, and only one, must be ?.');
	return {
		seconds: values(seconds, 'seconds', 0, 59),
		minutes: values(minutes, 'minutes', 0, 59),
		hours: values(hours, 'hours', 0, 23),
		months: new Set(values(month, 'month', 1, 12, MONTHS)),
		years: year === '*' ? undefined : new Set(values(year, 'year', 1970, LAST_YEAR)),
		onDay: dayOfMonth === '?' ? weekdayRule(dayOfWeek) : monthdayRule(dayOfMonth),
	};
}

/** The times at which it fires on a wall clock, from a time on (exclusive), each written as the epoch milliseconds it would be in UTC. */
export function* firings(cron: Cron, after: number): Generator<number> {
	const start = new Date(after);
	for (let year = start.getUTCFullYear(); year <= LAST_YEAR; year++) {
		if (cron.years && !cron.years.has(year)) continue;
		for (let month = 0; month < 12; month++) {
			if (!cron.months.has(month + 1) || Date.UTC(year, month + 1, 1) <= after) continue;
			for (let day = Date.UTC(year, month, 1); day < Date.UTC(year, month + 1, 1); day += DAY_MS) {
				if (day + DAY_MS > after && cron.onDay(new Date(day))) yield* timesOf(cron, day, after);
			}
		}
	}
}

function* timesOf({ hours, minutes, seconds }: Cron, day: number, after: number): Generator<number> {
	for (const hour of hours) {
		for (const minute of minutes) {
			for (const second of seconds) {
				const at = day + ((hour * 60 + minute) * 60 + second) * 1000;
				if (at > after) yield at;
			}
		}
	}
}

/** `*`, `1,5`, `1-5`, `0/15`, `MON-FRI`. */
function values(field: string, name: string, least: number, most: number, names: readonly string[] = []): number[] {
	const refuse = () => new Error(`'${field}' is not valid for ${name}.`);
	const one = (text: string): number => {
		const named = names.indexOf(text.toUpperCase());
		const value = named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
		if (!(value >= least && value <= most)) throw refuse();
		return value;
	};
	const all = field.split(',').flatMap((part) => {
		const [range = '', step, ...more] = part.split('/');
		if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) throw refuse();
		const [from = '', to, ...others] = range.split('-');
		if (others.length > 0) throw refuse();
		const first = range === '*' ? least : one(from);
		const last = range === '*' || (to === undefined && step !== undefined) ? most : one(to ?? from);
		// Days of the week may wrap: SAT-SUN.
		const count = last >= first ? last - first : names === WEEKDAYS ? last + names.length - first : -1;
		if (count < 0) throw refuse();
		const list = Array.from({ length: count + 1 }, (_, index) => ((first - least + index) % (most - least + 1)) + least);
		return list.filter((_, index) => index % Number(step ?? 1) === 0);
	});
	return [...new Set(all)].sort((a, b) => a - b);
}

/** `L` is the last day of the month, `15W` the weekday nearest to the 15th, `LW` the last weekday. */
function monthdayRule(field: string): (day: Date) => boolean {
	if (field === 'L') return (day) => day.getUTCDate() === lastDay(day);
	const nearest = /^(\d{1,2}|L)W$/.exec(field)?.[1];
	if (nearest !== undefined) {
		if (nearest !== 'L') values(nearest, 'day of month', 1, 31);
		return (day) => {
			const wanted = nearest === 'L' ? lastDay(day) : Number(nearest);
			return wanted <= lastDay(day) && day.getUTCDate() === nearestWeekday(day, wanted);
		};
	}
	const days = new Set(values(field, 'day of month', 1, 31));
	return (day) => days.has(day.getUTCDate());
}

/** `TUE#3` is the third Tuesday of the month, `5L` its last Thursday, `L` a Saturday. */
function weekdayRule(field: string): (day: Date) => boolean {
	const [, nthOf, nth] = /^(\w+)#([1-5])$/.exec(field) ?? [];
	if (nthOf !== undefined) {
		const wanted = weekday(nthOf);
		return (day) => day.getUTCDay() === wanted && Math.ceil(day.getUTCDate() / 7) === Number(nth);
	}
	const lastOf = /^(\w+)L$/.exec(field)?.[1];
	if (lastOf !== undefined) {
		const wanted = weekday(lastOf);
		return (day) => day.getUTCDay() === wanted && day.getUTCDate() + 7 > lastDay(day);
	}
	const days = new Set(field === 'L' ? [7] : values(field, 'day of week', 1, 7, WEEKDAYS));
	return (day) => days.has(day.getUTCDay() + 1);
}

/** 0 is Sunday. */
function weekday(text: string): number {
	const [value = 0] = values(text, 'day of week', 1, 7, WEEKDAYS);
	return value - 1;
}

function lastDay(day: Date): number {
	return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Within the month: where the 1st is a Saturday it is the 3rd. */
function nearestWeekday(day: Date, wanted: number): number {
	const of = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), wanted)).getUTCDay();
	if (of === 6) return wanted === 1 ? 3 : wanted - 1;
	if (of === 0) return wanted === lastDay(day) ? wanted - 2 : wanted + 1;
	return wanted;
}
