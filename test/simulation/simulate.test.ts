import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { FLOWS } from '../../local/simulation/flows/index.ts';
import { noticedLine, problemOf, tryMutations } from '../../local/simulation/mutate.ts';
import { MUTATIONS, type Mutation } from '../../local/simulation/mutations.ts';
import { REGRESSIONS } from '../../local/simulation/regressions.ts';
import { MANY_SEEDS, summarise, unreached } from '../../local/simulation/report.ts';
import { type SeedResult, simulateSeed } from '../../local/simulation/seed.ts';

const SIMULATE = fileURLToPath(new URL('../../local/simulate.ts', import.meta.url));

async function simulate(seed: number, flows?: readonly string[]): Promise<SeedResult> {
	return simulateSeed(await ensureTemplate(), { seed, flows, shorten: false });
}

describe('A seed', () => {
	it('goes the same way in this process and in another, call by call', { timeout: 120_000 }, async () => {
		const here = summarise([await simulate(5)], FLOWS);

		const args = ['--template', await ensureTemplate(), '--from', '5', '--seeds', '1', '--json'];
		const { stdout } = await promisify(execFile)(process.execPath, [SIMULATE, ...args], { maxBuffer: 1e8 });

		const there = JSON.parse(stdout) as typeof here;
		expect(there).toEqual(JSON.parse(JSON.stringify(here)));
		expect(there.operations).toBeGreaterThan(0);
	});

	const hashes = new Set<string>();

	it.for(REGRESSIONS)('$seed holds: $was', { timeout: 60_000 }, async ({ seed, flows }) => {
		const { violations, hash } = await simulate(seed, flows);

		expect(violations.map(({ invariant, what }) => `${invariant}: ${what}`)).toEqual([]);
		expect(hashes).not.toContain(hash);
		hashes.add(hash);
	});
});

const OVERDUE = MUTATIONS.find(({ breaks }) => breaks === 'deadlines are decided ten minutes late') as Mutation;

/** All of them are tried by `npm run simulate -- --mutations`: that takes longer than a test may. */
describe('A mutation', () => {
	it('is noticed, and a seed that shows it is clean without it', { timeout: 120_000 }, async () => {
		const [noticed] = await tryMutations([OVERDUE], await ensureTemplate());
		const { violations } = await simulate(OVERDUE.shownBy, [OVERDUE.flow]);

		expect(noticed?.by).toMatchObject({ invariant: 5, seed: OVERDUE.shownBy });
		expect(violations).toEqual([]);
	});

	it('whose text is not there, or more than once, is a failure', async () => {
		const wrong = [
			{ ...OVERDUE, find: 'nothing of that kind' },
			{ ...OVERDUE, find: 'export ' },
			{ ...OVERDUE, file: 'shared/nowhere.ts' },
		];

		const noticed = await tryMutations(wrong, await ensureTemplate());

		expect(noticed.map(({ by }) => by)).toEqual([undefined, undefined, undefined]);
		expect(noticed.map(noticedLine)).toEqual([
			expect.stringMatching(/^FAIL .*has its text 0 times, not once/),
			expect.stringMatching(/^FAIL .*has its text \d\d? times, not once/),
			expect.stringMatching(/^FAIL .*nowhere.*has its text 0 times, not once/),
		]);
	});

	it('is there for each invariant, and can be tried', async () => {
		expect(new Set(MUTATIONS.map(({ invariant }) => invariant)).size).toBe(8);
		expect((await Promise.all(MUTATIONS.map(problemOf))).filter((problem) => problem !== undefined)).toEqual([]);
		expect(MUTATIONS.filter(({ flow }) => !FLOWS.some(({ name }) => name === flow))).toEqual([]);
	});
});

describe('The simulation', () => {
	it('says what a long run never reached, and asks nothing of a short one', () => {
		const one = { seed: 1, operations: 1, events: 1, calls: 1, transitions: {}, features: {}, hash: '', violations: [] };
		const results = (count: number) => Array.from({ length: count }, (_, seed) => ({ ...one, seed, faults: { 'reply lost': 1 } }));

		expect(unreached(summarise(results(399), FLOWS), FLOWS)).toEqual([]);
		const missing = unreached(summarise(results(400), FLOWS), FLOWS);
		expect(missing).toContain("fault 'event dropped'");
		expect(missing).not.toContain("fault 'reply lost'");
		expect(missing).not.toContain("feature 'event: no reply'");
		expect(unreached(summarise(results(MANY_SEEDS), FLOWS), FLOWS)).toContain("feature 'event: no reply'");
	});
});
