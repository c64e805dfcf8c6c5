/** Tags of instances and other nodes, from the Resource Groups Tagging API: it takes ARNs, and keeps the EC2 client out of the bundles. */

import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import type { Deps } from '../deps.ts';
import type { LifecycleSubject } from '../operation/types.ts';
import { chunks } from '../parallel.ts';

/** ARNs of one GetResources call. */
const ARNS = 100;

export type Tags = Readonly<Record<string, string>>;

/** Instance ids to tags. An instance without any tag is missing at the API, and here has none. Rejects with what the SDK throws. */
export async function readTags(services: Pick<Deps, 'aws'>, subjects: readonly LifecycleSubject[]): Promise<Map<string, Tags>> {
	const arns = subjects.map(({ account, region, instanceId }) => `arn:aws:ec2:${region}:${account}:instance/${instanceId}`);
	return new Map([...subjects.map(({ instanceId }): [string, Tags] => [instanceId, {}]), ...(await tagsOf(services, arns))]);
}

/** Tags of what ARNs end in, of instances and other nodes. What has no tag is not there. Rejects with what the SDK throws. */
export async function tagsOf({ aws }: Pick<Deps, 'aws'>, arns: readonly string[]): Promise<Map<string, Tags>> {
	const tags = new Map<string, Tags>();
	for (const ResourceARNList of chunks([...new Set(arns)], ARNS)) {
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
