/**
 * How fast AWS takes calls. Of most operations it publishes no rate, and one account's callers share it: each environment finds its
 * part of it, operation by operation, as TCP does. A refusal takes a part of the rate away, and each call that is taken adds a little to it.
 */

import { callFailure } from '../errors.ts';

/** Between two calls after the first refusal, and at most: of six environments at StartAutomationExecution's one call a second. Milliseconds. */
const FIRST_INTERVAL = 200;
const LONGEST_INTERVAL = 6_000;
/** How much slower calls follow one another after a refusal, and after another one that soon: others have come to call. Milliseconds. */
const SLOWER = 1.2;
const MUCH_SLOWER = 1.5;
const SOON = 4_000;
/**
 * What each call that is taken adds to the rate, in calls per second, and as a share of it: many environments with a small part each
 * must not all together grow as fast as one that has it alone.
 */
const STEP = 0.03;
const GROWTH = 0.02;
/** Milliseconds. */
const ONE_REFUSAL = 1_000;
/** At this rate there is no need to wait: calls follow one another more slowly than that. Milliseconds. */
const NO_INTERVAL = 20;
/** Rates are forgotten when nobody has called for this long. Milliseconds. */
const REMEMBERED = 120_000;

/** Until when an environment may begin calls: epoch milliseconds, moved on by each invocation. */
export interface Patience {
	until: number;
}

/** No time is left for a call in this invocation: AWS was not asked. To performers it is a throttle like any other. */
class TooLateError extends Error {
	override readonly name = 'TooLate';
	constructor(operation: string) {
		super(`${operation} is left to a later invocation`);
	}
}

/** The rate of one operation. */
export class Pace {
	/** Milliseconds between two calls; 0: as they come. */
	#interval = 0;
	#nextAt = 0;
	#slowedAt = Number.NEGATIVE_INFINITY;

	#last: Promise<unknown> = Promise.resolve();

	/**
	 * Waits for a turn, behind those who asked before: none is given out ahead of its time, so that a refusal slows down all who wait.
	 * @returns whether there was one before `until`, which may move on meanwhile.
	 */
	inTurn(patience: Patience): Promise<boolean> {
		const mine = this.#last.then(async () => {
			const wait = this.turn(Date.now(), patience.until);
			if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
			return wait !== undefined;
		});
		this.#last = mine;
		return mine;
	}

	/** Takes a turn. @returns how long to wait for it, in milliseconds; undefined where it would come after `until`. */
	turn(now: number, until: number): number | undefined {
		if (now - this.#nextAt > REMEMBERED) this.#interval = 0;
		const at = Math.max(now, this.#nextAt);
		if (at > until) return undefined;
		this.#nextAt = at + this.#interval;
		return at - now;
	}

	taken(): void {
		if (this.#interval === 0) return;
		const rate = 1_000 / this.#interval;
		const interval = 1_000 / (rate * (1 + GROWTH) + STEP);
		this.#interval = interval < NO_INTERVAL ? 0 : interval;
	}

	/** Refusals that follow one another at once are one: their calls had their turns already. */
	refused(now: number): void {
		const since = now - this.#slowedAt;
		if (since < ONE_REFUSAL) return;
		this.#slowedAt = now;
		const slower = since < SOON ? MUCH_SLOWER : SLOWER;
		this.#interval = Math.min(Math.max(this.#interval * slower, FIRST_INTERVAL), LONGEST_INTERVAL);
		// Environments that were refused together come back one by one.
		this.#nextAt = Math.max(this.#nextAt, now + this.#interval * (0.5 + Math.random()));
	}
}

/** Playbooks are read and labelled by one function alone, and what is late there may come too late: a label in the way of an edit. */
const UNPACED = /Parameter/;

type Handler = (args: never) => Promise<unknown>;

/** What a client's middleware stack has, as far as it is used here. */
export interface Pacable {
	readonly middlewareStack: { addRelativeTo(middleware: never, options: object): void };
}

/** Makes every attempt of a client's calls wait for its turn, the SDK's own retries included. */
export function pace<C extends Pacable>(client: C, patience: Patience): C {
	const paces = new Map<string, Pace>();
	const middleware =
		(next: Handler, { commandName = '' }: { readonly commandName?: string }) =>
		async (args: never): Promise<unknown> => {
			if (UNPACED.test(commandName)) return next(args);
			const own = paces.get(commandName) ?? new Pace();
			paces.set(commandName, own);
			if (!(await own.inTurn(patience))) throw new TooLateError(commandName);
			try {
				const output = await next(args);
				own.taken();
				return output;
			} catch (error) {
				if (callFailure(error) === 'throttled') own.refused(Date.now());
				throw error;
			}
		};
	client.middlewareStack.addRelativeTo(middleware as never, { name: 'paceMiddleware', relation: 'after', toMiddleware: 'retryMiddleware' });
	return client;
}
