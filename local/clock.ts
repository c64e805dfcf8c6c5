/** The two clocks of a world: simulated, where time moves from timer to timer, and real. */

import type { Clock } from './aws/types.ts';
import type { Chance } from './chance.ts';

interface Timer {
	readonly at: number;
	readonly sequence: number;
	what: (() => void | Promise<void>) | undefined;
}

/** Told of what a timer's work threw. */
export type OnDefect = (error: unknown) => void;

/** Time that stands still until it is moved to the next timer. Timers of one instant run in the order they were set. */
export class SimulatedClock implements Clock {
	readonly random: Chance;
	readonly #onDefect: OnDefect;
	readonly #heap: Timer[] = [];
	#now: number;
	#sequence = 0;

	constructor(startAt: number, random: Chance, onDefect: OnDefect) {
		this.#now = startAt;
		this.random = random;
		this.#onDefect = onDefect;
	}

	now(): number {
		return this.#now;
	}

	after(delayMs: number, what: () => void | Promise<void>): () => void {
		const delay = Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0;
		const timer: Timer = { at: this.#now + delay, sequence: this.#sequence++, what };
		push(this.#heap, timer);
		return () => {
			timer.what = undefined;
		};
	}

	/** When the next timer is due, or undefined where there is none. */
	get nextAt(): number | undefined {
		while (this.#heap[0] && this.#heap[0].what === undefined) pop(this.#heap);
		return this.#heap[0]?.at;
	}

	/** Moves to the next timer and runs it. */
	runNext(): void {
		if (this.nextAt === undefined) return;
		const timer = pop(this.#heap);
		if (!timer?.what) return;
		this.#now = timer.at;
		runGuarded(timer.what, this.#onDefect);
	}

	/** Moves to `time` where no timer is due before it. Time never goes back. */
	moveTo(time: number): void {
		this.#now = Math.max(this.#now, time);
	}
}

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. After `stop` nothing more comes, of what was set before or is set later. */
export class RealClock implements Clock {
	readonly random: Chance;
	readonly #onDefect: OnDefect;
	readonly #pending = new Set<() => void>();
	#stopped = false;

	constructor(random: Chance, onDefect: OnDefect) {
		this.random = random;
		this.#onDefect = onDefect;
	}

	now(): number {
		return Date.now();
	}

	after(delayMs: number, what: () => void | Promise<void>): () => void {
		if (this.#stopped) return () => {};
		const at = Date.now() + (Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0);
		let handle: NodeJS.Timeout;
		const cancel = () => {
			clearTimeout(handle);
			this.#pending.delete(cancel);
		};
		const arm = () => {
			handle = setTimeout(
				() => {
					if (Date.now() < at) {
						arm();
						return;
					}
					this.#pending.delete(cancel);
					runGuarded(what, this.#onDefect);
				},
				Math.min(Math.max(0, at - Date.now()), LONGEST_TIMER_MS),
			);
		};
		arm();
		this.#pending.add(cancel);
		return cancel;
	}

	stop(): void {
		this.#stopped = true;
		for (const cancel of [...this.#pending]) cancel();
	}
}

function runGuarded(what: () => void | Promise<void>, onDefect: OnDefect): void {
	try {
		what()?.catch(onDefect);
	} catch (error) {
		onDefect(error);
	}
}

function isBefore(a: Timer, b: Timer): boolean {
	return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

/** A binary heap: the earliest timer is at index 0. */
function push(heap: Timer[], timer: Timer): void {
	let index = heap.length;
	heap.push(timer);
	while (index > 0) {
		const parent = (index - 1) >> 1;
		const above = heap[parent];
		if (!above || !isBefore(timer, above)) break;
		heap[index] = above;
		index = parent;
	}
	heap[index] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
	const first = heap[0];
	const last = heap.pop();
	if (!first || !last || heap.length === 0) return first;
	let index = 0;
	for (;;) {
		const left = heap[2 * index + 1];
		const right = heap[2 * index + 2];
		const child = right && left && isBefore(right, left) ? right : left;
		if (!child || !isBefore(child, last)) break;
		heap[index] = child;
		index = child === left ? 2 * index + 1 : 2 * index + 2;
	}
	heap[index] = last;
	return first;
}
