/** The inventory of a node has come: holds its software to the rules of playbooks, and follows those that are broken. */

import { S3Client } from '@aws-sdk/client-s3';
import { defineFunction } from '../shared/lambda.ts';
import { openFromInventory } from '../shared/opening/inventory.ts';
import { handleOwnClock, isOfClock, whereOf } from '../shared/operation/clock.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { inParallel } from '../shared/parallel.ts';
import { command } from '../shared/parts/command.ts';
import { inventoryAtAws } from '../shared/parts/inventory-at-aws.ts';
import { attempt } from '../shared/settled.ts';
import { sweepInventory } from '../shared/sweeps/inventory.ts';

export const { create, handler } = defineFunction<unknown>((deps) => {
	const services = createServices(deps, [inventoryAtAws(), command]);
	const s3 = deps.aws.client(S3Client);
	return async (events) => {
		if (events.some(isOfClock)) {
			return inParallel(events, 1, (event) =>
				attempt(() => handleOwnClock(services, 'inventory', () => sweepInventory(services, whereOf(event)), event)),
			);
		}
		const results = await openFromInventory(services, s3, events);
		return results.map((each) => {
			if (!each.ok) return each;
			return { ok: true, value: each.value.map(({ outcome, operation }) => ({ outcome, operation: summarise(operation) })) };
		});
	};
});
