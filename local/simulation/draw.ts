/** What a seed draws: every part from a stream of its own, so that leaving one out changes no other. */

import { type Chance, chance } from '../chance.ts';

/** A weight for each choice; those of weight 0 are never made. */
export type Weighted<T> = readonly (readonly [weight: number, value: T])[];

export class Draw {
	readonly #seed: string;
	readonly #random: Chance;

	constructor(seed: number | string) {
		this.#seed = String(seed);
		this.#random = chance(seed, 'draw');
	}

	/** The draws of a part of the story. */
	of(part: string): Draw {
		return new Draw(`${this.#seed}/${part}`);
	}

	/** True in such a share of all draws. */
	chance(share: number): boolean {
		return this.#random() < share;
	}

	/** A whole number, both ends included. */
	whole(from: number, to: number): number {
		return from + Math.floor(this.#random() * (to - from + 1));
	}

	/** One of a list. @throws RangeError where it is empty. */
	one<T>(values: readonly [T, ...T[]]): T;
	one<T>(values: readonly T[]): T;
	one<T>(values: readonly T[]): T {
		if (values.length === 0) throw new RangeError('There is nothing to draw from.');
		return values[this.whole(0, values.length - 1)] as T;
	}

	weighted<T>(choices: Weighted<T>): T {
		const total = choices.reduce((sum, [weight]) => sum + weight, 0);
		let left = this.#random() * total;
		for (const [weight, value] of choices) {
			left -= weight;
			if (left < 0) return value;
		}
		throw new RangeError('There is nothing to draw from.');
	}

	/** Some of a list, each in such a share of all draws. */
	some<T>(values: readonly T[], share: number): T[] {
		return values.filter(() => this.chance(share));
	}
}
