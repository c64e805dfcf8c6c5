/** A maintenance window runs, or has run: follows the run of a patch group to its report, and to the next group. */

import { defineFunction } from '../shared/lambda.ts';
import { openFromWindows } from '../shared/opening/patch.ts';
import { handleOwnClock, isOfClock, whereOf } from '../shared/operation/clock.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { inParallel } from '../shared/parallel.ts';
import { patchAtAws } from '../shared/parts/patch-at-aws.ts';
import { createWindowReader } from '../shared/patching/windows.ts';
import { attempt } from '../shared/settled.ts';
import { sweepWindows } from '../shared/sweeps/windows.ts';

export const { create, handler } = defineFunction<unknown>((deps) => {
	const services = createServices(deps, [patchAtAws(deps)]);
	const windows = createWindowReader(deps);
	return async (events) => {
		if (events.some(isOfClock)) {
			return inParallel(events, 1, (event) =>
				attempt(() => handleOwnClock(services, 'patch', () => sweepWindows(services, whereOf(event)), event)),
			);
		}
		const openings = await openFromWindows(services, windows, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
