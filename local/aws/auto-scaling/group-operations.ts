/** The Auto Scaling operations on groups and their capacity. */

import type {
	CreateAutoScalingGroupCommandInput,
	DeleteWarmPoolCommandInput,
	DescribeAutoScalingGroupsCommandInput,
	DescribeAutoScalingGroupsCommandOutput,
	DescribeAutoScalingInstancesCommandInput,
	DescribeAutoScalingInstancesCommandOutput,
	DescribeScalingActivitiesCommandInput,
	DescribeScalingActivitiesCommandOutput,
	DescribeWarmPoolCommandInput,
	DescribeWarmPoolCommandOutput,
	Filter,
	PutWarmPoolCommandInput,
	SetDesiredCapacityCommandInput,
	TerminateInstanceInAutoScalingGroupCommandInput,
	TerminateInstanceInAutoScalingGroupCommandOutput,
	UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type { Ec2 } from '../ec2.ts';
import { nextToken, page } from '../paging.ts';
import type { AwsContext, Output } from '../types.ts';
import type { Groups } from './groups.ts';
import { hookFrom } from './hook-operations.ts';
import { countsTowardsCapacity, type Group, isWarmed, type WarmPool } from './model.ts';
import { requireMember, type Scaling } from './scaling.ts';
import { invalid } from './validation.ts';
import { wireActivity, wireGroup, wireInstanceDetails, wireMember, wireWarmPool } from './views.ts';

/** Most records of a page: groups and activities 100, instances and warm pools 50. */
const MOST = { groups: 100, activities: 100, instances: 50, warmPool: 50 } as const;
const DEFAULT_GROUPS = 50;

export function groupOperations(ctx: AwsContext, groups: Groups, scaling: Scaling, ec2: Ec2) {
	function resize(
		group: Group,
		{ min, max, desired }: { min?: number | undefined; max?: number | undefined; desired?: number | undefined },
	): void {
		const bounds = { min: min ?? group.min, max: max ?? group.max };
		if (bounds.min > bounds.max) throw invalid(`Max bound, ${bounds.max}, must be greater than or equal to min bound, ${bounds.min}`);
		if (desired !== undefined && desired > bounds.max) {
			throw invalid(`New SetDesiredCapacity value ${desired} is above max value ${bounds.max} for the AutoScalingGroup.`);
		}
		if (desired !== undefined && desired < bounds.min) {
			throw invalid(`New SetDesiredCapacity value ${desired} is below min value ${bounds.min} for the AutoScalingGroup.`);
		}
		Object.assign(group, bounds, { desired: Math.min(bounds.max, Math.max(bounds.min, desired ?? group.desired)) });
		scaling.plan(group);
	}

	return {
		CreateAutoScalingGroup(input: CreateAutoScalingGroupCommandInput): object {
			const group = groups.create({
				name: input.AutoScalingGroupName ?? '',
				min: input.MinSize ?? 0,
				max: input.MaxSize ?? 0,
				desired: input.DesiredCapacity ?? input.MinSize ?? 0,
				tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
				notPropagated: (input.Tags ?? []).filter((tag) => !tag.PropagateAtLaunch).map((tag) => tag.Key ?? ''),
				...(input.AvailabilityZones ? { availabilityZones: input.AvailabilityZones } : {}),
				retainOnAbandon: input.InstanceLifecyclePolicy?.RetentionTriggers?.TerminateHookAbandon === 'retain',
				hooks: (input.LifecycleHookSpecificationList ?? []).map((hook) => hookFrom(hook)),
			});
			scaling.plan(group);
			return {};
		},

		UpdateAutoScalingGroup(input: UpdateAutoScalingGroupCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			const retain = input.InstanceLifecyclePolicy?.RetentionTriggers?.TerminateHookAbandon;
			if (retain !== undefined) group.retainOnAbandon = retain === 'retain';
			resize(group, { min: input.MinSize, max: input.MaxSize, desired: input.DesiredCapacity });
			return {};
		},

		SetDesiredCapacity(input: SetDesiredCapacityCommandInput): object {
			resize(groups.get(input.AutoScalingGroupName), { desired: input.DesiredCapacity });
			return {};
		},

		TerminateInstanceInAutoScalingGroup(
			input: TerminateInstanceInAutoScalingGroupCommandInput,
		): Output<TerminateInstanceInAutoScalingGroupCommandOutput> {
			const member = requireMember(scaling, input.InstanceId);
			const { group } = member;
			const decrements = input.ShouldDecrementDesiredCapacity === true && countsTowardsCapacity(member.state);
			if (decrements && group.desired - 1 < group.min) {
				throw invalid(
					`Currently, desiredSize equals minSize (${group.min}). Terminating instance without replacement will violate group's ` +
						"min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
				);
			}
			if (decrements) group.desired -= 1;
			scaling.terminate(member, 'an instance was taken out of service in response to a user request');
			return member.activity ? { Activity: wireActivity(member.activity, ctx) } : {};
		},

		DescribeAutoScalingGroups(input: DescribeAutoScalingGroupsCommandInput): Output<DescribeAutoScalingGroupsCommandOutput> {
			const names = input.AutoScalingGroupNames ?? [];
			const matching = groups
				.all()
				.filter((group) => names.length === 0 || names.includes(group.name))
				.filter((group) => (input.Filters ?? []).every((filter) => passes(group, filter)));
			const found = page(matching, input.NextToken, limit(input.MaxRecords ?? DEFAULT_GROUPS, MOST.groups));
			return { AutoScalingGroups: found.items.map((group) => wireGroup(group, ec2)), ...nextToken(found) };
		},

		DescribeAutoScalingInstances(input: DescribeAutoScalingInstancesCommandInput): Output<DescribeAutoScalingInstancesCommandOutput> {
			const ids = input.InstanceIds ?? [];
			if (ids.length > MOST.instances) throw invalid('The number of instance IDs exceeds the limit of 50.');
			const members = groups.all().flatMap((group) => [...group.members.values()]);
			const matching = members.filter((member) => ids.length === 0 || ids.includes(member.instanceId));
			const found = page(matching, input.NextToken, limit(input.MaxRecords ?? MOST.instances, MOST.instances));
			return { AutoScalingInstances: found.items.map((member) => wireInstanceDetails(member, ec2)), ...nextToken(found) };
		},

		DescribeScalingActivities(input: DescribeScalingActivitiesCommandInput): Output<DescribeScalingActivitiesCommandOutput> {
			const chosen = input.AutoScalingGroupName === undefined ? groups.all() : [groups.get(input.AutoScalingGroupName)];
			const ids = input.ActivityIds ?? [];
			const matching = chosen
				.flatMap((group) => group.activities)
				.filter((activity) => ids.length === 0 || ids.includes(activity.id))
				.sort((one, other) => other.startedAt - one.startedAt);
			const found = page(matching, input.NextToken, limit(input.MaxRecords ?? MOST.activities, MOST.activities));
			return { Activities: found.items.map((activity) => wireActivity(activity, ctx)), ...nextToken(found) };
		},

		PutWarmPool(input: PutWarmPoolCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			if (input.PoolState === 'Hibernated') throw invalid('The local AWS has no hibernated warm pools.');
			const pool: WarmPool = {
				minSize: input.MinSize ?? 0,
				poolState: input.PoolState ?? 'Stopped',
				reuseOnScaleIn: input.InstanceReusePolicy?.ReuseOnScaleIn ?? false,
			};
			// -1 takes the limit back: the group's maximum counts again.
			if (input.MaxGroupPreparedCapacity !== undefined && input.MaxGroupPreparedCapacity >= 0)
				pool.maxPrepared = input.MaxGroupPreparedCapacity;
			group.warmPool = pool;
			scaling.plan(group);
			return {};
		},

		DeleteWarmPool(input: DeleteWarmPoolCommandInput): object {
			const group = groups.get(input.AutoScalingGroupName);
			delete group.warmPool;
			scaling.plan(group);
			return {};
		},

		DescribeWarmPool(input: DescribeWarmPoolCommandInput): Output<DescribeWarmPoolCommandOutput> {
			const group = groups.get(input.AutoScalingGroupName);
			const warm = [...group.members.values()].filter((member) => isWarmed(member.state));
			const found = page(warm, input.NextToken, limit(input.MaxRecords ?? MOST.warmPool, MOST.warmPool));
			return {
				...(group.warmPool ? { WarmPoolConfiguration: wireWarmPool(group.warmPool) } : {}),
				Instances: found.items.map((member) => wireMember(member, ec2)),
				...nextToken(found),
			};
		},
	};
}

function limit(asked: number, most: number): number {
	if (asked < 1 || asked > most) throw invalid(`MaxRecords must be between 1 and ${most}.`);
	return asked;
}

function passes(group: Group, filter: Filter): boolean {
	const values = filter.Values ?? [];
	const name = filter.Name ?? '';
	if (name === 'tag-key') return values.some((key) => group.tags.has(key));
	if (name === 'tag-value') return [...group.tags.values()].some((value) => values.includes(value));
	if (name.startsWith('tag:')) return values.includes(group.tags.get(name.slice('tag:'.length)) ?? '');
	throw invalid(`Filter type ${name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`);
}
