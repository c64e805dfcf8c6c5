/** The shortest story found that still shows a violation: parts are left out as long as it stays. */

import type { Played } from './play.ts';
import { actsOf, CONDITION_NAMES, groupsOf, type Mask, playbooksOf } from './story.ts';

/** How often a story is played again at most. */
const MOST_REPLAYS = 150;

export interface Shortest {
	readonly mask: Mask;
	readonly played: Played;
}

/**
 * Leaves out groups, acts, faults, nodes, playbooks and conditions, in halves and then one by one.
 * @param first a story with a violation.
 * @param replay plays the same seed under a mask.
 */
export async function minimise(first: Played, replay: (mask: Mask) => Promise<Played>): Promise<Shortest> {
	const wanted = kindOf(first);
	let shortest: Shortest = { mask: {}, played: first };
	let replays = 0;

	/** Whether the violation stays under a mask; what has not happened then needs no more leaving out. */
	const stays = async (mask: Mask): Promise<boolean> => {
		if (replays >= MOST_REPLAYS) return false;
		replays += 1;
		const played = await replay(mask);
		if (kindOf(played) !== wanted) return false;
		const faults = mask.faults && played.happened.map(({ key }) => key);
		shortest = { mask: { ...mask, ...(faults && { faults: [...new Set(faults)] }) }, played };
		return true;
	};
	const leaveOut = (names: () => readonly string[]) =>
		reduce(names, (left) => stays({ ...shortest.mask, without: [...(shortest.mask.without ?? []), ...left] }));

	const story = () => shortest.played.story;
	// What a story does not wait for is there to end it: without that, nothing would come to rest.
	const acts = () => actsOf(story()).flatMap(({ id, spare }) => (spare ? [] : [id]));
	await leaveOut(() => groupsOf(story()).map(({ name }) => name));
	await leaveOut(acts);
	if (!(await stays({ ...shortest.mask, faults: [] }))) {
		shortest = { ...shortest, mask: { ...shortest.mask, faults: [...new Set(shortest.played.happened.map(({ key }) => key))] } };
		const faults = () => shortest.mask.faults ?? [];
		await reduce(faults, (left) => stays({ ...shortest.mask, faults: faults().filter((key) => !left.includes(key)) }));
	}
	await leaveOut(() => CONDITION_NAMES.filter((name) => !shortest.mask.without?.includes(name)));
	await leaveOut(() => playbooksOf(story()).map(({ name }) => name));
	await leaveOut(() => groupsOf(story()).flatMap(({ nodes }) => nodes.map(({ id }) => id)));
	await leaveOut(acts);
	return shortest;
}

/** Takes away halves, quarters, and so on down to single ones, wherever `without` says that it may. */
async function reduce(names: () => readonly string[], without: (left: readonly string[]) => Promise<boolean>): Promise<void> {
	for (let size = Math.ceil(names().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
		for (let from = 0; from < names().length; ) {
			if (!(await without(names().slice(from, from + size)))) from += size;
		}
	}
}

/** What was violated, names and numbers left out. */
function kindOf({ violations: [first] }: Played): string | undefined {
	return first && `${first.invariant} ${first.what.replaceAll(/[0-9a-f]*\d[0-9a-f-]*/g, '#')}`;
}
