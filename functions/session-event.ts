/** Somebody starts, resumes or terminates a session on a node: follows each to its end, and keeps to the rules for them. */

import { defineFunction } from '../shared/lambda.ts';
import { openFromSessionEvents } from '../shared/opening/session.ts';
import { handleOwnClock, isOfClock, whereOf } from '../shared/operation/clock.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { inParallel } from '../shared/parallel.ts';
import { sessionAtAws } from '../shared/parts/session-at-aws.ts';
import { attempt } from '../shared/settled.ts';
import { sweepSessions } from '../shared/sweeps/sessions.ts';

export const { create, handler } = defineFunction<unknown>((deps) => {
	const services = createServices(deps, [sessionAtAws()]);
	return async (events) => {
		if (events.some(isOfClock)) {
			return inParallel(events, 1, (event) =>
				attempt(() => handleOwnClock(services, 'session', () => sweepSessions(services, whereOf(event)), event)),
			);
		}
		const openings = await openFromSessionEvents(services, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
