/** How often a story reached what a run is to reach. */

import type { FaultPlan } from './fault-plan.ts';

export type Counts = Readonly<Record<string, number>>;

export class Tally {
	readonly #faults = new Map<string, number>();
	readonly #transitions = new Map<string, number>();
	readonly #features = new Map<string, number>();

	fault(kind: string): void {
		count(this.#faults, kind);
	}

	transition(from: string, to: string): void {
		count(this.#transitions, `${from} -> ${to}`);
	}

	feature(name: string): void {
		count(this.#features, name);
	}

	/** What holds for a whole story. */
	conditions({ listLagMs, tagLagMs, clocks }: FaultPlan): void {
		if (listLagMs > 1_000) this.fault('lagging lists');
		if (tagLagMs > 0) this.fault('lagging tags');
		if (clocks > 1) this.fault('two clocks');
	}

	counts(): { readonly faults: Counts; readonly transitions: Counts; readonly features: Counts } {
		return {
			faults: Object.fromEntries(this.#faults),
			transitions: Object.fromEntries(this.#transitions),
			features: Object.fromEntries(this.#features),
		};
	}
}

function count(counts: Map<string, number>, name: string): void {
	counts.set(name, (counts.get(name) ?? 0) + 1);
}
