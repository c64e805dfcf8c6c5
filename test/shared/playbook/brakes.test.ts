import { describe, expect, it } from 'vitest';
import { parsePlaybook } from '../../../shared/playbook/parse.ts';
import { formatProblem } from '../../../shared/playbook/problem.ts';
import type { Brakes } from '../../../shared/playbook/types.ts';
import { ALARM, DRAIN, NONCOMPLIANT } from './samples.ts';

/** The sample with more lines, from line 16 on. */
function brakesOf(...lines: readonly string[]): Brakes | undefined {
	const parsed = parsePlaybook(`${DRAIN}${lines.join('\n')}\n`, 'drain-web');
	if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
	return parsed.playbook.brakes;
}

function problemsOf(...lines: readonly string[]): string[] {
	const parsed = parsePlaybook(`${DRAIN}${lines.join('\n')}\n`, 'drain-web');
	return (parsed.ok ? parsed.warnings : parsed.problems).map((problem) => formatProblem(problem).replace('drain-web.yaml:', ''));
}

describe('a playbook', () => {
	it.each([
		[[], undefined],
		[['mode: act'], undefined],
		[['limits: { concurrent: 20, perHour: 200 }'], { limits: { concurrent: 20, perHour: 200, beyond: 'wait' } }],
		[['limits: { perHour: 5, beyond: skip }'], { limits: { perHour: 5, beyond: 'skip' } }],
		[['calendar: freeze'], { calendar: { names: ['freeze'], closed: 'wait' } }],
		[
			['calendar: [freeze, "arn:aws:ssm:eu-west-1:444455556666:document/holidays"]', 'calendarClosed: skip'],
			{ calendar: { names: ['freeze', 'arn:aws:ssm:eu-west-1:444455556666:document/holidays'], closed: 'skip' } },
		],
		[['mode: observe'], { observe: true }],
	])('with %j has brakes %j', (lines, brakes) => {
		expect(brakesOf(...lines)).toEqual(brakes);
	});

	it.each([
		[['limits: {}'], '16:9 limits: limits nothing; write concurrent: <number>, perHour: <number> or both'],
		[['limits: { beyond: skip }'], '16:9 limits: limits nothing; write concurrent: <number>, perHour: <number> or both'],
		[['limits: { concurrent: 0 }'], '16:23 limits.concurrent: 0 is too small; 1 is the least'],
		[['limits: { perHour: 1001 }'], '16:20 limits.perHour: 1001 is too big; 1000 is the most'],
		[['limits: { concurrent: 1, beyond: queue }'], "16:34 limits.beyond: 'queue' is not one of wait, skip"],
		[['limits: { concurent: 1 }'], '16:11 limits.concurent: no such key; did you mean concurrent?'],
		[['calendar: 7'], '16:11 calendar: must be the name or ARN of a calendar, or a list of them'],
		[['calendar: []'], '16:11 calendar: the list is empty; name a calendar or leave it out'],
		[
			['calendar: [freeze, no spaces]'],
			"16:20 calendar[1]: 'no spaces' is not the name of a calendar; write its name, or the ARN of its document",
		],
		[['calendarClosed: skip'], '16:1 calendarClosed: has no effect without a calendar; write calendar: <name>'],
		[['mode: dry-run'], "16:7 mode: 'dry-run' is not one of act, observe"],
	])('with %j is told what to write', (lines, problem) => {
		expect(problemsOf(...lines)).toEqual([problem]);
	});

	it('that observes is warned that nobody may complete its hooks', () => {
		expect(problemsOf('mode: observe')).toEqual([
			expect.stringMatching(/^16:7 warning: mode: completes no lifecycle action: [^:]*own timeout/),
		]);
	});

	it.each([
		['', { limits: { concurrent: 20, beyond: 'wait' } }],
		['limits: { perHour: 100 }', { limits: { perHour: 100, beyond: 'wait' } }],
		['limits: { concurrent: 500, beyond: skip }', { limits: { concurrent: 500, beyond: 'skip' } }],
	])('for noncompliant resources with %j has brakes %j: a new rule does not flood', (line, brakes) => {
		const parsed = parsePlaybook(`${NONCOMPLIANT}${line}\n`, 'close-ssh');
		expect(parsed.ok && parsed.playbook.brakes).toEqual(brakes);
	});

	it('that observes alarms leaves no hook waiting: there is nothing to warn of', () => {
		expect(parsePlaybook(`${ALARM}mode: observe\n`, 'web-cpu')).toMatchObject({
			ok: true,
			warnings: [],
			playbook: { brakes: { observe: true } },
		});
	});
});
