/** Tags of Systems Manager's own resources. */

import type {
	AddTagsToResourceCommandInput,
	ListTagsForResourceCommandInput,
	ListTagsForResourceCommandOutput,
	RemoveTagsFromResourceCommandInput,
} from '@aws-sdk/client-ssm';
import { AwsError, type Output } from '../types.ts';

/** Finds the tags of a resource by its id, or throws the service's error for one that is not there. */
export type TagFinder = (id: string) => Map<string, string>;

/** @param finders by ResourceType, as the API names them. */
export function tagOperations(finders: Readonly<Record<string, TagFinder>>) {
	function tagsOf({
		ResourceType: type = '',
		ResourceId: id = '',
	}: {
		ResourceType: string | undefined;
		ResourceId: string | undefined;
	}): Map<string, string> {
		const find = finders[type];
		if (!find) throw new AwsError('InvalidResourceType', `The resource type ${type} is not valid.`);
		try {
			return find(id);
		} catch (cause) {
			if (cause instanceof AwsError) throw new AwsError('InvalidResourceId', `The resource ID ${id} is not valid. ${cause.message}`);
			throw cause;
		}
	}

	return {
		AddTagsToResource(input: AddTagsToResourceCommandInput): object {
			const tags = tagsOf(input);
			for (const tag of input.Tags ?? []) tags.set(tag.Key ?? '', tag.Value ?? '');
			return {};
		},

		RemoveTagsFromResource(input: RemoveTagsFromResourceCommandInput): object {
			const tags = tagsOf(input);
			for (const key of input.TagKeys ?? []) tags.delete(key);
			return {};
		},

		ListTagsForResource(input: ListTagsForResourceCommandInput): Output<ListTagsForResourceCommandOutput> {
			return { TagList: [...tagsOf(input)].map(([Key, Value]) => ({ Key, Value })) };
		},
	};
}
