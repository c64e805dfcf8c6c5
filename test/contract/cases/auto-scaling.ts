/** Auto Scaling: groups, capacity, warm pools. */

import {
	CreateAutoScalingGroupCommand,
	DescribeAutoScalingGroupsCommand,
	DescribeAutoScalingInstancesCommand,
	DescribeWarmPoolCommand,
	PutWarmPoolCommand,
	SetDesiredCapacityCommand,
	TerminateInstanceInAutoScalingGroupCommand,
	UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { type Case, createGroup, inService, LAUNCH_TEMPLATE, refusal, type System, some, until } from '../system.ts';

const NOBODY = 'i-00000000000000099';
const INVALID = { refused: 'ValidationError', status: 400 };

async function describe({ autoScaling }: System, ...AutoScalingGroupNames: string[]) {
	return (await autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames }))).AutoScalingGroups ?? [];
}

function desire({ autoScaling }: System, AutoScalingGroupName: string, DesiredCapacity: number) {
	return autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity }));
}

function terminate({ autoScaling }: System, InstanceId: string, ShouldDecrementDesiredCapacity = true) {
	return autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }));
}

export const AUTO_SCALING_CASES: readonly Case[] = [
	{
		name: 'auto scaling: a group is described as it was made',
		async act(system) {
			await createGroup(system, 'contract-made', { min: 1, desired: 1, max: 3, tags: { team: 'web' } });
			const [group] = await describe(system, 'contract-made');
			return {
				...some(group, 'AutoScalingGroupName', 'MinSize', 'MaxSize', 'DesiredCapacity', 'DefaultCooldown', 'HealthCheckType', 'Tags'),
				instances: group?.Instances?.map((each) =>
					some(each, 'LifecycleState', 'HealthStatus', 'AvailabilityZone', 'ProtectedFromScaleIn'),
				),
				template: group?.LaunchTemplate?.LaunchTemplateName !== undefined,
				arn: group?.AutoScalingGroupARN?.replace(/[0-9a-f-]{36}/, '<uuid>'),
			};
		},
		gives: {
			AutoScalingGroupName: 'contract-made',
			MinSize: 1,
			MaxSize: 3,
			DesiredCapacity: 1,
			DefaultCooldown: 300,
			HealthCheckType: 'EC2',
			Tags: [{ Key: 'team', Value: 'web', PropagateAtLaunch: true, ResourceId: 'contract-made', ResourceType: 'auto-scaling-group' }],
			instances: [{ LifecycleState: 'InService', HealthStatus: 'Healthy', AvailabilityZone: 'eu-west-1a', ProtectedFromScaleIn: false }],
			template: true,
			arn: 'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:<uuid>:autoScalingGroupName/contract-made',
		},
	},
	{
		name: 'auto scaling: a name is taken once',
		async act(system) {
			await createGroup(system, 'contract-taken');
			return refusal(createGroup(system, 'contract-taken'));
		},
		gives: { refused: 'AlreadyExistsFault', status: 400 },
	},
	{
		name: 'auto scaling: a group that is not there is described by nothing',
		act: (system) => describe(system, 'contract-nothing'),
		gives: [],
	},
	{
		name: 'auto scaling: groups are described page by page, and by their tags',
		async act(system) {
			for (const name of ['contract-page-a', 'contract-page-b']) await createGroup(system, name, { tags: { page: 'yes' } });
			const { autoScaling } = system;
			const Filters = [{ Name: 'tag:page', Values: ['yes'] }];
			const names: (string | undefined)[] = [];
			let NextToken: string | undefined;
			let pages = 0;
			do {
				const page = await autoScaling.send(new DescribeAutoScalingGroupsCommand({ Filters, MaxRecords: 1, NextToken }));
				names.push(...(page.AutoScalingGroups ?? []).map(({ AutoScalingGroupName }) => AutoScalingGroupName));
				NextToken = page.NextToken;
				pages += 1;
			} while (NextToken);
			return { names: names.toSorted(), pages };
		},
		gives: { names: ['contract-page-a', 'contract-page-b'], pages: 2 },
	},
	{
		name: 'auto scaling: a group makes as many instances as are desired',
		async act(system) {
			await createGroup(system, 'contract-capacity', { desired: 1 });
			await desire(system, 'contract-capacity', 3);
			const more = await inService(system, 'contract-capacity', 3);
			await desire(system, 'contract-capacity', 0);
			const none = await inService(system, 'contract-capacity', 0);
			return [more.length, none.length];
		},
		gives: [3, 0],
	},
	{
		name: 'auto scaling: a capacity beyond the bounds is refused',
		async act(system) {
			await createGroup(system, 'contract-bounds', { min: 1, desired: 1, max: 2 });
			return [await refusal(desire(system, 'contract-bounds', 3)), await refusal(desire(system, 'contract-bounds', 0))];
		},
		gives: [INVALID, INVALID],
	},
	{
		name: 'auto scaling: a group that is not there has no capacity',
		act: (system) => refusal(desire(system, 'contract-nothing', 1)),
		gives: INVALID,
	},
	{
		name: 'auto scaling: a minimum above the maximum is refused',
		async act(system) {
			await createGroup(system, 'contract-minimum');
			const input = { AutoScalingGroupName: 'contract-minimum', MinSize: 3, MaxSize: 2 };
			return refusal(system.autoScaling.send(new UpdateAutoScalingGroupCommand(input)));
		},
		gives: INVALID,
	},
	{
		name: 'auto scaling: a higher minimum raises what is desired',
		async act(system) {
			await createGroup(system, 'contract-raised');
			await system.autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'contract-raised', MinSize: 2 }));
			await inService(system, 'contract-raised', 2);
			return (await describe(system, 'contract-raised')).map((group) => some(group, 'MinSize', 'DesiredCapacity'));
		},
		gives: [{ MinSize: 2, DesiredCapacity: 2 }],
	},
	{
		name: 'auto scaling: an instance is described with its group, its health in capitals',
		async act(system) {
			const InstanceIds = await createGroup(system, 'contract-instance', { desired: 1 });
			const { AutoScalingInstances = [] } = await system.autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds }));
			return AutoScalingInstances.map((each) =>
				some(each, 'AutoScalingGroupName', 'LifecycleState', 'HealthStatus', 'AvailabilityZone', 'ProtectedFromScaleIn'),
			);
		},
		gives: [
			{
				AutoScalingGroupName: 'contract-instance',
				LifecycleState: 'InService',
				HealthStatus: 'HEALTHY',
				AvailabilityZone: 'eu-west-1a',
				ProtectedFromScaleIn: false,
			},
		],
	},
	{
		name: 'auto scaling: an instance of no group is described by nothing',
		act: async ({ autoScaling }) =>
			(await autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [NOBODY] }))).AutoScalingInstances,
		gives: [],
	},
	{
		name: 'auto scaling: a terminated instance leaves its group, and is not replaced where the capacity goes down with it',
		async act(system) {
			const [one = '', other = ''] = await createGroup(system, 'contract-terminate', { desired: 2 });
			const { Activity } = await terminate(system, one);
			const left = await inService(system, 'contract-terminate', 1);
			const [group] = await describe(system, 'contract-terminate');
			return {
				left: left[0] === other,
				desired: group?.DesiredCapacity,
				...some(Activity, 'AutoScalingGroupName'),
				description: Activity?.Description?.replace(one, '<instance>'),
				begun: Activity?.StartTime !== undefined,
			};
		},
		gives: {
			left: true,
			desired: 1,
			AutoScalingGroupName: 'contract-terminate',
			description: 'Terminating EC2 instance: <instance>',
			begun: true,
		},
	},
	{
		name: 'auto scaling: a terminated instance is replaced where the capacity stays',
		async act(system) {
			const [one = ''] = await createGroup(system, 'contract-replace', { desired: 1 });
			await terminate(system, one, false);
			await until(
				() => inService(system, 'contract-replace', 1),
				([id]) => id !== one,
			);
			const [group] = await describe(system, 'contract-replace');
			return group?.DesiredCapacity;
		},
		gives: 1,
	},
	{
		name: 'auto scaling: the capacity does not go below the minimum with an instance',
		async act(system) {
			const [one = ''] = await createGroup(system, 'contract-floor', { min: 1, desired: 1 });
			return refusal(terminate(system, one));
		},
		gives: INVALID,
	},
	{
		name: 'auto scaling: an instance of no group cannot be terminated',
		act: (system) => refusal(terminate(system, NOBODY)),
		gives: INVALID,
	},
	{
		name: 'auto scaling: an instance gets the tags that are propagated, and no others',
		async act(system) {
			const AutoScalingGroupName = 'contract-propagate';
			const tag = { ResourceId: AutoScalingGroupName, ResourceType: 'auto-scaling-group' };
			await system.autoScaling.send(
				new CreateAutoScalingGroupCommand({
					AutoScalingGroupName,
					MinSize: 1,
					MaxSize: 1,
					AvailabilityZones: ['eu-west-1a'],
					LaunchTemplate: { LaunchTemplateName: LAUNCH_TEMPLATE, Version: '1' },
					Tags: [
						{ ...tag, Key: 'handed', Value: 'on', PropagateAtLaunch: true },
						{ ...tag, Key: 'kept', Value: 'here', PropagateAtLaunch: false },
					],
				}),
			);
			const InstanceIds = await inService(system, AutoScalingGroupName, 1);
			const { Reservations = [] } = await system.ec2.send(new DescribeInstancesCommand({ InstanceIds }));
			const [group] = await describe(system, AutoScalingGroupName);
			const keys = (Reservations[0]?.Instances?.[0]?.Tags ?? []).map(({ Key = '' }) => Key);
			return {
				instance: keys.filter((key) => !key.startsWith('aws:')),
				group: group?.Tags?.map(({ Key, PropagateAtLaunch }) => [Key, PropagateAtLaunch]),
			};
		},
		gives: {
			instance: ['handed'],
			group: [
				['handed', true],
				['kept', false],
			],
		},
	},
	{
		name: 'auto scaling: a warm pool is described',
		async act(system) {
			await createGroup(system, 'contract-warm');
			const AutoScalingGroupName = 'contract-warm';
			const settings = { MinSize: 0, PoolState: 'Stopped', InstanceReusePolicy: { ReuseOnScaleIn: true } } as const;
			await system.autoScaling.send(new PutWarmPoolCommand({ AutoScalingGroupName, ...settings }));
			const pool = await system.autoScaling.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }));
			return some(pool, 'WarmPoolConfiguration', 'Instances');
		},
		gives: { WarmPoolConfiguration: { MinSize: 0, PoolState: 'Stopped', InstanceReusePolicy: { ReuseOnScaleIn: true } }, Instances: [] },
	},
];
