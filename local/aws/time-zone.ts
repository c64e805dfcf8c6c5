/** Wall clocks of IANA time zones. A wall-clock time is written as the epoch milliseconds it would be in UTC. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether there is a time zone of that name. */
export function isTimeZone(zone: string): boolean {
	try {
		formatOf(zone);
		return true;
	} catch {
		return false;
	}
}

/** What a zone's wall clock shows at an instant. */
export function wallClock(zone: string, instant: number): number {
	const parts = new Map(
		formatOf(zone)
			.formatToParts(instant)
			.map(({ type, value }) => [type, Number(value)]),
	);
	const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
	return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The instant at which a zone's wall clock shows a time; of an hour that is skipped or repeated, one near it. */
export function instantOf(zone: string, wall: number): number {
	const guess = wall - (wallClock(zone, wall) - wall);
	return wall - (wallClock(zone, guess) - guess);
}

function formatOf(zone: string): Intl.DateTimeFormat {
	let format = formats.get(zone);
	if (!format) {
		const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
		format = new Intl.DateTimeFormat('en-US', { ...numeric, timeZone: zone, hourCycle: 'h23' });
		formats.set(zone, format);
	}
	return format;
}
