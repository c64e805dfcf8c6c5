/** Resource Groups Tagging API: which resources carry which tags. Instances are the only resources it knows here. */

import type { GetResourcesCommandInput, GetResourcesCommandOutput, TagFilter } from '@aws-sdk/client-resource-groups-tagging-api';
import * as schemas from '@aws-sdk/client-resource-groups-tagging-api';
import { type Ec2, type Instance, instanceArn } from './ec2.ts';
import { page } from './paging.ts';
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
	readonly lagMs?: number;
	/** Calls per second, by operation. */
	readonly throttles?: Readonly<Record<string, number>>;
}

/** GetResources takes up to 100 ARNs and gives up to 100 resources a page. */
const MOST = 100;

export function createTagging(ctx: AwsContext, { ec2, lagMs = 0, throttles = {} }: TaggingOptions): Tagging {
	const tagging = { lagMs };

	/** Resources without any tag are not there for this API, and a fresh one may lag. */
	function visible(instance: Instance): boolean {
		const gone = instance.state === 'terminated' || instance.state === 'shutting-down';
		return !gone && instance.tags.size > 0 && ctx.clock.now() - instance.launchedAt >= tagging.lagMs;
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
			const found = ec2
				.instances()
				.filter(visible)
				.filter((instance) => wanted.size === 0 || wanted.has(instanceArn(ctx, instance.id)))
				.filter(() => types.length === 0 || types.some((type) => type === 'ec2' || type === 'ec2:instance'))
				.filter((instance) => (input.TagFilters ?? []).every((filter) => carries(instance, filter)));
			const { items, nextToken } = page(found, input.PaginationToken, input.ResourcesPerPage ?? MOST, 'PaginationTokenExpiredException');
			return {
				PaginationToken: nextToken ?? '',
				ResourceTagMappingList: items.map((instance) => ({
					ResourceARN: instanceArn(ctx, instance.id),
					Tags: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
				})),
			};
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
function carries(instance: Instance, filter: TagFilter): boolean {
	const value = instance.tags.get(filter.Key ?? '');
	return value !== undefined && (!filter.Values || filter.Values.length === 0 || filter.Values.includes(value));
}

function invalid(message: string): AwsError {
	return new AwsError('InvalidParameterException', message);
}
