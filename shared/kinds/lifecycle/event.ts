/** The events of lifecycle actions, and what they are about. Pure. */

import * as z from 'zod/mini';
import type { LifecycleSubject } from '../../operation/types.ts';
import type { PlaybookOn } from '../../playbook/types.ts';

export const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';
export const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';

/** A full or a short EC2 instance id. */
const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;

const place = z.optional(z.string());

/** `EC2 Instance-launch Lifecycle Action` and `EC2 Instance-terminate Lifecycle Action`, as far as they are read. */
export const LifecycleEvent = z.object({
	id: z.string(),
	account: z.string().check(z.regex(/^[0-9]{12}$/, 'expected a 12-digit account id')),
	region: z.string().check(z.minLength(1)),
	time: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'expected a time such as 2026-11-23T10:00:00Z')),
	'detail-type': z.enum(['EC2 Instance-launch Lifecycle Action', 'EC2 Instance-terminate Lifecycle Action']),
	source: z.literal('aws.autoscaling'),
	detail: z.looseObject({
		LifecycleActionToken: z.string().check(z.length(36, 'expected a token of 36 characters')),
		AutoScalingGroupName: z.string().check(z.minLength(1)),
		LifecycleHookName: z.string().check(z.minLength(1)),
		EC2InstanceId: z.string().check(z.regex(INSTANCE_ID, 'expected an instance id such as i-0123456789abcdef0')),
		LifecycleTransition: z.enum([TERMINATING, LAUNCHING]),
		NotificationMetadata: z.optional(z.string()),
		Origin: place,
		Destination: place,
	}),
});
export type LifecycleEvent = z.infer<typeof LifecycleEvent>;

/** A hook that holds an instance, however it became known. */
export interface Sighting {
	readonly subject: LifecycleSubject;
	readonly detail: Readonly<Record<string, unknown>>;
	/** When the wait began, epoch milliseconds, as well as is known. */
	readonly startedAt: number;
	readonly seenBy: 'event' | 'sweep';
	readonly token?: string;
	readonly eventId?: string;
}

/** @param startedAt the event's `time`, epoch milliseconds. */
export function sightingOf({ id, account, region, detail }: LifecycleEvent, startedAt: number): Sighting {
	return {
		subject: {
			kind: 'lifecycle',
			group: detail.AutoScalingGroupName,
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

export function occasionOf(transition: LifecycleSubject['transition']): PlaybookOn {
	return transition === TERMINATING ? 'instance-terminating' : 'instance-launching';
}

/** A return to the warm pool is reported as a termination, and is none: only a playbook that names it is asked. */
export function isReturnToWarmPool({ transition, destination }: LifecycleSubject): boolean {
	return transition === TERMINATING && destination === 'WarmPool';
}

/** Whether a pattern over the event's detail speaks of a field, in whatever branch. */
export function namesField(pattern: unknown, field: string): boolean {
	if (pattern === null || typeof pattern !== 'object') return false;
	if (Object.hasOwn(pattern, field)) return true;
	const branches = (pattern as { $or?: unknown }).$or;
	return Array.isArray(branches) && branches.some((branch) => namesField(branch, field));
}

/** A transition's state names at Auto Scaling: which hooks can hold an instance in that state. */
export function transitionsOfState(lifecycleState: string): readonly LifecycleSubject['transition'][] {
	switch (lifecycleState) {
		case 'Terminating:Wait':
		case 'Warmed:Terminating:Wait':
			return [TERMINATING];
		case 'Pending:Wait':
			return [LAUNCHING];
		case 'Warmed:Pending:Wait':
			// A launch into the pool and a return to it look the same from outside.
			return [LAUNCHING, TERMINATING];
		default:
			return [];
	}
}
