/** The patches that vendors have released. */

import type { OperatingSystem } from '@aws-sdk/client-ssm';
import type { Clock } from '../../types.ts';
import type { Patch } from './model.ts';

export class Catalogue {
	readonly #clock: Clock;
	readonly #patches = new Map<string, Patch>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Adds a patch, or takes the place of one of the same system and id. It may be released only later. */
	add(patch: Patch): void {
		this.#patches.set(`${patch.os} ${patch.id}`, patch);
	}

	find(os: OperatingSystem, id: string): Patch | undefined {
		return this.#patches.get(`${os} ${id}`);
	}

	/** Those of a system that are released by now, in the order they were. */
	released(os: OperatingSystem): Patch[] {
		const now = this.#clock.now();
		return [...this.#patches.values()]
			.filter((patch) => patch.os === os && patch.releasedAt <= now)
			.sort((one, other) => one.releasedAt - other.releasedAt);
	}
}
