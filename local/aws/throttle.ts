import { type Quota, THROTTLE_BURST } from './assumptions.ts';
import { AwsError, type Clock, type Operations } from './types.ts';

/**
 * Puts token buckets before operations: a call beyond the rate is answered with the service's throttling error and changes nothing.
 * @param code `ThrottlingException` where the service speaks JSON, `Throttling` where it speaks Query.
 */
export function throttled<T extends Operations>(operations: T, quotas: readonly Quota[], clock: Clock, code = 'ThrottlingException'): T {
	const guarded: Record<string, Operations[string]> = { ...operations };
	for (const quota of quotas) {
		const take = bucket(quota.perSecond, clock);
		for (const name of quota.operations) {
			const call = guarded[name];
			if (!call) throw new Error(`A quota names the operation ${name}, which this service does not have.`);
			guarded[name] = (input, by) => {
				if (!take()) throw new AwsError(code, 'Rate exceeded');
				return call(input, by);
			};
		}
	}
	return guarded as T;
}

/** Quotas from a table of calls per second, by operation. Operations that stand in one key, with a space between them, share one bucket. */
export function quotasOf(perSecond: Readonly<Record<string, number>>): Quota[] {
	return Object.entries(perSecond).map(([operations, rate]) => ({ operations: operations.split(' '), perSecond: rate }));
}

function bucket(perSecond: number, clock: Clock): () => boolean {
	const capacity = Math.max(perSecond, THROTTLE_BURST);
	let tokens = capacity;
	let filledAt = clock.now();
	return () => {
		const now = clock.now();
		tokens = Math.min(capacity, tokens + ((now - filledAt) / 1000) * perSecond);
		filledAt = now;
		if (tokens < 1) return false;
		tokens -= 1;
		return true;
	};
}
