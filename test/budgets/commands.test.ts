/** What a command on many nodes costs in AWS calls, and how large its items are. */

import { describe, expect, it } from 'vitest';
import { ask, byIds, onCommand, restart, ssmCalls, theOnly } from '../flows/commanding.ts';
import { nodeId } from '../flows/deployment.ts';
import { begin, type OurCall } from '../flows/support.ts';
import { spent } from './drains.ts';

const PLAYBOOKS = { 'on-command': onCommand() };
const behaviours = { 'restart-service': { durationSeconds: [4, 20] as const, oncePer: 'WorkId' } };

/** What a command on so many nodes costs, two of which fail, the clock's own calls included. */
async function commanded(nodes: number, detail: object, minutes: number): Promise<readonly OurCall[]> {
	const flow = await begin({ nodes, playbooks: PLAYBOOKS, group: { behaviours, max: nodes } });
	for (const id of [nodeId(7), nodeId(nodes - 7)])
		flow.world.services.ssm.behave(id, { 'restart-service': { exitCode: 1, durationSeconds: 4 } });
	const before = flow.calls().length;
	await ask(flow, detail);
	await flow.minutes(minutes);
	expect(await theOnly(flow)).toMatchObject({ state: 'failed', result: { nodes: { succeeded: nodes - 2, failed: 2 } } });
	return flow.calls().slice(before);
}

/** Bytes of JSON that a call puts into the ledger, at most. */
function largest(calls: readonly OurCall[], operation: 'BatchWriteItem' | 'PutItem'): number {
	return Math.max(...calls.filter((call) => call.operation === operation).map(({ input }) => JSON.stringify(input).length));
}

describe('The AWS calls of a command', () => {
	it('to 1,000 nodes by a tag are one SendCommand and none of Systems Manager for a node, and nodes are written in batches', async () => {
		const calls = await commanded(1_000, restart({ maxErrors: '5%' }), 2);
		const { SendCommand, ListCommands, ListCommandInvocations, ...others } = ssmCalls(calls);
		expect([SendCommand, others]).toEqual([1, { CreateOpsItem: 1 }]);
		expect((ListCommands ?? 0) + (ListCommandInvocations ?? 0)).toBeLessThanOrEqual(5);
		const { by } = spent(calls);
		expect(by['BatchWriteItem'], JSON.stringify(by)).toBeLessThanOrEqual(80);
		expect(by['PutItem'], JSON.stringify(by)).toBeLessThanOrEqual(10);
	});

	it('to 250 nodes by their ids are a few for each of five of AWS, and no item comes near what the ledger holds', async () => {
		const calls = await commanded(250, restart({ targets: byIds(1, 250), maxErrors: '5%' }), 5);
		const { SendCommand, ListCommands = 0, ListCommandInvocations = 0 } = ssmCalls(calls);
		expect(SendCommand).toBe(5);
		expect(ListCommands + ListCommandInvocations).toBeLessThanOrEqual(15);
		expect(largest(calls, 'PutItem')).toBeLessThan(30_000);
		expect(largest(calls, 'BatchWriteItem')).toBeLessThan(25 * 1_000);
	});
});
