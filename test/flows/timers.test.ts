import { describe, expect, it } from 'vitest';
import type { Behaviours } from '../../local/aws/ec2-machine.ts';
import { BATCH_NODE, batchWorkers, COLLECT, COLLECTED, DRAIN, drainWeb, MINUTE, nodeId } from './deployment.ts';
import { expectEnded, expectSound } from './ended.ts';
import { during, first, isCommandEnd, throttling } from './faults.ts';
import { begin } from './support.ts';

const HANGS: Behaviours = { 'drain-node': { hangs: true } };
const takes = (minutes: number): Behaviours => ({ 'drain-node': { durationSeconds: minutes * 60, oncePer: 'WorkId' } });
const TIMED_OUT = { state: 'timed-out', opsItem: true } as const;

describe('Work beyond its time', () => {
	it('is cancelled, and its failure rule applies, within two minutes of the deadline: time spent waiting counts', async () => {
		const flow = await begin({
			group: { behaviours: HANGS },
			playbooks: { 'drain-web': drainWeb('10m') },
			call: during(3, ['SendCommand'], throttling),
		});

		await flow.terminate(nodeId(1));
		await flow.minutes(14);

		const { openedAt, deadlineAt, closedAt } = await expectEnded(flow, nodeId(1), TIMED_OUT);
		expect(deadlineAt - openedAt).toBe(10 * MINUTE);
		expect((closedAt ?? Infinity) - deadlineAt).toBeLessThan(2 * MINUTE);
		expect(flow.calls('CancelCommand').map(({ input }) => input['InstanceIds'])).toEqual([[nodeId(1)]]);
		expect(flow.world.services.ssm.commands()[0]?.invocations.get(nodeId(1))?.status).toBe('Cancelled');
		expectSound(flow);
	});

	it('is a runbook: the clock stops it', async () => {
		const collect = `name: collect-batch
priority: 110
on: instance-terminating
when: { detail: { LifecycleHookName: [fleetkeeper-collect] } }
run:
  automation: collect-and-drain
  parameters: { InstanceId: $.detail.EC2InstanceId, GroupName: $.detail.AutoScalingGroupName }
  timeout: 5m
`;
		const flow = await begin({ groups: [batchWorkers(600)], playbooks: { 'collect-batch': collect } });

		await flow.terminate(BATCH_NODE);
		await flow.minutes(9);

		const { deadlineAt, closedAt } = await expectEnded(flow, BATCH_NODE, { ...COLLECTED, state: 'timed-out' });
		expect((closedAt ?? Infinity) - deadlineAt).toBeLessThan(2 * MINUTE);
		expect(flow.world.services.ssm.executions().map(({ status }) => status)).toEqual(['Cancelled']);
		expectSound(flow, [COLLECT.name]);
	});

	it('that ended well just before the deadline, and whose event never came, is a success', async () => {
		const flow = await begin({
			group: { behaviours: { 'drain-node': { durationSeconds: 590, oncePer: 'WorkId' } } },
			playbooks: { 'drain-web': drainWeb('10m') },
			event: (event) => (isCommandEnd(event) ? 'drop' : 'deliver'),
		});

		await flow.terminate(nodeId(1));
		await flow.minutes(14);

		await expectEnded(flow, nodeId(1));
		expectSound(flow);
	});

	it("is cut short by the hook's own end, before Auto Scaling applies its default", async () => {
		const hook = { ...DRAIN, heartbeatTimeoutSeconds: 180, defaultResult: 'ABANDON' } as const;
		const flow = await begin({ group: { hooks: [hook], behaviours: HANGS }, playbooks: { 'drain-web': drainWeb('6h') } });

		await flow.terminate(nodeId(1));
		await flow.minutes(5 * 60);

		const { actionStartedAt, deadlineAt, closedAt } = await expectEnded(flow, nodeId(1), TIMED_OUT);
		expect(deadlineAt - actionStartedAt).toBe((5 * 60 - 2) * MINUTE);
		expect((closedAt ?? Infinity) - actionStartedAt).toBeLessThan(5 * 60 * MINUTE);
		expect(flow.heartbeats().length).toBeGreaterThan(100);
		expectSound(flow);
	});
});

describe('A hook too short to be kept alive', () => {
	const SHORT = { ...DRAIN, heartbeatTimeoutSeconds: 120 };

	it('is served without heartbeats, and reported', async () => {
		const flow = await begin({ group: { hooks: [SHORT], behaviours: takes(1.2) } });

		await flow.terminate(nodeId(1));
		await flow.minutes(3);

		const { history } = await expectEnded(flow, nodeId(1));
		expect(flow.heartbeats()).toEqual([]);
		expect(history[0]?.why).toContain('HeartbeatTimeout 120 s is under 180 s');
		expect(flow.world.metrics.get(`HooksTooShort{"hook":"${DRAIN.name}"}`)).toBe(1);
		expectSound(flow);
	});

	it('ends by itself where the work takes longer, and the operation says so', async () => {
		const flow = await begin({ group: { hooks: [SHORT], behaviours: takes(10) } });

		await flow.terminate(nodeId(1));
		await flow.minutes(5);

		const { state, closedAt, result } = (await flow.operations())[0] ?? {};
		expect(state).toBe('timed-out');
		expect(result?.lifecycle).toBeDefined();
		expect(closedAt).toBeDefined();
		expect(flow.heartbeats()).toEqual([]);
		expectSound(flow);
	});
});

describe('Heartbeats', () => {
	it('keep a 30-minute hook alive through a drain of 90 minutes: every 15 minutes, five in all', async () => {
		const flow = await begin({ group: { behaviours: takes(90) } });

		await flow.terminate(nodeId(1));
		await flow.minutes(95);

		const { actionStartedAt, closedAt = 0 } = await expectEnded(flow, nodeId(1));
		const beats = flow.heartbeats().map(({ at }) => at);
		expect(beats).toHaveLength(5);
		for (const [index, at] of beats.entries()) {
			const since = at - (beats[index - 1] ?? actionStartedAt);
			expect(since).toBeGreaterThanOrEqual(15 * MINUTE);
			expect(since).toBeLessThan(17 * MINUTE);
			expect(at).toBeLessThan(closedAt);
		}
		expectSound(flow);
	});

	it('end at the deadline', async () => {
		const flow = await begin({
			group: { behaviours: HANGS },
			playbooks: { 'drain-web': drainWeb('40m') },
			call: first(Infinity, 'CancelCommand', throttling('ssm')),
		});

		await flow.terminate(nodeId(1));
		await flow.minutes(60);

		const { deadlineAt } = await expectEnded(flow, nodeId(1), TIMED_OUT);
		expect(flow.heartbeats().map(({ at }) => at < deadlineAt)).toEqual([true, true]);
		expectSound(flow);
	});

	it('are not due for work that is over before half of the HeartbeatTimeout', async () => {
		const flow = await begin({ group: { behaviours: takes(14) } });

		await flow.terminate(nodeId(1));
		await flow.minutes(16);

		await expectEnded(flow, nodeId(1));
		expect(flow.heartbeats()).toEqual([]);
		expectSound(flow);
	});

	it('that are throttled go out a minute later, long before the hook ends', async () => {
		const flow = await begin({
			group: { behaviours: takes(40) },
			call: first(3, 'RecordLifecycleActionHeartbeat', throttling('autoscaling')),
		});

		await flow.terminate(nodeId(1));
		await flow.minutes(43);

		const { actionStartedAt } = await expectEnded(flow, nodeId(1));
		const [beat] = flow.heartbeats().filter(({ error }) => error === undefined);
		expect((beat?.at ?? Infinity) - actionStartedAt).toBeLessThan(18 * MINUTE);
		expectSound(flow);
	});
});
