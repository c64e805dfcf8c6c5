import { describe, expect, it } from 'vitest';
import type { CallFault } from '../../local/aws/wire.ts';
import { BATCH_NODE, batchWorkers, COLLECT, COLLECTED, DRAIN, nodeId } from './deployment.ts';
import { expectAllEnded, expectEnded, expectNoEventLost, expectOthersUntouched, expectSound } from './ended.ts';
import { during, first, isCommandEnd, isLifecycleAction, throttling } from './faults.ts';
import { begin } from './support.ts';

const LOST: CallFault = { loseReply: true };
const four = [1, 2, 3, 4].map(nodeId);

describe('Two clocks that tick at the same moment', () => {
	it.for([
		['nothing else happens', {}],
		['SendCommand was throttled', { call: during(1.5, ['SendCommand'], throttling) }],
		['the reply to SendCommand was lost', { call: first(1, 'SendCommand', LOST) }],
		['CompleteLifecycleAction was throttled', { call: during(3, ['CompleteLifecycleAction'], throttling) }],
		[
			'the events of the hook never came',
			{ event: (event: Parameters<typeof isLifecycleAction>[0]) => (isLifecycleAction(event) ? 'drop' : 'deliver') },
		],
		[
			'the events of the commands never came',
			{ event: (event: Parameters<typeof isCommandEnd>[0]) => (isCommandEnd(event) ? 'drop' : 'deliver') },
		],
	] as const)('send, complete and report once where %s', async ([, faults]) => {
		const flow = await begin({ ...faults, nodes: 4, groups: [batchWorkers()], clocks: 2 });

		await flow.terminate(...four, BATCH_NODE);
		await flow.minutes(9);

		await expectAllEnded(flow, four);
		await expectEnded(flow, BATCH_NODE, COLLECTED);
		const sentTo = flow.sends().flat();
		expect(sentTo.sort()).toEqual(four);
		expect(flow.completions().filter(({ error }) => error === undefined)).toHaveLength(5);
		expectSound(flow, [DRAIN.name, COLLECT.name]);
	});
});

describe('A function that is killed', () => {
	const CALLS = [
		'GetItem',
		'PutItem',
		'BatchGetItem',
		'DescribeInstanceInformation',
		'SendCommand',
		'CompleteLifecycleAction',
		'PutEvents',
		'CreateOpsItem',
	];
	const FAILS = { 'drain-node': { exitCode: 1, durationSeconds: 40, stdout: 'stuck\n', oncePer: 'WorkId' } };

	it.for(
		CALLS.flatMap(
			(operation) =>
				[
					['before', operation],
					['after', operation],
				] as const,
		),
	)('%s its first %s leaves nothing that is not done within minutes, once', async ([when, operation]) => {
		const flow = await begin({ nodes: 2, pollers: 1, group: { behaviours: FAILS }, kill: { operation, when } });

		await flow.terminate(nodeId(1), nodeId(2));
		await flow.minutes(9);

		for (const id of [nodeId(1), nodeId(2)]) {
			// Who dies with the completion done has not heard of it: the next one finds the hook over.
			const { result } = await flow.operation(id);
			const unheard = operation === 'CompleteLifecycleAction' && when === 'after' && result?.lifecycle === 'over';
			await expectEnded(flow, id, { state: 'failed', opsItem: true, lifecycle: unheard ? 'over' : 'CONTINUE', completed: ['CONTINUE'] });
		}
		expect(flow.opsItems()).toHaveLength(1);
		expectOthersUntouched(flow);
		expectNoEventLost(flow);
	});
});
