/** The clock: what is due, every minute; what nobody reported, every five minutes; and what waits for a calendar, when it opens. */

import { defineFunction } from '../shared/lambda.ts';
import { handleClock, type Sweep } from '../shared/operation/clock.ts';
import { alarmAtAws } from '../shared/parts/alarm.ts';
import { commandAtAws } from '../shared/parts/command.ts';
import { complianceAtAws } from '../shared/parts/compliance.ts';
import { event } from '../shared/parts/event.ts';
import { lifecycleServices } from '../shared/parts/lifecycle.ts';
import { sweepRules } from '../shared/sweeps/compliance.ts';
import { sweepHooks } from '../shared/sweeps/hooks.ts';

export const { create, handler } = defineFunction((deps) => {
	const compliance = complianceAtAws(deps);
	const services = lifecycleServices(deps, [alarmAtAws(deps), compliance, event, commandAtAws()]);
	const sweeps: Sweep[] = [(set) => sweepHooks(services, set), (set) => sweepRules(services, compliance.config, set)];
	return (events) => handleClock(services, sweeps, events);
});
