/** A runbook execution has ended: settles the operation it was started for. */

import { defineFunction } from '../shared/lambda.ts';
import { settleExecutions } from '../shared/operation/settle.ts';
import { summarise } from '../shared/operation/summary.ts';
import { alarm } from '../shared/parts/alarm.ts';
import { compliance } from '../shared/parts/compliance.ts';
import { event } from '../shared/parts/event.ts';
import { lifecycleServices } from '../shared/parts/lifecycle.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = lifecycleServices(deps, [alarm, compliance, event]);
	return async (events) => {
		const settled = await settleExecutions(services, events);
		return settled.map((each) => (each.ok ? { ok: true, value: { outcome: 'settled', operation: summarise(each.value) } } : each));
	};
});
