/** An alarm went off, is OK again, or is gone: opens an operation where a playbook claims it, or tells the one that is open. */

import { defineFunction } from '../shared/lambda.ts';
import { openFromAlarms } from '../shared/opening/alarm.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { alarmAtAws } from '../shared/parts/alarm.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = createServices(deps, [alarmAtAws(deps)]);
	return async (events) => {
		const openings = await openFromAlarms(services, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
