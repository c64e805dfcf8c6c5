import { describe, expect, it } from 'vitest';
import type { FleetGroup, FleetHook } from '../../local/fleet.ts';
import { nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const DRAIN: FleetHook = { name: 'drain', on: 'terminate', heartbeatTimeoutSeconds: 600, defaultResult: 'CONTINUE' };
const BOOTSTRAP: FleetHook = { name: 'bootstrap', on: 'launch', heartbeatTimeoutSeconds: 120 };

const group = (count: number, part: Partial<FleetGroup>) => smallAws(webFleet(count, {}, part));
const stateOf = (aws: SmallAws, number: number) => aws.autoScaling.member(nodeId(number))?.state;
const complete = (aws: SmallAws, LifecycleHookName: string, InstanceId: string) =>
	aws.call('autoscaling', 'CompleteLifecycleAction', {
		AutoScalingGroupName: 'web',
		LifecycleHookName,
		LifecycleActionResult: 'CONTINUE',
		InstanceId,
	});
const terminateActions = (aws: SmallAws) => aws.details('EC2 Instance-terminate Lifecycle Action');
const launchActions = (aws: SmallAws) => aws.details('EC2 Instance-launch Lifecycle Action');

describe('a warm pool', () => {
	const pool = { minSize: 1, maxPrepared: 1, poolState: 'Stopped' } as const;
	const warm = (aws: SmallAws) => aws.call('autoscaling', 'DescribeWarmPool', { AutoScalingGroupName: 'web' }).Instances;

	it('is filled through the launch hooks, and its stopped nodes cannot be reached', async () => {
		const aws = group(0, { hooks: [BOOTSTRAP], warmPool: pool });
		aws.autoScaling.setDesired('web', 0);
		await aws.advance(30);
		const [instance] = warm(aws);
		expect(instance.LifecycleState).toBe('Warmed:Pending:Wait');
		expect(launchActions(aws)[0]).toMatchObject({ Origin: 'EC2', Destination: 'WarmPool' });

		complete(aws, 'bootstrap', instance.InstanceId);
		await aws.advance(60);

		expect(warm(aws)[0].LifecycleState).toBe('Warmed:Stopped');
		expect(aws.call('ssm', 'DescribeInstanceInformation').InstanceInformationList).toEqual([]);
		expect(aws.details('EC2 Instance Launch Successful')[0]).toMatchObject({ Destination: 'WarmPool' });
	});

	it('gives its instance to the group when it scales out, and is filled again', async () => {
		const aws = smallAws(webFleet(1, { 0: { state: 'Warmed:Stopped' } }, { desired: 0, hooks: [BOOTSTRAP], warmPool: pool }));
		aws.autoScaling.setDesired('web', 1);
		await aws.advance(30);

		expect(launchActions(aws)).toMatchObject([
			{ EC2InstanceId: nodeId(1), Origin: 'WarmPool', Destination: 'AutoScalingGroup' },
			{ Origin: 'EC2', Destination: 'WarmPool' },
		]);
		complete(aws, 'bootstrap', nodeId(1));
		await aws.advance(10);
		expect(stateOf(aws, 1)).toBe('InService');
	});

	it('takes instances back where it is told to: that is no termination', async () => {
		const aws = group(1, { hooks: [DRAIN], warmPool: { ...pool, reuseOnScaleIn: true } });
		aws.autoScaling.setDesired('web', 0);
		await aws.advance(10);
		expect(stateOf(aws, 1)).toBe('Warmed:Pending:Wait');
		expect(terminateActions(aws)).toMatchObject([{ EC2InstanceId: nodeId(1), Origin: 'AutoScalingGroup', Destination: 'WarmPool' }]);

		complete(aws, 'drain', nodeId(1));
		await aws.advance(60);
		expect([stateOf(aws, 1), aws.ec2.instance(nodeId(1))?.state]).toEqual(['Warmed:Stopped', 'stopped']);
	});

	it('terminates its instances through the hooks, from where they are', async () => {
		const aws = smallAws(webFleet(1, { 0: { state: 'Warmed:Stopped' } }, { desired: 0, hooks: [DRAIN], warmPool: pool }));
		aws.call('autoscaling', 'DeleteWarmPool', { AutoScalingGroupName: 'web' });
		await aws.advance(10);
		expect(stateOf(aws, 1)).toBe('Warmed:Terminating:Wait');
		expect(terminateActions(aws)).toMatchObject([{ Origin: 'WarmPool', Destination: 'EC2' }]);
	});
});
