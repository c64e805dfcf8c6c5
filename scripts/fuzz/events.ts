/** Fuzzes a function with events. */

import fc from 'fast-check';
import type { CreateHandler } from '../../shared/deps.ts';
import { MOST_MESSAGES, type Scenario, scenarioFor } from './messages.ts';
import { type Fate, judge } from './oracle.ts';
import type { Bench } from './run.ts';

/** What was found to be wrong; `seed` and `path` replay it. */
export interface Failure {
	readonly seed: number;
	readonly path: string;
	readonly violations: readonly string[];
	/** The least that still shows it. */
	readonly counterexample: unknown;
}

export interface Fuzzed {
	readonly events: number;
	readonly fates: Readonly<Record<Fate, number>>;
	/** How many were dropped, by the reason that was counted. */
	readonly drops: Readonly<Record<string, number>>;
	readonly failure?: Failure;
}

export interface FuzzOptions {
	readonly events: number;
	readonly seed: number;
	/** Of a failure, to see it again. */
	readonly path?: string;
	/** In the place of the function. */
	readonly create?: CreateHandler;
	/** Told before each batch. */
	readonly onBatch?: () => void;
}

/** Between the seeds of one part's rounds: none of them is that of another part. */
const NEXT_ROUND = 1_000_003;

/** Sends a function at least this many events in batches, until something is wrong; that is made as small as it can be. */
export async function fuzzEvents(bench: Bench, name: string, { events, seed, path, create, onBatch }: FuzzOptions): Promise<Fuzzed> {
	const target = bench.functions.get(name);
	if (target === undefined)
		throw new Error(`There is no function '${name}' to fuzz: use one of ${[...bench.functions.keys()].join(', ')}.`);
	let given = 0;
	const fates: Record<Fate, number> = { handled: 0, dropped: 0, buried: 0, back: 0 };
	const drops: Record<string, number> = {};
	const holds = fc.asyncProperty(scenarioFor(target), async (scenario) => {
		onBatch?.();
		const ran = await bench.run(target, scenario, create);
		const { violations, fates: own } = judge(target, ran);
		given += scenario.messages.length;
		for (const [fate, count] of Object.entries(own)) fates[fate as Fate] += count;
		for (const reason of ran.drops) drops[String(reason)] = (drops[String(reason)] ?? 0) + 1;
		if (violations.length > 0) throw new Violated(violations);
	});
	let failure: Failure | undefined;
	for (let round = 0; given < events && failure === undefined; round += 1) {
		const numRuns = path === undefined ? Math.ceil((2 * (events - given)) / MOST_MESSAGES) : 1;
		const details = await fc.check(holds, { seed: seed + round * NEXT_ROUND, numRuns, ...(path !== undefined && { path }) });
		failure = failureOf<[Scenario]>(details, ([scenario]) => told(scenario));
		if (path !== undefined) break;
	}
	return { events: given, fates, drops, ...(failure && { failure }) };
}

/** What fast-check throws where something does not hold. */
export class Violated extends Error {
	readonly violations: readonly string[];

	constructor(violations: readonly string[]) {
		super(violations.join('\n'));
		this.violations = violations;
	}
}

export function failureOf<T>(details: fc.RunDetails<T>, show: (counterexample: T) => unknown): Failure | undefined {
	if (!details.failed) return undefined;
	const { seed, counterexample, counterexamplePath, errorInstance: error } = details;
	const violations =
		error instanceof Violated ? error.violations : [error instanceof Error ? (error.stack ?? error.message) : String(error)];
	return { seed, path: counterexamplePath ?? '', violations, counterexample: counterexample === null ? undefined : show(counterexample) };
}

/** Without what follows from the rest. */
function told({ way, messages, trouble, spoiling }: Scenario): object {
	return {
		way,
		messages: messages.map(({ body, ends, receives }) => ({ body, receives, ...(ends && { ends }) })),
		...(trouble && { trouble }),
		...(spoiling.length > 0 && { spoiling }),
	};
}
