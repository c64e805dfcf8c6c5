import { describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import type { Behaviours } from '../../local/aws/ec2-machine.ts';
import { drainWeb, MINUTE, nodeId } from './deployment.ts';
import { expectEnded, expectSound } from './ended.ts';
import { during, throttling } from './faults.ts';
import { begin, type Flow } from './support.ts';

const takes = (minutes: number): Behaviours => ({ 'drain-node': { durationSeconds: minutes * 60, oncePer: 'WorkId' } });

/** The operator's command in a running world. @returns its exit status and what it printed. */
async function command(flow: Flow, ...args: string[]): Promise<{ readonly status: number; readonly said: string }> {
	const said: string[] = [];
	const io = { out: (text: string) => said.push(text), err: (text: string) => said.push(text), cwd: '/nowhere' };
	const { world } = flow;
	const status = await world.run(() => fleet(args, { io, env: {}, connect: () => world.aws, now: () => flow.now, user: 'ops' }));
	return { status, said: said.join('\n') };
}

async function act(flow: Flow, verb: string, instanceId: string, ...more: string[]): Promise<void> {
	const { id } = await flow.operation(instanceId);
	expect(await command(flow, verb, id, ...more)).toMatchObject({ status: 0 });
}

describe('A pause', () => {
	it('stops starting and keeps the hook alive; afterwards the work has all of its time', async () => {
		const flow = await begin({ group: { behaviours: takes(8) }, playbooks: { 'drain-web': drainWeb('10m') } });
		await command(flow, 'pause', 'a', 'bad', 'release');
		await flow.minutes(1.5);

		await flow.terminate(nodeId(1));
		await flow.minutes(45);

		const waiting = await flow.operation(nodeId(1));
		expect([waiting.state, waiting.waiting]).toEqual(['waiting', 'pause']);
		expect(flow.calls('SendCommand')).toEqual([]);
		expect(flow.heartbeats().length).toBeGreaterThanOrEqual(2);
		expect(flow.stateOf(nodeId(1))).toBe('Terminating:Wait');

		await command(flow, 'resume');
		await flow.minutes(13);

		const { history } = await expectEnded(flow, nodeId(1));
		expect(history.filter(({ what }) => what === 'waiting').map(({ why }) => why)).toEqual([expect.stringContaining('a bad release')]);
		expectSound(flow);
	});

	it('lets go on what runs already', async () => {
		const flow = await begin({ group: { behaviours: takes(6) } });
		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		await command(flow, 'pause');
		await flow.minutes(6);

		await expectEnded(flow, nodeId(1));
		expectSound(flow);
	});

	it('that outlasts the hook ends before it: the failure rule applies in time', async () => {
		const hook = { name: 'fleetkeeper-drain', on: 'terminate', heartbeatTimeoutSeconds: 120 } as const;
		const flow = await begin({ group: { hooks: [hook] } });
		await command(flow, 'pause');
		await flow.minutes(1.5);

		await flow.terminate(nodeId(1));
		await flow.minutes(5);

		const { state, closedAt, result } = await flow.operation(nodeId(1));
		expect({ state, closed: closedAt !== undefined, opsItem: result?.opsItemId !== undefined }).toEqual({
			state: 'timed-out',
			closed: true,
			opsItem: true,
		});
		expect(flow.sends()).toEqual([]);
		expectSound(flow);
	});
});

describe('An operator', () => {
	it('cancels a drain: its work is stopped, its failure rule applies', async () => {
		const flow = await begin({ group: { behaviours: takes(30) } });
		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		await act(flow, 'cancel', nodeId(1));
		await flow.minutes(3);

		const { history } = await expectEnded(flow, nodeId(1), { state: 'failed', opsItem: true });
		expect(history.map(({ why }) => why)).toContain('cancelled by ops');
		expect(flow.world.services.ssm.commands()[0]?.invocations.get(nodeId(1))?.status).toBe('Cancelled');
		expect(flow.stateOf(nodeId(1))).toBeUndefined();
		expectSound(flow);
	});

	it('completes an action by hand, with a result of choice', async () => {
		const flow = await begin({ group: { behaviours: takes(30), retainOnAbandon: true } });
		await flow.terminate(nodeId(1));
		await flow.minutes(2);

		await act(flow, 'complete', nodeId(1), 'abandon');
		await flow.minutes(7);

		await expectEnded(flow, nodeId(1), { state: 'skipped', lifecycle: 'ABANDON' });
		expect(flow.stateOf(nodeId(1))).toBe('Terminating:Retained');
		expectSound(flow);
	});

	it('extends a drain that would have been cut short', async () => {
		const flow = await begin({
			group: { behaviours: takes(9) },
			playbooks: { 'drain-web': drainWeb('10m') },
			call: during(3, ['SendCommand'], throttling),
		});
		await flow.terminate(nodeId(1));
		await flow.minutes(6);

		await act(flow, 'extend', nodeId(1), '10m');
		await flow.minutes(10);

		const { openedAt, closedAt } = await expectEnded(flow, nodeId(1));
		expect((closedAt ?? 0) - openedAt).toBeGreaterThan(10 * MINUTE);
		expectSound(flow);
	});

	it('retries what waits for a throttle, without waiting for the clock', async () => {
		const flow = await begin({ call: during(0.4, ['SendCommand'], throttling) });
		await flow.terminate(nodeId(1));
		await flow.minutes(0.5);

		await act(flow, 'retry', nodeId(1));

		expect((await flow.operation(nodeId(1))).state).toBe('running');
		await flow.minutes(3);
		await expectEnded(flow, nodeId(1));
		expectSound(flow);
	});

	it('retries a drain whose end could not be told to Auto Scaling', async () => {
		const flow = await begin({ call: during(1.6, ['CompleteLifecycleAction'], throttling) });
		await flow.terminate(nodeId(1));
		await flow.minutes(1.7);
		expect((await flow.operation(nodeId(1))).ending?.pending).toEqual(['complete-lifecycle']);

		await act(flow, 'retry', nodeId(1));

		await expectEnded(flow, nodeId(1));
		expectSound(flow);
	});
});
