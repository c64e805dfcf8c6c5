/** Functions of the daily care of a fleet, as they are fuzzed: the software on nodes, and agents. */

import { create as agentHealth } from '../../functions/agent-health.ts';
import { create as inventoryChange } from '../../functions/inventory-change.ts';
import type { FuzzedFunction, Prepare } from './functions.ts';
import { breaking, CLEAN, clean, keyOf, strange, unreadable } from './inventory.ts';
import { buried, done, dropped, type Event, file, nodeId, opens } from './samples.ts';

/** The programs of a node have been written. */
const written = (nodeOf: (n: number) => string) => (event: Event, n: number) => {
	event.detail.object.key = keyOf(nodeOf(n));
};
const forbidden = opens(file('inventory-written'), written(breaking));

export function fleetCare(prepared: Prepare): FuzzedFunction[] {
	return [
		{
			name: 'inventory-change',
			create: inventoryChange,
			samples: [
				...[forbidden, opens(file('inventory-written'), written(strange))],
				dropped(file('inventory-written'), written(clean)),
				// Nothing has been written there, or nothing is there any more.
				dropped(
					file('inventory-written'),
					written((n) => nodeId('a', n)),
				),
				buried(file('inventory-written'), written(unreadable)),
			],
			before: prepared('inventory-change', inventoryChange, forbidden),
			// That a node is clean is no news of those that are not.
			isAbout: ({ detail }, operation) => {
				const key = String(detail?.object?.key);
				const node = key.slice(key.lastIndexOf('/') + 1, -'.json'.length);
				return operation.kind === 'inventory' && (node in operation.nodes || node in operation.well || CLEAN.has(node));
			},
		},
		{
			name: 'agent-health',
			create: agentHealth,
			samples: ['managed-instance-registration', 'managed-instance-deregistration'].map((name) => done(file(name))),
			before: [],
			isAbout: () => false,
			// A check that fails is asked for again, and one is asked for first.
			does: 'UpdateItem',
		},
	];
}
