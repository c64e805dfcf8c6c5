import { describe, expect, it } from 'vitest';
import { chance } from '../../local/chance.ts';
import { BATCH_NODE, batchWorkers, COLLECT, COLLECTED, MINUTE, nodeId } from './deployment.ts';
import { expectAllEnded, expectEnded, expectNoEventLost, expectOthersUntouched, expectSound } from './ended.ts';
import { first, SERVER_ERROR, throttling } from './faults.ts';
import { begin } from './support.ts';

const LOST = { loseReply: true } as const;
const failsAfter = (durationSeconds: number) => ({ 'drain-node': { exitCode: 1, durationSeconds, stdout: 'stuck\n', oncePer: 'WorkId' } });
const five = [1, 2, 3, 4, 5].map(nodeId);

describe('A reply that never comes', () => {
	it('to SendCommand: the clock finds the command by its Comment and adopts it, and the drain runs once', async () => {
		const long = { 'drain-node': { durationSeconds: 150, oncePer: 'WorkId' } };
		const flow = await begin({ group: { behaviours: long }, call: first(1, 'SendCommand', LOST) });

		await flow.terminate(nodeId(1));
		await flow.minutes(5);

		const { history } = await expectEnded(flow, nodeId(1));
		expect(history.map(({ what }) => what)).toContain('command sent (found)');
		expect(flow.sends()).toEqual([[nodeId(1)]]);
		expectSound(flow);
	});

	it('to SendCommand, and the drain is over before the clock looks: its own event says what it was sent for', async () => {
		const flow = await begin({ call: first(1, 'SendCommand', LOST) });

		await flow.terminate(nodeId(1));
		await flow.until(() => flow.stateOf(nodeId(1)) === undefined);

		await expectEnded(flow, nodeId(1));
		expect(flow.calls('ListCommands')).toEqual([]);
		expectSound(flow);
	});

	it('to SendCommand for five nodes: all are adopted together', async () => {
		const flow = await begin({ nodes: 5, pollers: 1, call: first(1, 'SendCommand', LOST) });

		await flow.terminate(...five);
		await flow.minutes(5);

		await expectAllEnded(flow, five);
		expect(flow.sends()).toHaveLength(1);
		expectSound(flow);
	});

	it('to a SendCommand that never happened: it is sent again, but not within two minutes', async () => {
		const flow = await begin({ nodes: 5, pollers: 1, call: first(1, 'SendCommand', SERVER_ERROR) });

		await flow.terminate(...five);
		await flow.minutes(8);

		const [refused, sent, ...more] = flow.calls('SendCommand');
		expect(refused?.error).toBe('InternalServerError');
		expect((sent?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(2 * MINUTE);
		expect(more).toEqual([]);
		await expectAllEnded(flow, five);
		expectSound(flow);
	});

	it('to SendCommand while the list of commands lags to its bound: it is not sent again', async () => {
		const flow = await begin({ call: first(1, 'SendCommand', LOST), services: { listLagMs: 110_000 } });

		await flow.terminate(nodeId(1));
		await flow.minutes(6);

		await expectEnded(flow, nodeId(1));
		expect(flow.sends()).toHaveLength(1);
		expectSound(flow);
	});

	it('to SendCommand while the list lags beyond its bound: the command that is sent again finds the work done', async () => {
		const flow = await begin({ call: first(1, 'SendCommand', LOST), services: { listLagMs: 6 * MINUTE }, event: () => 'deliver' });

		await flow.terminate(nodeId(1));
		await flow.minutes(20);

		await expectEnded(flow, nodeId(1));
		expectSound(flow);
	});

	it('from a ledger that takes no work record any more once the command is sent: the drains are not sent again', async () => {
		const isSent = (input: unknown) => /"work#.*"externalId"/.test(JSON.stringify(input));
		const flow = await begin({
			nodes: 2,
			pollers: 1,
			group: { behaviours: { 'drain-node': { durationSeconds: 150, oncePer: 'WorkId' } } },
			services: { listLagMs: 4 * MINUTE },
			call: ({ operation, input }) => (operation === 'PutItem' && isSent(input) ? throttling('dynamodb') : undefined),
		});

		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(8);

		for (const { history } of await expectAllEnded(flow, [nodeId(1), nodeId(2)]))
			expect(history.map(({ what }) => what)).toEqual(expect.arrayContaining(['command sent', 'work record not written']));
		expect(flow.sends()).toHaveLength(1);
		expectSound(flow);
	});

	it('to StartAutomationExecution: one execution runs, and it is the one that settles the operation', async () => {
		const flow = await begin({ groups: [batchWorkers()], call: first(1, 'StartAutomationExecution', LOST) });

		await flow.terminate(BATCH_NODE);
		await flow.minutes(8);

		await expectEnded(flow, BATCH_NODE, COLLECTED);
		expect(flow.world.services.ssm.executions()).toHaveLength(1);
		expectSound(flow, [COLLECT.name]);
	});

	it('to StartAutomationExecution that never happened: started again with the same token', async () => {
		const flow = await begin({ groups: [batchWorkers()], call: first(3, 'StartAutomationExecution', SERVER_ERROR) });

		await flow.terminate(BATCH_NODE);
		await flow.minutes(8);

		await expectEnded(flow, BATCH_NODE, COLLECTED);
		expect(new Set(flow.calls('StartAutomationExecution').map(({ input }) => input['ClientToken'])).size).toBe(1);
		expectSound(flow, [COLLECT.name]);
	});

	it.for([
		['PutItem', 1],
		['BatchGetItem', 1],
		['PutEvents', 1],
		['CreateOpsItem', 1],
		['RecordLifecycleActionHeartbeat', 16],
	] as const)('to %s: the same end as if it had come', async ([operation, minutes]) => {
		const flow = await begin({ nodes: 2, group: { behaviours: failsAfter(minutes * 60) }, call: first(2, operation, LOST) });

		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(minutes + 6);

		expect(flow.calls(operation).some(({ error }) => error === 'ReplyLost')).toBe(true);
		await expectAllEnded(flow, [nodeId(1), nodeId(2)], { state: 'failed', opsItem: true });
		expect(flow.opsItems()).toEqual([{ title: 'drain-web fails on nodes of web-blue', nodes: [nodeId(1), nodeId(2)] }]);
		expectSound(flow);
	});

	it('to CompleteLifecycleAction: the instance shows that the hook is over, and nothing is completed twice', async () => {
		const flow = await begin({ call: first(1, 'CompleteLifecycleAction', LOST) });

		await flow.terminate(nodeId(1));
		await flow.minutes(5);

		await expectEnded(flow, nodeId(1), { lifecycle: 'over', completed: ['CONTINUE'] });
		expect(flow.stateOf(nodeId(1))).toBeUndefined();
		expectSound(flow);
	});

	it.for([1, 2, 3])(
		'to every third write of the ledger (seed %i): conditional writes that fail after succeeding change nothing',
		async (seed) => {
			const luck = chance(seed, 'lost writes');
			const flow = await begin({
				seed,
				nodes: 4,
				call: ({ operation }) => (operation === 'PutItem' && luck() < 1 / 3 ? LOST : undefined),
			});

			await flow.terminate(...five.slice(0, 4));
			await flow.minutes(15);

			await expectAllEnded(flow, five.slice(0, 4));
			expectOthersUntouched(flow);
			expectNoEventLost(flow);
		},
	);
});
