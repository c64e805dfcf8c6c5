/** An instance waits at a lifecycle hook: opens an operation where a playbook claims it. */

import { defineFunction } from '../shared/lambda.ts';
import { openFromEvents } from '../shared/opening/lifecycle-events.ts';
import { summarise } from '../shared/operation/summary.ts';
import { lifecycleServices } from '../shared/parts/lifecycle.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = lifecycleServices(deps);
	return async (events) => {
		const openings = await openFromEvents(services, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
