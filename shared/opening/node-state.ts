/** What Systems Manager says of nodes' states, of whatever kind. */

import { OF_ASSOCIATION, OF_NODE } from '../kinds/association/event.ts';
import type { Services } from '../operation/services.ts';
import type { Settled } from '../settled.ts';
import type { Opening } from './admit.ts';
import { type AssociationNames, openFromAssociations } from './association.ts';
import { openFromStates } from './state.ts';

/** Each event goes to those who know its kind. Results are in order of the events. */
export async function openFromNodeStates(
	services: Services,
	names: AssociationNames,
	events: readonly unknown[],
): Promise<Settled<Opening<'association' | 'state'>>[]> {
	const isOfAssociation = events.map((event) => {
		const type = (event as { 'detail-type'?: unknown } | null)?.['detail-type'];
		return type === OF_ASSOCIATION || type === OF_NODE;
	});
	const of = (wanted: boolean) => events.filter((_, index) => isOfAssociation[index] === wanted);
	const associations = of(true).length > 0 ? await openFromAssociations(services, names, of(true)) : [];
	const states = of(false).length > 0 ? await openFromStates(services, of(false)) : [];
	const next = [associations.values(), states.values()] as const;
	return isOfAssociation.map((is) => next[is ? 0 : 1].next().value as Settled<Opening<'association' | 'state'>>);
}
