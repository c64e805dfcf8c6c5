/** Shows that the simulation can fail: each mutation is played until its invariant is violated. */

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Mutation } from './mutations.ts';
import { playAll } from './pool.ts';
import type { Reported, SeedRequest } from './seed.ts';

/** Seeds within which a mutation must be noticed. */
const WITHIN_SEEDS = 120;

export interface Noticed {
	readonly mutation: Mutation;
	/** What gave it away, or why it could not be tried. */
	readonly by: Reported | undefined;
	readonly problem?: string;
}

/**
 * Tries mutations, one for each processor at a time. Results are in their order.
 * @param template the packaged template.
 */
export async function tryMutations(mutations: readonly Mutation[], template: string): Promise<Noticed[]> {
	const noticed: Noticed[] = [];
	const left = mutations.entries();
	const work = async () => {
		for (const [index, mutation] of left) noticed[index] = await tryMutation(mutation, template);
	};
	await Promise.all(Array.from({ length: availableParallelism() }, work));
	return noticed;
}

/** Plays seeds with a mutated source until its invariant is violated. */
async function tryMutation(mutation: Mutation, template: string): Promise<Noticed> {
	const source = await readFile(new URL(`../../${mutation.file}`, import.meta.url), 'utf8').catch(() => '');
	const found = source.split(mutation.find).length - 1;
	if (found !== 1) return { mutation, by: undefined, problem: `${mutation.file} has its text ${found} times, not once` };
	let by: Reported | undefined;
	await playAll(requests(mutation), {
		template,
		mutation,
		threads: 1,
		onResult({ violations }) {
			by ??= violations.find(({ invariant }) => invariant === mutation.invariant);
			return by !== undefined;
		},
	});
	return { mutation, by };
}

/** The seed that is known to show it, and others in case it does not any more. */
function* requests({ shownBy }: Mutation): Generator<SeedRequest> {
	yield { seed: shownBy, shorten: false };
	for (let seed = 1; seed <= WITHIN_SEEDS; seed += 1) yield { seed, shorten: false };
}

export function noticedLine({ mutation, by, problem }: Noticed): string {
	const { invariant, breaks } = mutation;
	const how = by ? `caught by seed ${by.seed}: ${by.what}` : (problem ?? `not caught within ${WITHIN_SEEDS} seeds`);
	return `${by ? ' ok ' : 'FAIL'}  invariant ${invariant}, ${breaks}: ${how}`;
}
