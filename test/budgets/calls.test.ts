/** The budgets of AWS calls: everything that the functions call, ledger and publishing included, once they are warm. */

import { describe, expect, it } from 'vitest';
import { DRAIN, nodeId } from '../flows/deployment.ts';
import { expectAllEnded, expectEnded } from '../flows/ended.ts';
import { begin } from '../flows/support.ts';
import { type DrainOptions, PLAYBOOKS, type Spent, spent, warmDrain } from './drains.ts';

/** Drains nodes in environments that have drained others; all of it must have ended well. */
async function costOf(options: DrainOptions): Promise<Spent> {
	const { flow, ids, spent: cost } = await warmDrain(options);
	await expectAllEnded(flow, ids);
	return cost;
}

/** What a drain of 40 minutes costs on a hook with this HeartbeatTimeout, the clock's own calls included. */
async function longDrain(heartbeatTimeoutSeconds: number): Promise<Spent & { readonly heartbeats: number }> {
	const behaviours = { 'drain-node': { durationSeconds: 2_400, oncePer: 'WorkId' } };
	const flow = await begin({ group: { behaviours, hooks: [{ ...DRAIN, heartbeatTimeoutSeconds }] }, playbooks: PLAYBOOKS });
	await flow.terminate(nodeId(1));
	await flow.minutes(42);
	await expectEnded(flow, nodeId(1));
	return { ...spent(flow.calls()), heartbeats: flow.heartbeats().length };
}

describe('The AWS calls of a drain', () => {
	it('of one node alone are at most 10, of which 4 of the control plane', async () => {
		const calls = await costOf({ nodes: 1, pollers: 5 });

		expect(calls.total, JSON.stringify(calls)).toBeLessThanOrEqual(10);
		expect(calls.controlPlane, JSON.stringify(calls)).toBeLessThanOrEqual(4);
	});

	it('are one more of the control plane for each heartbeat', async () => {
		const [withBeats, without] = [await longDrain(1_800), await longDrain(7_200)];

		expect([withBeats.heartbeats, without.heartbeats]).toEqual([2, 0]);
		expect(withBeats.controlPlane - without.controlPlane, JSON.stringify([withBeats, without])).toBeLessThanOrEqual(2);
	});

	it('per node in a burst of 50 that one poller reads are at most 4, of which 1.1 of the control plane', async () => {
		const calls = await costOf({ nodes: 50, pollers: 1 });

		expect(calls.total / 50, JSON.stringify(calls)).toBeLessThanOrEqual(4);
		expect(calls.controlPlane / 50, JSON.stringify(calls)).toBeLessThanOrEqual(1.1);
	});

	it('per node in a burst of 50 that five pollers read are at most 1.3 of the control plane', async () => {
		const calls = await costOf({ nodes: 50, pollers: 5 });

		expect(calls.controlPlane / 50, JSON.stringify(calls)).toBeLessThanOrEqual(1.3);
		expect(calls.total / 50, JSON.stringify(calls)).toBeLessThanOrEqual(4.2);
	});

	it('per node in a burst of 50 whose drains end one by one are still as many of the control plane', async () => {
		const calls = await costOf({ nodes: 50, pollers: 1, durationSeconds: [4, 20] });

		expect(calls.total / 50, JSON.stringify(calls)).toBeLessThanOrEqual(4);
		expect(calls.controlPlane / 50, JSON.stringify(calls)).toBeLessThanOrEqual(1.1);
	});
});
