/** Fuzzes many parts at once, a thread for each processor. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Fuzzed } from './events.ts';
import type { FuzzedPlaybooks } from './playbooks.ts';
import type { Part, Said, WorkerData } from './worker.ts';

export interface PartResult {
	readonly part: Part;
	readonly fuzzed: Fuzzed | FuzzedPlaybooks;
}

/** A batch, or a part with texts, takes seconds: a thread that says nothing for longer does not come to an end. Milliseconds. */
const SILENCE = 180_000;

/**
 * Fuzzes all parts. Results are in order of the parts.
 * @throws Error naming the part that does not end, or in which the fuzzer itself has a defect.
 */
export async function fuzzAll(parts: readonly Part[], data: WorkerData): Promise<PartResult[]> {
	const results: PartResult[] = [];
	const left = parts.entries();
	const work = async () => {
		const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
		try {
			for (const [index, part] of left) results[index] = { part, fuzzed: await ask(worker, part) };
		} finally {
			await worker.terminate();
		}
	};
	await Promise.all(Array.from({ length: Math.min(availableParallelism(), parts.length) }, work));
	return results;
}

function ask(worker: Worker, part: Part): Promise<PartResult['fuzzed']> {
	const { promise, resolve, reject } = Promise.withResolvers<PartResult['fuzzed']>();
	const name = `${part.what} with seed ${part.seed}`;
	let batches = 0;
	const silent = () => reject(new Error(`${name} does not come to an end: it hangs in run ${batches - 1}`));
	let timer = setTimeout(silent, SILENCE);
	const hear = (said: Said) => {
		clearTimeout(timer);
		if (said === 'alive') {
			batches += 1;
			timer = setTimeout(silent, SILENCE);
		} else if ('error' in said) reject(new Error(`${name}: ${said.error}`));
		else resolve(said.fuzzed);
	};
	worker.on('message', hear);
	worker.on('error', reject);
	worker.postMessage(part);
	return promise.finally(() => {
		clearTimeout(timer);
		worker.off('message', hear);
		worker.off('error', reject);
	});
}
