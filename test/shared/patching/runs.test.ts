import { describe, expect, it } from 'vitest';
import { operationId } from '../../../shared/operation/ids.ts';
import { perform } from '../../../shared/operation/perform.ts';
import type { PatchOperation } from '../../../shared/operation/types.ts';
import { patchAtAws } from '../../../shared/parts/patch-at-aws.ts';
import { type Core, createCore, throttled } from '../../support/core.ts';
import { OPENED_AT } from '../../support/operations.ts';
import { aRun, DAY, GRANT, HOUR, RUN } from '../../support/patch-core.ts';

const THIS = { WindowExecutionId: RUN.executionId, Status: 'IN_PROGRESS', StartTime: new Date(OPENED_AT) };
const ENDED = { ...THIS, Status: 'TIMED_OUT', StatusDetails: 'cut off', EndTime: new Date(OPENED_AT + HOUR) };
const TASK = { TaskExecutionId: 'task-1', TaskArn: 'AWS-RunPatchBaseline', Status: 'IN_PROGRESS', StartTime: new Date(OPENED_AT) };
const EARLIER = '04bea65d-5ccc-462d-a2f3-e99c81234567';

async function begin(run: object | undefined = THIS, tasks: readonly object[] = [TASK]): Promise<Core> {
	const core = await createCore({ parts: (deps) => [patchAtAws(deps)] });
	const before = { WindowExecutionId: EARLIER, Status: 'SUCCESS', StartTime: new Date(OPENED_AT - 7 * DAY) };
	core.on('DescribeMaintenanceWindowExecutions', ({ NextToken }) =>
		NextToken ? { WindowExecutions: run === undefined ? [] : [run] } : { WindowExecutions: [before], NextToken: '2' },
	);
	core.on('DescribeMaintenanceWindowExecutionTasks', () => ({ WindowExecutionTaskIdentities: tasks }));
	core.on('DescribeMaintenanceWindowExecutionTaskInvocations', () => ({
		WindowExecutionTaskInvocationIdentities: [{ ExecutionId: 'command-1' }],
	}));
	core.on('DescribeMaintenanceWindowTargets', () => ({
		Targets: [{ Name: 'patch-group-test', OwnerInformation: `${GRANT.operation} ${new Date(GRANT.startedAt).toISOString()}` }],
	}));
	return core;
}

const look = async ({ services }: Core, operation: PatchOperation = aRun()) =>
	(await perform(services, [{ operation, effect: { name: 'look-at-run' } }]))[0]?.fact;

describe('looking at a run', () => {
	it('tells how it stands, how many tasks it has, and which run has opened its ring', async () => {
		expect(await look(await begin())).toMatchObject({
			type: 'window-run',
			status: 'IN_PROGRESS',
			looked: { tasks: 1, troubles: [], commands: [], granted: GRANT },
		});
	});

	it('that is over tells its end, the tasks that went wrong, and the commands that patch', async () => {
		const others = [
			{ TaskExecutionId: 'task-2', TaskArn: 'backup', Status: 'TIMED_OUT', StatusDetails: 'No time left' },
			{ TaskExecutionId: 'task-3', TaskArn: 'notify', Status: 'SUCCESS' },
		];
		const core = await begin(ENDED, [{ ...TASK, Status: 'FAILED' }, ...others]);
		expect(await look(core)).toMatchObject({
			...{ status: 'TIMED_OUT', details: 'cut off', endedAt: OPENED_AT + HOUR },
			looked: {
				...{ tasks: 3, commands: ['command-1'] },
				troubles: ['task AWS-RunPatchBaseline: FAILED', 'task backup: TIMED_OUT, never started, No time left'],
			},
		});
		expect(core.calls('DescribeMaintenanceWindowExecutionTaskInvocations')).toHaveLength(1);
	});

	it('asks for its commands also where the window never ends it', async () => {
		const core = await begin();
		core.pass(3 * HOUR + 30 * 60_000);
		expect(await look(core)).toMatchObject({ looked: { commands: ['command-1'] } });
	});

	it('asks whose ring it is once, and of the first group never', async () => {
		const { before: _, ...ring } = aRun().ring;
		const core = await begin();
		await look(core, aRun({ granted: GRANT }));
		await look(core, aRun({ ring }));
		expect(core.calls('DescribeMaintenanceWindowTargets')).toEqual([]);
	});

	it('knows nothing of who has opened the ring where a person has', async () => {
		const core = await begin();
		core.on('DescribeMaintenanceWindowTargets', () => ({ Targets: [{ Name: 'patch-group-test', OwnerInformation: 'by hand' }] }));
		expect(await look(core)).not.toHaveProperty('looked.granted');
	});

	it.each([
		['is not listed', undefined, 'does not list this run'],
		['cannot be read', 'throttled', 'Rate exceeded'],
	])('that %s is looked at again', async (_, run, message) => {
		const core = await begin();
		core.on('DescribeMaintenanceWindowExecutions', () => {
			if (run === 'throttled') throw throttled();
			return { WindowExecutions: [] };
		});
		expect(await look(core)).toMatchObject({
			type: 'not-done',
			effect: 'look-at-run',
			why: 'retry',
			message: expect.stringContaining(message),
		});
	});

	describe('finds the OpsItem of the run before it', () => {
		const subject = { ...RUN, executionId: EARLIER };
		const earlier = (result: PatchOperation['result']) =>
			aRun({ id: operationId(subject, 1), subject, openedAt: OPENED_AT - 7 * DAY, ...(result && { result }) });

		it.each([
			['that is open', { opsItemId: 'oi-1', reason: '' }, 'oi-1'],
			['unless that was resolved', { opsItemId: 'oi-1', resolved: true as const, reason: '' }, undefined],
			['unless it had none', undefined, undefined],
		])('%s', async (_, result, found) => {
			const core = await begin();
			await core.services.ledger.create(earlier(result));
			const fact = await look(core);
			expect(fact?.type === 'window-run' && fact.looked?.opsItemId).toBe(found);
		});

		it('at the first look alone', async () => {
			const core = await begin();
			await core.services.ledger.create(earlier({ opsItemId: 'oi-1', reason: '' }));
			const fact = await look(core, aRun({ window: { ...aRun().window, tasks: 1 } }));
			expect(fact).not.toHaveProperty('looked.opsItemId');
		});
	});
});
