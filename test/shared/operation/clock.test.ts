import { describe, expect, it } from 'vitest';
import { Fail } from '../../../shared/errors.ts';
import { handleClock } from '../../../shared/operation/clock.ts';
import { operationId } from '../../../shared/operation/ids.ts';
import { openFromEvents } from '../../../shared/operation/open-events.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import type { CompiledPlaybook } from '../../../shared/playbook/types.ts';
import {
	awsError,
	type Core,
	createCore,
	drainWeb,
	invocation,
	lifecycleEvent,
	nodeId,
	noReply,
	sweep,
	throttled,
	tickDue,
} from '../../support/core.ts';
import { DRAIN, MINUTE, OPENED_AT, TERMINATING } from '../../support/operations.ts';

const idOf = (number: number, subject: object = {}) => operationId({ ...TERMINATING, instanceId: nodeId(number), ...subject }, 1);

async function draining(nodes = 1, playbooks?: readonly CompiledPlaybook[]) {
	const core = await createCore(playbooks && { playbooks });
	await openFromEvents(
		core.services,
		Array.from({ length: nodes }, (_, index) => lifecycleEvent(nodeId(index + 1))),
	);
	return core;
}

async function read(core: Core, id: string): Promise<Operation | undefined> {
	return (await core.another().ledger.load([id]))[0];
}

async function tickEvery(core: Core, minutes: number): Promise<void> {
	for (let minute = 0; minute < minutes; minute += 1) {
		core.pass(MINUTE);
		await tickDue(core.services);
	}
}

describe('a tick', () => {
	it('with nothing due asks the ledger and nobody else', async () => {
		const core = await draining();
		const before = core.called().length;
		core.pass(MINUTE);
		expect(await tickDue(core.services)).toEqual({ due: 0, looked: 0, closed: 0 });
		expect(core.called()).toHaveLength(before);
	});

	it('finds work whose event never came', async () => {
		const core = await draining();
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'any', 'Success')] }));
		await tickEvery(core, 5);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'succeeded', result: { lifecycle: 'CONTINUE' } });
	});

	it('keeps the hook of a long drain alive, at half its timeout, until the drain is over', async () => {
		const core = await draining(1, [drainWeb({ run: { ...DRAIN, timeoutSeconds: 7_200 } })]);
		await tickEvery(core, 90);
		expect(core.calls('RecordLifecycleActionHeartbeat')).toHaveLength(6);
		expect(core.calls('RecordLifecycleActionHeartbeat')[0]).toMatchObject({
			LifecycleHookName: 'fleetkeeper-drain',
			LifecycleActionToken: expect.any(String),
		});
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'any', 'Success')] }));
		// The longer work has run, the more rarely it is looked up: here every 20 minutes.
		await tickEvery(core, 20);
		const after = core.called().length;
		await tickEvery(core, 30);
		expect(core.called()).toHaveLength(after);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'succeeded' });
	});

	it('keeps a hook of 180 seconds alive', async () => {
		const core = await createCore();
		core.on('DescribeLifecycleHooks', () => ({
			LifecycleHooks: [{ LifecycleHookName: 'fleetkeeper-drain', LifecycleTransition: TERMINATING.transition, HeartbeatTimeout: 180 }],
		}));
		const beats = [OPENED_AT];
		core.on('RecordLifecycleActionHeartbeat', () => {
			beats.push(core.now());
			return {};
		});
		await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		core.pass(100);
		await tickEvery(core, 14);
		const gaps = beats.slice(1).map((beat, index) => beat - (beats[index] ?? 0));
		expect(Math.max(...gaps)).toBeLessThan(180_000);
		expect(core.now() - (beats.at(-1) ?? 0)).toBeLessThan(180_000);
	});

	it('stops work at its timeout, completes the action and says so', async () => {
		const core = await draining();
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'any', 'InProgress')] }));
		await tickEvery(core, 16);
		expect(core.calls('CancelCommand')).toEqual([{ CommandId: 'command-1', InstanceIds: [nodeId(1)] }]);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'timed-out', result: { lifecycle: 'CONTINUE' } });
	});

	it('looks for work whose reply was lost before it stops it', async () => {
		const core = await createCore({ playbooks: [drainWeb({ run: { ...DRAIN, timeoutSeconds: 60 } })] });
		core.on('SendCommand', () => {
			throw noReply();
		});
		await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		const [{ Comment }] = core.calls('SendCommand');
		core.on('ListCommands', () => ({ Commands: [{ CommandId: 'command-1', Comment }] }));
		core.pass(2 * MINUTE);
		await tickDue(core.services);
		expect(core.calls('CancelCommand')).toHaveLength(1);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('starts what a pause held up once the pause is over', async () => {
		const core = await createCore();
		await core.pause(true);
		await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		await tickEvery(core, 20);
		expect(core.calls('SendCommand')).toEqual([]);
		expect(core.calls('RecordLifecycleActionHeartbeat')).toHaveLength(1);
		await core.pause(false);
		await tickEvery(core, 2);
		expect(core.calls('SendCommand')).toHaveLength(1);
		expect((await read(core, idOf(1)))?.history.map(({ what }) => what)).toEqual(['opened', 'waiting', 'heartbeat', 'command sent']);
	});

	it('does not start a runbook during a pause only because the reply to its start was lost', async () => {
		const core = await createCore({ playbooks: [drainWeb({ run: { ...DRAIN, type: 'automation', document: 'collect-and-drain' } })] });
		core.on('StartAutomationExecution', () => {
			throw noReply();
		});
		await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		await core.pause(true);
		await tickEvery(core, 2);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'waiting', waiting: 'pause' });
	});

	it('at the same time as another does no harm', async () => {
		const core = await draining(3);
		core.on('ListCommandInvocations', () => ({
			CommandInvocations: [1, 2, 3].map((number) => invocation(nodeId(number), 'any', 'Failed')),
		}));
		core.pass(5 * MINUTE);
		await Promise.all([tickDue(core.services), tickDue(core.another())]);
		for (const number of [1, 2, 3]) {
			const operation = await read(core, idOf(number));
			expect(operation).toMatchObject({ state: 'failed' });
			expect(operation?.history.filter(({ what }) => what === 'closed')).toHaveLength(1);
		}
	});

	it('begins no batch that it could not end in time; the next tick has the rest', async () => {
		const core = await draining(101);
		core.on('DescribeInstanceInformation', ({ Filters }) => {
			core.pass(11_000);
			return { InstanceInformationList: Filters[0].Values.map((InstanceId: string) => ({ InstanceId, PingStatus: 'Online' })) };
		});
		core.pass(5 * MINUTE);
		expect(await tickDue(core.services)).toMatchObject({ due: 101, looked: 100 });
		expect(await tickDue(core.services)).toMatchObject({ due: 1, looked: 1 });
	});
});

describe('a sweep', () => {
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
		expect((await read(core, idOf(1)))?.subject.hook).toBe('fleetkeeper-drain');
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

	it('does not take the wait at a second hook for another wait at ours', async () => {
		const core = await fleet(group([held(1)]));
		core.on('DescribeLifecycleHooks', () => hooks(['ecs-managed-draining', 'TERMINATING'], ['fleetkeeper-drain', 'TERMINATING']));
		core.on('DescribeInstanceInformation', () => ({ InstanceInformationList: [] }));
		await sweep(core.services);
		core.pass(30 * MINUTE);
		expect((await sweep(core.services)).opened).toBe(0);
	});

	it('without playbooks asks Auto Scaling nothing', async () => {
		const core = await createCore({ playbooks: [] });
		await sweep(core.services);
		expect(core.called()).toEqual([]);
	});
});

describe('the clock', () => {
	it('ticks on a scheduled event and sweeps on a sweep', async () => {
		const core = await createCore();
		const results = await handleClock(core.services, [{ 'detail-type': 'Scheduled Event' }, { 'detail-type': 'Sweep' }]);
		expect(results).toEqual([
			{ ok: true, value: { due: 0, looked: 0, closed: 0 } },
			{ ok: true, value: { waiting: 0, opened: 0 } },
		]);
	});

	it.each([null, 7, {}, { 'detail-type': 'Tuesday' }])('refuses %j', async (event) => {
		const core = await createCore();
		expect(await handleClock(core.services, [event])).toEqual([{ ok: false, error: expect.any(Fail) }]);
	});

	it('reports what the ledger throws', async () => {
		const core = await createCore();
		core.on('DescribeAutoScalingGroups', () => {
			throw awsError('AccessDenied', 'no', 403);
		});
		expect(await handleClock(core.services, [{ 'detail-type': 'Sweep' }])).toMatchObject([{ ok: false, error: { name: 'AccessDenied' } }]);
	});
});
