/** A thread that fuzzes what it is asked to, one part after another. */

import { parentPort, workerData } from 'node:worker_threads';
import { type Fuzzed, fuzzEvents } from './events.ts';
import { layGround } from './ground.ts';
import { type FuzzedPlaybooks, fuzzPlaybooks } from './playbooks.ts';
import { Bench } from './run.ts';

/** A part of a run: a function and its events, or texts of playbooks. */
export interface Part {
	readonly what: string;
	/** Events, or texts. */
	readonly count: number;
	readonly seed: number;
	/** Of a failure, to see it again. */
	readonly path?: string;
}

export const PLAYBOOKS = 'playbooks';

/** What a worker says: that it goes on, what came of a part, or that it cannot. */
export type Said = 'alive' | { readonly fuzzed: Fuzzed | FuzzedPlaybooks } | { readonly error: string };

export interface WorkerData {
	/** The packaged template. */
	readonly template: string;
}

const say = (what: Said) => parentPort?.postMessage(what);

async function fuzz(bench: Promise<Bench>, { what, count, ...asked }: Part): Promise<Fuzzed | FuzzedPlaybooks> {
	if (what === PLAYBOOKS) return fuzzPlaybooks(count, asked);
	return fuzzEvents(await bench, what, { events: count, onBatch: () => say('alive'), ...asked });
}

if (parentPort) {
	const bench = layGround((workerData as WorkerData).template).then((ground) => Bench.on(ground));
	parentPort.on('message', (part: Part) => {
		fuzz(bench, part).then(
			(fuzzed) => say({ fuzzed }),
			(error: unknown) => say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
		);
	});
}
