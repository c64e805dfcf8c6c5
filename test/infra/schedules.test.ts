import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { readSchedule } from '../../local/aws/ssm/schedule/schedule.ts';

type Check = (schedule: unknown) => string | undefined;

const { associationProblem, isCron, scheduleProblem, timeZoneProblem } = createRequire(import.meta.url)('../../infra/schedules.cjs') as {
	readonly associationProblem: Check;
	readonly isCron: (schedule: unknown) => boolean;
	readonly scheduleProblem: Check;
	readonly timeZoneProblem: Check;
};

describe('the schedule of a window', () => {
	it.each([
		'cron(0 2 ? * TUE#3 *)',
		'cron(30 23 L * ? *)',
		'cron(0 2 15W * ? 2026-2030)',
		'cron(0 0/4 ? JAN,JUL SAT-SUN *)',
		'cron(*/15 * * * ? *)',
		'cron(0 4 ? * 5L *)',
		'rate(7 days)',
		'rate(1 hour)',
		'at(2026-09-15T02:00:00)',
	])('may be %s, as AWS has it', (schedule) => {
		expect(scheduleProblem(schedule)).toBeUndefined();
		expect(readSchedule(schedule, { since: 0 }).next(0)).toBeGreaterThan(0);
	});

	it.each([
		['', /use cron\(\.\.\.\), rate\(\.\.\.\) or at\(\.\.\.\)/],
		[7, /use cron/],
		['0 2 ? * TUE *', /use cron/],
		['cron(0 2 * * *)', /5 fields of the six/],
		['cron(0 2 ? * TUE * 2026)', /7 fields of the six/],
		['cron(60 2 ? * TUE *)', /'60' is no minutes/],
		['cron(0 24 ? * TUE *)', /'24' is no hours/],
		['cron(0 2 ? * TUE#6 *)', /'TUE#6' is no day of week/],
		['cron(0 2 32 * ? *)', /'32' is no day of month/],
		['cron(0 2 ? 13 TUE *)', /'13' is no month/],
		['cron(0 2 ? * TUE 26)', /'26' is no year/],
		['cron(0 5-2 ? * TUE *)', /'5-2' is no hours/],
		['cron(0 2 1 * TUE *)', /one of day of month and day of week/],
		['cron(0 2 ? * ? *)', /one of day of month and day of week/],
		['rate(0 days)', /use rate\(/],
		['rate(2 weeks)', /use rate\(/],
		['at(2026-02-30T02:00:00)', /use at\(/],
		['at(tomorrow)', /use at\(/],
	])('may not be %j', (schedule, advice) => {
		expect(scheduleProblem(schedule)).toMatch(advice);
	});

	it('has days that can be counted from where it is of days and times', () => {
		expect(['cron(0 2 ? * TUE *)', 'rate(1 day)', undefined].map(isCron)).toEqual([true, false, false]);
	});
});

describe('the schedule of an association', () => {
	it.each(['cron(0 4 ? * SUN *)', 'cron(0/30 * * * ? *)', 'cron(15,45 * * * ? *)', 'cron(0 1 * * ? *)'])('may be %s', (schedule) => {
		expect(associationProblem(schedule)).toBeUndefined();
	});

	it.each([
		['cron(0/10 * * * ? *)', /no interval under 30 minutes: use .* not '0\/10'/],
		['cron(* * * * ? *)', /no interval under 30 minutes/],
		['cron(0,50 * * * ? *)', /no interval under 30 minutes/],
		['rate(29 minutes)', /no interval under 30 minutes/],
		['rate(31 days)', /31 days or more/],
		['rate(1 day)', /at every deployment/],
		['cron(0 4 ? JAN SUN *)', /takes no month: use \*/],
		['at(2026-09-15T02:00:00)', /use cron/],
		['cron(0 4 * * *)', /5 fields/],
		['daily', /use cron/],
	])('may not be %s', (schedule, advice) => {
		expect(associationProblem(schedule)).toMatch(advice);
	});
});

it.each(['UTC', 'Europe/Dublin', 'America/Argentina/Buenos_Aires', 'Etc/UTC', 'Asia/Calcutta'])('%s is a time zone', (zone) => {
	expect(timeZoneProblem(zone)).toBeUndefined();
});

it.each(['', 'CET', '+01:00', 'Europe/Atlantis', 'dublin', 7])('%j is no time zone', (zone) => {
	expect(timeZoneProblem(zone)).toMatch(/IANA.*Europe\/Dublin/);
});
