import { describe, expect, it } from 'vitest';
import { Drop, Fail, Retry } from '../../../shared/errors.ts';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import { settleCommands, settleExecutions } from '../../../shared/operation/settle.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import {
	awsError,
	type Core,
	commandId,
	createCore,
	drainWeb,
	executionEvent,
	executionId,
	invocation,
	invocationEvent,
	lifecycleEvent,
	nodeId,
	noReply,
	throttled,
	tickDue,
} from '../../support/core.ts';
import { DRAIN, MINUTE } from '../../support/operations.ts';

/** A core that has sent one command to so many nodes. */
async function sent(nodes: number, changes: Parameters<typeof drainWeb>[0] = {}) {
	const core = await createCore({ playbooks: [drainWeb(changes)] });
	const openings = await openFromEvents(
		core.services,
		Array.from({ length: nodes }, (_, index) => lifecycleEvent(nodeId(index + 1))),
	);
	const ids = openings.map((opening) => (opening.ok ? opening.value.operation.id : ''));
	return { ...core, ids };
}

/** From now on ListCommandInvocations lists these nodes of every command. */
function lists(core: Core, statuses: Readonly<Record<number, string>>, comment = core.calls('SendCommand')[0]?.Comment) {
	core.on('ListCommandInvocations', ({ InstanceId }) => ({
		CommandInvocations: Object.entries(statuses)
			.map(([number, status]) => invocation(nodeId(Number(number)), comment, status))
			.filter((each) => InstanceId === undefined || each.InstanceId === InstanceId),
	}));
}

async function settled(core: Core, ...events: readonly unknown[]) {
	return settleCommands(core.services, events);
}

async function states(core: Core, ids: readonly string[]): Promise<string[]> {
	const operations = new Map((await core.another().ledger.load(ids)).map((operation) => [operation.id, operation]));
	return ids.map((id) => operations.get(id)?.state ?? 'absent');
}

describe('the event of a command that ended on a node', () => {
	it('settles the operation it was sent for, with what the node said', async () => {
		const core = await sent(1);
		const plugin = { Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 4, Output: 'stopping\nnginx is running again\n' };
		core.on('ListCommandInvocations', () => ({
			CommandInvocations: [invocation(nodeId(1), core.calls('SendCommand')[0].Comment, 'Failed', [plugin])],
		}));
		const [result] = await settled(core, invocationEvent(commandId(1), nodeId(1), 'Failed'));
		expect(result).toMatchObject({
			ok: true,
			value: { state: 'failed', result: { reason: 'drain-node: Failed, exit code 4: nginx is running again' } },
		});
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(1);
	});

	it('settles each node of a shared command alone, by one look-up', async () => {
		const core = await sent(3);
		lists(core, { 1: 'Success', 2: 'Failed', 3: 'InProgress' });
		await settled(core, invocationEvent(commandId(1), nodeId(1)), invocationEvent(commandId(1), nodeId(2), 'Failed'));
		expect(await states(core, core.ids)).toEqual(['succeeded', 'failed', 'running']);
		expect(core.calls('ListCommandInvocations')).toHaveLength(1);
	});

	it('settles nodes of a shared command that succeeded without any look-up, in whatever environment', async () => {
		const core = await sent(3);
		const events = [1, 2].map((number) => invocationEvent(commandId(1), nodeId(number)));
		await settleCommands(core.another(), events);
		expect(await states(core, core.ids)).toEqual(['succeeded', 'succeeded', 'running']);
		expect(core.calls('ListCommandInvocations')).toEqual([]);
	});

	it('that comes twice settles once', async () => {
		const core = await sent(1);
		lists(core, { 1: 'Success' });
		const event = invocationEvent(commandId(1), nodeId(1));
		await settled(core, event, event);
		const [again] = await settled(core, event);
		expect(again).toMatchObject({ ok: true, value: { state: 'succeeded' } });
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(1);
	});

	it('with many others is on record before the last of them are begun, for AWS may throttle what ends them', async () => {
		const core = await sent(25);
		const closed: number[] = [];
		core.on('CompleteLifecycleAction', async () => {
			closed.push((await states(core, core.ids)).filter((state) => state === 'succeeded').length);
			return {};
		});
		await settled(core, ...Array.from({ length: 25 }, (_, index) => invocationEvent(commandId(1), nodeId(index + 1))));
		expect(new Set(closed)).toEqual(new Set([0, 20]));
		expect(
			core
				.calls('PutEvents')
				.slice(-3)
				.map(({ Entries }) => Entries.length),
		).toEqual([10, 10, 5]);
	});

	it('is believed where the list lags behind it', async () => {
		const core = await sent(1);
		lists(core, { 1: 'InProgress' });
		await settled(core, invocationEvent(commandId(1), nodeId(1)));
		expect(await states(core, core.ids)).toEqual(['succeeded']);
	});

	it('of a time-out, where the list lags, leaves the verdict to the clock: it does not say whether the work ran', async () => {
		const core = await sent(1);
		lists(core, { 1: 'InProgress' });
		await settled(core, invocationEvent(commandId(1), nodeId(1), 'TimedOut'));
		expect(await states(core, core.ids)).toEqual(['running']);
	});

	it('that overtakes the reply to SendCommand is not lost', async () => {
		const core = await createCore();
		core.on('SendCommand', async ({ Comment }) => {
			lists(core, { 1: 'Success' }, Comment);
			const [result] = await settleCommands(core.another(), [invocationEvent(commandId(1), nodeId(1))]);
			expect(result).toMatchObject({ ok: true, value: { state: 'succeeded' } });
			return { Command: { CommandId: commandId(1) } };
		});
		const [opening] = await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		const id = opening?.ok ? opening.value.operation.id : '';
		expect(await states(core, [id])).toEqual(['succeeded']);
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(1);
	});

	it('settles shared work whose reply was lost', async () => {
		const core = await createCore();
		core.on('SendCommand', () => {
			throw noReply();
		});
		const openings = await openFromEvents(core.services, [lifecycleEvent(nodeId(1)), lifecycleEvent(nodeId(2))]);
		lists(core, { 1: 'Success', 2: 'Success' });
		await settled(core, invocationEvent(commandId(7), nodeId(2)));
		expect(
			await states(
				core,
				openings.map((opening) => (opening.ok ? opening.value.operation.id : '')),
			),
		).toEqual(['starting', 'succeeded']);
	});

	it('is tried again where AWS does not list the command yet, or does not answer', async () => {
		const core = await sent(1);
		expect((await settled(core, invocationEvent(commandId(1), nodeId(1))))[0]).toMatchObject({ error: expect.any(Retry) });
		core.on('ListCommandInvocations', () => {
			throw throttled();
		});
		expect((await settled(core, invocationEvent(commandId(1), nodeId(1))))[0]).toMatchObject({ error: expect.any(Retry) });
	});

	it('of a document that no playbook runs is dropped without a call', async () => {
		const core = await sent(1);
		const before = core.called().length;
		const [result] = await settled(core, invocationEvent(commandId(9), nodeId(1), 'Success', 'AWS-RunShellScript'));
		expect(result).toMatchObject({ error: expect.any(Drop) });
		expect(core.called()).toHaveLength(before);
	});

	it('of a command that somebody else sent with a document of ours is dropped', async () => {
		const core = await sent(1);
		lists(core, { 1: 'Success' }, 'by hand');
		const [result] = await settled(core, invocationEvent(commandId(9), nodeId(1)));
		expect(result).toMatchObject({ error: { reason: 'foreign-command' } });
		expect(await states(core, core.ids)).toEqual(['running']);
	});

	it('on a node that the command serves no operation of is dropped', async () => {
		const core = await sent(2);
		lists(core, { 1: 'Success', 2: 'Success', 9: 'Success' });
		expect((await settled(core, invocationEvent(commandId(1), nodeId(9))))[0]).toMatchObject({ error: { reason: 'unknown-node' } });
	});

	it('on another node than the one that the command was sent to says nothing of that one', async () => {
		const core = await sent(1);
		lists(core, { 1: 'InProgress' });
		const results = await settled(core, invocationEvent(commandId(1), nodeId(9)), invocationEvent(commandId(1), nodeId(9), 'Failed'));
		expect(results).toMatchObject([{ error: { reason: 'unknown-node' } }, { error: { reason: 'unknown-node' } }]);
		expect(await states(core, core.ids)).toEqual(['running']);
	});

	it('that is bad does not spoil its neighbours', async () => {
		const core = await sent(1);
		lists(core, { 1: 'Success' });
		const results = await settled(core, { source: 'aws.ssm' }, invocationEvent(commandId(1), nodeId(1)), null);
		expect(results.map((result) => (result.ok ? result.value.state : result.error))).toEqual([
			expect.any(Fail),
			'succeeded',
			expect.any(Fail),
		]);
	});
});

describe('the event of a runbook that ended', () => {
	const run = { ...DRAIN, type: 'automation', document: 'collect-and-drain' } as const;
	const ended = (id: string, status?: string) => executionEvent(id, status, 'fleetkeeper-test-collect-and-drain');

	async function settle(core: Core, ...events: readonly unknown[]): Promise<(Operation | unknown)[]> {
		return (await settleExecutions(core.services, events)).map((result) => (result.ok ? result.value : result.error));
	}

	it.each(['Success', 'CompletedWithSuccess'])('(%s) settles the operation it was started for', async (AutomationExecutionStatus) => {
		const core = await sent(1, { run });
		expect(await settle(core, ended(executionId(1), AutomationExecutionStatus))).toMatchObject([{ state: 'succeeded' }]);
	});

	it('of a success costs one call of Systems Manager: whose it is stands in its tag', async () => {
		const core = await sent(1, { run });
		const before = core.called().length;
		await settle(core, ended(executionId(1)));
		expect(core.called().slice(before)).toEqual(['ListTagsForResource', 'CompleteLifecycleAction', 'PutEvents']);
		expect(core.calls('ListTagsForResource')).toEqual([{ ResourceType: 'Automation', ResourceId: executionId(1) }]);
	});

	it('that overtakes the reply to StartAutomationExecution is not lost', async () => {
		const core = await createCore({ playbooks: [drainWeb({ run })] });
		core.on('StartAutomationExecution', async ({ Tags }) => {
			core.on('ListTagsForResource', () => ({ TagList: Tags }));
			expect(await settleExecutions(core.another(), [ended(executionId(1))])).toMatchObject([{ ok: true, value: { state: 'succeeded' } }]);
			return { AutomationExecutionId: executionId(1) };
		});
		const [opening] = await openFromEvents(core.services, [lifecycleEvent(nodeId(1))]);
		expect(await states(core, [opening?.ok ? opening.value.operation.id : ''])).toEqual(['succeeded']);
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(1);
	});

	it('says which step failed and why', async () => {
		const core = await sent(1, { run });
		core.on('GetAutomationExecution', () => ({
			AutomationExecution: {
				AutomationExecutionStatus: 'Failed',
				StepExecutions: [
					{ StepName: 'collect', StepStatus: 'Success' },
					{ StepName: 'drain', StepStatus: 'Failed', FailureMessage: 'exit status 4' },
				],
			},
		}));
		expect(await settle(core, ended(executionId(1), 'Failed'))).toMatchObject([
			{ state: 'failed', result: { reason: 'collect-and-drain: Failed: step drain: exit status 4' } },
		]);
	});

	it.each(['Canceled', 'Cancelled', 'TimedOut', 'Rejected', 'CompletedWithFailure'])(
		'(%s) is a failure, also where AWS cannot be asked',
		async (status) => {
			const core = await sent(1, { run });
			core.on('GetAutomationExecution', () => {
				throw throttled();
			});
			expect(await settle(core, ended(executionId(1), status))).toMatchObject([{ state: 'failed' }]);
		},
	);

	it('of somebody else is dropped', async () => {
		const core = await sent(1, { run });
		expect(await settle(core, ended(executionId(9)), executionEvent(executionId(1), 'Success', 'AWS-RestartEC2Instance'))).toMatchObject([
			{ reason: 'foreign-execution' },
			{ reason: 'foreign-execution' },
		]);
		expect(await states(core, core.ids)).toEqual(['running']);
	});

	it('that Systems Manager does not know is dropped, and one that it does not tell of is tried again', async () => {
		const core = await sent(1, { run });
		core.on('ListTagsForResource', () => {
			throw awsError('InvalidResourceId');
		});
		expect(await settle(core, ended(executionId(1)))).toMatchObject([{ reason: 'unknown-execution' }]);
		core.on('ListTagsForResource', () => {
			throw throttled();
		});
		expect(await settle(core, ended(executionId(1)))).toEqual([expect.any(Retry)]);
		expect(await states(core, core.ids)).toEqual(['running']);
	});

	it('that never comes is made up for by the clock, which also stops the runbook at its timeout', async () => {
		const core = await sent(1, { run });
		core.pass(16 * MINUTE);
		await tickDue(core.services);
		expect(core.calls('StopAutomationExecution')).toEqual([{ AutomationExecutionId: executionId(1), Type: 'Cancel' }]);
		expect(await states(core, core.ids)).toEqual(['timed-out']);
	});
});
