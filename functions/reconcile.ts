/** The clock: what is due, every minute; what nobody reported, every five minutes. */

import { defineFunction } from '../shared/lambda.ts';
import { handleClock } from '../shared/operation/clock.ts';
import { createServices } from '../shared/operation/services.ts';

export const { create, handler } = defineFunction((deps) => {
	const services = createServices(deps);
	return (events) => handleClock(services, events);
});
