/** The budgets of AWS calls: everything that the functions call, ledger and publishing included, once they are warm. */

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../local/aws/ec2-machine.ts';
import { DRAIN, drainWeb, MINUTE, nodeId, SECOND } from '../flows/deployment.ts';
import { expectAllEnded, expectEnded } from '../flows/ended.ts';
import { begin, type Flow, type OurCall } from '../flows/support.ts';

const CONTROL_PLANE = ['ssm', 'autoscaling'];
/** A playbook that asks for no tags: tags are one GetResources for up to 100 nodes. */
const PLAYBOOKS = { 'drain-web': drainWeb('2h') };

interface Spent {
	readonly total: number;
	readonly controlPlane: number;
	/** By operation: says why, where a budget does not hold. */
	readonly by: Readonly<Record<string, number>>;
}

function spent(calls: readonly OurCall[]): Spent {
	const by: Record<string, number> = {};
	for (const { operation } of calls) by[operation] = (by[operation] ?? 0) + 1;
	return { total: calls.length, controlPlane: calls.filter(({ service }) => CONTROL_PLANE.includes(service)).length, by };
}

/** Drains nodes between two ticks of the clock, and counts what that costs. */
async function drain(flow: Flow, ids: readonly string[]): Promise<Spent> {
	const before = flow.calls().length;
	await flow.terminate(...ids);
	await flow.until(() => ids.every((id) => flow.stateOf(id)?.endsWith(':Wait') === true));
	await flow.until(() => ids.every((id) => flow.stateOf(id)?.endsWith(':Wait') !== true));
	await flow.until(flow.now + 2 * SECOND);
	const calls = flow.calls().slice(before);
	expect(calls.filter(({ caller }) => /reconcile|playbook-change/.test(caller))).toEqual([]);
	await expectAllEnded(flow, ids);
	return spent(calls);
}

/** Drains as many nodes before, in the same minute: every environment has read what it keeps. */
async function warmDrain(count: number, pollers: number, durationSeconds: NonNullable<Outcome['durationSeconds']> = 8): Promise<Spent> {
	const ids = Array.from({ length: 2 * count }, (_, index) => nodeId(index + 1));
	const behaviours = { 'drain-node': { durationSeconds, oncePer: 'WorkId' } };
	const flow = await begin({ nodes: 2 * count, pollers, group: { behaviours }, playbooks: PLAYBOOKS });
	await flow.until(Math.ceil(flow.now / MINUTE) * MINUTE + SECOND);
	await drain(flow, ids.slice(0, count));
	return drain(flow, ids.slice(count));
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
		const calls = await warmDrain(1, 5);

		expect(calls.total, JSON.stringify(calls)).toBeLessThanOrEqual(10);
		expect(calls.controlPlane, JSON.stringify(calls)).toBeLessThanOrEqual(4);
	});

	it('are one more of the control plane for each heartbeat', async () => {
		const [withBeats, without] = [await longDrain(1_800), await longDrain(7_200)];

		expect([withBeats.heartbeats, without.heartbeats]).toEqual([2, 0]);
		expect(withBeats.controlPlane - without.controlPlane, JSON.stringify([withBeats, without])).toBeLessThanOrEqual(2);
	});

	it('per node in a burst of 50 that one poller reads are at most 4, of which 1.1 of the control plane', async () => {
		const calls = await warmDrain(50, 1);

		expect(calls.total / 50, JSON.stringify(calls)).toBeLessThanOrEqual(4);
		expect(calls.controlPlane / 50, JSON.stringify(calls)).toBeLessThanOrEqual(1.1);
	});

	it('per node in a burst of 50 that five pollers read are at most 1.3 of the control plane', async () => {
		const calls = await warmDrain(50, 5);

		expect(calls.controlPlane / 50, JSON.stringify(calls)).toBeLessThanOrEqual(1.3);
		expect(calls.total / 50, JSON.stringify(calls)).toBeLessThanOrEqual(4.2);
	});

	it('per node in a burst of 50 whose drains end one by one are still as many of the control plane', async () => {
		const calls = await warmDrain(50, 1, [4, 20]);

		expect(calls.total / 50, JSON.stringify(calls)).toBeLessThanOrEqual(4);
		expect(calls.controlPlane / 50, JSON.stringify(calls)).toBeLessThanOrEqual(1.1);
	});
});
