/** Puts a world's time and chance in the place of the global ones while the world runs. */

import type { Clock } from './aws/types.ts';
import type { Chance } from './chance.ts';
import { currentExecution } from './executing.ts';

type Globals = Pick<typeof globalThis, 'Date' | 'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval'> & {
	random: typeof Math.random;
};

const real: Globals = {
	Date: globalThis.Date,
	setTimeout: globalThis.setTimeout,
	clearTimeout: globalThis.clearTimeout,
	setInterval: globalThis.setInterval,
	clearInterval: globalThis.clearInterval,
	random: Math.random,
};

/** The event loop's own: never simulated, since what it drives takes no time. */
const realImmediate = globalThis.setImmediate;

/** One turn of the event loop: every microtask, and every immediate that was set before, has run. */
export function turn(): Promise<void> {
	return new Promise((resolve) => realImmediate(resolve));
}

let installed = false;

/**
 * Makes `Date`, the global timers and `Math.random` those of a world, until the returned function is called.
 * @throws Error while another world runs: the globals can be one world's only.
 */
export function installGlobals(clock: Clock, random: Chance): () => void {
	if (installed) throw new Error('Another world is running: worlds in simulated time run one after the other.');
	installed = true;
	Object.assign(globalThis, simulated(clock));
	Math.random = random;
	return () => {
		installed = false;
		const { random: realRandom, ...others } = real;
		Object.assign(globalThis, others);
		Math.random = realRandom;
	};
}

/** What Node's timers give, as far as code relies on it. */
class Handle {
	readonly #clock: Clock;
	readonly #what: () => void;
	readonly #delayMs: number;
	readonly #repeats: boolean;
	#cancel: () => void;

	constructor(clock: Clock, what: () => void, delayMs: number, repeats: boolean) {
		this.#clock = clock;
		this.#what = what;
		this.#delayMs = delayMs;
		this.#repeats = repeats;
		this.#cancel = this.#arm();
	}

	#arm(): () => void {
		return this.#clock.after(this.#delayMs, () => {
			if (this.#repeats) this.#cancel = this.#arm();
			this.#what();
		});
	}

	cancel(): void {
		this.#cancel();
	}

	refresh(): this {
		this.#cancel();
		this.#cancel = this.#arm();
		return this;
	}

	ref(): this {
		return this;
	}

	unref(): this {
		return this;
	}

	hasRef(): boolean {
		return true;
	}

	[Symbol.dispose](): void {
		this.cancel();
	}
}

function simulated(clock: Clock): Omit<Globals, 'random'> {
	const start = (repeats: boolean) =>
		((what: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]) =>
			new Handle(clock, () => what(...values), Math.max(1, Number(delayMs) || 0), repeats)) as unknown;
	const stop = (otherwise: (handle: never) => void) =>
		((handle: unknown) => {
			if (handle instanceof Handle) handle.cancel();
			else otherwise(handle as never);
		}) as unknown;
	return {
		Date: simulatedDate(clock),
		setTimeout: start(false) as typeof setTimeout,
		clearTimeout: stop(real.clearTimeout) as typeof clearTimeout,
		setInterval: start(true) as typeof setInterval,
		clearInterval: stop(real.clearInterval) as typeof clearInterval,
	};
}

/** `Date` with another now, a function's own. Instances are plain dates, so that `instanceof` holds on both sides of a run. */
function simulatedDate(clock: Clock): DateConstructor {
	const now = () => clock.now() + (currentExecution()?.skewMs ?? 0);
	return new Proxy(real.Date, {
		construct: (target, values, newTarget: NewableFunction) => Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
		apply: (target) => new target(now()).toString(),
		get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
	});
}
