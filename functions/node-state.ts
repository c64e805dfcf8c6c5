/** Systems Manager finds a node out of its state, or in it again: associations that fail, and what is not compliant. */

import { defineFunction } from '../shared/lambda.ts';
import type { AssociationNames } from '../shared/opening/association.ts';
import { gatherDue } from '../shared/opening/gathering.ts';
import { openFromNodeStates } from '../shared/opening/node-state.ts';
import { handleOwnClock, isOfClock, whereOf } from '../shared/operation/clock.ts';
import { createServices } from '../shared/operation/services.ts';
import { summarise } from '../shared/operation/summary.ts';
import { inParallel } from '../shared/parallel.ts';
import { associationAtAws } from '../shared/parts/association.ts';
import { stateAtAws } from '../shared/parts/state.ts';
import { attempt } from '../shared/settled.ts';
import { sweepStates } from '../shared/sweeps/node-states.ts';

export const { create, handler } = defineFunction<unknown>((deps) => {
	const services = createServices(deps, [associationAtAws(), stateAtAws()]);
	const names: AssociationNames = new Map();
	const onClock = (event: unknown) =>
		handleOwnClock(
			services,
			'state',
			() => sweepStates(services, whereOf(event)),
			event,
			(ids) => gatherDue(services, ids),
		);
	return async (events) => {
		if (events.some(isOfClock)) return inParallel(events, 1, (event) => attempt(() => onClock(event)));
		const openings = await openFromNodeStates(services, names, events);
		return openings.map((opening) =>
			opening.ok ? { ok: true, value: { outcome: opening.value.outcome, operation: summarise(opening.value.operation) } } : opening,
		);
	};
});
