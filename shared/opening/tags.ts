/** Tags of nodes, from the Resource Groups Tagging API: it takes ARNs, and keeps the EC2 client out of the bundles. */

import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { partitionOf } from '../context/partition.ts';
import type { Deps } from '../deps.ts';
import { chunks } from '../parallel.ts';

/** ARNs of one GetResources call. */
const ARNS = 100;

export type Tags = Readonly<Record<string, string>>;

/** An instance (`i-…`), or a node outside EC2 (`mi-…`). */
export interface NodeAt {
	readonly node: string;
	readonly account: string;
	readonly region: string;
}

/** By node. One without any tag is missing at the API, and here; so is what is no node. Rejects with what the SDK throws. */
export async function tagsOf({ aws }: Pick<Deps, 'aws'>, nodes: readonly NodeAt[]): Promise<Map<string, Tags>> {
	const tags = new Map<string, Tags>();
	for (const ResourceARNList of chunks([...new Set(nodes.flatMap(arnOf))], ARNS)) {
		const output = await aws.tagging.send(new GetResourcesCommand({ ResourceARNList }));
		for (const { ResourceARN = '', Tags = [] } of output.ResourceTagMappingList ?? []) {
			tags.set(
				ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1),
				Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
			);
		}
	}
	return tags;
}

/** None of what is no node. */
export function arnOf({ node, account, region }: NodeAt): string[] {
	const [, kind] = /^(m?i)-[0-9a-f]{8,17}$/.exec(node) ?? [];
	if (kind === undefined) return [];
	const resource = kind === 'mi' ? `ssm:${region}:${account}:managed-instance` : `ec2:${region}:${account}:instance`;
	return [`arn:${partitionOf(region)}:${resource}/${node}`];
}
