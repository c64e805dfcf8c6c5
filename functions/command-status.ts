/** A command has ended on a node: settles the operation it was sent for. */

import { defineFunction } from '../shared/lambda.ts';
import { settleCommands } from '../shared/operation/settle.ts';
import { summarise } from '../shared/operation/summary.ts';
import { alarm } from '../shared/parts/alarm.ts';
import { commandAtAws } from '../shared/parts/command.ts';
import { compliance } from '../shared/parts/compliance.ts';
import { event } from '../shared/parts/event.ts';
import { lifecycleServices } from '../shared/parts/lifecycle.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = lifecycleServices(deps, [alarm, compliance, event, commandAtAws()]);
	return async (events) => {
		const settled = await settleCommands(services, events);
		return settled.map((each) => (each.ok ? { ok: true, value: { outcome: 'settled', operation: summarise(each.value) } } : each));
	};
});
