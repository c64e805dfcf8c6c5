/** Plays many seeds at once, a thread for each processor. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedRequest, SeedResult } from './seed.ts';
import type { Answer, WorkerData } from './worker.ts';

export interface PoolOptions extends WorkerData {
	readonly threads?: number;
	/** Told of each result, in the order in which they come. True ends the run. */
	readonly onResult?: (result: SeedResult) => boolean | undefined;
}

/** A world makes much that is soon forgotten: with more room for it, less is looked through for what is not. */
const YOUNG_MB = 64;

/**
 * Plays all that is asked for.
 * @returns what was played, in the order in which it ended.
 * @throws Error naming the seed where the world itself has a defect.
 */
export async function playAll(requests: Iterable<SeedRequest>, options: PoolOptions): Promise<SeedResult[]> {
	const { template, mutation, threads = availableParallelism(), onResult } = options;
	const left = requests[Symbol.iterator]();
	const results: SeedResult[] = [];
	let isOver = false;
	const next = (): SeedRequest | undefined => {
		const { value, done } = left.next();
		return done || isOver ? undefined : value;
	};

	const run = (first: SeedRequest) =>
		new Promise<void>((resolve, reject) => {
			const worker = new Worker(new URL('./worker.ts', import.meta.url), {
				workerData: { template, ...(mutation && { mutation }) } satisfies WorkerData,
				resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
			});
			const end = (error?: unknown) => {
				isOver ||= error !== undefined;
				void worker.terminate();
				if (error === undefined) resolve();
				else reject(error);
			};
			worker.on('error', end);
			worker.on('message', (answer: Answer) => {
				if ('error' in answer) {
					end(new Error(`seed ${answer.seed}: ${answer.error}`));
					return;
				}
				results.push(answer.result);
				if (onResult?.(answer.result)) isOver = true;
				const request = next();
				if (request) worker.postMessage(request);
				else end();
			});
			worker.postMessage(first);
		});

	const firsts = Array.from({ length: threads }, next).filter((request) => request !== undefined);
	await Promise.all(firsts.map(run));
	return results;
}
