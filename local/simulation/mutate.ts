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
 * @param onTried told of each as it is done.
 */
export async function tryMutations(
	mutations: readonly Mutation[],
	template: string,
	onTried: (noticed: Noticed) => void = () => {},
): Promise<Noticed[]> {
	const noticed: Noticed[] = [];
	const left = mutations.entries();
	const work = async () => {
		for (const [index, mutation] of left) {
			const each = await tryMutation(mutation, template);
			noticed[index] = each;
			onTried(each);
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, work));
	return noticed;
}

/** Why a mutation cannot be tried: a source that has its text more or less than once. */
export async function problemOf({ file, find }: Mutation): Promise<string | undefined> {
	const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8').catch(() => '');
	const found = source.split(find).length - 1;
	return found === 1 ? undefined : `${file} has its text ${found} times, not once`;
}

/** Plays seeds with a mutated source until its invariant is violated. */
async function tryMutation(mutation: Mutation, template: string): Promise<Noticed> {
	const problem = await problemOf(mutation);
	if (problem !== undefined) return { mutation, by: undefined, problem };
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
function* requests({ flow, shownBy }: Mutation): Generator<SeedRequest> {
	yield { seed: shownBy, flows: [flow], shorten: false };
	for (let seed = 1; seed <= WITHIN_SEEDS; seed += 1) yield { seed, flows: [flow], shorten: false };
}

export function noticedLine({ mutation, by, problem }: Noticed): string {
	const { invariant, breaks } = mutation;
	const how = by ? `caught by seed ${by.seed}: ${by.what}` : (problem ?? `not caught within ${WITHIN_SEEDS} seeds`);
	return `${by ? ' ok ' : 'FAIL'}  invariant ${invariant}, ${breaks}: ${how}`;
}
