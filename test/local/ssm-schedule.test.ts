import { describe, expect, it } from 'vitest';
import { readSchedule, type ScheduleOptions } from '../../local/aws/ssm/schedule/schedule.ts';

const NOW = Date.parse('2026-03-02T09:00:00Z');

/** The next runs, as ISO strings without milliseconds. */
function runs(expression: string, count: number, options: Partial<ScheduleOptions> = {}): string[] {
	const schedule = readSchedule(expression, { since: NOW, ...options });
	const found: string[] = [];
	let at: number | undefined = NOW;
	while (found.length < count) {
		at = schedule.next(at);
		if (at === undefined) break;
		found.push(new Date(at).toISOString().replace('.000Z', 'Z'));
	}
	return found;
}

describe('a cron expression', () => {
	it.each([
		['cron(0 2 ? * TUE *)', ['2026-03-03T02:00:00Z', '2026-03-10T02:00:00Z']],
		['cron(30 0 16 ? * MON-WED *)', ['2026-03-02T16:00:30Z', '2026-03-03T16:00:30Z']],
		['cron(0/30 * * * ? *)', ['2026-03-02T09:30:00Z', '2026-03-02T10:00:00Z']],
		['cron(0 4 ? * TUE#3 *)', ['2026-03-17T04:00:00Z', '2026-04-21T04:00:00Z']],
		['cron(0 4 ? * 5L *)', ['2026-03-26T04:00:00Z', '2026-04-30T04:00:00Z']],
		['cron(0 4 ? * L *)', ['2026-03-07T04:00:00Z', '2026-03-14T04:00:00Z']],
		['cron(0 4 L * ? *)', ['2026-03-31T04:00:00Z', '2026-04-30T04:00:00Z']],
		['cron(0 4 15W * ? *)', ['2026-03-16T04:00:00Z', '2026-04-15T04:00:00Z']],
		['cron(0 4 LW MAY,JUN ? *)', ['2026-05-29T04:00:00Z', '2026-06-30T04:00:00Z']],
		['cron(0 0 29 2 ? *)', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
		['cron(0 0 1 1 ? 2027)', ['2027-01-01T00:00:00Z']],
	])('%s runs %j', (expression, expected) => {
		expect(runs(expression, 2)).toEqual(expected);
	});

	it('follows the wall clock of its time zone over the change of the hour', () => {
		expect(runs('cron(0 3 ? * SAT *)', 2, { zone: 'America/New_York' })).toEqual(['2026-03-07T08:00:00Z', '2026-03-14T07:00:00Z']);
	});

	it('with an offset runs so many days later', () => {
		expect(runs('cron(0 2 ? * TUE#2 *)', 2, { offsetDays: 4 })).toEqual(['2026-03-14T02:00:00Z', '2026-04-18T02:00:00Z']);
	});
});

describe('rate and at', () => {
	it('run every period from where they count, and once', () => {
		expect(runs('rate(30 minutes)', 2, { since: NOW - 600_000 })).toEqual(['2026-03-02T09:20:00Z', '2026-03-02T09:50:00Z']);
		expect(runs('rate(7 days)', 1)).toEqual(['2026-03-09T09:00:00Z']);
		expect(runs('at(2026-03-05T10:30:00)', 2, { zone: 'Europe/Berlin' })).toEqual(['2026-03-05T09:30:00Z']);
		expect(runs('at(2026-03-01T10:30:00)', 1)).toEqual([]);
	});
});

describe('what is no schedule', () => {
	it.each([
		['cron(0 2 * * TUE *)', 'must be ?'],
		['cron(0 25 ? * TUE *)', "'25' is not valid for hours"],
		['cron(0 2 ? * TUE)', 'it has 5 fields'],
		['cron(0 2 ? FOO TUE *)', "'FOO' is not valid for month"],
		['rate(1 week)', 'is not a rate'],
		['at(tomorrow)', 'is not a time'],
		['every day', 'is neither'],
	])('%s is refused: %s', (expression, why) => {
		expect(() => readSchedule(expression, { since: NOW })).toThrow(why);
	});

	it('neither is an unknown time zone, nor an offset without cron', () => {
		expect(() => readSchedule('rate(1 day)', { since: NOW, zone: 'Mars/Base' })).toThrow('is not a time zone');
		expect(() => readSchedule('rate(1 day)', { since: NOW, offsetDays: 1 })).toThrow('needs a cron expression');
	});
});
