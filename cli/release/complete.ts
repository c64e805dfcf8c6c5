/** Completing lifecycle actions, with nothing but Auto Scaling; and telling the operations that were to do it. */

import { CompleteLifecycleActionCommand } from '@aws-sdk/client-auto-scaling';
import type { Aws } from '../../shared/aws/clients.ts';
import { callFailure, describeError, requestIdOf } from '../../shared/errors.ts';
import { advance } from '../../shared/operation/engine.ts';
import type { Fact } from '../../shared/operation/facts.ts';
import type { LifecycleOperation } from '../../shared/operation/types.ts';
import { isGone } from '../../shared/outcomes/lifecycle.ts';
import { inParallel } from '../../shared/parallel.ts';
import type { LifecycleServices } from '../../shared/parts/lifecycle.ts';
import { attempt } from '../../shared/settled.ts';
import type { Waiting } from './waiting.ts';

/** The client finds Auto Scaling's rate by itself (shared/aws/pace.ts): these only keep it busy. */
const CONCURRENT_CALLS = 10;
/** How often what Auto Scaling throttles is tried again after all others have had their turn. */
const ROUNDS = 5;
const CONCURRENT_READS = 10;

/** `over`: Auto Scaling knows of no such action any more; where the instance still waits, it waits for another hook. */
export type Outcome =
	/** `requestId` as `requestIdOf` gives it. */
	| { readonly outcome: 'released'; readonly requestId: string | undefined }
	| { readonly outcome: 'over' }
	| { readonly outcome: 'failed'; readonly problem: string };

/** Tries each, whatever becomes of the others. */
export async function completeAll(aws: Aws, waiting: readonly Waiting[]): Promise<Map<Waiting, Outcome>> {
	const outcomes = new Map<Waiting, Outcome>();
	let left = waiting;
	for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
		const throttled: Waiting[] = [];
		await inParallel(left, CONCURRENT_CALLS, async (one) => {
			try {
				outcomes.set(one, { outcome: 'released', requestId: await complete(aws, one) });
			} catch (error) {
				if (callFailure(error) === 'throttled') throttled.push(one);
				outcomes.set(one, isGone(error) ? { outcome: 'over' } : { outcome: 'failed', problem: describeError(error) });
			}
		});
		left = throttled;
	}
	return outcomes;
}

/** By instance: a token may be of an earlier wait. */
async function complete({ autoScaling }: Aws, { subject, result }: Waiting): Promise<string | undefined> {
	const { group, hook, instanceId } = subject;
	const action = { AutoScalingGroupName: group, LifecycleHookName: hook, InstanceId: instanceId };
	return requestIdOf(await autoScaling.send(new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: result })));
}

/** The open operations about what waits, by subject; or why the ledger cannot say. */
export async function operationsOf(
	services: LifecycleServices,
	waiting: readonly Waiting[],
): Promise<ReadonlyMap<Waiting, LifecycleOperation> | string> {
	const found = new Map<Waiting, LifecycleOperation>();
	const read = async (one: Waiting) => {
		const operation = await services.ledger.latest(one.subject);
		if (operation?.closedAt === undefined && operation !== undefined) found.set(one, operation);
	};
	const [first, ...others] = waiting;
	// The first alone tells whether there is a ledger at all.
	const asked = await attempt(async () => {
		if (first) await read(first);
		await inParallel(others, CONCURRENT_READS, read);
	});
	return asked.ok ? found : describeError(asked.error);
}

/**
 * Tells operations that a person has completed their actions: they stop their work and close.
 * @returns how many were told, or why they were not: the clock finds that their hooks are over.
 */
export async function tellOperations(
	services: LifecycleServices,
	released: readonly {
		readonly operation: LifecycleOperation;
		readonly result: Waiting['result'];
		readonly requestId: string | undefined;
	}[],
	by: string,
): Promise<number | string> {
	const happenings = released
		.filter(({ operation: { ending } }) => ending === undefined || ending.pending.includes('complete-lifecycle'))
		.map(({ operation, result, requestId }) => {
			const facts: Fact[] = [
				{ type: 'operator', verb: 'complete', by, result },
				{ type: 'done', effect: 'complete-lifecycle', requestId },
			];
			return { operation, facts };
		});
	const told = await attempt(() => advance(services, happenings));
	return told.ok ? told.value.length : describeError(told.error);
}
