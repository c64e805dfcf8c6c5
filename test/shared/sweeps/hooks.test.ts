import { describe, expect, it } from 'vitest';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import { operationId } from '../../../shared/operation/ids.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import {
	awsError,
	type Core,
	commandId,
	createCore,
	invocation,
	lifecycleEvent,
	nodeId,
	sweep,
	throttled,
	tickEvery,
} from '../../support/core.ts';
import { MINUTE, OPENED_AT, TERMINATING } from '../../support/operations.ts';

const idOf = (number: number, subject: object = {}) => operationId({ ...TERMINATING, instanceId: nodeId(number), ...subject }, 1);

async function read(core: Core, id: string): Promise<Operation | undefined> {
	return (await core.another().ledger.load([id]))[0];
}

describe('the sweep for hooks', () => {
	const group = (instances: readonly object[], name = 'web-1') => ({
		AutoScalingGroupName: name,
		AutoScalingGroupARN: `arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:uuid:autoScalingGroupName/${name}`,
		Instances: instances,
	});
	const held = (number: number, LifecycleState = 'Terminating:Wait') => ({ InstanceId: nodeId(number), LifecycleState });
	const hooks = (...names: readonly [string, string][]) => ({
		LifecycleHooks: names.map(([LifecycleHookName, transition]) => ({
			LifecycleHookName,
			LifecycleTransition: `autoscaling:EC2_INSTANCE_${transition}`,
			HeartbeatTimeout: 1_800,
		})),
	});

	async function fleet(...groups: readonly object[]) {
		const core = await createCore();
		core.on('DescribeAutoScalingGroups', () => ({ AutoScalingGroups: groups }));
		return core;
	}

	it('opens what nobody reported, and completes it by the instance, since no token is known', async () => {
		const core = await fleet(group([held(1), held(2, 'InService')]));
		expect(await sweep(core.services)).toEqual({ waiting: 1, opened: 1 });
		const operation = await read(core, idOf(1));
		expect(operation).toMatchObject({ state: 'running', actionStartedAt: OPENED_AT - 5 * MINUTE });
		expect(operation?.history[0]?.why).toContain('its event never came');
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'any', 'Success')] }));
		await tickEvery(core, 6);
		expect(core.calls('CompleteLifecycleAction')[0]).toMatchObject({ InstanceId: nodeId(1), LifecycleActionResult: 'CONTINUE' });
		expect(core.calls('CompleteLifecycleAction')[0]).not.toHaveProperty('LifecycleActionToken');
	});

	it('leaves alone what an event has opened, whatever state it is in', async () => {
		const core = await fleet(group([held(1)]));
		await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		expect(await sweep(core.services)).toEqual({ waiting: 1, opened: 0 });
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('and the event that comes late meet in one operation, which learns its token', async () => {
		const core = await fleet(group([held(1)]));
		await sweep(core.services);
		const [late] = await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		expect(late).toMatchObject({ ok: true, value: { outcome: 'exists', operation: { id: idOf(1), token: expect.any(String) } } });
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('leaves hooks alone that no playbook names', async () => {
		const core = await fleet(group([held(1)], 'db-1'));
		expect(await sweep(core.services)).toEqual({ waiting: 0, opened: 0 });
	});

	it('opens only for our hook where the group has two', async () => {
		const core = await fleet(group([held(1)]));
		core.on('DescribeLifecycleHooks', () => hooks(['ecs-managed-draining', 'TERMINATING'], ['fleetkeeper-drain', 'TERMINATING']));
		expect(await sweep(core.services)).toEqual({ waiting: 1, opened: 1 });
		expect((await read(core, idOf(1)))?.subject).toMatchObject({ hook: 'fleetkeeper-drain' });
	});

	it('takes a return to the warm pool for no termination', async () => {
		const core = await fleet(group([held(1, 'Warmed:Pending:Wait')]));
		expect((await sweep(core.services)).opened).toBe(0);
		expect(core.calls('SendCommand')).toEqual([]);
	});

	it('says where it cannot tell which hook holds an instance', async () => {
		const core = await fleet(group([held(1, 'Warmed:Pending:Wait')]));
		core.on('DescribeLifecycleHooks', () => hooks(['fleetkeeper-bootstrap', 'LAUNCHING'], ['fleetkeeper-drain', 'TERMINATING']));
		expect((await sweep(core.services)).opened).toBe(0);
		expect(core.counts).toContainEqual({ name: 'SweepAmbiguous', dimensions: {} });
	});

	it('goes on with the other groups where one cannot be read', async () => {
		const core = await fleet(group([held(1)]), group([held(2)], 'web-2'));
		core.on('DescribeLifecycleHooks', ({ AutoScalingGroupName }) => {
			if (AutoScalingGroupName === 'web-1') throw throttled();
			return hooks(['fleetkeeper-drain', 'TERMINATING']);
		});
		expect(await sweep(core.services)).toEqual({ waiting: 1, opened: 1 });
		expect(await read(core, idOf(2, { group: 'web-2' }))).toMatchObject({ state: 'running' });
	});

	it('serves an instance again that still waits ten minutes after its operation closed', async () => {
		const core = await fleet(group([held(1)]));
		core.on('DescribeInstanceInformation', () => ({ InstanceInformationList: [] }));
		await sweep(core.services);
		expect((await read(core, idOf(1)))?.closedAt).toBeDefined();
		core.pass(9 * MINUTE);
		expect((await sweep(core.services)).opened).toBe(0);
		core.pass(2 * MINUTE);
		expect((await sweep(core.services)).opened).toBe(1);
	});

	const burst = Array.from({ length: 210 }, (_, index) => index + 1);

	it('of a burst whose events are just coming in leaves the rest to them', async () => {
		const core = await fleet(group(burst.map((number) => held(number))));
		const coming = burst.slice(110).map((number) => lifecycleEvent(nodeId(number)));
		let came = false;
		core.on('SendCommand', async () => {
			if (!came) {
				came = true;
				await openFromEvents(core.another(), coming);
			}
			return { Command: { CommandId: commandId(core.calls('SendCommand').length) } };
		});
		expect(await sweep(core.services)).toEqual({ waiting: 210, opened: 100 });
		expect(await sweep(core.services)).toEqual({ waiting: 210, opened: 10 });
	});

	it('of a burst whose events are lost opens all of it', async () => {
		const core = await fleet(group(burst.map((number) => held(number))));
		expect(await sweep(core.services)).toEqual({ waiting: 210, opened: 210 });
	});

	it('does not take the wait at a second hook for another wait at ours', async () => {
		const core = await fleet(group([held(1)]));
		core.on('DescribeLifecycleHooks', () => hooks(['ecs-managed-draining', 'TERMINATING'], ['fleetkeeper-drain', 'TERMINATING']));
		core.on('DescribeInstanceInformation', () => ({ InstanceInformationList: [] }));
		await sweep(core.services);
		core.pass(30 * MINUTE);
		expect((await sweep(core.services)).opened).toBe(0);
	});

	it('that Auto Scaling does not answer fails, and the next one tries again', async () => {
		const core = await createCore();
		core.on('DescribeAutoScalingGroups', () => {
			throw awsError('AccessDenied', 'no', 403);
		});
		await expect(sweep(core.services)).rejects.toMatchObject({ name: 'AccessDenied' });
	});

	it('without playbooks asks Auto Scaling nothing', async () => {
		const core = await createCore({ playbooks: [] });
		await sweep(core.services);
		expect(core.called()).toEqual([]);
	});
});
