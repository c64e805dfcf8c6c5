/** The patch groups of nodes, by their tags: from the Resource Groups Tagging API, which takes ARNs of any kind of node. */

import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { partitionOf } from '../context/partition.ts';
import type { Deps } from '../deps.ts';
import { chunks } from '../parallel.ts';

/** ARNs of one GetResources call. */
const ARNS = 100;
/** Where instance metadata has tags, a key cannot have a space: Patch Manager reads both. */
const KEYS = ['PatchGroup', 'Patch Group'];

interface Node {
	readonly node: string;
	readonly account: string;
	readonly region: string;
}

/** Node ids to patch groups; a node that is in none is not there. Rejects with what the SDK throws. */
export async function patchGroupsOf({ aws }: Pick<Deps, 'aws'>, nodes: readonly Node[]): Promise<Map<string, string>> {
	const groups = new Map<string, string>();
	for (const ResourceARNList of chunks([...new Set(nodes.map(arnOf))], ARNS)) {
		const output = await aws.tagging.send(new GetResourcesCommand({ ResourceARNList }));
		for (const { ResourceARN = '', Tags = [] } of output.ResourceTagMappingList ?? []) {
			const group = KEYS.flatMap((key) => Tags.find(({ Key }) => Key === key)?.Value ?? [])[0];
			if (group) groups.set(ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1), group);
		}
	}
	return groups;
}

function arnOf({ node, account, region }: Node): string {
	const resource = node.startsWith('mi-') ? `ssm:${region}:${account}:managed-instance` : `ec2:${region}:${account}:instance`;
	return `arn:${partitionOf(region)}:${resource}/${node}`;
}
