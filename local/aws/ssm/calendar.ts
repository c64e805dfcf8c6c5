/** Change calendars: documents in iCalendar that say when a calendar is open and when it is closed. */

import { instantOf, isTimeZone } from '../time-zone.ts';
import { type Recurrence, readRecurrence, starts } from './calendar-recurrence.ts';

export type CalendarState = 'OPEN' | 'CLOSED';

export interface Calendar {
	/** Its events are the times at which it is not. */
	readonly openByDefault: boolean;
	readonly events: readonly CalendarEvent[];
}

interface CalendarEvent {
	readonly zone: string;
	/** On the wall clock of its zone: epoch milliseconds as they would be in UTC. */
	readonly startWall: number;
	readonly durationMs: number;
	readonly recurrence?: Recurrence;
	/** Starts, on the wall clock, that fall out. */
	readonly exceptions: ReadonlySet<number>;
}

interface Line {
	readonly name: string;
	readonly parameters: ReadonlyMap<string, string>;
	readonly value: string;
}

const DAY_MS = 86_400_000;
/** How far ahead a transition is looked for. */
const HORIZON_MS = 2 * 366 * DAY_MS;

/**
 * Reads a calendar.
 * @throws Error saying what is not iCalendar, or is a recurrence that the local AWS does not know.
 */
export function parseCalendar(text: string): Calendar {
	const lines = unfold(text).map(readLine);
	if (lines[0]?.name !== 'BEGIN' || lines[0].value !== 'VCALENDAR') throw new Error('the content does not begin with BEGIN:VCALENDAR.');
	const type = lines.find(({ name }) => name === 'X-CALENDAR-TYPE')?.value;
	if (type !== 'DEFAULT_OPEN' && type !== 'DEFAULT_CLOSED') throw new Error('X-CALENDAR-TYPE must be DEFAULT_OPEN or DEFAULT_CLOSED.');
	const zone = lines.find(({ name }) => name === 'X-WR-TIMEZONE')?.value ?? 'UTC';
	return { openByDefault: type === 'DEFAULT_OPEN', events: blocks(lines, 'VEVENT').map((block) => readEvent(block, zone)) };
}

export function stateAt({ openByDefault, events }: Calendar, time: number): CalendarState {
	const within = events.some((event) => occurrences(event, time).some(({ from, until }) => from <= time && time < until));
	return within !== openByDefault ? 'OPEN' : 'CLOSED';
}

/** When the calendar next changes after a time, or undefined where it does not within two years. */
export function nextTransition(calendar: Calendar, time: number): number | undefined {
	const before = stateAt(calendar, time);
	const ends = calendar.events.flatMap((event) => occurrences(event, time + HORIZON_MS).flatMap(({ from, until }) => [from, until]));
	return [...new Set(ends)]
		.filter((end) => end > time)
		.sort((a, b) => a - b)
		.find((end) => stateAt(calendar, end) !== before);
}

/** The occurrences that begin by a time. */
function occurrences(event: CalendarEvent, by: number): { readonly from: number; readonly until: number }[] {
	const { zone, startWall, durationMs, recurrence, exceptions } = event;
	const found: { from: number; until: number }[] = [];
	for (const wall of recurrence ? starts(startWall, recurrence) : [startWall]) {
		const from = instantOf(zone, wall);
		if (from > by) break;
		if (!exceptions.has(wall)) found.push({ from, until: instantOf(zone, wall + durationMs) });
	}
	return found;
}

function readEvent(lines: readonly Line[], defaultZone: string): CalendarEvent {
	const line = (wanted: string) => lines.find(({ name }) => name === wanted);
	const start = line('DTSTART');
	if (!start) throw new Error('a VEVENT has no DTSTART.');
	const { zone, wall: startWall, isDate } = readTime(start, defaultZone);
	const end = line('DTEND');
	const duration = line('DURATION');
	const rule = line('RRULE');
	const recurrence = rule ? readRecurrence(rule.value, (until) => readTime({ ...start, value: until }, zone).wall) : undefined;
	const exceptions = lines
		.filter(({ name }) => name === 'EXDATE')
		.flatMap((exception) => exception.value.split(',').map((value) => readTime({ ...exception, value }, zone).wall));
	return {
		zone,
		startWall,
		durationMs: end ? readTime(end, zone).wall - startWall : duration ? readDuration(duration.value) : isDate ? DAY_MS : 0,
		...(recurrence ? { recurrence } : {}),
		exceptions: new Set(exceptions),
	};
}

/** `20260302T090000Z`, `TZID=Europe/London:20260302T090000`, `VALUE=DATE:20260302`. */
function readTime({ parameters, value }: Line, defaultZone: string): { zone: string; wall: number; isDate: boolean } {
	const [, year, month, day, hour = '00', minute = '00', second = '00', utc] =
		/^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(value) ?? [];
	if (year === undefined) throw new Error(`'${value}' is no iCalendar date or time.`);
	const zone = utc ? 'UTC' : (parameters.get('TZID') ?? defaultZone);
	if (!isTimeZone(zone)) throw new Error(`the time zone ${zone} is not known.`);
	const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
	return { zone, wall, isDate: !value.includes('T') };
}

/** `P1D`, `PT2H30M`, `P2W` */
function readDuration(value: string): number {
	const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value);
	if (!parts) throw new Error(`'${value}' is no iCalendar duration.`);
	const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
	return (weeks * 7 + days) * DAY_MS + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;
}

/** Lines that are folded begin with a blank. */
function unfold(text: string): string[] {
	return text
		.replaceAll(/\r?\n[ \t]/g, '')
		.split(/\r?\n/)
		.filter((line) => line.trim() !== '');
}

function readLine(line: string): Line {
	const colon = line.indexOf(':');
	if (colon < 0) throw new Error(`the line '${line}' has no colon.`);
	const [name = '', ...parameters] = line.slice(0, colon).split(';');
	return {
		name: name.trim().toUpperCase(),
		parameters: new Map(parameters.map((each) => each.split('=', 2).map((part) => part.replaceAll('"', '')) as [string, string])),
		value: line.slice(colon + 1).trim(),
	};
}

function blocks(lines: readonly Line[], kind: string): Line[][] {
	const found: Line[][] = [];
	let block: Line[] | undefined;
	for (const line of lines) {
		if (line.name === 'BEGIN' && line.value === kind) block = [];
		else if (line.name === 'END' && line.value === kind && block) {
			found.push(block);
			block = undefined;
		} else block?.push(line);
	}
	return found;
}
