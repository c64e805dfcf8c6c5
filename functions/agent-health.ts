/** Whether agents are well: once a day, and when nodes register or are deregistered. */

import { defineFunction } from '../shared/lambda.ts';
import { isOfClock } from '../shared/operation/clock.ts';
import { createServices } from '../shared/operation/services.ts';
import { inParallel } from '../shared/parallel.ts';
import { agentAtAws } from '../shared/parts/agent-at-aws.ts';
import { event } from '../shared/parts/event.ts';
import { attempt } from '../shared/settled.ts';
import { handleAgentClock, hearRegistrations } from '../shared/sweeps/agents.ts';

export const { create, handler } = defineFunction<unknown>((deps) => {
	const part = agentAtAws(deps);
	const services = createServices(deps, [part, event]);
	return async (events) => {
		if (!events.some(isOfClock)) return hearRegistrations(services, part.clients, events);
		return inParallel(events, 1, (each) => attempt<unknown>(() => handleAgentClock(services, part.clients, each)));
	};
});
