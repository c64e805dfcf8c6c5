/**
 * `npm run simulate [-- --seeds N --from S | --seed S [--mask JSON] | --mutations] [--json]`: plays stories drawn from seeds under
 * faults drawn from them too, and holds every step to what Fleetkeeper promises. `--burst N [--runbook]`: N terminations at once.
 */

import { parseArgs } from 'node:util';
import { ensureTemplate } from './package-template.ts';
import { main as playBurst } from './simulation/burst/main.ts';
import { FLOWS } from './simulation/flows/index.ts';
import { noticedLine, tryMutations } from './simulation/mutate.ts';
import { MUTATIONS } from './simulation/mutations.ts';
import { playAll } from './simulation/pool.ts';
import { summaryLines, violationLines } from './simulation/print.ts';
import { ENOUGH_SEEDS, summarise, unreached } from './simulation/report.ts';
import type { SeedRequest } from './simulation/seed.ts';
import { drawStory, type Mask } from './simulation/story.ts';

const OPTIONS = {
	seeds: { type: 'string', default: String(ENOUGH_SEEDS) },
	from: { type: 'string', default: '1' },
	seed: { type: 'string' },
	mask: { type: 'string' },
	mutations: { type: 'boolean', default: false },
	json: { type: 'boolean', default: false },
	/** A packaged template, in place of one that is made when it is stale. */
	template: { type: 'string' },
} as const;

/** Violations after which a run is given up: more of them say little. */
const MOST_VIOLATIONS = 10;

const write = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
	const args = process.argv.slice(2);
	if (args.includes('--burst')) {
		process.exitCode = await playBurst(args);
		return;
	}
	const { values } = parseArgs({ args, options: OPTIONS });
	const template = values.template ?? (await ensureTemplate());
	if (values.mutations) return showItCanFail(template);
	const single = values.seed === undefined ? undefined : whole('seed', values.seed);
	const first = single ?? whole('from', values.from);
	const count = single === undefined ? whole('seeds', values.seeds) : 1;
	const mask = values.mask === undefined ? {} : (JSON.parse(values.mask) as Mask);
	await simulate(template, requests(first, count, mask, single !== undefined && !values.json), values.json);
}

async function simulate(template: string, requested: Iterable<SeedRequest>, json: boolean): Promise<void> {
	const startedAt = performance.now();
	let violated = 0;
	const results = await playAll(requested, {
		template,
		onResult({ violations, story = [] }) {
			violated += violations.length;
			for (const line of story) write(line);
			return violated >= MOST_VIOLATIONS;
		},
	});
	const summary = summarise(results, FLOWS);
	const missing = unreached(summary);
	if (json) {
		write(JSON.stringify(summary, null, '\t'));
	} else {
		for (const line of summaryLines(summary, (performance.now() - startedAt) / 1_000)) write(line);
		for (const line of violationLines(summary.violations, (seed) => drawStory(seed, FLOWS).setting.startAt)) write(line);
		write('');
		write(summary.violations.length === 0 ? 'No invariant was violated.' : `${summary.violations.length} violations.`);
	}
	for (const what of missing) process.stderr.write(`Never reached: ${what}\n`);
	if (summary.violations.length > 0 || missing.length > 0) process.exitCode = 1;
}

async function showItCanFail(template: string): Promise<void> {
	const noticed = await tryMutations(MUTATIONS, template);
	for (const each of noticed) write(noticedLine(each));
	const caught = noticed.filter(({ by }) => by !== undefined).length;
	write(`mutations: ${caught} caught of ${MUTATIONS.length}`);
	if (caught < MUTATIONS.length) process.exitCode = 1;
}

function* requests(first: number, count: number, mask: Mask, told: boolean): Generator<SeedRequest> {
	for (let seed = first; seed < first + count; seed += 1) yield { seed, mask, shorten: true, told };
}

function whole(name: string, value: string): number {
	const number = Number(value);
	if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is '${value}': use a whole number, 0 or more.`);
	return number;
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
