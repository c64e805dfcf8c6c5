/** Before the clock lets people hear of nodes: those that are many in their patch group by now go to the group's operation. */

import { Drop, describeError } from '../errors.ts';
import { isGathering } from '../kinds/state/next.ts';
import type { Services } from '../operation/services.ts';
import type { StateOperation } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { admitBundles, bundleOfGroup, isOfState, openStates } from './state-bundles.ts';

const CONCURRENT_READS = 5;

/**
 * Hands over what gathers and is due, with what gathers beside it: runs that heard of nodes at the same moment did not know of each
 * other's, and one may have been killed while it handed over.
 * @param ids of what is due.
 * @returns ids of what the tick is to look at: not those of groups that others are opening at this moment, which the next tick hands over.
 */
export async function gatherDue(services: Services, ids: readonly string[]): Promise<readonly string[]> {
	if (!ids.some(isOfState)) return ids;
	const open = await openStates(services);
	const single = open.filter((operation) => isGathering(operation) && operation.subject.node !== undefined);
	const groups = groupBy(single, ({ subject, group }) => `${subject.complianceType} ${group}`).values();
	const due = [...groups].filter((gathering) => gathering.some(({ id }) => ids.includes(id)));
	const found = await inParallel(due, CONCURRENT_READS, ([first]) => bundleOf(services, first as StateOperation, open));
	const bundles = found.filter((bundle) => bundle !== undefined);
	const openings = bundles.length > 0 ? await admitBundles(services, bundles) : [];
	const held = new Set<string>();
	for (const [index, opening] of openings.entries()) {
		if (opening.ok || opening.error instanceof Drop) continue;
		services.log.warn('Nodes could not be handed over to their group; the next tick tries again', { why: describeError(opening.error) });
		for (const { id } of bundles[index]?.gatherers ?? []) held.add(id);
	}
	return ids.filter((id) => !held.has(id));
}

function bundleOf(services: Services, { subject, group }: StateOperation, open: readonly StateOperation[]) {
	const { kind, complianceType, account, region } = subject;
	return bundleOfGroup(services, { kind, complianceType, account, region, group }, [], open);
}
