/** A runbook execution has ended: settles the operation it was started for. */

import { defineFunction } from '../shared/lambda.ts';
import { createServices } from '../shared/operation/services.ts';
import { settleExecutions } from '../shared/operation/settle.ts';
import { summarise } from '../shared/operation/summary.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = createServices(deps);
	return async (events) => {
		const settled = await settleExecutions(services, events);
		return settled.map((each) => (each.ok ? { ok: true, value: { outcome: 'settled', operation: summarise(each.value) } } : each));
	};
});
