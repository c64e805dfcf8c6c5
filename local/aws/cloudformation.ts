/** AWS CloudFormation, as far as looking up stacks goes. Stacks are the world's: nothing is deployed here. */

import type {
	DescribeStackResourcesCommandInput,
	DescribeStackResourcesCommandOutput,
	DescribeStacksCommandInput,
	DescribeStacksCommandOutput,
	ListStackResourcesCommandInput,
	ListStackResourcesCommandOutput,
	StackStatus,
	StackResource as WireResource,
} from '@aws-sdk/client-cloudformation';
import * as schemas from '@aws-sdk/client-cloudformation';
import { nextToken, page } from './paging.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { quotasOf, throttled } from './throttle.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

export interface NewStack {
	readonly name: string;
	readonly resources: readonly StackResource[];
	readonly description?: string;
	readonly status?: StackStatus;
	readonly tags?: Readonly<Record<string, string>>;
	readonly outputs?: Readonly<Record<string, string>>;
	/** Epoch milliseconds; default: the time it is added. */
	readonly createdAt?: number;
	readonly updatedAt?: number;
}

export interface StackResource {
	readonly logicalId: string;
	readonly type: string;
	readonly physicalId: string;
}

export interface CloudFormation {
	readonly definition: ServiceDefinition;
	/** Puts a stack, or one in its place. */
	addStack(stack: NewStack): void;
}

export interface CloudFormationOptions {
	/** Calls per second, by operation. AWS publishes none. */
	readonly throttles?: Readonly<Record<string, number>>;
}

interface Stack extends NewStack {
	readonly id: string;
	readonly createdAt: number;
}

/** DescribeStackResources answers with up to 100 resources and has no pages; the others page by 100. */
const MOST = 100;

export function createCloudFormation(ctx: AwsContext, { throttles = {} }: CloudFormationOptions = {}): CloudFormation {
	const stacks = new Map<string, Stack>();

	/** @throws AwsError `ValidationError` where there is none of that name or id. */
	function find(nameOrId: string | undefined): Stack {
		const stack = stacks.get(nameOrId ?? '') ?? [...stacks.values()].find(({ id }) => id === nameOrId);
		if (!stack) throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
		return stack;
	}

	function owning(physicalId: string): Stack {
		const stack = [...stacks.values()].find(({ resources }) => resources.some((resource) => resource.physicalId === physicalId));
		if (!stack) throw new AwsError('ValidationError', `Stack for ${physicalId} does not exist`);
		return stack;
	}

	const operations = {
		DescribeStacks({ StackName, NextToken }: DescribeStacksCommandInput): Output<DescribeStacksCommandOutput> {
			const found = page(StackName === undefined ? [...stacks.values()] : [find(StackName)], NextToken, MOST, 'ValidationError');
			return { Stacks: found.items.map(wireStack), ...nextToken(found) };
		},

		DescribeStackResources(input: DescribeStackResourcesCommandInput): Output<DescribeStackResourcesCommandOutput> {
			const { StackName, LogicalResourceId, PhysicalResourceId } = input;
			if ((StackName === undefined) === (PhysicalResourceId === undefined)) {
				throw new AwsError('ValidationError', 'Either StackName or PhysicalResourceId must be specified, but not both.');
			}
			const stack = PhysicalResourceId === undefined ? find(StackName) : owning(PhysicalResourceId);
			const wanted = stack.resources.filter(({ logicalId }) => LogicalResourceId === undefined || logicalId === LogicalResourceId);
			return { StackResources: wanted.slice(0, MOST).map((resource) => wireResource(stack, resource)) };
		},

		ListStackResources({ StackName, NextToken }: ListStackResourcesCommandInput): Output<ListStackResourcesCommandOutput> {
			const stack = find(StackName);
			const found = page(stack.resources, NextToken, MOST, 'ValidationError');
			const StackResourceSummaries = found.items.map((resource) => {
				const { StackName: name, StackId, Timestamp, ...summary } = wireResource(stack, resource);
				return { ...summary, LastUpdatedTimestamp: Timestamp };
			});
			return { StackResourceSummaries, ...nextToken(found) };
		},
	};

	return {
		definition: defineService({
			name: 'cloudformation',
			protocol: PROTOCOLS.cloudformation,
			schemas,
			operations: throttled(operations, quotasOf(throttles), ctx.clock, 'Throttling'),
		}),
		addStack(stack) {
			const id = `arn:aws:cloudformation:${ctx.region}:${ctx.account}:stack/${stack.name}/${ctx.uuid()}`;
			stacks.set(stack.name, { createdAt: ctx.clock.now(), ...stack, id });
		},
	};
}

function wireStack({ id, name, description, status = 'CREATE_COMPLETE', createdAt, updatedAt, tags = {}, outputs = {} }: Stack) {
	return {
		StackId: id,
		StackName: name,
		...(description === undefined ? {} : { Description: description }),
		StackStatus: status,
		CreationTime: new Date(createdAt),
		...(updatedAt === undefined ? {} : { LastUpdatedTime: new Date(updatedAt) }),
		DisableRollback: false,
		Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
		Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
	};
}

function wireResource({ id, name, createdAt, updatedAt }: Stack, { logicalId, type, physicalId }: StackResource): WireResource {
	return {
		StackName: name,
		StackId: id,
		LogicalResourceId: logicalId,
		PhysicalResourceId: physicalId,
		ResourceType: type,
		Timestamp: new Date(updatedAt ?? createdAt),
		ResourceStatus: updatedAt === undefined ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE',
	};
}
