/** The invocations of a story, and the clock's runs that nothing disturbed: what such a run must have done can be asked for afterwards. */

import type { Execution } from '../executing.ts';
import type { InvocationRecord } from '../lambda.ts';
import { shortName } from './faults.ts';
import type { CleanRuns } from './flow.ts';

interface Begun {
	readonly execution: Execution;
	readonly at: number;
}

export class ClockRuns implements CleanRuns {
	/** When they began. */
	readonly #ticks: number[] = [];
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

	disturb({ requestId }: Execution): void {
		this.#disturbed.add(requestId);
	}

	/** Takes note of the invocations that have ended since. */
	read(invocations: readonly InvocationRecord[]): void {
		for (; this.#read < invocations.length; this.#read += 1) {
			const { requestId, functionName, at, result } = invocations[this.#read] as InvocationRecord;
			this.#underWay.get(functionName)?.delete(requestId);
			if (!result.ok || this.#disturbed.has(requestId) || shortName(functionName) !== 'reconcile') continue;
			const event = this.#begun.get(requestId)?.execution.event as { readonly 'detail-type'?: string } | undefined;
			if (event?.['detail-type'] === 'Sweep') this.#sweeps.push(at);
			if (event?.['detail-type'] === 'Scheduled Event') this.#ticks.push(at);
		}
	}

	ticks(after: number): number {
		return this.#ticks.filter((at) => at > after).length;
	}

	sweeps(after: number, before = Number.POSITIVE_INFINITY): number {
		return this.#sweeps.filter((at) => at > after && at < before).length;
	}
}
