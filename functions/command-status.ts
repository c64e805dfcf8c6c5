/** A command has ended on a node: settles the operation it was sent for. */

import { defineFunction } from '../shared/lambda.ts';
import { createServices } from '../shared/operation/services.ts';
import { settleCommands } from '../shared/operation/settle.ts';
import { summarise } from '../shared/operation/summary.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = createServices(deps);
	return async (events) => {
		const settled = await settleCommands(services, events);
		return settled.map((each) => (each.ok ? { ok: true, value: { outcome: 'settled', operation: summarise(each.value) } } : each));
	};
});
