/** Opening operations from the events of lifecycle actions. */

import { Retry } from '../errors.ts';
import { LifecycleEvent, sightingOf } from '../kinds/lifecycle/event.ts';
import { parseEvent } from '../parse.ts';
import type { LifecycleServices } from '../parts/lifecycle.ts';
import { attempt, type Settled } from '../settled.ts';
import type { Opening } from './admit.ts';
import { openSightings } from './lifecycle.ts';

/** Opens an operation for each event of a lifecycle action that a playbook claims. Results are in order of the events. */
export async function openFromEvents(services: LifecycleServices, events: readonly unknown[]): Promise<Settled<Opening<'lifecycle'>>[]> {
	const parsed = await Promise.all(
		events.map((event) =>
			attempt(() => {
				const action = parseEvent(LifecycleEvent, event, 'a lifecycle action');
				return sightingOf(action, Date.parse(action.time));
			}),
		),
	);
	const openings = await openSightings(
		services,
		parsed.flatMap((each) => (each.ok ? [each.value] : [])),
	);
	let next = 0;
	return parsed.map((each) => {
		if (!each.ok) return each;
		const opening = openings[next];
		next += 1;
		return opening ?? { ok: false, error: new Retry('the event was not handled') };
	});
}
