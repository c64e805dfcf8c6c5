/** Nodes by their tags, for what is more than one SendCommand takes of them: from the Resource Groups Tagging API. */

import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import type { Deps } from '../deps.ts';
import { describeError, Retry } from '../errors.ts';
import type { Target } from '../operation/types.ts';

/** Instances, and nodes of other places. */
export const NODE_TYPES = ['ec2:instance', 'ssm:managed-instance'];
/** Values of one filter (GetResources); of a tag that may have more, all are read. */
const VALUES = 20;
const TAG = 'tag:';

/**
 * The ids of nodes that meet all targets, each by one of its values, in order of the ids. What no longer is managed is among them.
 * @throws Retry where AWS does not say.
 */
export async function nodesByTags({ aws }: Pick<Deps, 'aws'>, targets: readonly Target[]): Promise<string[]> {
	const TagFilters = targets.flatMap(({ key, values }) => (key.startsWith(TAG) ? [filterOf(key.slice(TAG.length), values)] : []));
	const ids: string[] = [];
	let PaginationToken: string | undefined;
	do {
		const input = { ResourceTypeFilters: NODE_TYPES, TagFilters, ...(PaginationToken && { PaginationToken }) };
		const output = await aws.tagging.send(new GetResourcesCommand(input)).catch((error: unknown) => {
			throw new Retry(`which nodes have the tags cannot be read: ${describeError(error)}`, error);
		});
		for (const { ResourceARN = '', Tags = [] } of output.ResourceTagMappingList ?? []) {
			const tags = new Map(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
			if (targets.every((target) => isMet(target, tags))) ids.push(ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1));
		}
		PaginationToken = output.PaginationToken;
	} while (PaginationToken);
	return ids.sort();
}

function filterOf(Key: string, values: readonly string[]) {
	return values.length <= VALUES ? { Key, Values: [...values] } : { Key };
}

function isMet({ key, values }: Target, tags: ReadonlyMap<string, string>): boolean {
	return key.startsWith(TAG) ? values.includes(tags.get(key.slice(TAG.length)) ?? '') : values.some((name) => tags.has(name));
}
