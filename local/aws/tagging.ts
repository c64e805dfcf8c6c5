/** Resource Groups Tagging API: which resources carry which tags. It knows those of EC2, managed instances and the buckets of S3. */

import type {
	FailureInfo,
	GetResourcesCommandInput,
	GetResourcesCommandOutput,
	TagFilter,
	TagResourcesCommandInput,
	TagResourcesCommandOutput,
} from '@aws-sdk/client-resource-groups-tagging-api';
import * as schemas from '@aws-sdk/client-resource-groups-tagging-api';
import { type Ec2, ec2Arn } from './ec2.ts';
import { page } from './paging.ts';
import type { S3 } from './s3.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { quotasOf, throttled } from './throttle.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

export interface Tagging {
	readonly definition: ServiceDefinition;
	/** How long a fresh instance is missing in the answers, in milliseconds. */
	lagMs: number;
}

export interface TaggingOptions {
	readonly ec2: Ec2;
	/** Machines that Systems Manager manages and EC2 does not know. */
	readonly managed?: () => readonly { readonly id: string; readonly tags: Map<string, string> }[];
	/** Whose buckets carry tags too. */
	readonly s3?: S3;
	readonly lagMs?: number;
	/** Calls per second, by operation. */
	readonly throttles?: Readonly<Record<string, number>>;
}

/** GetResources takes up to 100 ARNs and gives up to 100 resources a page; TagResources takes up to 20. */
const MOST = 100;
const MOST_TO_TAG = 20;

interface Resource {
	readonly arn: string;
	/** As resource type filters name it: `ec2:instance`, `s3`. */
	readonly type: string;
	readonly tags: Map<string, string>;
}

export function createTagging(ctx: AwsContext, { ec2, s3, managed = () => [], lagMs = 0, throttles = {} }: TaggingOptions): Tagging {
	const tagging = { lagMs };

	function resources(): Resource[] {
		return [
			...ec2.resources().map((resource) => ({ arn: ec2Arn(ctx, resource), type: `ec2:${resource.type}`, tags: resource.tags })),
			...managed().map(({ id, tags }) => ({
				arn: `arn:aws:ssm:${ctx.region}:${ctx.account}:managed-instance/${id}`,
				type: 'ssm:managed-instance',
				tags,
			})),
			...(s3?.buckets() ?? []).map(({ name, tags }) => ({ arn: `arn:aws:s3:::${name}`, type: 's3', tags })),
		];
	}

	/** Instances on their way out are not there for this API, and a fresh one may lag. */
	function isHidden(arn: string): boolean {
		const instance = ec2.instance(arn.slice(arn.lastIndexOf('/') + 1));
		if (!instance) return false;
		const gone = instance.state === 'terminated' || instance.state === 'shutting-down';
		return gone || ctx.clock.now() - instance.launchedAt < tagging.lagMs;
	}

	const operations = {
		GetResources(input: GetResourcesCommandInput): Output<GetResourcesCommandOutput> {
			const arns = input.ResourceARNList ?? [];
			if (arns.length > MOST) throw invalid('ResourceARNList takes at most 100 ARNs.');
			if (arns.length > 0 && (input.TagFilters || input.ResourceTypeFilters || input.ResourcesPerPage || input.PaginationToken)) {
				throw invalid('ResourceARNList cannot be combined with filters or paging.');
			}
			const wanted = new Set(arns);
			const types = input.ResourceTypeFilters ?? [];
			const found = resources()
				// A resource without any tag is not there for this API.
				.filter(({ arn, tags }) => tags.size > 0 && !isHidden(arn))
				.filter(({ arn }) => wanted.size === 0 || wanted.has(arn))
				.filter(({ type }) => types.length === 0 || types.some((each) => each === type || type.startsWith(`${each}:`)))
				.filter(({ tags }) => (input.TagFilters ?? []).every((filter) => carries(tags, filter)));
			const { items, nextToken } = page(found, input.PaginationToken, input.ResourcesPerPage ?? MOST, 'PaginationTokenExpiredException');
			return {
				PaginationToken: nextToken ?? '',
				ResourceTagMappingList: items.map(({ arn, tags }) => ({
					ResourceARN: arn,
					Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
				})),
			};
		},

		/** What fails is named in the answer, one by one; the call itself succeeds. */
		TagResources(input: TagResourcesCommandInput): Output<TagResourcesCommandOutput> {
			const arns = input.ResourceARNList ?? [];
			const tags = Object.entries(input.Tags ?? {});
			if (arns.length === 0 || arns.length > MOST_TO_TAG) throw invalid(`ResourceARNList takes 1 to ${MOST_TO_TAG} ARNs.`);
			if (tags.length === 0) throw invalid('Tags must have at least one tag.');
			const failed: Record<string, FailureInfo> = {};
			for (const arn of arns) {
				const resource = resources().find((each) => each.arn === arn);
				if (!resource) failed[arn] = refusal(`The resource ${arn} does not exist.`);
				else if (tags.some(([key]) => key.startsWith('aws:'))) failed[arn] = refusal('Tag keys that begin with aws: are reserved.');
				else for (const [key, value] of tags) resource.tags.set(key, value);
			}
			return { FailedResourcesMap: failed };
		},
	};

	const definition = defineService({
		name: 'resourcegroupstaggingapi',
		protocol: PROTOCOLS.tagging,
		schemas,
		operations: throttled(operations, quotasOf(throttles), ctx.clock),
	});
	return Object.assign(tagging, { definition });
}

/** Filters are joined by AND, their values by OR; a filter without values asks for the key alone. */
function carries(tags: ReadonlyMap<string, string>, filter: TagFilter): boolean {
	const value = tags.get(filter.Key ?? '');
	return value !== undefined && (!filter.Values || filter.Values.length === 0 || filter.Values.includes(value));
}

function refusal(message: string): FailureInfo {
	return { StatusCode: 400, ErrorCode: 'InvalidParameterException', ErrorMessage: message };
}

function invalid(message: string): AwsError {
	return new AwsError('InvalidParameterException', message);
}
