/** The Auto Scaling operations that take instances aside while they stay in their group. */

import type { EnterStandbyCommandInput, EnterStandbyCommandOutput } from '@aws-sdk/client-auto-scaling';
import { LATENCY_MS, within } from '../assumptions.ts';
import type { AwsContext, Output } from '../types.ts';
import type { Groups } from './groups.ts';
import { requireMember, type Scaling } from './scaling.ts';
import { invalid } from './validation.ts';

export function standbyOperations(ctx: AwsContext, groups: Groups, scaling: Scaling) {
	return {
		/** Its activities are not recorded here. */
		EnterStandby(input: EnterStandbyCommandInput): Output<EnterStandbyCommandOutput> {
			const group = groups.get(input.AutoScalingGroupName);
			const members = (input.InstanceIds ?? []).map((id) => {
				const member = requireMember(scaling, id);
				if (member.group !== group) throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
				if (member.state !== 'InService') throw invalid(`The instance ${id} is in ${member.state}, not in InService.`);
				return member;
			});
			if (input.ShouldDecrementDesiredCapacity) {
				if (group.desired - members.length < group.min) {
					throw invalid(`AutoScalingGroup ${group.name} has min-size=${group.min}: entering standby would go below it.`);
				}
				group.desired -= members.length;
			}
			for (const member of members) {
				member.state = 'EnteringStandby';
				ctx.clock.after(within(ctx.clock, LATENCY_MS.lifecycleProceed), () => {
					if (member.state === 'EnteringStandby') member.state = 'Standby';
				});
			}
			scaling.plan(group);
			return { Activities: [] };
		},
	};
}
