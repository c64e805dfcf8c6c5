/** The patch groups of nodes, by their tags: from the Resource Groups Tagging API, which takes ARNs of any kind of node. */

import type { Deps } from '../deps.ts';
import { PATCH_GROUP_TAG } from '../patching/task.ts';
import { type NodeAt, tagsOf } from './tags.ts';

/** Where instance metadata has tags, a key cannot have a space: Patch Manager reads both. */
const KEYS = [PATCH_GROUP_TAG, 'Patch Group'];

/** Node ids to patch groups; a node that is in none is not there. Rejects with what the SDK throws. */
export async function patchGroupsOf(services: Pick<Deps, 'aws'>, nodes: readonly NodeAt[]): Promise<Map<string, string>> {
	const groups = new Map<string, string>();
	for (const [node, tags] of await tagsOf(services, nodes)) {
		const group = KEYS.flatMap((key) => tags[key] ?? [])[0];
		if (group) groups.set(node, group);
	}
	return groups;
}
