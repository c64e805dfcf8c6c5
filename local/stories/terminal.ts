/** A person at the command line of a story: what is typed, and what is answered. */

import { fleet } from '../../cli/fleet.ts';
import type { World } from '../world.ts';

/** One command line. */
export interface Typed {
	/** Epoch milliseconds. */
	readonly at: number;
	/** What follows `npm run -s fleet --`. */
	readonly args: readonly string[];
	/** The exit status. */
	readonly status: number;
	/** Lines, those of errors included. */
	readonly answer: readonly string[];
}

/** Types a command line, and waits for its answer. */
export type Terminal = (...args: readonly string[]) => Promise<Typed>;

/** Whose calls are those of the command line: they are not told one by one. */
export class Terminals {
	readonly typed: Typed[] = [];
	readonly #user: string;
	#busy = 0;

	/** @param user who sits there. */
	constructor(user: string) {
		this.#user = user;
	}

	/** Whether a command line is under way. */
	get isBusy(): boolean {
		return this.#busy > 0;
	}

	at({ aws, clock, context }: World): Terminal {
		return async (...args) => {
			const answer: string[] = [];
			const print = (text: string) => void answer.push(...text.split('\n'));
			const io = { out: print, err: print, cwd: '/nowhere' };
			const at = clock.now();
			this.#busy += 1;
			try {
				const surroundings = { io, env: {}, connect: () => aws, now: () => clock.now(), user: this.#user, newId: () => context.uuid() };
				const typed = { at, args, status: await fleet(args, surroundings), answer };
				this.typed.push(typed);
				return typed;
			} finally {
				this.#busy -= 1;
			}
		};
	}
}
