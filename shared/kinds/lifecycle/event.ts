/** The events of lifecycle actions. Pure. */

import * as z from 'zod/mini';
import { envelope, id, isArn, like, modest, name } from '../envelope.ts';
import { LAUNCHING, type Sighting, TERMINATING } from './sighting.ts';

const place = z.optional(z.string());

/** `EC2 Instance-launch Lifecycle Action` and `EC2 Instance-terminate Lifecycle Action`, as far as they are read. */
export const LifecycleEvent = z.object({
	...envelope,
	time: like(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'a time such as 2026-11-23T10:00:00Z'),
	'detail-type': z.literal(['EC2 Instance-launch Lifecycle Action', 'EC2 Instance-terminate Lifecycle Action']),
	source: z.literal('aws.autoscaling'),
	resources: z.optional(z.unknown()),
	detail: modest(
		z.looseObject({
			LifecycleActionToken: id,
			AutoScalingGroupName: name(255),
			LifecycleHookName: like(/^[A-Za-z0-9\-_/]{1,255}$/, 'the name of a hook: letters, digits, - _ and /'),
			EC2InstanceId: like(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, 'an instance id such as i-0123456789abcdef0'),
			LifecycleTransition: z.literal([TERMINATING, LAUNCHING]),
			NotificationMetadata: z.optional(z.string()),
			Origin: place,
			Destination: place,
		}),
	),
});
export type LifecycleEvent = z.infer<typeof LifecycleEvent>;

/** @param startedAt the event's `time`, epoch milliseconds. */
export function sightingOf({ id, account, region, resources, detail }: LifecycleEvent, startedAt: number): Sighting {
	const groupArn = [resources]
		.flat()
		.find((arn): arn is string => typeof arn === 'string' && isArn(arn) && arn.includes(':autoScalingGroup:'));
	return {
		subject: {
			kind: 'lifecycle',
			group: detail.AutoScalingGroupName,
			...(groupArn !== undefined && { groupArn }),
			hook: detail.LifecycleHookName,
			instanceId: detail.EC2InstanceId,
			transition: detail.LifecycleTransition,
			...(detail.Origin !== undefined && { origin: detail.Origin }),
			...(detail.Destination !== undefined && { destination: detail.Destination }),
			account,
			region,
		},
		detail,
		startedAt,
		seenBy: 'event',
		token: detail.LifecycleActionToken,
		eventId: id,
	};
}
