/**
 * `npm run fuzz [-- --events N --playbooks N --seed S] [--json]`: sends every function events near to what AWS sends, and gives the
 * checker texts near to playbooks. Whatever comes, it must end as an operation, a counted drop with its reason or a dead letter with one,
 * and a text that is no playbook with the line that is wrong. `--only <what> --seed S --path P` shows a failure again.
 */

import { parseArgs } from 'node:util';
import { ensureTemplate } from '../local/package-template.ts';
import type { Fuzzed } from './fuzz/events.ts';
import type { FuzzedPlaybooks } from './fuzz/playbooks.ts';
import { fuzzAll, type PartResult } from './fuzz/pool.ts';
import { type Part, PLAYBOOKS } from './fuzz/worker.ts';
import { table } from './table.ts';

const OPTIONS = {
	events: { type: 'string', default: '100000' },
	playbooks: { type: 'string', default: '5000' },
	seed: { type: 'string', default: '1' },
	only: { type: 'string' },
	path: { type: 'string' },
	json: { type: 'boolean', default: false },
} as const;

/** How many of the events each function is sent, in comparison. The clock takes three shapes of event, and long. */
const SHARES = {
	...{ 'instance-lifecycle': 20, 'command-status': 16, 'automation-status': 14, 'alarm-state': 18, 'config-compliance': 14 },
	...{ 'fleet-event': 20, 'node-state': 10, 'session-event': 10, 'playbook-change': 5, reconcile: 3 },
	...{ 'inventory-change': 10, 'agent-health': 5 },
} as const;
/** Of one part: with fewer, the threads end at the same time. */
const EVENTS = 2_500;
const TEXTS = 500;

interface Asked {
	readonly events: number;
	readonly playbooks: number;
	readonly seed: number;
	/** A function, or playbooks: it gets all of the events, or of the texts. */
	readonly only: string | undefined;
}

/** The same for a seed, whatever number of threads there is. */
function partsOf({ events, playbooks, seed, only }: Asked): Part[] {
	const cut = (what: string, whole: number, size: number) =>
		Array.from({ length: Math.ceil(whole / size) }, (_, n): Part => ({ what, count: Math.min(size, whole - n * size), seed: seed + n }));
	const shares = Object.entries(SHARES).filter(([name]) => only === undefined || name === only);
	const all = shares.reduce((sum, [, share]) => sum + share, 0);
	const parts = shares.flatMap(([name, share]) => cut(name, Math.ceil((events * share) / all), EVENTS));
	return only === undefined || only === PLAYBOOKS ? [...parts, ...cut(PLAYBOOKS, playbooks, TEXTS)] : parts;
}

async function main(): Promise<void> {
	const { values } = parseArgs({ options: OPTIONS });
	const { only, path } = values;
	const count = (name: 'events' | 'playbooks' | 'seed') => whole(name, values[name]);
	const parts = partsOf({ events: count('events'), playbooks: count('playbooks'), seed: count('seed'), only });
	const [first] = parts;
	if (first === undefined) throw new Error(`There is nothing to do: --only is one of ${[...Object.keys(SHARES), PLAYBOOKS].join(', ')}.`);
	const template = await ensureTemplate();
	const began = performance.now();
	const summary = summarise(await fuzzAll(path === undefined ? parts : [{ ...first, path }], { template }));
	const seconds = Math.round((performance.now() - began) / 1_000);
	if (values.json) console.log(JSON.stringify({ seed: first.seed, seconds, ...summary }, null, '\t'));
	else show(summary, seconds);
	if (summary.failures.length > 0) process.exitCode = 1;
}

type Summary = ReturnType<typeof summarise>;

function summarise(results: readonly PartResult[]) {
	const functions: Record<string, Record<string, number>> = {};
	const drops: Record<string, number> = {};
	const playbooks: Record<string, number> = {};
	for (const { part, fuzzed } of results) {
		if (part.what === PLAYBOOKS) {
			const { failure: _, ...counts } = fuzzed as FuzzedPlaybooks;
			add(playbooks, counts);
		} else {
			const { events, fates, drops: own } = fuzzed as Fuzzed;
			functions[part.what] = add(functions[part.what] ?? {}, { events, ...fates });
			add(drops, own);
		}
	}
	const failures = results.flatMap(({ part, fuzzed }) => (fuzzed.failure ? [{ what: part.what, ...fuzzed.failure }] : []));
	const events = Object.values(functions).reduce((sum, each) => sum + (each['events'] ?? 0), 0);
	return { events, functions, drops, playbooks, failures };
}

function add(sums: Record<string, number>, more: Readonly<Record<string, number>>): Record<string, number> {
	for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
	return sums;
}

function show({ events, functions, drops, playbooks, failures }: Summary, seconds: number): void {
	const rows = Object.entries(functions).map(([name, counts]) => {
		return [name, ...['events', 'handled', 'dropped', 'buried', 'back'].map((key) => String(counts[key] ?? 0))];
	});
	if (rows.length > 0) {
		console.log(table([['function', 'events', 'handled', 'dropped', 'dead letters', 'back in the queue'], ...rows]));
		console.log('Events of functions that are called by hand, or with a spoiled batch, are among the events alone.');
		console.log(
			`Dropped, by reason: ${Object.entries(drops)
				.map(([reason, count]) => `${reason} ${count}`)
				.join(', ')}.\n`,
		);
	}
	const { texts = 0, accepted = 0, beyondSchema = 0 } = playbooks;
	if (texts > 0) {
		console.log(`Playbooks: ${texts} texts, of which ${accepted} were accepted, by the published schema too; of the others`);
		console.log(`${beyondSchema} are as the schema wants them, and refused for what no schema can say.\n`);
	}
	for (const { what, seed, path, violations, counterexample } of failures) {
		console.log([`${what} fails:`, ...violations, JSON.stringify(counterexample, null, '\t')].join('\n'));
		console.log(`Again: npm run fuzz -- --only ${what} --seed ${seed} --path ${path}\n`);
	}
	console.log(
		`${events} events and ${texts} playbooks in ${seconds} s: ${failures.length === 0 ? 'nothing is wrong' : `${failures.length} failures`}.`,
	);
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
