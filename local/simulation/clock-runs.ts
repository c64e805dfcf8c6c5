/** The invocations of a story, and the clock's runs that nothing disturbed: what such a run must have done can be asked for afterwards. */

import type { Execution } from '../executing.ts';
import type { InvocationRecord } from '../lambda.ts';
import { shortName } from './faults.ts';
import type { CleanRuns } from './flow.ts';

const TICK = 'Scheduled Event';
const SWEEP = 'Sweep';

interface Begun {
	readonly execution: Execution;
	readonly at: number;
}

export class ClockRuns implements CleanRuns {
	/** When they began. */
	readonly #ticks: number[] = [];
	/** When ticks began that were disturbed: what they had taken up, another that began with them did not find. */
	readonly #disturbedTicks = new Set<number>();
	readonly #sweeps: number[] = [];
	readonly #begun = new Map<string, Begun>();
	readonly #disturbed = new Set<string>();
	/** Request ids of what is under way, by function. */
	readonly #underWay = new Map<string, Set<string>>();
	/** How many invocations have been read. */
	#read = 0;

	/**
	 * An invocation makes a call: its first says that it has begun.
	 * @returns how many of its function are under way, where it has just begun.
	 */
	began(execution: Execution, now: number): number {
		const { requestId, functionName } = execution;
		if (this.#begun.has(requestId)) return 0;
		this.#begun.set(requestId, { execution, at: now });
		const underWay = this.#underWay.get(functionName) ?? new Set();
		this.#underWay.set(functionName, underWay.add(requestId));
		return underWay.size;
	}

	/** Undefined where it has made no call yet. */
	startedAt({ requestId }: Execution): number | undefined {
		return this.#begun.get(requestId)?.at;
	}

	disturb(execution: Execution): void {
		this.#disturbed.add(execution.requestId);
		const at = this.startedAt(execution);
		if (at !== undefined && kindOf(execution) === TICK) this.#disturbedTicks.add(at);
	}

	/** Takes note of the invocations that have ended since. */
	read(invocations: readonly InvocationRecord[]): void {
		for (; this.#read < invocations.length; this.#read += 1) {
			const { requestId, functionName, at, result } = invocations[this.#read] as InvocationRecord;
			this.#underWay.get(functionName)?.delete(requestId);
			const execution = this.#begun.get(requestId)?.execution;
			if (execution === undefined || !result.ok || this.#disturbed.has(requestId)) continue;
			const kind = kindOf(execution);
			if (kind === SWEEP) this.#sweeps.push(at);
			if (kind === TICK) this.#ticks.push(at);
		}
	}

	ticks(after: number): number {
		return this.#ticks.filter((at) => at > after && !this.#disturbedTicks.has(at)).length;
	}

	sweeps(after: number, before = Number.POSITIVE_INFINITY): number {
		return this.#sweeps.filter((at) => at > after && at < before).length;
	}
}

/** What the clock was to do: a tick or a sweep; undefined of any other function. */
function kindOf({ functionName, event }: Execution): string | undefined {
	return shortName(functionName) === 'reconcile' ? (event as { readonly 'detail-type'?: string } | undefined)?.['detail-type'] : undefined;
}
