/** People and pipelines that ask for something on a bus, some of them more than once. */

import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Setting } from '../flow.ts';

export const BUS = 'fleetkeeper-local-requests';
export const SOURCE = 'ops.pipeline';

/** A request of a story. */
export interface Asked {
	/** It is in the request, as its reason. */
	readonly name: string;
	readonly detail: Readonly<Record<string, unknown>>;
	readonly source: string;
	readonly bus: string;
	/**
	 * `fit`: a playbook decides whether it is allowed. `refused`: a playbook may allow it, and Systems Manager does not. `malformed`: nobody
	 * can allow it. `ignored`: it is not for us, or says that it is ours.
	 */
	readonly is: 'fit' | 'refused' | 'malformed' | 'ignored';
}

interface Asking {
	readonly detailType: string;
	/** How probable it is that a request with an id comes again. */
	readonly again: number;
}

/** Asks each, some of them more than once. */
export function requestActs(draw: Draw, requests: readonly Asked[], { actsWithinMs }: Setting, { detailType, again }: Asking): Act[] {
	return requests.flatMap(({ name, bus, source, detail }, index) => {
		const each = draw.of(`times ${index}`);
		const first = Math.round(each.whole(0, actsWithinMs) / 100) * 100;
		const copies =
			'requestId' in detail && each.chance(again) ? [1, each.whole(1, 1_200), each.whole(600, 2_400)].slice(0, each.whole(1, 3)) : [];
		const entry = { EventBusName: bus, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) };
		return [0, ...copies].map((seconds, time) => ({
			id: `${name}${time === 0 ? '' : ` again ${time}`}`,
			at: first + seconds * 1_000,
			what: `${source} asks on ${bus}: ${JSON.stringify(detail)}`,
			do: async ({ aws }: World) => void (await aws.events.send(new PutEventsCommand({ Entries: [entry] }))),
		}));
	});
}
