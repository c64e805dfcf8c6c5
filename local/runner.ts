/** What moves the time of a world: from timer to timer where it is simulated, by waiting where it is real. */

import type { Chance } from './chance.ts';
import type { SimulatedClock } from './clock.ts';
import { installGlobals, turn } from './globals.ts';

/** An instant (epoch milliseconds), or a condition. */
export type Goal = number | (() => boolean);

export interface Runner {
	/**
	 * Moves time to an instant, or until a condition holds.
	 * @throws Error where the condition does not hold within `withinMs` (72 hours).
	 */
	runUntil(goal: Goal, withinMs?: number): Promise<void>;
	/** Runs `what` in this world's time, and moves time until it has ended. */
	run<T>(what: () => Promise<T>): Promise<T>;
}

export interface SimulatedRunnerOptions {
	readonly clock: SimulatedClock;
	/** `Math.random` while the world runs. */
	readonly random: Chance;
	/** Whether something is under way that ends at this very instant, beyond microtasks. */
	readonly isBusy: () => boolean;
	/** What went wrong in the world itself; a run ends with the first of it. */
	readonly defects: unknown[];
}

const RUN_LIMIT_MS = 72 * 3_600_000;

/** How often a condition is looked at in real time. */
const REAL_LOOK_MS = 50;

/** Turns of the event loop without anything under way after which nothing more can happen at this instant. */
const QUIET_TURNS = 3;

export function simulatedRunner({ clock, random, isBusy, defects }: SimulatedRunnerOptions): Runner {
	/** Lets everything happen that can happen at this instant. */
	const settle = async () => {
		let quiet = 0;
		while (quiet < QUIET_TURNS) {
			await turn();
			quiet = isBusy() ? 0 : quiet + 1;
		}
		if (defects.length > 0) throw defects.splice(0)[0];
	};

	const move = async (end: number, isDone: () => boolean): Promise<void> => {
		const restore = installGlobals(clock, random);
		try {
			await settle();
			while (!isDone()) {
				if ((clock.nextAt ?? Number.POSITIVE_INFINITY) > end) {
					clock.moveTo(end);
					return;
				}
				clock.runNext();
				await settle();
			}
		} finally {
			restore();
		}
	};

	return {
		async runUntil(goal, withinMs = RUN_LIMIT_MS) {
			const end = typeof goal === 'number' ? goal : clock.now() + withinMs;
			await move(end, typeof goal === 'number' ? () => false : goal);
			expectReached(goal, end);
		},
		async run<T>(what: () => Promise<T>) {
			const work: { outcome?: PromiseSettledResult<T> } = {};
			clock.after(0, async () => {
				[work.outcome] = await Promise.allSettled([what()]);
			});
			await move(clock.now() + RUN_LIMIT_MS, () => work.outcome !== undefined);
			if (!work.outcome) throw new Error(`The work that was run had not ended by ${new Date(clock.now()).toISOString()}.`);
			if (work.outcome.status === 'rejected') throw work.outcome.reason;
			return work.outcome.value;
		},
	};
}

export const REAL_RUNNER: Runner = {
	async runUntil(goal, withinMs = RUN_LIMIT_MS) {
		const isDone = typeof goal === 'number' ? () => false : goal;
		const end = typeof goal === 'number' ? goal : Date.now() + withinMs;
		while (!isDone() && Date.now() < end) await pause(Math.min(REAL_LOOK_MS, end - Date.now()));
		expectReached(goal, end);
	},
	run: (what) => what(),
};

function expectReached(goal: Goal, end: number): void {
	if (typeof goal === 'function' && !goal()) {
		throw new Error(`What was waited for did not happen by ${new Date(end).toISOString()}.`);
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
