/**
 * `npm run simulate`: plays stories drawn from seeds under faults drawn from them too, and holds every step to what Fleetkeeper promises.
 * `--mutations` shows that it can fail, `--burst N` plays N terminations at once.
 */

import { ensureTemplate } from './package-template.ts';
import { type Wanted, wantedBy } from './simulation/arguments.ts';
import { main as playBurst } from './simulation/burst/main.ts';
import { FLOWS } from './simulation/flows/index.ts';
import { noticedLine, tryMutations } from './simulation/mutate.ts';
import { MUTATIONS } from './simulation/mutations.ts';
import { playAll } from './simulation/pool.ts';
import { summaryLines, violationLines } from './simulation/print.ts';
import { summarise, unreached } from './simulation/report.ts';
import type { SeedRequest } from './simulation/seed.ts';
import { drawStory } from './simulation/story.ts';

/** Violations after which a run is given up: more of them say little. */
const MOST_VIOLATIONS = 10;

const write = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
	const args = process.argv.slice(2);
	if (args.some((arg) => arg === '--burst' || arg.startsWith('--burst='))) {
		process.exitCode = await playBurst(args);
		return;
	}
	const wanted = wantedBy(
		args,
		FLOWS.map(({ name }) => name),
	);
	const template = wanted.template ?? (await ensureTemplate());
	await (wanted.mutations ? showItCanFail(template) : simulate(template, wanted));
}

async function simulate(template: string, wanted: Wanted): Promise<void> {
	const { flows, json } = wanted;
	const startedAt = performance.now();
	let violated = 0;
	const results = await playAll(requests(wanted), {
		template,
		onResult({ violations, story = [] }) {
			violated += violations.length;
			for (const line of story) write(line);
			return violated >= MOST_VIOLATIONS;
		},
	});
	const playing = FLOWS.filter(({ name }) => flows?.includes(name) ?? true);
	const summary = summarise(results, playing);
	const missing = unreached(summary, playing);
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
	const noticed = await tryMutations(MUTATIONS, template, (each) => write(noticedLine(each)));
	const caught = noticed.filter(({ by }) => by !== undefined).length;
	write(`mutations: ${caught} caught of ${MUTATIONS.length}`);
	if (caught < MUTATIONS.length) process.exitCode = 1;
}

function* requests({ first, count, single, flows, mask, json }: Wanted): Generator<SeedRequest> {
	for (let seed = first; seed < first + count; seed += 1) yield { seed, flows, mask, shorten: true, told: single && !json };
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
