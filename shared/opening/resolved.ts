/** What a request for a command leads to: as it says it where SendCommand takes that, or else the ids of its nodes. */

import type { Fail } from '../errors.ts';
import type { CommandRequest } from '../kinds/command/event.ts';
import { BY_ID, BY_RING, fitsOneCommand, idsIn, isByTag, MOST_NODES } from '../kinds/command/targets.ts';
import type { Services } from '../operation/services.ts';
import type { Target } from '../operation/types.ts';
import { inParallel } from '../parallel.ts';
import { nodesByTags } from './nodes-by-tag.ts';

/** Ids that a refusal names. */
const NAMED = 5;

type Targets = readonly Target[];

/**
 * The targets of each ring, or of all nodes together where there are no rings. Tags that SendCommand takes stay tags: who is meant by
 * them is found when its turn comes. Otherwise the nodes are those of now.
 * @param refuse makes the error of what cannot be done.
 * @throws what `refuse` makes; Retry where AWS does not say.
 */
export async function resolved(
	services: Services,
	{ targets = [], rings }: Pick<CommandRequest['detail'], 'targets' | 'rings'>,
	refuse: (problem: string) => Fail,
): Promise<readonly Targets[]> {
	const wanted = rings === undefined ? [targets] : rings.map((ring) => [{ key: BY_RING, values: [ring] }, ...targets.filter(isByTag)]);
	const named = idsIn(targets);
	if (wanted.every(fitsOneCommand) && (rings === undefined || named.length === 0)) return wanted;
	const found = await inParallel(wanted, 1, (each) => nodesByTags(services, each));
	const kept = found.map((ids) => (named.length === 0 ? ids : ids.filter((id) => named.includes(id))));
	const strays = named.filter((id) => !kept.some((ids) => ids.includes(id)));
	if (strays.length > 0) {
		const some = `${strays.slice(0, NAMED).join(', ')}${strays.length > NAMED ? ` and ${strays.length - NAMED} more` : ''}`;
		throw refuse(`no ring of ${rings?.join(', ')} has ${some}: leave out what has another tag PatchGroup, or none`);
	}
	const count = kept.flat().length;
	if (count > MOST_NODES) {
		const why = 'by more than 5 tags, or more than 5 values of one, a request takes';
		throw refuse(`the targets match ${count} nodes, and ${why} ${MOST_NODES}: ask with fewer of them`);
	}
	return kept.map((values) => [{ key: BY_ID, values }]);
}
