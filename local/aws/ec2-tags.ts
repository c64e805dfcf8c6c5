/** Tags of EC2's resources. */

import type {
	CreateTagsCommandInput,
	DeleteTagsCommandInput,
	DescribeTagsCommandInput,
	DescribeTagsCommandOutput,
	ResourceType,
	TagSpecification,
} from '@aws-sdk/client-ec2';
import { passesAll } from './ec2-filters.ts';
import { nextToken, page } from './paging.ts';
import { AwsError, type Output } from './types.ts';

/** Something of EC2 that can be tagged. */
export interface Ec2Resource {
	readonly id: string;
	readonly type: 'image' | 'instance' | 'security-group' | 'snapshot' | 'volume';
	readonly tags: Map<string, string>;
}

/** DescribeTags gives up to 1,000 results a call. */
const PAGE = 1_000;

/** @param find gives a resource by its id, or throws as EC2 does. */
export function tagOperations(resources: () => readonly Ec2Resource[], find: (id: string) => Ec2Resource) {
	return {
		DescribeTags(input: DescribeTagsCommandInput): Output<DescribeTagsCommandOutput> {
			const all = resources().flatMap(({ id, type, tags }) =>
				[...tags].map(([Key, Value]) => ({ Key, Value, ResourceId: id, ResourceType: type })),
			);
			const matching = all.filter((tag) => {
				const fields = { key: tag.Key, value: tag.Value, 'resource-id': tag.ResourceId, 'resource-type': tag.ResourceType };
				return passesAll(input.Filters, fields, new Map([[tag.Key, tag.Value]]));
			});
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { Tags: found.items, ...nextToken(found) };
		},

		CreateTags(input: CreateTagsCommandInput): object {
			const found = (input.Resources ?? []).map(find);
			const tags = input.Tags ?? [];
			for (const { Key: key } of tags) checkKey(key);
			for (const resource of found) for (const tag of tags) resource.tags.set(tag.Key ?? '', tag.Value ?? '');
			return {};
		},

		DeleteTags(input: DeleteTagsCommandInput): object {
			for (const resource of (input.Resources ?? []).map(find)) {
				if (!input.Tags) resource.tags.clear();
				for (const tag of input.Tags ?? []) {
					const key = tag.Key ?? '';
					if (tag.Value === undefined || tag.Value === resource.tags.get(key)) resource.tags.delete(key);
				}
			}
			return {};
		},
	};
}

/** The tags that a creating call asks for on what it makes. */
export function tagsFor(type: ResourceType, specifications: readonly TagSpecification[] | undefined): Map<string, string> {
	const tags = (specifications ?? []).filter((each) => each.ResourceType === type).flatMap((each) => each.Tags ?? []);
	for (const { Key: key } of tags) checkKey(key);
	return new Map(tags.map(({ Key: key = '', Value: value = '' }) => [key, value]));
}

export function wireTags(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
	return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

function checkKey(key: string | undefined): void {
	if (key?.startsWith('aws:')) {
		throw new AwsError('InvalidParameterValue', 'Tag keys starting with "aws:" are reserved for internal use');
	}
}
