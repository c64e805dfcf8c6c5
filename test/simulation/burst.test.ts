/** Bursts: small ones in full, and that what goes wrong in one is noticed. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { type BurstReport, burst } from '../../local/simulation/burst/burst.ts';
import { printBurst } from '../../local/simulation/burst/print.ts';

function printed(report: BurstReport): string {
	const lines: string[] = [];
	printBurst(report, (line) => lines.push(line));
	return lines.join('\n');
}

function callsOf({ calls }: BurstReport, operation: string): number {
	return calls.find((each) => each.operation === operation)?.calls ?? 0;
}

describe('A burst of terminations', () => {
	let report: BurstReport;
	beforeAll(async () => {
		report = await burst({ actions: 80, work: 'command', template: await ensureTemplate() });
	}, 60_000);

	it('completes every action as its playbook says, and loses nothing', () => {
		expect(report.problems).toEqual([]);
		expect(report.completed).toBe(80);
	});

	it('is over soon after its drains, which take two minutes at most', () => {
		const { p50, p99, last } = report.seconds;
		expect(p50).toBeGreaterThan(30);
		expect(p99).toBeGreaterThan(p50);
		expect(last).toBeGreaterThanOrEqual(p99);
		expect(last).toBeLessThan(150);
	});

	it('shares commands and look-ups, and completes each action once', () => {
		expect(callsOf(report, 'ssm:SendCommand')).toBeLessThanOrEqual(5);
		expect(callsOf(report, 'ssm:ListCommandInvocations')).toBeLessThanOrEqual(20);
		expect(callsOf(report, 'autoscaling:CompleteLifecycleAction')).toBe(80);
		expect(callsOf(report, 'autoscaling:RecordLifecycleActionHeartbeat')).toBe(0);
	});

	it('prints its times, its calls and its cost', () => {
		const text = printed(report);
		expect(text).toMatch(/p50 \d+:\d\d {3}p99 \d+:\d\d {3}last \d+:\d\d/);
		expect(text).toMatch(/^autoscaling:CompleteLifecycleAction +80 +\d+$/m);
		expect(text).toMatch(/^DynamoDB write units +[\d,]+ +0\.\d{4}$/m);
		expect(text).toMatch(/Nothing was lost\.$/);
	});
});

describe('A burst whose work is a runbook', () => {
	it('starts one a second, throttled where several environments would, and ends as it should', { timeout: 60_000 }, async () => {
		const report = await burst({ actions: 25, work: 'runbook', template: await ensureTemplate() });

		expect(report.problems).toEqual([]);
		expect(report.completed).toBe(25);
		expect(report.seconds.p50).toBeGreaterThan(115);
		expect(report.seconds.last).toBeLessThan(240);
		const starts = report.calls.find(({ operation }) => operation === 'ssm:StartAutomationExecution');
		expect(starts?.throttled).toBeGreaterThan(0);
		expect(Number(starts?.calls) - Number(starts?.throttled)).toBe(25);
		expect(report.cost.find(({ what }) => what === 'Automation steps')?.units).toBe(50);
	});
});

describe('A burst that goes wrong', () => {
	it('says what was lost', { timeout: 60_000 }, async () => {
		const packaged = await readFile(await ensureTemplate(), 'utf8');
		const folder = await mkdtemp(path.join(tmpdir(), 'burst-'));
		const template = path.join(folder, 'template.json');
		await writeFile(template, packaged.replaceAll('LifecycleHookName: [fleetkeeper-drain]', 'LifecycleHookName: [no-hook-of-these]'));

		const report = await burst({ actions: 3, work: 'command', template }).finally(() => rm(folder, { recursive: true }));

		expect(report.completed).toBe(0);
		expect(report.problems).toContain('lifecycle actions completed with CONTINUE: 0, expected 3');
		expect(printed(report)).toContain('last -');
		expect(printed(report)).not.toContain('Nothing was lost');
	});
});
