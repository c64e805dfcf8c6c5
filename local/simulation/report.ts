/** What came of many seeds, as one. */

import { createHash } from 'node:crypto';
import { FAULTS } from './fault-plan.ts';
import type { Flow } from './flow.ts';
import type { Reported, SeedResult } from './seed.ts';
import type { Counts } from './tally.ts';

export interface Summary {
	readonly seeds: number;
	readonly operations: number;
	readonly events: number;
	readonly faults: Counts;
	readonly transitions: Counts;
	readonly features: Counts;
	readonly violations: readonly Reported[];
	readonly calls: number;
	/** Of the hashes of all seeds: the same seeds of the same code give the same one. */
	readonly hash: string;
}

/** From so many seeds on, what was never reached is a failure; */
export const ENOUGH_SEEDS = 400;
/** from so many on, also where it is rare. */
export const MANY_SEEDS = 5_000;

/** Adds up results, in the order of their seeds. What should have been reached and was not counts 0. */
export function summarise(results: readonly SeedResult[], flows: readonly Flow[]): Summary {
	const sorted = results.toSorted((a, b) => a.seed - b.seed);
	const sum = (of: (result: SeedResult) => number) => sorted.reduce((total, result) => total + of(result), 0);
	const hash = createHash('sha256');
	for (const result of sorted) hash.update(result.hash);
	return {
		seeds: sorted.length,
		operations: sum(({ operations }) => operations),
		events: sum(({ events }) => events),
		faults: total(
			[...FAULTS, ...flows.flatMap((flow) => flow.faults)],
			sorted.map(({ faults }) => faults),
		),
		transitions: total(
			flows.flatMap((flow) => flow.transitions),
			sorted.map(({ transitions }) => transitions),
		),
		features: total(
			flows.flatMap((flow) => flow.features),
			sorted.map(({ features }) => features),
		),
		violations: sorted.flatMap(({ violations }) => violations),
		calls: sum(({ calls }) => calls),
		hash: hash.digest('hex').slice(0, 16),
	};
}

function total(expected: readonly string[], all: readonly Counts[]): Counts {
	const sums = new Map(expected.map((name) => [name, 0]));
	for (const counts of all) for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
	return Object.fromEntries(sums);
}

/** What a run was to reach and never did; nothing where it was too short for that. */
export function unreached({ seeds, faults, transitions, features }: Summary, flows: readonly Flow[]): string[] {
	if (seeds < ENOUGH_SEEDS) return [];
	const rare = new Set(seeds < MANY_SEEDS ? flows.flatMap((flow) => flow.rare) : []);
	const never = (kind: string, counts: Counts) =>
		Object.entries(counts).flatMap(([name, count]) => (count === 0 && !rare.has(name) ? [`${kind} '${name}'`] : []));
	return [...never('fault', faults), ...never('transition', transitions), ...never('feature', features)];
}
