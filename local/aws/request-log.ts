/** Every call that reached the local AWS. */

import { createHash } from 'node:crypto';

export interface RequestEntry {
	/** Epoch milliseconds, on the world's clock. */
	readonly at: number;
	/** As the AWS CLI names it: `ssm`, `autoscaling`, `dynamodb`. */
	readonly service: string;
	readonly operation: string;
	readonly requestId: string;
	/** The error code it was answered with. */
	readonly error?: string;
	/** The function (or access key id) that called. */
	readonly caller?: string;
}

/** Calls by service, then by operation. */
export type CallCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export class RequestLog {
	readonly #entries: RequestEntry[] = [];

	record(entry: RequestEntry): void {
		this.#entries.push(entry);
	}

	/** In order of their answers. */
	get entries(): readonly RequestEntry[] {
		return this.#entries;
	}

	/** How many calls there are so far: give it to `counts` later to count from here. */
	get length(): number {
		return this.#entries.length;
	}

	/** Counts of the calls from index `since` on, of one caller or of all. */
	counts(since = 0, caller?: string): CallCounts {
		const counts: Record<string, Record<string, number>> = {};
		for (const entry of this.#entries.slice(since)) {
			if (caller !== undefined && entry.caller !== caller) continue;
			counts[entry.service] ??= {};
			const service = counts[entry.service] as Record<string, number>;
			service[entry.operation] = (service[entry.operation] ?? 0) + 1;
		}
		return counts;
	}

	/** A hash of what was called, when, by whom and with what result: equal for two runs that went the same way. */
	hash(): string {
		const hash = createHash('sha256');
		for (const entry of this.#entries) hash.update(`${JSON.stringify(entry)}\n`);
		return hash.digest('hex');
	}
}
