/** The patch groups of nodes, by their tags: from the Resource Groups Tagging API, which takes ARNs of any kind of node. */

import { partitionOf } from '../context/partition.ts';
import type { Deps } from '../deps.ts';
import { PATCH_GROUP_TAG } from '../patching/task.ts';
import { tagsOf } from './tags.ts';

/** Where instance metadata has tags, a key cannot have a space: Patch Manager reads both. */
const KEYS = [PATCH_GROUP_TAG, 'Patch Group'];

interface Node {
	readonly node: string;
	readonly account: string;
	readonly region: string;
}

/** Node ids to patch groups; a node that is in none is not there. Rejects with what the SDK throws. */
export async function patchGroupsOf(services: Pick<Deps, 'aws'>, nodes: readonly Node[]): Promise<Map<string, string>> {
	const groups = new Map<string, string>();
	for (const [node, tags] of await tagsOf(services, nodes.map(arnOf))) {
		const group = KEYS.flatMap((key) => tags[key] ?? [])[0];
		if (group) groups.set(node, group);
	}
	return groups;
}

function arnOf({ node, account, region }: Node): string {
	const resource = node.startsWith('mi-') ? `ssm:${region}:${account}:managed-instance` : `ec2:${region}:${account}:instance`;
	return `arn:${partitionOf(region)}:${resource}/${node}`;
}
