/** An event that a playbook may be for, or a request to run something: opens an operation where a playbook claims it. */

import { defineFunction } from '../shared/lambda.ts';
import { openFromFleet } from '../shared/opening/fleet.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { command } from '../shared/parts/command.ts';
import { event } from '../shared/parts/event.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = createServices(deps, [event, command]);
	return async (events) => {
		const openings = await openFromFleet(services, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
