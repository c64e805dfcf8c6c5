import { afterEach, describe, expect, it, vi } from 'vitest';
import { uuidFrom } from '../../../shared/operation/ids.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import { executionFact, findExecutions, startExecutions, workOfExecution } from '../../../shared/work/automation.ts';
import { cancelWork } from '../../../shared/work/work.ts';
import { awsError, createCore, executionId, nodeId, noReply, throttled } from '../../support/core.ts';
import { anOperation, OPENED_AT, someWork, TERMINATING } from '../../support/operations.ts';

function wanting(number: number, externalId?: string): Operation {
	const operation = anOperation({
		subject: { ...TERMINATING, instanceId: nodeId(number) },
		run: { type: 'automation', document: 'collect-and-drain' },
	});
	const work = someWork(operation, {
		type: 'automation',
		document: 'collect-and-drain',
		parameters: {},
		...(externalId && { externalId }),
	});
	return { ...operation, work };
}

const facts = (answers: ReadonlyMap<string, unknown>) => [...answers.values()];

afterEach(() => {
	vi.restoreAllMocks();
});

/** A second passes at once whenever the code waits for one. */
function hurry(pass: (milliseconds: number) => void): void {
	const wait = globalThis.setTimeout;
	vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, milliseconds = 0) => {
		if (milliseconds < 1_000) return wait(run, milliseconds);
		pass(milliseconds);
		return setImmediate(run);
	}) as never);
}

describe('starting a runbook', () => {
	it('carries a token that follows from the work, and a tag that finds it again', async () => {
		const core = await createCore();
		const operation = wanting(1);
		expect(facts(await startExecutions(core.services, [operation]))).toMatchObject([
			{ type: 'work-started', externalId: executionId(1), adopted: false },
		]);
		expect(core.calls('StartAutomationExecution')[0]).toMatchObject({
			DocumentName: 'fleetkeeper-test-collect-and-drain',
			ClientToken: uuidFrom(`${operation.id}.1`),
			Tags: [{ Key: `fleetkeeper:work:${operation.id}.1`, Value: operation.id }],
		});
		expect(await workOfExecution(core.services, executionId(1))).toBe(`${operation.id}.1`);
	});

	it('is one call a second, and what has no time left waits for the clock', async () => {
		const core = await createCore();
		const at: number[] = [];
		core.on('StartAutomationExecution', () => {
			at.push(core.now());
			return { AutomationExecutionId: `execution-${at.length}` };
		});
		hurry(core.pass);
		const operations = Array.from({ length: 40 }, (_, number) => wanting(number));
		const answers = facts(await startExecutions(core.services, operations));
		expect(at).toEqual(at.map((_, index) => OPENED_AT + index * 1_000));
		expect(at.length).toBeGreaterThan(30);
		expect(answers.slice(at.length)).toEqual(answers.slice(at.length).map(() => expect.objectContaining({ why: 'throttled' })));
		expect(answers).toHaveLength(40);
	});

	it('stops asking once AWS says that it is too fast', async () => {
		const core = await createCore();
		core.on('StartAutomationExecution', () => {
			throw throttled();
		});
		hurry(core.pass);
		const answers = facts(await startExecutions(core.services, [wanting(1), wanting(2), wanting(3)]));
		expect(answers).toMatchObject([{ why: 'throttled' }, { why: 'throttled' }, { why: 'throttled' }]);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
	});

	it('waits where the account has all the automations it may have', async () => {
		const core = await createCore();
		core.on('StartAutomationExecution', () => {
			throw awsError('AutomationExecutionLimitExceededException');
		});
		expect(facts(await startExecutions(core.services, [wanting(1)]))).toMatchObject([{ type: 'work-not-started', why: 'throttled' }]);
	});
});

describe('looking for a runbook whose reply never came', () => {
	it('adopts what carries its tag', async () => {
		const core = await createCore();
		const operation = wanting(1);
		core.on('DescribeAutomationExecutions', () => ({ AutomationExecutionMetadataList: [{ AutomationExecutionId: executionId(7) }] }));
		expect(facts(await findExecutions(core.services, [operation]))).toMatchObject([
			{ type: 'work-started', externalId: executionId(7), adopted: true },
		]);
		expect(core.calls('DescribeAutomationExecutions')[0].Filters).toEqual([
			{ Key: 'TagKey', Values: [`fleetkeeper:work:${operation.id}.1`] },
		]);
		expect(core.calls('StartAutomationExecution')).toEqual([]);
	});

	it('asks again with the same token where none is listed: that starts it at most once', async () => {
		const core = await createCore();
		const operation = wanting(1);
		expect(facts(await findExecutions(core.services, [operation]))).toMatchObject([{ type: 'work-started', adopted: true }]);
		expect(core.calls('StartAutomationExecution')[0].ClientToken).toBe(uuidFrom(`${operation.id}.1`));
	});

	it('begins nothing any more after the deadline', async () => {
		const core = await createCore();
		const operation = { ...wanting(1), deadlineAt: core.now() };
		expect(facts(await findExecutions(core.services, [operation]))).toEqual([{ type: 'work-not-found', certain: false }]);
		expect(core.calls('StartAutomationExecution')).toEqual([]);
	});

	it('takes a refused token for a sign that it runs, and waits for the list', async () => {
		const core = await createCore();
		core.on('StartAutomationExecution', () => {
			throw awsError('IdempotentParameterMismatch');
		});
		expect(facts(await findExecutions(core.services, [wanting(1)]))).toEqual([{ type: 'work-not-found', certain: false }]);
	});

	it('that is not answered is taken up again by the clock', async () => {
		const core = await createCore();
		core.on('DescribeAutomationExecutions', () => {
			throw noReply();
		});
		expect(facts(await findExecutions(core.services, [wanting(1)]))).toMatchObject([{ type: 'not-done', effect: 'find-work' }]);
	});
});

describe('how an execution stands', () => {
	it.each([
		[['Pending', 'InProgress', 'Waiting', 'PendingApproval', 'Approved', 'Scheduled', 'RunbookInProgress', 'Cancelling'], 'running'],
		[['Success', 'CompletedWithSuccess'], 'succeeded'],
		[['Failed', 'TimedOut', 'Cancelled', 'Canceled', 'Rejected', 'CompletedWithFailure', 'Exited'], 'failed'],
	])('%j is %s', (statuses, status) => {
		expect(
			statuses.map((AutomationExecutionStatus) => executionFact({ AutomationExecutionStatus: AutomationExecutionStatus as never }).status),
		).toEqual(statuses.map(() => status));
	});

	it('has an end once it ended', () => {
		const ExecutionEndTime = new Date(OPENED_AT);
		expect(executionFact({ AutomationExecutionStatus: 'Success', ExecutionEndTime })).toMatchObject({ endedAt: OPENED_AT });
		expect(executionFact({ AutomationExecutionStatus: 'InProgress' })).not.toHaveProperty('endedAt');
	});
});

describe('stopping work', () => {
	it('stops a runbook, which has no timeout of its own', async () => {
		const core = await createCore();
		await cancelWork(core.services, [wanting(1, executionId(1))]);
		expect(core.calls('StopAutomationExecution')).toEqual([{ AutomationExecutionId: executionId(1), Type: 'Cancel' }]);
	});

	it('has nothing to stop where it had ended already', async () => {
		const core = await createCore();
		core.on('StopAutomationExecution', () => {
			throw awsError('InvalidAutomationStatusUpdateException');
		});
		expect(facts(await cancelWork(core.services, [wanting(1, executionId(1))]))).toMatchObject([
			{ type: 'done', effect: 'cancel-work', note: 'it had ended already' },
		]);
	});

	it('has nothing to stop where nothing is known to have started', async () => {
		const core = await createCore();
		expect(facts(await cancelWork(core.services, [wanting(1)]))).toMatchObject([{ type: 'done', effect: 'cancel-work' }]);
		expect(core.calls('StartAutomationExecution')).toEqual([]);
	});
});
