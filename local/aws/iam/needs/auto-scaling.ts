/** Auto Scaling. */

import { type Need, type Needs, onAnything, type Site } from '../need.ts';

/** A group's ARN has an id that its name does not tell: it stands for that of any group. */
const onGroup =
	(action: string) =>
	({ AutoScalingGroupName: name = '' }: { AutoScalingGroupName?: string }, { arn }: Site): Need[] => [
		{ action: `autoscaling:${action}`, resources: [arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${name}`)] },
	];

export const AUTO_SCALING_NEEDS: Needs = {
	...onAnything('autoscaling', ['DescribeAutoScalingGroups', 'DescribeAutoScalingInstances']),
	...onAnything('autoscaling', ['DescribeLifecycleHooks', 'DescribeWarmPool']),
	...Object.fromEntries(
		['CompleteLifecycleAction', 'EnterStandby', 'ExitStandby', 'RecordLifecycleActionHeartbeat'].map((action) => [action, onGroup(action)]),
	),
};
