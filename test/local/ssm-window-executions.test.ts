import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, type SmallAws, smallAws, webFleet } from './support/small-aws.ts';
import { addCommand, addTarget, createWindow, executionsOf, tasksOf } from './support/windows.ts';

const HOUR = 3600;
const EXECUTION = 'Maintenance Window Execution State-change Notification';
const TASK = 'Maintenance Window Task Execution State-change Notification';
const INVOCATION = 'Maintenance Window Task Target Invocation State-change Notification';

const statuses = (aws: SmallAws, detailType: string) => aws.details(detailType).map(({ status }) => status);
/** The tasks of the last execution of a window. */
const lastTasks = (aws: SmallAws, windowId: string) => tasksOf(aws, executionsOf(aws, windowId)[0].WindowExecutionId);
const taking = (durationSeconds: number) => ({ behaviours: { '*': { durationSeconds } } });

describe('a window that runs a command', () => {
	it('tells of its execution, task and invocation as they go', async () => {
		const aws = smallAws(webFleet(1));
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId, { OwnerInformation: 'web team' });
		addCommand(aws, WindowId, [target]);

		await aws.advance(2 * HOUR);

		expect(statuses(aws, EXECUTION)).toEqual(['PENDING', 'IN_PROGRESS', 'SUCCESS']);
		expect(statuses(aws, TASK)).toEqual(['IN_PROGRESS', 'SUCCESS']);
		const [, last] = aws.details(INVOCATION);
		expect(last).toEqual({
			'start-time': expect.stringMatching(/^2026-03-02T10:00:\d{2}\.\d{6}Z$/),
			'end-time': expect.stringMatching(/Z$/),
			'window-id': WindowId,
			'window-execution-id': executionsOf(aws, WindowId)[0].WindowExecutionId,
			'task-execution-id': lastTasks(aws, WindowId)[0].TaskExecutionId,
			'window-target-id': target,
			status: 'SUCCESS',
			'owner-information': 'web team',
		});
	});

	it('fills in pseudo parameters, and gives a patching its snapshot', async () => {
		const aws = smallAws(webFleet(1));
		const WindowId = createWindow(aws);
		const commands = ['echo {{WINDOW_ID}} {{ WINDOW_EXECUTION_ID }} {{TARGET_ID}}'];
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], { TaskInvocationParameters: { RunCommand: { Parameters: { commands } } } });

		await aws.advance(2 * HOUR);

		const [{ WindowExecutionId }] = executionsOf(aws, WindowId);
		// What a command runs on is no single target.
		expect(aws.ssm.commands()[0]?.parameters).toEqual({ commands: [`echo ${WindowId} ${WindowExecutionId} {{TARGET_ID}}`] });
	});

	it('fails with the command, whose own rate control stops it', async () => {
		const aws = smallAws(webFleet(5, {}, { behaviours: { '*': { exitCode: 1 } } }));
		const WindowId = createWindow(aws);
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], { MaxConcurrency: '1', MaxErrors: '1' });

		await aws.advance(2 * HOUR);

		expect(executionsOf(aws, WindowId)[0]).toMatchObject({ Status: 'FAILED' });
		expect(aws.ssm.commands()[0]).toMatchObject({ maxErrors: '1', status: 'Failed' });
		expect([...(aws.ssm.commands()[0]?.invocations.values() ?? [])].filter(({ details }) => details === 'Terminated')).toHaveLength(3);
	});

	it('sends one command for each window target', async () => {
		const aws = smallAws(webFleet(2));
		const WindowId = createWindow(aws);
		const targets = [1, 2].map((number) => addTarget(aws, WindowId, { Targets: [{ Key: 'instanceids', Values: [nodeId(number)] }] }));
		addCommand(aws, WindowId, targets);

		await aws.advance(2 * HOUR);

		expect(aws.ssm.commands().map(({ invocations }) => [...invocations.keys()])).toEqual([[nodeId(2)], [nodeId(1)]]);
	});

	it('has nothing to do where its targets lead nowhere, or are gone', async () => {
		const aws = smallAws(webFleet(1));
		const WindowId = createWindow(aws);
		const lost = addTarget(aws, WindowId);
		addCommand(aws, WindowId, [lost]);
		addCommand(aws, WindowId, [addTarget(aws, WindowId, { Targets: [{ Key: 'tag:service', Values: ['none'] }] })]);
		aws.call('ssm', 'DeregisterTargetFromMaintenanceWindow', { WindowId, WindowTargetId: lost });

		await aws.advance(2 * HOUR);

		expect(lastTasks(aws, WindowId).map(({ Status, StatusDetails }) => [Status, StatusDetails])).toEqual([
			['SUCCESS', 'No invocations to execute.'],
			['SUCCESS', 'No invocations to execute.'],
		]);
		expect(aws.ssm.commands()).toEqual([]);
	});

	it('fails where the command is refused', async () => {
		const aws = smallAws(webFleet(1));
		const WindowId = createWindow(aws);
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], { TaskArn: 'no-such-document' });

		await aws.advance(2 * HOUR);

		expect(lastTasks(aws, WindowId)[0]).toMatchObject({ Status: 'FAILED', StatusDetails: expect.stringContaining('no-such-document') });
	});
});

describe('the order of tasks', () => {
	it('is that of their priorities: equal ones together, the next once all have ended, however they did', async () => {
		const aws = smallAws(webFleet(1, {}, taking(600)));
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId);
		addCommand(aws, WindowId, [target], { Priority: 5, Name: 'last' });
		addCommand(aws, WindowId, [target], { Priority: 1, Name: 'first', TaskArn: 'no-such-document' });
		addCommand(aws, WindowId, [target], { Priority: 1, Name: 'second' });

		await aws.advance(HOUR + 300);
		expect(lastTasks(aws, WindowId).map(({ Status }) => Status)).toEqual(['PENDING', 'FAILED', 'IN_PROGRESS']);
		await aws.advance(HOUR);

		expect(lastTasks(aws, WindowId).map(({ Status }) => Status)).toEqual(['SUCCESS', 'FAILED', 'SUCCESS']);
		expect(executionsOf(aws, WindowId)[0].Status).toBe('FAILED');
	});

	it('is nothing in a window without tasks', async () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		await aws.advance(2 * HOUR);

		expect(executionsOf(aws, WindowId)[0]).toMatchObject({ Status: 'SUCCESS', StatusDetails: 'No tasks to execute.' });
	});
});

describe('the cutoff', () => {
	it('lets no further task start, and a running one go on', async () => {
		const aws = smallAws(webFleet(1, {}, taking(3000)));
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId);
		const timeout = { TaskInvocationParameters: { RunCommand: { Parameters: { commands: ['true'], executionTimeout: ['7200'] } } } };
		for (const Priority of [1, 2, 3]) addCommand(aws, WindowId, [target], { Priority, ...timeout });

		await aws.advance(2 * HOUR + 60);
		expect(lastTasks(aws, WindowId).map(({ Status }) => Status)).toEqual(['SUCCESS', 'IN_PROGRESS', 'TIMED_OUT']);
		await aws.advance(HOUR);

		expect(lastTasks(aws, WindowId).map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS', 'TIMED_OUT']);
		expect(executionsOf(aws, WindowId)[0].Status).toBe('TIMED_OUT');
		expect(statuses(aws, EXECUTION).at(-1)).toBe('TIMED_OUT');
	});

	it('cancels a command where the task says so', async () => {
		const aws = smallAws(webFleet(1, {}, taking(7000)));
		const WindowId = createWindow(aws);
		const timeout = { RunCommand: { Parameters: { commands: ['true'], executionTimeout: ['7200'] } } };
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], { CutoffBehavior: 'CANCEL_TASK', TaskInvocationParameters: timeout });

		await aws.advance(2 * HOUR + 60);

		expect(lastTasks(aws, WindowId)[0]).toMatchObject({ Status: 'TIMED_OUT', StatusDetails: expect.stringContaining('cutoff') });
		expect(executionsOf(aws, WindowId)[0].Status).toBe('TIMED_OUT');
		expect(aws.ssm.commands()[0]?.status).toBe('Cancelled');
		expect(statuses(aws, INVOCATION)).toEqual(['IN_PROGRESS', 'TIMED_OUT']);
	});

	it('has timed out also what no node had taken up, which is cancelled at once', async () => {
		const aws = smallAws(webFleet(1, {}, {}));
		for (const { id } of aws.ssm.nodes()) aws.ssm.setDeaf(id, true);
		const WindowId = createWindow(aws);
		const patient = { RunCommand: { Parameters: { commands: ['true'] }, TimeoutSeconds: 7_200 } };
		addCommand(aws, WindowId, [addTarget(aws, WindowId)], { CutoffBehavior: 'CANCEL_TASK', TaskInvocationParameters: patient });

		await aws.advance(2 * HOUR + 60);

		expect(aws.ssm.commands()[0]?.status).toBe('Cancelled');
		expect(lastTasks(aws, WindowId)[0]).toMatchObject({ Status: 'TIMED_OUT', StatusDetails: expect.stringContaining('cutoff') });
	});
});

describe('executions of windows', () => {
	it('are skipped while the one before still runs', async () => {
		const aws = smallAws(webFleet(1, {}, taking(3000)));
		const WindowId = createWindow(aws, { schedule: 'rate(30 minutes)', durationHours: 1, cutoffHours: 0 });
		addCommand(aws, WindowId, [addTarget(aws, WindowId)]);

		await aws.advance(2 * HOUR - 60);

		expect(executionsOf(aws, WindowId).map(({ Status }) => Status)).toEqual(['IN_PROGRESS', 'SKIPPED_OVERLAPPING', 'SUCCESS']);
		expect(statuses(aws, EXECUTION)).toContain('SKIPPED_OVERLAPPING');
	});

	it('run five at once: further ones are pending', async () => {
		const aws = smallAws(webFleet(1, {}, taking(600)));
		const ids = Array.from({ length: 6 }, () => createWindow(aws));
		for (const id of ids) addCommand(aws, id, [addTarget(aws, id)]);

		await aws.advance(HOUR + 60);
		expect(ids.map((id) => executionsOf(aws, id)[0].Status).sort()).toEqual([...Array(5).fill('IN_PROGRESS'), 'PENDING']);
		await aws.advance(HOUR);

		expect(ids.map((id) => executionsOf(aws, id)[0].Status)).toEqual(Array(6).fill('SUCCESS'));
	});

	it('can be cancelled: what runs goes on, what has not started never does', async () => {
		const aws = smallAws(webFleet(1, {}, taking(600)));
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId);
		for (const Priority of [1, 2]) addCommand(aws, WindowId, [target], { Priority });
		await aws.advance(HOUR + 60);
		const [{ WindowExecutionId }] = executionsOf(aws, WindowId);

		aws.call('ssm', 'CancelMaintenanceWindowExecution', { WindowExecutionId });
		expect(executionsOf(aws, WindowId)[0].Status).toBe('CANCELLING');
		await aws.advance(HOUR);

		expect(lastTasks(aws, WindowId).map(({ Status }) => Status)).toEqual(['SUCCESS', 'CANCELLED']);
		expect(statuses(aws, EXECUTION)).toEqual(['PENDING', 'IN_PROGRESS', 'CANCELLING', 'CANCELLED']);
	});
});

describe('an unknown window execution', () => {
	it('cannot be cancelled', () => {
		const error = errorOf(() => smallAws().call('ssm', 'CancelMaintenanceWindowExecution', { WindowExecutionId: nodeId(1) }));
		expect(error.code).toBe('DoesNotExistException');
	});
});
