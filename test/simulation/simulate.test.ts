import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { FLOWS } from '../../local/simulation/flows/index.ts';
import { tryMutations } from '../../local/simulation/mutate.ts';
import { MUTATIONS } from '../../local/simulation/mutations.ts';
import { REGRESSIONS } from '../../local/simulation/regressions.ts';
import { summarise, unreached } from '../../local/simulation/report.ts';
import { type SeedResult, simulateSeed } from '../../local/simulation/seed.ts';

const SIMULATE = fileURLToPath(new URL('../../local/simulate.ts', import.meta.url));

async function simulate(seed: number): Promise<SeedResult> {
	return simulateSeed(await ensureTemplate(), { seed, shorten: false });
}

describe('A seed', () => {
	it('goes the same way in this process and in another, call by call', async () => {
		const here = summarise([await simulate(3), await simulate(4)], FLOWS);

		const args = ['--template', await ensureTemplate(), '--from', '3', '--seeds', '2', '--json'];
		const { stdout } = await promisify(execFile)(process.execPath, [SIMULATE, ...args], { maxBuffer: 1e8 });

		const there = JSON.parse(stdout) as typeof here;
		expect(there).toEqual(JSON.parse(JSON.stringify(here)));
		expect(there.operations).toBeGreaterThan(0);
		expect(summarise([await simulate(5)], FLOWS).hash).not.toBe(here.hash);
	});

	it.for(REGRESSIONS)('$seed holds: $was', async ({ seed }) => {
		const { violations } = await simulate(seed);

		expect(violations.map(({ invariant, what }) => `${invariant}: ${what}`)).toEqual([]);
	});
});

describe('The simulation', () => {
	it('notices a bug against each invariant', { timeout: 300_000 }, async () => {
		const noticed = await tryMutations(MUTATIONS, await ensureTemplate());

		expect(noticed.filter(({ by }) => by === undefined).map(({ mutation, problem }) => [mutation.breaks, problem])).toEqual([]);
		expect(new Set(MUTATIONS.map(({ invariant }) => invariant)).size).toBe(8);
	});

	it('says what a long run never reached, and asks nothing of a short one', () => {
		const one = { seed: 1, operations: 1, events: 1, calls: 1, transitions: {}, features: {}, hash: '', violations: [] };
		const results = (count: number) => Array.from({ length: count }, (_, seed) => ({ ...one, seed, faults: { 'reply lost': 1 } }));

		expect(unreached(summarise(results(199), FLOWS))).toEqual([]);
		const missing = unreached(summarise(results(200), FLOWS));
		expect(missing).toContain("fault 'event dropped'");
		expect(missing).not.toContain("fault 'reply lost'");
	});
});
