import { describe, expect, it } from 'vitest';
import { Drop, Fail, Retry } from '../../../shared/errors.ts';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import type { LifecycleServices } from '../../../shared/parts/lifecycle.ts';
import type { CompiledPlaybook } from '../../../shared/playbook/types.ts';
import { awsError, createCore, drainWeb, lifecycleEvent, nodeId, throttled } from '../../support/core.ts';
import { DRAIN, MINUTE, OPENED_AT, SECOND } from '../../support/operations.ts';

const event = lifecycleEvent(nodeId(1));
const at = (milliseconds: number) => ({ time: `${new Date(milliseconds).toISOString().slice(0, 19)}Z` });

/** The one result of one event: what it opened, or the error. */
async function openOne(services: LifecycleServices, given: unknown) {
	const [result] = await openFromEvents(services, [given]);
	if (result === undefined) throw new Error('an event without a result');
	return result;
}

async function opened(services: LifecycleServices, given: unknown) {
	const result = await openOne(services, given);
	if (!result.ok) throw result.error;
	return result.value;
}

async function refused(services: LifecycleServices, given: unknown): Promise<unknown> {
	const result = await openOne(services, given);
	if (result.ok) throw new Error(`opened ${result.value.operation.id}`);
	return result.error;
}

const hook = (changes: object = {}) => ({
	LifecycleHooks: [
		{
			LifecycleHookName: 'fleetkeeper-drain',
			LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
			HeartbeatTimeout: 1_800,
			...changes,
		},
	],
});

describe('an event of a lifecycle action', () => {
	it('opens an operation that says by which playbook, and carries what it will need', async () => {
		const { services } = await createCore();
		const { outcome, operation } = await opened(services, event);
		expect(outcome).toBe('opened');
		expect(operation).toMatchObject({
			state: 'running',
			playbook: { name: 'drain-web', parameterVersion: 1 },
			run: DRAIN,
			deadlineAt: OPENED_AT + 15 * MINUTE,
			heartbeat: { nextAt: OPENED_AT + 15 * MINUTE },
			occasion: { account: '111122223333', detail: { EC2InstanceId: nodeId(1) } },
		});
		expect(operation.history[0]).toMatchObject({ what: 'opened', why: expect.stringContaining('drain-web') });
	});

	it('that comes twice opens one operation and starts one command', async () => {
		const core = await createCore();
		const { operation } = await opened(core.services, event);
		const again = await opened(core.another(), event);
		expect(again).toMatchObject({ outcome: 'exists', operation: { id: operation.id } });
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('that comes twice in one batch opens one operation', async () => {
		const core = await createCore();
		const results = await openFromEvents(core.services, [event, { ...event, id: 'another-delivery' }]);
		expect(results.map((result) => result.ok && result.value.outcome)).toEqual(['opened', 'exists']);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('for a hook that no playbook names is left alone', async () => {
		const core = await createCore();
		const error = await refused(core.services, lifecycleEvent(nodeId(1), { LifecycleHookName: 'ecs-managed-draining' }));
		expect(error).toBeInstanceOf(Drop);
		expect(error).toMatchObject({ reason: 'no-playbook', message: expect.stringContaining('ecs-managed-draining of web-1 is left alone') });
		expect(core.called()).toEqual([]);
	});

	it('that is bad does not spoil its neighbours', async () => {
		const core = await createCore();
		const results = await openFromEvents(core.services, [
			lifecycleEvent(nodeId(1)),
			{ not: 'an event' },
			lifecycleEvent(nodeId(2), { LifecycleHookName: 'foreign' }),
			lifecycleEvent(nodeId(3)),
		]);
		expect(results.map(({ ok }) => ok)).toEqual([true, false, false, true]);
		expect(results[1]).toMatchObject({ error: expect.any(Fail) });
		expect(core.calls('SendCommand').map(({ InstanceIds }) => InstanceIds)).toEqual([[nodeId(1), nodeId(3)]]);
	});

	it('is tried again while no playbooks have been compiled', async () => {
		const core = await createCore();
		const services = {
			...core.services,
			playbooks: { load: async () => ({ set: { playbooks: [], compiledAt: '' }, reason: 'no playbooks compiled yet' }) },
		};
		expect(await refused(services, event)).toBeInstanceOf(Retry);
	});

	it('while all starting is paused opens an operation that waits', async () => {
		const core = await createCore();
		await core.pause(true);
		const { operation } = await opened(core.services, event);
		expect(operation).toMatchObject({ state: 'waiting', waiting: 'pause' });
		expect(core.calls('SendCommand')).toEqual([]);
	});
});

describe('the timers of the hook', () => {
	it('are those that Auto Scaling has, the global timeout a hundred heartbeats or two days', async () => {
		const core = await createCore();
		core.on('DescribeLifecycleHooks', () => hook({ HeartbeatTimeout: 600 }));
		const { operation } = await opened(core.services, event);
		expect(operation.hookTimers).toEqual({ heartbeatTimeoutSeconds: 600, globalTimeoutSeconds: 60_000, defaultResult: 'ABANDON' });
	});

	it('under 180 seconds mean no heartbeats, and that is reported', async () => {
		const core = await createCore();
		core.on('DescribeLifecycleHooks', () => hook({ HeartbeatTimeout: 120 }));
		const { operation } = await opened(core.services, event);
		expect(operation.heartbeat).toBeUndefined();
		expect(operation.history[0]?.why).toContain('120 s is under 180 s');
		expect(core.counts).toContainEqual({ name: 'HooksTooShort', dimensions: { hook: 'fleetkeeper-drain' } });
	});

	it.each([
		[
			'cannot be read',
			() => {
				throw throttled();
			},
		],
		['are gone', () => ({ LifecycleHooks: [] })],
	])('that %s are assumed to be short', async (_, answer) => {
		const core = await createCore();
		core.on('DescribeLifecycleHooks', answer);
		const { operation } = await opened(core.services, event);
		expect(operation).toMatchObject({ state: 'running', hookTimers: { heartbeatTimeoutSeconds: 180 } });
		expect(operation.history[0]?.why).toContain('180 s are assumed');
	});

	it('are read once for a group in a quarter of an hour', async () => {
		const core = await createCore();
		await openFromEvents(
			core.services,
			[1, 2, 3].map((number) => lifecycleEvent(nodeId(number))),
		);
		expect(core.calls('DescribeLifecycleHooks')).toHaveLength(1);
		core.pass(15 * MINUTE);
		await opened(core.services, lifecycleEvent(nodeId(4), {}, at(core.now())));
		expect(core.calls('DescribeLifecycleHooks')).toHaveLength(2);
	});
});

describe('a warm pool', () => {
	const namingIt: CompiledPlaybook = drainWeb({
		name: 'return-web',
		priority: 50,
		when: { detail: { LifecycleHookName: ['fleetkeeper-drain'], Destination: ['WarmPool'] } },
	});

	it('that an instance returns to is no termination', async () => {
		const { services } = await createCore();
		expect(await refused(services, lifecycleEvent(nodeId(1), { Destination: 'WarmPool' }))).toBeInstanceOf(Drop);
	});

	it('that an instance returns to is served by a playbook that names it', async () => {
		const { services } = await createCore({ playbooks: [namingIt, drainWeb()] });
		const { operation } = await opened(services, lifecycleEvent(nodeId(1), { Destination: 'WarmPool' }));
		expect(operation.playbook.name).toBe('return-web');
	});

	it('whose stopped instance is terminated is no failure', async () => {
		const core = await createCore();
		core.on('DescribeInstanceInformation', () => ({ InstanceInformationList: [] }));
		const { operation } = await opened(core.services, lifecycleEvent(nodeId(1), { Origin: 'WarmPool' }));
		expect(operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'CONTINUE' } });
	});
});

describe('tags', () => {
	const tagged = drainWeb({ when: { detail: { LifecycleHookName: ['fleetkeeper-drain'] }, tags: { service: ['nginx'] } } });
	const launch = drainWeb({
		on: 'instance-launching',
		when: { detail: { LifecycleHookName: ['fleetkeeper-drain'] }, tags: { service: ['nginx'] } },
	});
	const launching = (time: number) =>
		lifecycleEvent(
			nodeId(1),
			{ LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' },
			{ 'detail-type': 'EC2 Instance-launch Lifecycle Action', ...at(time) },
		);
	const withTags = (Value: string) => ({
		ResourceTagMappingList: [
			{ ResourceARN: `arn:aws:ec2:eu-west-1:111122223333:instance/${nodeId(1)}`, Tags: [{ Key: 'service', Value }] },
		],
	});

	it('decide where a playbook asks for them, and are read only then', async () => {
		const core = await createCore({ playbooks: [tagged] });
		core.on('GetResources', () => withTags('nginx'));
		expect((await opened(core.services, event)).operation.state).toBe('running');
		core.on('GetResources', () => withTags('postgres'));
		expect(
			await refused(core.services, lifecycleEvent(nodeId(1), { LifecycleHookName: 'fleetkeeper-drain', AutoScalingGroupName: 'db' })),
		).toBeInstanceOf(Drop);
		await refused(core.services, lifecycleEvent(nodeId(2), { LifecycleHookName: 'foreign' }));
		expect(core.calls('GetResources')).toHaveLength(2);
	});

	it('of many nodes are read in one call', async () => {
		const core = await createCore({ playbooks: [tagged] });
		await openFromEvents(
			core.services,
			[1, 2, 3].map((number) => lifecycleEvent(nodeId(number))),
		);
		expect(core.calls('GetResources').map(({ ResourceARNList }) => ResourceARNList.length)).toEqual([3]);
	});

	it('that a node does not show two minutes or less after its launch are asked for again', async () => {
		const core = await createCore({ playbooks: [launch] });
		core.pass(2 * MINUTE);
		expect(await refused(core.services, launching(OPENED_AT))).toBeInstanceOf(Retry);
		core.pass(SECOND);
		expect(await refused(core.services, launching(OPENED_AT))).toBeInstanceOf(Drop);
	});

	it('that cannot be read are no verdict', async () => {
		const core = await createCore({ playbooks: [tagged] });
		core.on('GetResources', () => {
			throw awsError('InternalServiceException', 'try again', 500);
		});
		expect(await refused(core.services, event)).toBeInstanceOf(Retry);
	});
});

describe('an instance that a hook held before', () => {
	async function afterTheFirst() {
		const core = await createCore();
		core.on('DescribeInstanceInformation', () => ({ InstanceInformationList: [] }));
		const first = await opened(core.services, event);
		expect(first.operation.closedAt).toBeDefined();
		core.pass(30 * MINUTE);
		return { ...core, first: first.operation };
	}
	const secondToken = { LifecycleActionToken: '00000000-1f5a-4d0f-9d5e-0a1b2c3d4e5f' };

	it('and holds again at once, while an operation is open, is known to it by its new token', async () => {
		const core = await createCore();
		const again = lifecycleEvent(nodeId(1), secondToken, { id: 'event-of-the-second-wait' });
		const results = await openFromEvents(core.services, [event, again]);
		expect(results.map((result) => result.ok && result.value.outcome)).toEqual(['opened', 'exists']);
		expect(results[1]).toMatchObject({ value: { operation: { occurrence: 1, token: secondToken.LifecycleActionToken } } });
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('and holds again, with another token, is another occurrence', async () => {
		const core = await afterTheFirst();
		const { outcome, operation } = await opened(core.services, lifecycleEvent(nodeId(1), secondToken, at(core.now())));
		expect({ outcome, occurrence: operation.occurrence }).toEqual({ outcome: 'opened', occurrence: 2 });
		expect(operation.id).not.toBe(core.first.id);
	});

	it('and whose event comes once more is the same occurrence', async () => {
		const core = await afterTheFirst();
		expect(await opened(core.services, event)).toMatchObject({ outcome: 'exists', operation: { id: core.first.id } });
	});

	it('and whose first event comes once more after the second wait is no third', async () => {
		const core = await afterTheFirst();
		const second = await opened(core.services, lifecycleEvent(nodeId(1), secondToken, at(core.now())));
		expect(second.operation.closedAt).toBeDefined();
		expect(await opened(core.services, event)).toMatchObject({ outcome: 'exists', operation: { occurrence: 2 } });
	});

	it('does not get its old token back from a late copy of the first event', async () => {
		const core = await afterTheFirst();
		core.on('DescribeInstanceInformation', ({ Filters }) => ({
			InstanceInformationList: [{ InstanceId: Filters[0].Values[0], PingStatus: 'Online' }],
		}));
		const second = await opened(core.services, lifecycleEvent(nodeId(1), secondToken, at(core.now())));
		expect(second.operation.state).toBe('running');
		const { operation } = await opened(core.services, event);
		expect(operation).toMatchObject({ occurrence: 2, token: secondToken.LifecycleActionToken });
	});
});
