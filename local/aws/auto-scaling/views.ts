/** Groups, instances, hooks and activities as the API shows them. */

import type {
	AutoScalingGroup,
	AutoScalingInstanceDetails,
	LifecycleHook,
	WarmPoolConfiguration,
	Activity as WireActivity,
	Instance as WireInstance,
} from '@aws-sdk/client-auto-scaling';
import type { Ec2 } from '../ec2.ts';
import type { AwsContext } from '../types.ts';
import { type Activity, type Group, globalTimeoutSeconds, type Hook, isWarmed, type Member, type WarmPool } from './model.ts';

const LAUNCH_TEMPLATE_VERSION = '1';

export function wireHook(group: Group, hook: Hook): LifecycleHook {
	return {
		AutoScalingGroupName: group.name,
		LifecycleHookName: hook.name,
		LifecycleTransition: hook.transition,
		HeartbeatTimeout: hook.heartbeatTimeoutSeconds,
		GlobalTimeout: globalTimeoutSeconds(hook),
		DefaultResult: hook.defaultResult,
		...(hook.metadata === undefined ? {} : { NotificationMetadata: hook.metadata }),
		...(hook.notificationTargetArn === undefined ? {} : { NotificationTargetARN: hook.notificationTargetArn }),
		...(hook.roleArn === undefined ? {} : { RoleARN: hook.roleArn }),
	};
}

export function wireMember(member: Member, ec2: Ec2): WireInstance {
	const instance = ec2.instance(member.instanceId);
	return {
		InstanceId: member.instanceId,
		InstanceType: instance?.instanceType,
		AvailabilityZone: instance?.availabilityZone,
		LifecycleState: member.state as NonNullable<WireInstance['LifecycleState']>,
		HealthStatus: member.health,
		LaunchTemplate: launchTemplate(member.group),
		ProtectedFromScaleIn: member.protectedFromScaleIn,
	};
}

/** DescribeAutoScalingInstances writes the health status in capitals, the groups do not. */
export function wireInstanceDetails(member: Member, ec2: Ec2): AutoScalingInstanceDetails {
	return {
		...wireMember(member, ec2),
		AutoScalingGroupName: member.group.name,
		AvailabilityZone: ec2.instance(member.instanceId)?.availabilityZone,
		InstanceId: member.instanceId,
		LifecycleState: member.state,
		HealthStatus: member.health.toUpperCase(),
		ProtectedFromScaleIn: member.protectedFromScaleIn,
	};
}

export function wireGroup(group: Group, ec2: Ec2): AutoScalingGroup {
	const warm = [...group.members.values()].filter((member) => isWarmed(member.state));
	return {
		AutoScalingGroupName: group.name,
		AutoScalingGroupARN: group.arn,
		LaunchTemplate: launchTemplate(group),
		MinSize: group.min,
		MaxSize: group.max,
		DesiredCapacity: group.desired,
		DefaultCooldown: 300,
		AvailabilityZones: [...group.availabilityZones],
		HealthCheckType: 'EC2',
		HealthCheckGracePeriod: 0,
		CreatedTime: new Date(group.createdAt),
		Instances: [...group.members.values()].filter((member) => !isWarmed(member.state)).map((member) => wireMember(member, ec2)),
		Tags: [...group.tags].map(([Key, Value]) => ({
			Key,
			Value,
			PropagateAtLaunch: !group.notPropagated.has(Key),
			ResourceId: group.name,
			ResourceType: 'auto-scaling-group',
		})),
		TerminationPolicies: ['OldestInstance'],
		NewInstancesProtectedFromScaleIn: false,
		InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: group.retainOnAbandon ? 'retain' : 'terminate' } },
		...(group.warmPool ? { WarmPoolConfiguration: wireWarmPool(group.warmPool), WarmPoolSize: warm.length } : {}),
	};
}

export function wireWarmPool(pool: WarmPool): WarmPoolConfiguration {
	return {
		MinSize: pool.minSize,
		PoolState: pool.poolState,
		...(pool.maxPrepared === undefined ? {} : { MaxGroupPreparedCapacity: pool.maxPrepared }),
		...(pool.reuseOnScaleIn ? { InstanceReusePolicy: { ReuseOnScaleIn: true } } : {}),
	};
}

export function wireActivity(activity: Activity, ctx: AwsContext): WireActivity {
	return {
		ActivityId: activity.id,
		AutoScalingGroupName: activity.group,
		AutoScalingGroupARN: groupArn(ctx, activity.group),
		AutoScalingGroupState: '',
		Description: activity.description,
		Cause: activity.cause,
		StartTime: new Date(activity.startedAt),
		...(activity.endedAt === undefined ? {} : { EndTime: new Date(activity.endedAt) }),
		StatusCode: activity.status,
		...(activity.statusMessage ? { StatusMessage: activity.statusMessage } : {}),
		Progress: activity.endedAt === undefined ? 50 : 100,
		Details: JSON.stringify({ 'Subnet ID': activity.subnetId, 'Availability Zone': activity.availabilityZone }),
	};
}

/** The UUID within the ARN is made of the name: a group keeps its ARN from one start of a world to the next. */
export function groupArn(ctx: Pick<AwsContext, 'account' | 'region'>, name: string): string {
	const hex = Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32);
	const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
	return `arn:aws:autoscaling:${ctx.region}:${ctx.account}:autoScalingGroup:${uuid}:autoScalingGroupName/${name}`;
}

function launchTemplate(group: Group): { LaunchTemplateId: string; LaunchTemplateName: string; Version: string } {
	const hex = Buffer.from(group.name).toString('hex').padEnd(17, '0').slice(0, 17);
	return { LaunchTemplateId: `lt-${hex}`, LaunchTemplateName: group.name, Version: LAUNCH_TEMPLATE_VERSION };
}
