import { describe, expect, it } from 'vitest';
import { BATCH_NODE, batchWorkers, COLLECT } from './deployment.ts';
import { expectEnded, expectSound } from './ended.ts';
import { begin } from './support.ts';

const FAILS = { exitCode: 1, durationSeconds: 5, oncePer: 'WorkId' } as const;
const WORKS = { durationSeconds: 20, oncePer: 'WorkId' } as const;

describe('A node whose logs are collected before it is drained', () => {
	it.each([
		['cannot upload them is drained all the same, and somebody hears of it', { 'collect-logs': FAILS, 'drain-node': WORKS }, 'collectLogs'],
		['cannot be drained is let go all the same, and somebody hears of it', { 'collect-logs': WORKS, 'drain-node': FAILS }, 'drain'],
	])('and that %s', async (_, behaviours, step) => {
		const flow = await begin({ nodes: 0, groups: [{ ...batchWorkers(), behaviours }] });
		await flow.terminate(BATCH_NODE);
		await flow.minutes(3);

		const ran = ['collect-logs', 'drain-node'];
		const { result } = await expectEnded(flow, BATCH_NODE, { state: 'failed', opsItem: true, hook: COLLECT.name, ran });
		expect(result?.reason).toContain(`collect-and-drain: Failed: step ${step}`);
		expectSound(flow, [COLLECT.name]);
	});
});
