/** A resource's compliance with an AWS Config rule has changed: opens a remediation where a playbook claims it, or proves one. */

import { defineFunction } from '../shared/lambda.ts';
import { openFromFindings } from '../shared/opening/compliance-events.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { complianceAtAws } from '../shared/parts/compliance.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = createServices(deps, [complianceAtAws(deps)]);
	return async (events) => {
		const openings = await openFromFindings(services, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
