/** Scaling activities: their record, and the events at their ends. */

import { type Ec2, instanceArn } from '../ec2.ts';
import type { AwsContext } from '../types.ts';
import type { Activity, Member, Place } from './model.ts';

export class Activities {
	readonly #ctx: AwsContext;
	readonly #ec2: Ec2;

	constructor(ctx: AwsContext, ec2: Ec2) {
		this.#ctx = ctx;
		this.#ec2 = ec2;
	}

	/** @param cause what follows `At <time> ` in the activity's cause. */
	begin(member: Member, origin: Place, destination: Place, cause: string): Activity {
		const now = this.#ctx.clock.now();
		const instance = this.#ec2.instance(member.instanceId);
		const verb = destination === 'AutoScalingGroup' || origin === 'EC2' ? 'Launching a new' : 'Terminating';
		const activity: Activity = {
			id: this.#ctx.uuid(),
			group: member.group.name,
			instanceId: member.instanceId,
			description: `${verb} EC2 instance: ${member.instanceId}`,
			cause: `At ${new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')} ${cause}.`,
			startedAt: now,
			availabilityZone: instance?.availabilityZone ?? '',
			subnetId: instance?.subnetId ?? '',
			origin,
			destination,
			status: 'InProgress',
			statusMessage: '',
		};
		member.group.activities.unshift(activity);
		return activity;
	}

	holds(member: Member): void {
		if (member.activity) member.activity.status = 'MidLifecycleAction';
	}

	succeed(member: Member): void {
		this.#end(member, 'Successful', '');
	}

	fail(member: Member, message: string): void {
		this.#end(member, 'Failed', message);
	}

	#end(member: Member, status: 'Successful' | 'Failed', message: string): void {
		const { activity } = member;
		if (!activity || activity.endedAt !== undefined) return;
		activity.endedAt = this.#ctx.clock.now();
		activity.status = status;
		activity.statusMessage = message;
		const launch = activity.description.startsWith('Launching');
		this.#ctx.emit({
			source: 'aws.autoscaling',
			detailType: `EC2 Instance ${launch ? 'Launch' : 'Terminate'} ${status === 'Failed' ? 'Unsuccessful' : 'Successful'}`,
			resources: [member.group.arn, instanceArn(this.#ctx, member.instanceId)],
			detail: {
				// AWS's own samples of successful ends say `InProgress`.
				StatusCode: status === 'Failed' ? 'Failed' : 'InProgress',
				...(status === 'Failed' ? {} : { Description: activity.description }),
				AutoScalingGroupName: activity.group,
				ActivityId: activity.id,
				Details: { 'Availability Zone': activity.availabilityZone, 'Subnet ID': activity.subnetId },
				RequestId: this.#ctx.uuid(),
				StatusMessage: message,
				EndTime: new Date(activity.endedAt).toISOString(),
				EC2InstanceId: activity.instanceId,
				StartTime: new Date(activity.startedAt).toISOString(),
				Cause: activity.cause,
				Origin: activity.origin,
				Destination: activity.destination,
			},
		});
	}
}
