import { describe, expect, it } from 'vitest';
import { MINUTE, nodeId, SECOND } from './deployment.ts';
import { expectAllEnded, expectEnded, expectSound } from './ended.ts';
import { isCommandEnd } from './faults.ts';
import { begin } from './support.ts';

const ten = Array.from({ length: 10 }, (_, index) => nodeId(index + 1));
const FAILED = { state: 'failed', opsItem: true, ran: [] } as const;

describe('A node that Systems Manager cannot reach', () => {
	it('is settled at once where its agent is silent', async () => {
		const flow = await begin({ nodes: [{ id: nodeId(1), agent: 'lost' }] });

		await flow.terminate(nodeId(1));
		await flow.minutes(1);

		await expectEnded(flow, nodeId(1), FAILED);
		expect(flow.sends()).toEqual([]);
		expectSound(flow);
	});

	it('is settled at once where it never registered', async () => {
		const flow = await begin({ nodes: [{ id: nodeId(1), agent: 'none' }] });

		await flow.terminate(nodeId(1));
		await flow.minutes(1);

		await expectEnded(flow, nodeId(1), FAILED);
		expectSound(flow);
	});

	it('is settled at the delivery timeout where its agent takes up nothing', async () => {
		const flow = await begin({ nodes: [{ id: nodeId(1), agent: 'deaf' }] });

		await flow.terminate(nodeId(1));
		await flow.minutes(5);

		const { openedAt, closedAt } = await expectEnded(flow, nodeId(1), FAILED);
		expect((closedAt ?? 0) - openedAt).toBeLessThan(3 * MINUTE + 10 * SECOND);
		expectSound(flow);
	});

	it('is settled at the delivery timeout where the event of that never comes', async () => {
		const flow = await begin({ nodes: [{ id: nodeId(1), agent: 'deaf' }], event: (event) => (isCommandEnd(event) ? 'drop' : 'deliver') });

		await flow.terminate(nodeId(1));
		await flow.minutes(10);

		const { openedAt, closedAt } = await expectEnded(flow, nodeId(1), FAILED);
		expect((closedAt ?? 0) - openedAt).toBeLessThan(6.5 * MINUTE);
		expectSound(flow);
	});
});

describe('A node that vanishes', () => {
	it('between the check and the send holds up none of its nine neighbours', async () => {
		let gone = false;
		const flow = await begin({
			nodes: 10,
			pollers: 1,
			call({ operation }) {
				if (operation === 'SendCommand' && !gone) {
					gone = true;
					flow.world.services.ec2.vanish(nodeId(4));
				}
				return undefined;
			},
		});

		await flow.terminate(...ten);
		await flow.minutes(4);

		await expectEnded(flow, nodeId(4), FAILED);
		const neighbours = await expectAllEnded(
			flow,
			ten.filter((each) => each !== nodeId(4)),
		);
		for (const { openedAt, work } of neighbours) expect((work?.startedAt ?? Infinity) - openedAt).toBeLessThan(5 * SECOND);
		expect(flow.sends().map((ids) => ids.length)).toEqual([9]);
		expectSound(flow);
	});

	it('in the middle of its work is settled by the failure rule as soon as that is seen, and its neighbour goes on', async () => {
		const long = { 'drain-node': { durationSeconds: 1_500, oncePer: 'WorkId' } };
		const flow = await begin({ nodes: 2, pollers: 1, group: { behaviours: long } });
		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(2);

		flow.world.services.ec2.vanish(nodeId(1));
		await flow.minutes(6);

		await expectEnded(flow, nodeId(1), { ...FAILED, ran: ['drain-node'] });
		await flow.minutes(25);
		await expectEnded(flow, nodeId(2));
		expectSound(flow);
	});

	it('and leaves its group with it ends as failed, with nothing left to complete', async () => {
		const flow = await begin({ group: { behaviours: { 'drain-node': { hangs: true } } } });
		await flow.terminate(nodeId(1));
		await flow.minutes(2);
		const [action] = flow.events('EC2 Instance-terminate Lifecycle Action');

		await flow.completeByHand(String(action?.detail['LifecycleActionToken']));
		await flow.minutes(6);

		await expectEnded(flow, nodeId(1), { ...FAILED, lifecycle: 'over', ran: ['drain-node'] });
		expectSound(flow);
	});
});

describe('A first node of a group that never acknowledges', () => {
	it('costs its neighbours the delivery timeout, after which they are sent to once more and drain once', async () => {
		const nodes = ten.slice(0, 5).map((id) => (id === nodeId(1) ? ({ id, agent: 'deaf' } as const) : { id }));
		const flow = await begin({ nodes, pollers: 1 });

		await flow.terminate(...nodes.map(({ id }) => id));
		await flow.minutes(10);

		await expectEnded(flow, nodeId(1), FAILED);
		const neighbours = await expectAllEnded(
			flow,
			nodes.slice(1).map(({ id }) => id),
		);
		for (const { openedAt, closedAt } of neighbours) expect((closedAt ?? Infinity) - openedAt).toBeLessThan(5 * MINUTE);
		expect(flow.sends().filter((ids) => ids.includes(nodeId(2)))).toHaveLength(2);
		expectSound(flow);
	});
});

describe('Identical drains', () => {
	it('go on where the first of them fails at once', async () => {
		const nodes = ten.map((id) => {
			const outcome = { exitCode: id === nodeId(1) ? 1 : 0, durationSeconds: id === nodeId(1) ? 0 : 30, oncePer: 'WorkId' };
			return { id, behaviours: { 'drain-node': outcome } };
		});
		const flow = await begin({ nodes, pollers: 1 });

		await flow.terminate(...ten);
		await flow.minutes(3);

		await expectEnded(flow, nodeId(1), { state: 'failed', opsItem: true });
		await expectAllEnded(flow, ten.slice(1));
		expect(flow.sends()).toEqual([ten]);
		expectSound(flow);
	});

	it('of 60 nodes are at most 50 to a command, and every node settles by itself', async () => {
		const nodes = Array.from({ length: 60 }, (_, index) => {
			const drain = { durationSeconds: [20, 200], oncePer: 'WorkId', exitCode: index % 10 === 0 ? 1 : 0 } as const;
			return { id: nodeId(index + 1), behaviours: { 'drain-node': drain } };
		});
		const flow = await begin({ nodes, pollers: 1 });

		await flow.terminate(...nodes.map(({ id }) => id));
		await flow.minutes(8);

		const ids = nodes.map(({ id }) => id);
		await expectAllEnded(
			flow,
			ids.filter((_, index) => index % 10 !== 0),
		);
		await expectAllEnded(
			flow,
			ids.filter((_, index) => index % 10 === 0),
			{ state: 'failed', opsItem: true },
		);
		expect(
			flow
				.sends()
				.map((ids) => ids.length)
				.sort(),
		).toEqual([10, 50]);
		expect(flow.opsItems()).toHaveLength(1);
		expectSound(flow);
	});
});
