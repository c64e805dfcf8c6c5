/** What draining nodes costs in AWS calls, everything that the functions call included. */

import type { Outcome } from '../../local/aws/ec2-machine.ts';
import { drainWeb, MINUTE, nodeId, SECOND } from '../flows/deployment.ts';
import { begin, type Flow, type OurCall } from '../flows/support.ts';

const CONTROL_PLANE = ['ssm', 'autoscaling'];
/** A playbook that asks for no tags: tags are one GetResources for up to 100 nodes. */
export const PLAYBOOKS = { 'drain-web': drainWeb('2h') };

export interface Spent {
	readonly total: number;
	readonly controlPlane: number;
	/** By operation: says why, where a budget does not hold. */
	readonly by: Readonly<Record<string, number>>;
}

export interface Drained {
	readonly flow: Flow;
	readonly ids: readonly string[];
	readonly spent: Spent;
}

export function spent(calls: readonly OurCall[]): Spent {
	const by: Record<string, number> = {};
	for (const { operation } of calls) by[operation] = (by[operation] ?? 0) + 1;
	return { total: calls.length, controlPlane: calls.filter(({ service }) => CONTROL_PLANE.includes(service)).length, by };
}

/** Drains nodes between two ticks of the clock, and counts what that costs. @throws Error where the clock ticks meanwhile. */
async function drain(flow: Flow, ids: readonly string[]): Promise<Drained> {
	const before = flow.calls().length;
	await flow.terminate(...ids);
	await flow.until(() => ids.every((id) => flow.stateOf(id)?.endsWith(':Wait') === true));
	await flow.until(() => ids.every((id) => flow.stateOf(id)?.endsWith(':Wait') !== true));
	await flow.until(flow.now + 2 * SECOND);
	const calls = flow.calls().slice(before);
	const tick = calls.find(({ caller }) => /reconcile|playbook-change/.test(caller));
	if (tick) throw new Error(`${tick.caller} called ${tick.operation} while nodes were drained`);
	return { flow, ids, spent: spent(calls) };
}

export interface DrainOptions {
	/** At once. */
	readonly nodes: number;
	readonly pollers: number;
	/** Default 8. */
	readonly durationSeconds?: NonNullable<Outcome['durationSeconds']>;
}

/** Drains as many nodes before, in the same minute: every environment has read what it keeps. */
export async function warmDrain({ nodes, pollers, durationSeconds = 8 }: DrainOptions): Promise<Drained> {
	const ids = Array.from({ length: 2 * nodes }, (_, index) => nodeId(index + 1));
	const behaviours = { 'drain-node': { durationSeconds, oncePer: 'WorkId' } };
	const flow = await begin({ nodes: 2 * nodes, pollers, group: { behaviours }, playbooks: PLAYBOOKS });
	await flow.until(Math.ceil(flow.now / MINUTE) * MINUTE + SECOND);
	await drain(flow, ids.slice(0, nodes));
	return drain(flow, ids.slice(nodes));
}
