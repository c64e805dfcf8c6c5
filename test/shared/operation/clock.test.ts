import { describe, expect, it } from 'vitest';
import { Drop, Fail } from '../../../shared/errors.ts';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import { handleClock } from '../../../shared/operation/clock.ts';
import { operationId } from '../../../shared/operation/ids.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import type { CompiledPlaybook, PlaybookSet } from '../../../shared/playbook/types.ts';
import {
	awsError,
	type Core,
	commandId,
	createCore,
	drainWeb,
	invocation,
	lifecycleEvent,
	nodeId,
	noReply,
	tickDue,
	tickEvery,
} from '../../support/core.ts';
import { DRAIN, MINUTE, OPENED_AT, SECOND, TERMINATING } from '../../support/operations.ts';

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
			InstanceId: nodeId(1),
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
		expect(core.calls('CancelCommand')).toEqual([{ CommandId: commandId(1), InstanceIds: [nodeId(1)] }]);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'timed-out', result: { lifecycle: 'CONTINUE' } });
	});

	it('looks for work whose reply was lost before it stops it', async () => {
		const core = await createCore({ playbooks: [drainWeb({ run: { ...DRAIN, timeoutSeconds: 60 } })] });
		core.on('SendCommand', () => {
			throw noReply();
		});
		await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		const [{ Comment }] = core.calls('SendCommand');
		core.on('ListCommands', () => ({ Commands: [{ CommandId: commandId(1), Comment }] }));
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
		const first = await tickDue(core.services);
		expect(first).toMatchObject({ due: 101 });
		// Two of the three commands: which of them come first is the index's business.
		const looked = first?.looked ?? 0;
		expect([50 + 50, 50 + 1]).toContain(looked);
		const left = 101 - looked;
		expect(await tickDue(core.services)).toMatchObject({ due: left, looked: left });
	});
});

describe('the clock', () => {
	it('ticks on a scheduled event and sweeps on a sweep', async () => {
		const core = await createCore();
		const results = await handleClock(core.services, [], [{ 'detail-type': 'Scheduled Event' }, { 'detail-type': 'Sweep' }]);
		expect(results).toEqual([
			{ ok: true, value: { due: 0, looked: 0, closed: 0 } },
			{ ok: true, value: { waiting: 0, opened: 0 } },
		]);
	});

	it.each([null, 7, {}, { 'detail-type': 'Tuesday' }])('refuses %j', async (event) => {
		const core = await createCore();
		expect(await handleClock(core.services, [], [event])).toEqual([{ ok: false, error: expect.any(Fail) }]);
	});

	it('sweeps for each kind, with the playbooks in force, and says what all of them found', async () => {
		const core = await createCore();
		const names: string[][] = [];
		const sweeps = [1, 2].map((opened) => async ({ playbooks }: PlaybookSet) => {
			names.push(playbooks.map(({ playbook }) => playbook.name));
			return { waiting: 2, opened };
		});
		const results = await handleClock(core.services, sweeps, [{ 'detail-type': 'Sweep' }]);
		expect(results).toEqual([{ ok: true, value: { waiting: 4, opened: 3 } }]);
		expect(names).toEqual([['drain-web'], ['drain-web']]);
	});

	it('reports what a sweep throws', async () => {
		const core = await createCore();
		const sweeps = [() => Promise.reject(awsError('AccessDenied', 'no', 403))];
		expect(await handleClock(core.services, sweeps, [{ 'detail-type': 'Sweep' }])).toMatchObject([
			{ ok: false, error: { name: 'AccessDenied' } },
		]);
	});
});

describe('a calendar that opens', () => {
	const ARN = 'arn:aws:ssm:eu-west-1:111122223333:document/freeze';
	const opens = (arn = ARN, state = 'OPEN') => ({
		source: 'aws.ssm',
		'detail-type': 'Calendar State Change',
		resources: [arn],
		detail: { state, atTime: '2026-03-02T09:00:00Z' },
	});
	const frozenBy = (...names: string[]) => drainWeb({ brakes: { calendar: { names, closed: 'wait' } } });

	/** Nodes whose drain waits for calendars that are closed. */
	async function frozen(nodes: number, playbook: CompiledPlaybook) {
		const core = await createCore({ playbooks: [playbook] });
		core.on('GetCalendarState', () => ({ State: 'CLOSED' }));
		await openFromEvents(
			core.services,
			Array.from({ length: nodes }, (_, index) => lifecycleEvent(nodeId(index + 1))),
		);
		core.on('GetCalendarState', () => ({ State: 'OPEN' }));
		core.pass(SECOND);
		return core;
	}

	it.each([
		['its name', 'freeze'],
		['its ARN', ARN],
	])('lets start at once what a playbook holds back by %s, whatever was known of it before', async (_, name) => {
		const core = await frozen(2, frozenBy(name, 'weekend'));
		expect(await read(core, idOf(1))).toMatchObject({ state: 'waiting', waiting: 'calendar' });
		expect(await handleClock(core.services, [], [opens()])).toEqual([{ ok: true, value: { due: 2, looked: 2, closed: 0 } }]);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'running' });
		expect(core.calls('SendCommand').map(({ InstanceIds }) => [...InstanceIds].sort())).toEqual([[nodeId(1), nodeId(2)]]);
	});

	it('is nothing to those that wait for another, or for something else', async () => {
		const core = await frozen(1, frozenBy('weekend'));
		expect(await handleClock(core.services, [], [opens()])).toMatchObject([{ value: { looked: 0 } }]);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'waiting', waiting: 'calendar' });
		const running = await draining();
		const before = running.called().length;
		expect(await handleClock(running.services, [], [opens()])).toMatchObject([{ value: { due: 1, looked: 0 } }]);
		expect(running.called()).toHaveLength(before);
	});

	it('leaves to the clock what does not open by that alone', async () => {
		const core = await frozen(1, frozenBy('freeze', 'weekend'));
		core.on('GetCalendarState', () => ({ State: 'CLOSED' }));
		await handleClock(core.services, [], [opens()]);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'waiting', waiting: 'calendar' });
		core.on('GetCalendarState', () => ({ State: 'OPEN' }));
		await tickEvery(core, 2);
		expect(await read(core, idOf(1))).toMatchObject({ state: 'running' });
	});

	it('that closes is news to nobody', async () => {
		const core = await frozen(1, frozenBy('freeze'));
		expect(await handleClock(core.services, [], [opens(ARN, 'CLOSED')])).toEqual([{ ok: false, error: expect.any(Drop) }]);
	});

	it.each([
		['no calendar', { resources: [] }],
		['an unknown state', { detail: { state: 'AJAR' } }],
	])('is refused with %s', async (_, changes) => {
		const core = await createCore();
		expect(await handleClock(core.services, [], [{ ...opens(), ...changes }])).toEqual([{ ok: false, error: expect.any(Fail) }]);
	});
});
