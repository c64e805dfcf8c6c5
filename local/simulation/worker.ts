/** A thread that plays seeds, one after another, perhaps with a mutated source. */

import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Mutation } from './mutations.ts';
import type { SeedRequest, SeedResult } from './seed.ts';

export interface WorkerData {
	/** The packaged template. */
	readonly template: string;
	readonly mutation?: Mutation;
}

/** What a worker answers to a request. */
export type Answer = { readonly result: SeedResult } | { readonly seed: number; readonly error: string };

const { template, mutation } = workerData as WorkerData;
if (mutation) mutate(mutation);
const { simulateSeed } = await import('./seed.ts');

parentPort?.on('message', (request: SeedRequest) => {
	simulateSeed(template, request).then(
		(result) => answer({ result }),
		(error: unknown) => answer({ seed: request.seed, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
	);
});

function answer(message: Answer): void {
	parentPort?.postMessage(message);
}

/** Replaces a text as its file is loaded. @throws Error where the file does not have it exactly once. */
function mutate({ file, find, replace }: Mutation): void {
	const target = new URL(`../../${file}`, import.meta.url).href;
	registerHooks({
		load(url, context, nextLoad) {
			const loaded = nextLoad(url, context);
			if (url !== target) return loaded;
			const parts = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source).split(find);
			if (parts.length !== 2) throw new Error(`${file} has the text of a mutation ${parts.length - 1} times, not once: ${find}`);
			return { ...loaded, source: parts.join(replace) };
		},
	});
}
