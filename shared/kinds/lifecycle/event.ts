/** The events of lifecycle actions. Pure. */

import * as z from 'zod/mini';
import { LAUNCHING, type Sighting, TERMINATING } from './sighting.ts';

/** A full or a short EC2 instance id. */
const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;

const place = z.optional(z.string());
const text = z.string().check(z.regex(/./, 'expected text'));

/** `EC2 Instance-launch Lifecycle Action` and `EC2 Instance-terminate Lifecycle Action`, as far as they are read. */
export const LifecycleEvent = z.object({
	id: z.string(),
	account: z.string().check(z.regex(/^[0-9]{12}$/, 'expected a 12-digit account id')),
	region: text,
	time: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'expected a time such as 2026-11-23T10:00:00Z')),
	'detail-type': z.literal(['EC2 Instance-launch Lifecycle Action', 'EC2 Instance-terminate Lifecycle Action']),
	source: z.literal('aws.autoscaling'),
	resources: z.optional(z.unknown()),
	detail: z.looseObject({
		LifecycleActionToken: z.string().check(z.regex(/^.{36}$/, 'expected a token of 36 characters')),
		AutoScalingGroupName: text,
		LifecycleHookName: text,
		EC2InstanceId: z.string().check(z.regex(INSTANCE_ID, 'expected an instance id such as i-0123456789abcdef0')),
		LifecycleTransition: z.literal([TERMINATING, LAUNCHING]),
		NotificationMetadata: z.optional(z.string()),
		Origin: place,
		Destination: place,
	}),
});
export type LifecycleEvent = z.infer<typeof LifecycleEvent>;

/** @param startedAt the event's `time`, epoch milliseconds. */
export function sightingOf({ id, account, region, resources, detail }: LifecycleEvent, startedAt: number): Sighting {
	const groupArn = [resources].flat().find((arn): arn is string => typeof arn === 'string' && arn.includes(':autoScalingGroup:'));
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
