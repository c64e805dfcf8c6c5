import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../shared/operation/types.ts';
import { cancelCommands, lookUpCommands, meaningOf, readCommand } from '../../../shared/work/invocations.ts';
import { commandId, createCore, invocation, nodeId, throttled } from '../../support/core.ts';
import { anOperation, OPENED_AT, someWork, TERMINATING } from '../../support/operations.ts';

describe('StatusDetails', () => {
	it.each([
		[['Pending', 'InProgress', 'In Progress', 'Delayed', 'Cancelling'], 'running'],
		[['Success'], 'succeeded'],
		[['DeliveryTimedOut', 'Delivery Timed Out', 'Undeliverable'], 'not-delivered'],
		[['Terminated'], 'not-started'],
		[
			[
				'Failed',
				'ExecutionTimedOut',
				'Execution Timed Out',
				'Cancelled',
				'Canceled',
				'InvalidPlatform',
				'Invalid Platform',
				'AccessDenied',
				'Access Denied',
			],
			'failed',
		],
		[['WhateverComesNext'], 'failed'],
	])('%j mean %s', (spellings, meaning) => {
		expect(spellings.map(meaningOf)).toEqual(spellings.map(() => meaning));
	});
});

/** An operation that runs as a command, on a node of this number. */
function running(number: number, externalId = commandId(1)): Operation {
	const operation = anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number) }, state: 'running' });
	return { ...operation, work: someWork(operation, { externalId }) };
}

describe('what a node says', () => {
	async function factOf(StatusDetails: string, plugins: readonly object[]) {
		const core = await createCore();
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'comment', StatusDetails, plugins)] }));
		return (await readCommand(core.services, commandId(1))).nodes.get(nodeId(1));
	}
	const skipped = { Status: 'Success', StatusDetails: 'Success', ResponseCode: 0, Output: '' };

	it('is the last line of the step that failed, with its exit code', async () => {
		const bad = { Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 4, Output: 'stopping\n\nnginx did not stop \n' };
		expect(await factOf('Failed', [skipped, bad, skipped])).toMatchObject({ status: 'failed', exitCode: 4, output: 'nginx did not stop' });
	});

	it('is what the step for its own platform printed, where another was skipped', async () => {
		const ran = { ...skipped, Output: 'nginx is drained and stopped.' };
		expect(await factOf('Success', [ran, skipped])).toMatchObject({ status: 'succeeded', output: 'nginx is drained and stopped.' });
	});

	it('is kept short', async () => {
		expect((await factOf('Success', [{ ...skipped, Output: 'x'.repeat(2_500) }]))?.output).toHaveLength(300);
	});

	it('has an end once it ended, the latest of its steps', async () => {
		const until = (milliseconds: number) => ({ ...skipped, ResponseFinishDateTime: new Date(OPENED_AT + milliseconds) });
		expect(await factOf('Success', [until(2_000), until(1_000)])).toMatchObject({ endedAt: OPENED_AT + 2_000 });
		expect(await factOf('InProgress', [until(2_000)])).not.toHaveProperty('endedAt');
	});

	it('names where its output is', async () => {
		const plugin = { ...skipped, OutputS3BucketName: 'output', OutputS3KeyPrefix: 'commands/work-1' };
		expect(await factOf('Success', [plugin])).toMatchObject({ outputUrl: 's3://output/commands/work-1' });
	});
});

describe('looking up commands', () => {
	it('asks once for each command, and reads all its pages', async () => {
		const core = await createCore();
		core.on('ListCommandInvocations', ({ CommandId, NextToken }) => {
			if (CommandId === commandId(2)) return { CommandInvocations: [invocation(nodeId(3), 'c', 'Failed')] };
			return NextToken === undefined
				? { CommandInvocations: [invocation(nodeId(1), 'c', 'Success')], NextToken: 'more' }
				: { CommandInvocations: [invocation(nodeId(2), 'c', 'InProgress')] };
		});
		const operations = [running(1), running(2), running(3, commandId(2))];
		const facts = await lookUpCommands(core.services, operations);
		expect(operations.map(({ id }) => facts.get(id))).toMatchObject([{ status: 'succeeded' }, { status: 'running' }, { status: 'failed' }]);
		expect(core.calls('ListCommandInvocations')).toHaveLength(3);
		expect(core.calls('ListCommandInvocations')[2]).toMatchObject({ CommandId: commandId(2), InstanceId: nodeId(3) });
	});

	it('says nothing of a node that is not listed yet, or where AWS does not answer', async () => {
		const core = await createCore();
		expect((await lookUpCommands(core.services, [running(1)])).get(running(1).id)).toMatchObject({ status: 'unknown' });
		core.on('ListCommandInvocations', () => {
			throw throttled();
		});
		expect((await lookUpCommands(core.services, [running(1)])).get(running(1).id)).toMatchObject({
			status: 'unknown',
			details: expect.stringContaining('Rate exceeded'),
		});
	});
});

describe('looking up a command that was sent again', () => {
	/** The second command of its work; AWS lists these of the node, the newest first. */
	async function lookUp(second: string, listed: readonly (readonly [comment: string, status: string])[], endedAt?: number) {
		const core = await createCore();
		const operation = running(1);
		const resent: Operation = { ...operation, work: someWork(operation, { externalId: commandId(2), attempt: 2 }) };
		const plugins = endedAt === undefined ? [] : [{ Status: second, ResponseFinishDateTime: new Date(endedAt) }];
		core.on('ListCommandInvocations', ({ CommandId }) => ({
			CommandInvocations:
				CommandId === undefined
					? listed.map(([comment, status]) => invocation(nodeId(1), comment, status))
					: [invocation(nodeId(1), `${first}/2`, second, plugins)],
		}));
		return { core, fact: (await lookUpCommands(core.services, [resent])).get(resent.id) };
	}
	const first = `fleetkeeper ${running(1).id}.1`;

	it('asks for all of the node: that one before it ended well is what counts', async () => {
		const { core, fact } = await lookUp('DeliveryTimedOut', [
			[`${first}/2`, 'DeliveryTimedOut'],
			[`${first}/1`, 'Success'],
		]);
		expect(fact).toMatchObject({ status: 'succeeded' });
		expect(core.calls('ListCommandInvocations')[1]).toMatchObject({
			InstanceId: nodeId(1),
			Filters: [{ key: 'InvokedAfter', value: '2026-03-02T08:59:00Z' }],
		});
	});

	it('takes a success in time for the one before a late one', async () => {
		const late = anOperation().deadlineAt + 1;
		expect((await lookUp('Success', [[`${first}/1`, 'Success']], late)).fact).not.toHaveProperty('endedAt');
		expect((await lookUp('Success', [], late)).fact).toMatchObject({ endedAt: late });
	});

	it.each([
		['Failed', 'InProgress', 'running'],
		['Failed', 'DeliveryTimedOut', 'failed'],
		['DeliveryTimedOut', 'Failed', 'failed'],
	])('of which the last says %s and the first %s: the work is %s', async (last, before, status) => {
		expect((await lookUp(last, [[`${first}/1`, before]])).fact).toMatchObject({ status });
	});

	it('asks no more where it ended well, and counts no other work of the node', async () => {
		const { core, fact } = await lookUp('Success', []);
		expect(fact).toMatchObject({ status: 'succeeded' });
		expect(core.calls('ListCommandInvocations')).toHaveLength(1);
		expect((await lookUp('Failed', [['fleetkeeper another.1/1', 'Success']])).fact).toMatchObject({ status: 'failed' });
	});
});

describe('cancelling', () => {
	it('stops a command on the nodes that are asked about, and on no other', async () => {
		const core = await createCore();
		const facts = await cancelCommands(core.services, [running(1), running(2)]);
		expect(core.calls('CancelCommand')).toEqual([{ CommandId: commandId(1), InstanceIds: [nodeId(1), nodeId(2)] }]);
		expect([...facts.values()]).toMatchObject([{ type: 'done' }, { type: 'done' }]);
	});

	it('that AWS does not take is to be tried again', async () => {
		const core = await createCore();
		core.on('CancelCommand', () => {
			throw throttled();
		});
		expect([...(await cancelCommands(core.services, [running(1)])).values()]).toMatchObject([
			{ type: 'not-done', effect: 'cancel-work', why: 'retry' },
		]);
	});
});
