import { describe, expect, it } from 'vitest';
import { BATCH_NODE, batchWorkers, COLLECT, COLLECTED, DRAIN, MINUTE, nodeId, READY } from './deployment.ts';
import { expectAllEnded, expectEnded, expectNoEventLost, expectOthersUntouched, expectSound } from './ended.ts';
import { during, SERVER_ERROR, throttling } from './faults.ts';
import { begin } from './support.ts';

const three = [1, 2, 3].map(nodeId);
const LEDGER = ['PutItem', 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem'];

describe('A call that AWS throttles for minutes', () => {
	it.for([
		['SendCommand'],
		['DescribeInstanceInformation'],
		['DescribeLifecycleHooks'],
		['GetResources'],
		['ListCommandInvocations'],
		['PutEvents'],
		['CompleteLifecycleAction'],
		LEDGER,
	])('%s: every drain runs once and ends well', async (operations) => {
		const flow = await begin({ nodes: 3, call: during(4, operations, throttling) });

		await flow.terminate(...three);
		await flow.minutes(14);

		await expectAllEnded(flow, three);
		expect(flow.calls().some(({ error }) => error !== undefined && error !== 'ReplyLost')).toBe(true);
		expectOthersUntouched(flow);
		expectNoEventLost(flow);
	});

	it.for([['StartAutomationExecution'], ['GetAutomationExecution', 'DescribeAutomationExecutions'], LEDGER])(
		'%s: the runbook runs once and ends well',
		async (operations) => {
			const flow = await begin({ groups: [batchWorkers()], call: during(4, operations, throttling) });

			await flow.terminate(BATCH_NODE);
			await flow.minutes(14);

			await expectEnded(flow, BATCH_NODE, COLLECTED);
			expect(flow.world.services.ssm.executions()).toHaveLength(1);
			expectOthersUntouched(flow, [COLLECT.name]);
			expectNoEventLost(flow);
		},
	);

	it('every service at once, the ledger included', async () => {
		const flow = await begin({
			nodes: 3,
			call: ({ service }, at) => (at >= READY && at < READY + 6 * MINUTE ? throttling(service) : undefined),
		});

		await flow.terminate(...three);
		await flow.minutes(20);

		await expectAllEnded(flow, three);
		expectOthersUntouched(flow);
		expectNoEventLost(flow);
	});

	it('SendCommand answers at once that it was throttled, and the work starts at the next minute', async () => {
		const flow = await begin({ call: during(0.5, ['SendCommand'], throttling) });

		await flow.terminate(nodeId(1));
		await flow.minutes(4);

		const { history, work } = await expectEnded(flow, nodeId(1));
		expect(history.map(({ what }) => what)).toContain('waiting');
		expect((work?.startedAt ?? 0) - READY).toBeLessThan(1.5 * MINUTE);
	});
});

describe('A lifecycle action that cannot be completed', () => {
	it.for([throttling('autoscaling'), SERVER_ERROR])('is tried every minute until it can ($code)', async (error) => {
		const flow = await begin({ call: during(20, ['CompleteLifecycleAction'], () => error) });

		await flow.terminate(nodeId(1));
		await flow.minutes(25);

		const { closedAt } = await expectEnded(flow, nodeId(1));
		expect(closedAt).toBeLessThan(READY + 22 * MINUTE);
		const minutes = new Set(flow.completions().map(({ at }) => Math.floor(at / MINUTE)));
		expect(minutes.size).toBeGreaterThanOrEqual(19);
		expect(flow.heartbeats().filter((beat) => beat.error === undefined)).not.toEqual([]);
		expectSound(flow);
	});

	it('is given up only when the hook itself is over', async () => {
		const short = { ...DRAIN, heartbeatTimeoutSeconds: 120 };
		const flow = await begin({ group: { hooks: [short] }, call: during(60, ['CompleteLifecycleAction'], throttling) });

		await flow.terminate(nodeId(1));
		await flow.minutes(6);

		const { history } = await expectEnded(flow, nodeId(1), { lifecycle: 'over' });
		expect(history.map(({ what }) => what)).toContain('hook is over');
		expectSound(flow);
	});
});
