import { describe, expect, it } from 'vitest';
import type { FleetGroup, FleetHook } from '../../local/fleet.ts';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';

const DRAIN: FleetHook = { name: 'drain', on: 'terminate', heartbeatTimeoutSeconds: 600, defaultResult: 'CONTINUE', metadata: 'ours' };
const DEPLOY: FleetHook = { name: 'deploy', on: 'terminate', heartbeatTimeoutSeconds: 300, defaultResult: 'CONTINUE' };
const BOOTSTRAP: FleetHook = { name: 'bootstrap', on: 'launch', heartbeatTimeoutSeconds: 120 };

const group = (count: number, part: Partial<FleetGroup>, options = {}) => smallAws(webFleet(count, {}, part), options);
const stateOf = (aws: SmallAws, number: number) => aws.autoScaling.member(nodeId(number))?.state;
const terminate = (aws: SmallAws, number: number, ShouldDecrementDesiredCapacity = true) =>
	aws.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', { InstanceId: nodeId(number), ShouldDecrementDesiredCapacity });
const complete = (aws: SmallAws, hook: string, by: object, LifecycleActionResult = 'CONTINUE') =>
	aws.call('autoscaling', 'CompleteLifecycleAction', {
		AutoScalingGroupName: 'web',
		LifecycleHookName: hook,
		LifecycleActionResult,
		...by,
	});
const beat = (aws: SmallAws, hook: string, by: object) =>
	aws.call('autoscaling', 'RecordLifecycleActionHeartbeat', { AutoScalingGroupName: 'web', LifecycleHookName: hook, ...by });
const terminateActions = (aws: SmallAws) => aws.details('EC2 Instance-terminate Lifecycle Action');
const launchActions = (aws: SmallAws) => aws.details('EC2 Instance-launch Lifecycle Action');

describe('a termination hook', () => {
	it('holds the instance, tells of it, and lets it go when completed by token', async () => {
		const aws = group(2, { hooks: [DRAIN] });
		terminate(aws, 1);
		const [action] = terminateActions(aws);

		expect(stateOf(aws, 1)).toBe('Terminating:Wait');
		expect(action).toEqual({
			LifecycleActionToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
			AutoScalingGroupName: 'web',
			LifecycleHookName: 'drain',
			EC2InstanceId: nodeId(1),
			LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
			NotificationMetadata: 'ours',
			Origin: 'AutoScalingGroup',
			Destination: 'EC2',
		});

		const token = { LifecycleActionToken: action?.['LifecycleActionToken'] };
		complete(aws, 'drain', token);
		await aws.advance(60);

		expect(stateOf(aws, 1)).toBeUndefined();
		expect(aws.ec2.instance(nodeId(1))?.state).toBe('terminated');
		expect(aws.details('EC2 Instance Terminate Successful')[0]).toMatchObject({
			EC2InstanceId: nodeId(1),
			Destination: 'EC2',
			StatusCode: 'InProgress',
		});
		expect(errorOf(() => complete(aws, 'drain', token))).toMatchObject({
			code: 'ValidationError',
			message: `No active Lifecycle Action found with token ${token.LifecycleActionToken}`,
		});
	});

	it('can be completed by instance, and by nobody twice', async () => {
		const aws = group(1, { hooks: [DRAIN] });
		terminate(aws, 1);

		complete(aws, 'drain', { InstanceId: nodeId(1) });

		expect(errorOf(() => complete(aws, 'drain', { InstanceId: nodeId(1) })).message).toBe(
			`No active Lifecycle Action found with instance ID ${nodeId(1)}`,
		);
	});

	it('ends with its default result at the heartbeat timeout, which a heartbeat restarts from now', async () => {
		const aws = group(1, { hooks: [DRAIN] });
		terminate(aws, 1);

		await aws.advance(500);
		beat(aws, 'drain', { InstanceId: nodeId(1) });
		await aws.advance(599);
		expect(stateOf(aws, 1)).toBe('Terminating:Wait');

		await aws.advance(2);
		expect(stateOf(aws, 1)).not.toBe('Terminating:Wait');
		expect(errorOf(() => beat(aws, 'drain', { InstanceId: nodeId(1) })).code).toBe('ValidationError');
	});

	it('no heartbeat carries it beyond its global timeout of 100 heartbeat timeouts', async () => {
		const aws = group(1, { hooks: [{ ...DRAIN, heartbeatTimeoutSeconds: 30 }] });
		terminate(aws, 1);
		let held = 0;

		for (; stateOf(aws, 1) === 'Terminating:Wait'; held += 20) {
			beat(aws, 'drain', { InstanceId: nodeId(1) });
			await aws.advance(20);
		}

		expect(held).toBe(3000);
	});

	it('waits for all hooks at once, each with its own token and timer', async () => {
		const aws = group(1, { hooks: [DRAIN, DEPLOY] });
		terminate(aws, 1);
		expect(new Set(terminateActions(aws).map((action) => action['LifecycleActionToken'])).size).toBe(2);

		complete(aws, 'drain', { InstanceId: nodeId(1) });
		expect(stateOf(aws, 1)).toBe('Terminating:Wait');
		expect(errorOf(() => complete(aws, 'drain', { InstanceId: nodeId(1) })).code).toBe('ValidationError');

		await aws.advance(299);
		expect(stateOf(aws, 1)).toBe('Terminating:Wait');
		await aws.advance(2);
		expect(stateOf(aws, 1)).not.toBe('Terminating:Wait');
	});

	it('abandoned, it skips the other hooks', async () => {
		const aws = group(1, { hooks: [DRAIN, DEPLOY] });
		terminate(aws, 1);

		complete(aws, 'drain', { InstanceId: nodeId(1) }, 'ABANDON');

		expect(errorOf(() => complete(aws, 'deploy', { InstanceId: nodeId(1) })).code).toBe('ValidationError');
		await aws.advance(60);
		expect(aws.ec2.instance(nodeId(1))?.state).toBe('terminated');
	});

	it('abandoned in a group that retains, it keeps the instance until somebody terminates it', async () => {
		const aws = group(1, { hooks: [DRAIN], retainOnAbandon: true });
		terminate(aws, 1);
		complete(aws, 'drain', { InstanceId: nodeId(1) }, 'ABANDON');
		await aws.advance(7200);
		expect([stateOf(aws, 1), aws.ec2.instance(nodeId(1))?.state]).toEqual(['Terminating:Retained', 'running']);

		terminate(aws, 1);
		await aws.advance(60);
		expect(aws.ec2.instance(nodeId(1))?.state).toBe('terminated');
	});

	it('deleted, it lets go what it holds', async () => {
		const aws = group(1, { hooks: [DRAIN] });
		terminate(aws, 1);
		aws.call('autoscaling', 'DeleteLifecycleHook', { AutoScalingGroupName: 'web', LifecycleHookName: 'drain' });
		expect(stateOf(aws, 1)).toBe('Terminating:Proceed');
	});

	it('holds an instance that vanished, too, once Auto Scaling has noticed', async () => {
		const aws = group(1, { hooks: [DRAIN] });
		aws.ec2.vanish(nodeId(1));
		await aws.advance(61);
		expect(stateOf(aws, 1)).toBe('Terminating:Wait');
		expect(terminateActions(aws)).toHaveLength(1);
	});
});

describe('a launch hook', () => {
	const launched = async (aws: SmallAws) => {
		aws.autoScaling.setDesired('web', 1);
		await aws.advance(15);
		return aws.autoScaling.group('web')?.members.values().next().value;
	};

	it('holds a running instance that has not registered yet, and puts it into service', async () => {
		const aws = group(0, { hooks: [BOOTSTRAP], bootSeconds: 5, registerSeconds: 40 });
		const member = await launched(aws);
		const id = member?.instanceId ?? '';
		expect(member?.state).toBe('Pending:Wait');
		expect(launchActions(aws)[0]).toMatchObject({ EC2InstanceId: id, Origin: 'EC2', Destination: 'AutoScalingGroup' });
		expect(aws.ssm.node(id)).toBeUndefined();

		await aws.advance(40);
		expect(aws.ssm.node(id)).toBeDefined();
		complete(aws, 'bootstrap', { InstanceId: id });
		await aws.advance(5);

		expect(member?.state).toBe('InService');
		expect(aws.details('EC2 Instance Launch Successful')[0]).toMatchObject({ EC2InstanceId: id });
	});

	it('left alone is abandoned by default: the instance goes and another takes its place', async () => {
		const aws = group(0, { hooks: [BOOTSTRAP] });
		const first = (await launched(aws))?.instanceId ?? '';

		await aws.advance(180);

		expect(aws.details('EC2 Instance Launch Unsuccessful')[0]).toMatchObject({
			EC2InstanceId: first,
			StatusCode: 'Failed',
			StatusMessage: expect.stringContaining('was abandoned: Heartbeat Timeout'),
		});
		expect(aws.ec2.instance(first)?.state).toBe('terminated');
		expect(launchActions(aws).map((action) => action['EC2InstanceId'])).toEqual([first, expect.not.stringMatching(first)]);
	});

	it('abandoned time and again, it slows down the launches', async () => {
		const aws = group(0, { hooks: [BOOTSTRAP] });
		aws.autoScaling.setDesired('web', 1);
		for (let minute = 0; minute < 60; minute++) {
			await aws.advance(60);
			const waiting = [...(aws.autoScaling.group('web')?.members.values() ?? [])].find((member) => member.state === 'Pending:Wait');
			if (waiting) complete(aws, 'bootstrap', { InstanceId: waiting.instanceId }, 'ABANDON');
		}
		expect(launchActions(aws).length).toBeGreaterThan(5);
		expect(launchActions(aws).length).toBeLessThan(20);
	});
});

describe('capacity', () => {
	it('scaling in takes the oldest, scaling out launches', async () => {
		const aws = group(3, { hooks: [DRAIN] });
		aws.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'web', DesiredCapacity: 1 });
		await aws.advance(5);
		expect([1, 2, 3].map((number) => stateOf(aws, number))).toEqual(['Terminating:Wait', 'Terminating:Wait', 'InService']);

		aws.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'web', DesiredCapacity: 2 });
		await aws.advance(30);
		const groups = aws.call('autoscaling', 'DescribeAutoScalingGroups', { AutoScalingGroupNames: ['web'] }).AutoScalingGroups;
		expect(groups[0].Instances.filter((instance: { LifecycleState: string }) => instance.LifecycleState === 'InService')).toHaveLength(2);
	});

	it('terminating without decrement replaces, with decrement does not go below the minimum', async () => {
		const aws = group(1, { min: 1 });
		expect(errorOf(() => terminate(aws, 1, true)).code).toBe('ValidationError');
		terminate(aws, 1, false);
		await aws.advance(60);
		expect(aws.autoScaling.group('web')?.members.size).toBe(1);
		expect(stateOf(aws, 1)).toBeUndefined();
	});

	it('refuses what is out of bounds or not there', () => {
		const aws = group(1, {});
		expect(errorOf(() => aws.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'web', DesiredCapacity: 21 })).code).toBe(
			'ValidationError',
		);
		expect(errorOf(() => terminate(aws, 7)).code).toBe('ValidationError');
		expect(errorOf(() => aws.call('autoscaling', 'DescribeLifecycleHooks', { AutoScalingGroupName: 'api' })).code).toBe('ValidationError');
		const ids = Array.from({ length: 51 }, (_, index) => nodeId(index));
		expect(errorOf(() => aws.call('autoscaling', 'DescribeAutoScalingInstances', { InstanceIds: ids })).code).toBe('ValidationError');
	});

	it('pages instances by 50', () => {
		const aws = smallAws(webFleet(60, {}, { max: 100 }));
		const first = aws.call('autoscaling', 'DescribeAutoScalingInstances');
		const second = aws.call('autoscaling', 'DescribeAutoScalingInstances', { NextToken: first.NextToken });
		expect([first.AutoScalingInstances.length, second.AutoScalingInstances.length, second.NextToken]).toEqual([50, 10, undefined]);
	});

	it('shows the timers of a hook', () => {
		const aws = group(0, { hooks: [{ ...DRAIN, heartbeatTimeoutSeconds: 7200 }, BOOTSTRAP] });
		const hooks = aws.call('autoscaling', 'DescribeLifecycleHooks', { AutoScalingGroupName: 'web' }).LifecycleHooks;
		expect(hooks).toMatchObject([
			{
				LifecycleHookName: 'drain',
				HeartbeatTimeout: 7200,
				GlobalTimeout: 172_800,
				DefaultResult: 'CONTINUE',
				NotificationMetadata: 'ours',
			},
			{ LifecycleHookName: 'bootstrap', HeartbeatTimeout: 120, GlobalTimeout: 12_000, DefaultResult: 'ABANDON' },
		]);
	});
});
