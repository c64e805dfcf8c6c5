import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/bundle.ts';
import { dollarsOf } from '../../scripts/costs/prices.ts';
import { filledIn } from '../../scripts/costs/tables.ts';
import { idleUsage, SEEN, usageOf } from '../../scripts/costs/usage.ts';

const [drain, burst] = SEEN as [(typeof SEEN)[number], (typeof SEEN)[number]];

describe('the tables of the costs', () => {
	it('are those that the assumptions give: otherwise run node scripts/costs.ts', () => {
		const docs = readFileSync(join(ROOT, 'docs', 'costs.md'), 'utf8');
		expect(docs).toBe(filledIn(docs));
	});

	it('have a place each', () => {
		expect(() => filledIn('# Costs')).toThrow("no place for the table 'operations'");
	});
});

describe('a thousand drains', () => {
	it('cost what their example in the docs comes to', () => {
		const lambda = 2_000 * 0.2e-6 + 1_200 * 0.5 * 0.0000133334;
		const messages = 6_000 * 0.4e-6 + 2_000 * 1e-6;
		const ledger = 15_000 * 0.625e-6 + 3_000 * 0.125e-6;
		const logs = ((1_700 + 900 + 2 * 400 + 2 * 1_800) * 1_000 * 0.5) / 1024 ** 3;
		expect(dollarsOf(usageOf(drain, 1_000))).toBeCloseTo(lambda + messages + ledger + logs, 9);
	});

	it('cost less in bursts', () => {
		expect(dollarsOf(usageOf(burst, 1_000))).toBeLessThan(dollarsOf(usageOf(drain, 1_000)));
	});
});

describe('an idle month', () => {
	it('grows with the queues, at each of which Lambda waits, and with the alarms', () => {
		const month = (queues: number, alarms: number) => dollarsOf(idleUsage({ queues, alarms }));
		expect(month(1, 0) - month(0, 0)).toBeCloseTo(((5 * 3_600) / 20) * 730 * 0.4e-6, 9);
		expect(month(0, 1) - month(0, 0)).toBeCloseTo(0.1, 9);
	});
});
