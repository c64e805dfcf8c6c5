import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { type Chance, chance } from '../../local/chance.ts';
import type { EventFate } from '../../local/delivery.ts';
import { BATCH_NODE, batchWorkers, COLLECT, DRAIN, drainWeb, MINUTE, nodeId } from './deployment.ts';
import { expectSound } from './ended.ts';
import { isCommandEnd, isExecutionEnd, isLifecycleAction } from './faults.ts';
import { begin } from './support.ts';

const OURS = (event: BusEvent) => isLifecycleAction(event) || isCommandEnd(event) || isExecutionEnd(event);

/** A node for each way to end: well, badly, unreachable, beyond its time; and a runbook. */
async function badDay(fate: (event: BusEvent) => EventFate, seed = 1) {
	const flow = await begin({
		seed,
		nodes: [
			{ id: nodeId(1) },
			{ id: nodeId(2), behaviours: { 'drain-node': { exitCode: 1, durationSeconds: 30, stdout: 'stuck\n', oncePer: 'WorkId' } } },
			{ id: nodeId(3), agent: 'lost' },
			{ id: nodeId(4), behaviours: { 'drain-node': { hangs: true, oncePer: 'WorkId' } } },
			{ id: nodeId(5), behaviours: { 'drain-node': { durationSeconds: 400, oncePer: 'WorkId' } } },
		],
		groups: [batchWorkers()],
		playbooks: { 'drain-web': drainWeb('8m') },
		event: (event) => (OURS(event) ? fate(event) : 'deliver'),
	});
	await flow.terminate(...[1, 2, 3, 4, 5].map(nodeId), BATCH_NODE);
	await flow.minutes(20);
	const operations = await flow.operations();
	expectSound(flow, [DRAIN.name, COLLECT.name]);
	const end = operations.map(({ subject, state, result, closedAt }) => ({
		node: subject.instanceId,
		state,
		lifecycle: result?.lifecycle,
		opsItem: result?.opsItemId !== undefined,
		closed: closedAt !== undefined,
		completed: flow.completions().filter(({ instanceId, error }) => instanceId === subject.instanceId && error === undefined).length,
		ran: flow.ran(subject.instanceId),
		left: flow.stateOf(subject.instanceId) === undefined,
	}));
	return end.sort((a, b) => a.node.localeCompare(b.node));
}

const ended = (node: string, state: string, ran: readonly string[], opsItem = false) => {
	return { node, state, lifecycle: 'CONTINUE', opsItem, closed: true, completed: 1, ran, left: true };
};

const AS_IT_SHOULD_BE = [
	ended(nodeId(1), 'succeeded', ['drain-node']),
	ended(nodeId(2), 'failed', ['drain-node'], true),
	ended(nodeId(3), 'failed', [], true),
	ended(nodeId(4), 'timed-out', ['drain-node'], true),
	ended(nodeId(5), 'succeeded', ['drain-node']),
	ended(BATCH_NODE, 'succeeded', ['collect-logs', 'drain-node']),
];

const minutes = (luck: Chance, from: number, to: number) => ({ delayMs: Math.round((from + luck() * (to - from)) * MINUTE) });

describe('Events', () => {
	it('that come once and at once: every operation ends as its node says', async () => {
		expect(await badDay(() => 'deliver')).toEqual(AS_IT_SHOULD_BE);
	});

	it('that all come twice change nothing', async () => {
		expect(await badDay(() => 'duplicate')).toEqual(AS_IT_SHOULD_BE);
	});

	it.for([1, 2, 3])('that all come one to four minutes late, in another order, change nothing (seed %i)', async (seed) => {
		const luck = chance(seed, 'fates');
		expect(await badDay(() => minutes(luck, 1, 4), seed)).toEqual(AS_IT_SHOULD_BE);
	});

	it.for([
		['of lifecycle actions', isLifecycleAction],
		['of commands', isCommandEnd],
		['of runbooks', isExecutionEnd],
		['of any kind', OURS],
	] as const)('%s that never come are missed by nobody', async ([, isLost]) => {
		expect(await badDay((event) => (isLost(event) ? 'drop' : 'deliver'))).toEqual(AS_IT_SHOULD_BE);
	});

	it.for([1, 2, 3, 4])('that are lost, late or doubled at random change nothing (seed %i)', async (seed) => {
		const luck = chance(seed, 'fates');
		const fate = (): EventFate => {
			const draw = luck();
			if (draw < 0.25) return 'drop';
			if (draw < 0.5) return 'duplicate';
			return draw < 0.75 ? minutes(luck, 0, 4) : 'deliver';
		};
		expect(await badDay(fate, seed)).toEqual(AS_IT_SHOULD_BE);
	});
});
