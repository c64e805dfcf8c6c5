/** Amazon EC2 Auto Scaling: groups, lifecycle hooks, warm pools. */

import * as schemas from '@aws-sdk/client-auto-scaling';
import type { Ec2 } from '../ec2.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from '../service.ts';
import { quotasOf, throttled } from '../throttle.ts';
import type { AwsContext } from '../types.ts';
import { groupOperations } from './group-operations.ts';
import { type GroupSpec, Groups } from './groups.ts';
import { hookOperations } from './hook-operations.ts';
import type { Group, LifecycleState, Member } from './model.ts';
import { Scaling } from './scaling.ts';
import { standbyOperations } from './standby-operations.ts';
import type { SeededAction } from './waits.ts';

export interface AutoScaling {
	readonly definition: ServiceDefinition;
	group(name: string): Group | undefined;
	groups(): readonly Group[];
	/** Where an instance stands in its group. */
	member(instanceId: string): Member | undefined;
	/** Makes a group without instances; they are adopted, or launched at the next change of capacity. */
	createGroup(spec: GroupSpec): Group;
	/**
	 * Puts an instance of EC2 into a group as it stood when the world began. In `Terminating:Wait` or `Pending:Wait` it is held by
	 * `actions`, whose events nobody got.
	 */
	adopt(group: string, instanceId: string, state: LifecycleState, actions?: readonly SeededAction[]): void;
	/** @throws AwsError `ValidationError` beyond the group's bounds. */
	setDesired(group: string, desired: number): void;
}

export interface AutoScalingOptions {
	readonly ec2: Ec2;
	/** Calls per second, by operation. AWS publishes none; all calls of an account share one bucket there. */
	readonly throttles?: Readonly<Record<string, number>>;
}

export function createAutoScaling(ctx: AwsContext, { ec2, throttles = {} }: AutoScalingOptions): AutoScaling {
	const groups = new Groups(ctx);
	const scaling = new Scaling(ctx, ec2);
	const operations = {
		...groupOperations(ctx, groups, scaling, ec2),
		...hookOperations(groups, scaling),
		...standbyOperations(ctx, groups, scaling),
	};

	return {
		definition: defineService({
			name: 'autoscaling',
			protocol: PROTOCOLS.autoscaling,
			schemas,
			operations: throttled(operations, quotasOf(throttles), ctx.clock, 'Throttling'),
		}),
		group: (name) => groups.find(name),
		groups: () => groups.all(),
		member: (instanceId) => scaling.member(instanceId),
		createGroup: (spec) => groups.create(spec),
		adopt(name, instanceId, state, actions = []) {
			const member = scaling.adopt(groups.get(name), instanceId, state);
			if (actions.length > 0) scaling.adoptWaiting(member, actions);
		},
		setDesired: (name, desired) => {
			operations.SetDesiredCapacity({ AutoScalingGroupName: name, DesiredCapacity: desired });
		},
	};
}
