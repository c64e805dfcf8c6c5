import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';
import { addCommand, addTarget, createWindow, executionsOf, invocationsOf, tasksOf } from './support/windows.ts';

const HOUR = 3600;

describe('a maintenance window', () => {
	it('is enabled from the start, and says when it opens next', () => {
		const aws = smallAws();
		const id = createWindow(aws, { window: { ScheduleTimezone: 'Europe/Berlin', Description: 'every night' } });

		expect(id).toMatch(/^mw-[0-9a-f]{17}$/);
		expect(aws.call('ssm', 'GetMaintenanceWindow', { WindowId: id })).toMatchObject({
			Name: 'nightly',
			Description: 'every night',
			Schedule: 'cron(0 10 ? * * *)',
			ScheduleTimezone: 'Europe/Berlin',
			Duration: 2,
			Cutoff: 1,
			AllowUnassociatedTargets: false,
			Enabled: true,
			NextExecutionTime: '2026-03-03T09:00Z',
		});
		expect(
			aws.call('ssm', 'DescribeMaintenanceWindows', { Filters: [{ Key: 'Name', Values: ['nightly'] }] }).WindowIdentities,
		).toHaveLength(1);
		expect(aws.call('ssm', 'DescribeMaintenanceWindows', { Filters: [{ Key: 'Enabled', Values: ['false'] }] }).WindowIdentities).toEqual(
			[],
		);
	});

	it('keeps what an update leaves out, unless it replaces all', () => {
		const aws = smallAws();
		const WindowId = createWindow(aws, { window: { Description: 'old' } });

		expect(aws.call('ssm', 'UpdateMaintenanceWindow', { WindowId, Duration: 4 })).toMatchObject({ Duration: 4, Description: 'old' });
		const whole = { Name: 'new', Schedule: 'rate(7 days)', Duration: 3, Cutoff: 0, AllowUnassociatedTargets: true };
		const replaced = aws.call('ssm', 'UpdateMaintenanceWindow', { WindowId, Replace: true, ...whole });

		expect(replaced).toMatchObject({ Name: 'new', Schedule: 'rate(7 days)', Enabled: true });
		expect(replaced.Description).toBeUndefined();
		expect(errorOf(() => aws.call('ssm', 'UpdateMaintenanceWindow', { WindowId, Replace: true, Name: 'new' })).code).toBe(
			'ValidationException',
		);
	});

	it('tells of being disabled and enabled, and runs only while it is enabled', async () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);

		aws.call('ssm', 'UpdateMaintenanceWindow', { WindowId, Enabled: false });
		await aws.advance(2 * HOUR);
		expect(executionsOf(aws, WindowId)).toEqual([]);
		aws.call('ssm', 'UpdateMaintenanceWindow', { WindowId, Enabled: true });
		await aws.advance(24 * HOUR);

		expect(executionsOf(aws, WindowId)).toHaveLength(1);
		expect(aws.details('Maintenance Window State-change Notification')).toEqual([
			{ 'window-id': WindowId, status: 'DISABLED' },
			{ 'window-id': WindowId, status: 'ENABLED' },
		]);
	});

	it('opens between its start and end dates alone', async () => {
		const aws = smallAws();
		const cron = createWindow(aws, { window: { StartDate: '2026-03-04T00:00:00Z', EndDate: '2026-03-05T12:00:00' } });
		const rate = createWindow(aws, { schedule: 'rate(1 day)', window: { StartDate: '2026-03-05T06:00:00+01:00' } });

		await aws.advance(5 * 24 * HOUR);

		const starts = (id: string) => executionsOf(aws, id).map(({ StartTime }) => StartTime.toISOString());
		expect(starts(cron)).toEqual(['2026-03-05T10:00:00.000Z', '2026-03-04T10:00:00.000Z']);
		expect(starts(rate)).toEqual(['2026-03-07T05:00:00.000Z', '2026-03-06T05:00:00.000Z', '2026-03-05T05:00:00.000Z']);
	});

	it('is made once for a token, and is gone once deleted', async () => {
		const aws = smallAws();
		const token = { window: { ClientToken: 'once' } };
		const WindowId = createWindow(aws, token);

		expect(createWindow(aws, token)).toBe(WindowId);
		aws.call('ssm', 'DeleteMaintenanceWindow', { WindowId });
		await aws.advance(2 * HOUR);

		expect(errorOf(() => aws.call('ssm', 'GetMaintenanceWindow', { WindowId })).code).toBe('DoesNotExistException');
		expect(aws.events).toEqual([]);
	});

	it('has tags, and shows in schedules and by its targets', () => {
		const aws = smallAws(webFleet(1));
		const WindowId = createWindow(aws, { window: { Tags: [{ Key: 'ring', Value: 'dev' }] } });
		createWindow(aws, { window: { Name: 'other' } });
		addTarget(aws, WindowId);
		const Targets = [{ Key: 'InstanceIds', Values: [nodeId(1)] }];
		const onNode = { ResourceType: 'INSTANCE', Targets };
		const before = { Key: 'ScheduledBefore', Values: ['2026-03-04T00:00:00Z'] };

		expect(aws.call('ssm', 'ListTagsForResource', { ResourceType: 'MaintenanceWindow', ResourceId: WindowId }).TagList).toEqual([
			{ Key: 'ring', Value: 'dev' },
		]);
		expect(aws.call('ssm', 'DescribeMaintenanceWindowsForTarget', onNode).WindowIdentities).toEqual([{ WindowId, Name: 'nightly' }]);
		expect(aws.call('ssm', 'DescribeMaintenanceWindowSchedule', { ...onNode, Filters: [before] }).ScheduledWindowExecutions).toEqual(
			['2026-03-02T10:00Z', '2026-03-03T10:00Z'].map((ExecutionTime) => ({ WindowId, Name: 'nightly', ExecutionTime })),
		);
	});

	it.each([
		['a name of two letters', { Name: 'ab' }],
		['a schedule that is none', { Schedule: 'daily' }],
		['an unknown time zone', { ScheduleTimezone: 'Mars/Base' }],
		['25 hours', { Duration: 25 }],
		['a cutoff that leaves no time', { Duration: 2, Cutoff: 2 }],
		['an offset of a rate', { Schedule: 'rate(1 day)', ScheduleOffset: 2 }],
		['an end before its start', { StartDate: '2026-03-05T00:00:00Z', EndDate: '2026-03-04T00:00:00Z' }],
	])('is refused with %s', (_, window) => {
		expect(errorOf(() => createWindow(smallAws(), { window })).code).toBe('ValidationException');
	});

	it('is refused beyond the quota of 50', () => {
		const aws = smallAws();
		for (let count = 0; count < 50; count++) createWindow(aws);

		expect(errorOf(() => createWindow(aws)).code).toBe('ResourceLimitExceededException');
	});
});

describe('targets of a window', () => {
	it('are registered, changed and deregistered, with an event each', () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		const WindowTargetId = addTarget(aws, WindowId, { OwnerInformation: 'web team', Name: 'web' });

		const Targets = [{ Key: 'InstanceIds', Values: [nodeId(1)] }];
		const updated = aws.call('ssm', 'UpdateMaintenanceWindowTarget', { WindowId, WindowTargetId, Targets });
		expect(updated).toEqual({ WindowId, WindowTargetId, Targets, OwnerInformation: 'web team', Name: 'web' });
		const listed = { Filters: [{ Key: 'OwnerInformation', Values: ['web team'] }] };
		expect(aws.call('ssm', 'DescribeMaintenanceWindowTargets', { WindowId, ...listed }).Targets).toEqual([
			{ ...updated, ResourceType: 'INSTANCE' },
		]);
		aws.call('ssm', 'DeregisterTargetFromMaintenanceWindow', { WindowId, WindowTargetId });

		expect(aws.details('Maintenance Window Target Registration Notification')).toEqual(
			['REGISTERED', 'UPDATED', 'DEREGISTERED'].map((status) => ({ 'window-target-id': WindowTargetId, 'window-id': WindowId, status })),
		);
		expect(aws.events[0]?.resources).toEqual([
			`arn:aws:ssm:eu-west-1:111122223333:maintenancewindow/${WindowId}`,
			`arn:aws:ssm:eu-west-1:111122223333:windowtarget/${WindowTargetId}`,
		]);
		expect(errorOf(() => aws.call('ssm', 'UpdateMaintenanceWindowTarget', { WindowId, WindowTargetId })).code).toBe(
			'DoesNotExistException',
		);
	});

	it('are kept by Safe while a task refers to them', () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		const WindowTargetId = addTarget(aws, WindowId);
		addCommand(aws, WindowId, [WindowTargetId]);
		const deregister = (Safe: boolean) => aws.call('ssm', 'DeregisterTargetFromMaintenanceWindow', { WindowId, WindowTargetId, Safe });

		expect(errorOf(() => deregister(true)).code).toBe('TargetInUseException');
		expect(deregister(false)).toEqual({ WindowId, WindowTargetId });
	});
});

describe('tasks of a window', () => {
	it('are registered, read, changed and deregistered', () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId);
		const WindowTaskId = addCommand(aws, WindowId, [target], { Name: 'patch', Priority: 2 });

		aws.call('ssm', 'UpdateMaintenanceWindowTask', { WindowId, WindowTaskId, MaxErrors: '10%', CutoffBehavior: 'CANCEL_TASK' });
		const task = aws.call('ssm', 'GetMaintenanceWindowTask', { WindowId, WindowTaskId });

		expect(task).toMatchObject({
			TaskType: 'RUN_COMMAND',
			Name: 'patch',
			Priority: 2,
			MaxConcurrency: '100%',
			MaxErrors: '10%',
			CutoffBehavior: 'CANCEL_TASK',
			TaskInvocationParameters: { RunCommand: { Parameters: { commands: ['true'] } } },
		});
		const [listed] = aws.call('ssm', 'DescribeMaintenanceWindowTasks', { WindowId, Filters: [{ Key: 'Priority', Values: ['2'] }] }).Tasks;
		expect(listed).toMatchObject({ WindowTaskId, Type: 'RUN_COMMAND', TaskArn: 'AWS-RunShellScript' });
		aws.call('ssm', 'DeregisterTaskFromMaintenanceWindow', { WindowId, WindowTaskId });
		expect(aws.details('Maintenance Window Task Registration Notification').map(({ status }) => status)).toEqual([
			'REGISTERED',
			'UPDATED',
			'DEREGISTERED',
		]);
		expect(errorOf(() => aws.call('ssm', 'GetMaintenanceWindowTask', { WindowId, WindowTaskId })).code).toBe('DoesNotExistException');
	});

	it('without targets have a placeholder for their rate control', () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		const task = { TaskType: 'AUTOMATION', TaskArn: 'make-image', Targets: [], TaskInvocationParameters: {} };
		const WindowTaskId = addCommand(aws, WindowId, [], task);

		expect(aws.call('ssm', 'GetMaintenanceWindowTask', { WindowId, WindowTaskId })).toMatchObject({ MaxConcurrency: '1', MaxErrors: '1' });
	});

	it.each([
		['a command without targets', { Targets: [] }, 'ValidationException'],
		['targets without a rate control', { MaxConcurrency: undefined }, 'ValidationException'],
		['a share of more than 100%', { MaxErrors: '101%' }, 'ValidationException'],
		['a window target that is not there', { Targets: [{ Key: 'WindowTargetIds', Values: [nodeId(1)] }] }, 'DoesNotExistException'],
		['nodes that are no targets of the window', { Targets: [{ Key: 'InstanceIds', Values: [nodeId(1)] }] }, 'ValidationException'],
		['parameters of another type of task', { TaskInvocationParameters: { Lambda: {} } }, 'ValidationException'],
		['a state machine', { TaskType: 'STEP_FUNCTIONS' }, 'UnknownOperationException'],
	])('are refused: %s', (_, task, code) => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId);

		expect(errorOf(() => addCommand(aws, WindowId, [target], task)).code).toBe(code);
	});

	it('are refused beyond the quota of 20', () => {
		const aws = smallAws();
		const WindowId = createWindow(aws);
		const target = addTarget(aws, WindowId);
		for (let count = 0; count < 20; count++) addCommand(aws, WindowId, [target]);

		expect(errorOf(() => addCommand(aws, WindowId, [target])).code).toBe('ResourceLimitExceededException');
	});
});

describe('what came of a window', () => {
	it('is read by execution, task and invocation', async () => {
		const aws = smallAws(webFleet(2));
		const WindowId = createWindow(aws);
		addCommand(aws, WindowId, [addTarget(aws, WindowId, { OwnerInformation: 'web team' })]);
		await aws.advance(2 * HOUR);

		const [{ WindowExecutionId, ...execution }] = executionsOf(aws, WindowId);
		expect(execution).toMatchObject({ WindowId, Status: 'SUCCESS' });
		const [{ TaskExecutionId: TaskId, ...task }] = tasksOf(aws, WindowExecutionId);
		expect(task).toMatchObject({ Status: 'SUCCESS', TaskArn: 'AWS-RunShellScript', TaskType: 'RUN_COMMAND' });
		const [invocation] = invocationsOf(aws, WindowExecutionId, TaskId);
		expect(JSON.parse(invocation.Parameters)).toMatchObject({ instanceIds: [nodeId(1), nodeId(2)], parameters: { commands: ['true'] } });
		expect(invocation).toMatchObject({ OwnerInformation: 'web team', ExecutionId: aws.ssm.commands()[0]?.id, Status: 'SUCCESS' });
		expect(aws.call('ssm', 'GetMaintenanceWindowExecution', { WindowExecutionId })).toMatchObject({ TaskIds: [TaskId], Status: 'SUCCESS' });
		expect(aws.call('ssm', 'GetMaintenanceWindowExecutionTask', { WindowExecutionId, TaskId })).toMatchObject({ MaxErrors: '100%' });
		const { InvocationId } = invocation;
		expect(aws.call('ssm', 'GetMaintenanceWindowExecutionTaskInvocation', { WindowExecutionId, TaskId, InvocationId })).toEqual(invocation);
		const failed = { WindowExecutionId, Filters: [{ Key: 'STATUS', Values: ['FAILED'] }] };
		expect(aws.call('ssm', 'DescribeMaintenanceWindowExecutionTasks', failed).WindowExecutionTaskIdentities).toEqual([]);
		const later = { WindowId, Filters: [{ Key: 'ExecutedAfter', Values: ['2026-03-02T11:00:00Z'] }] };
		expect(aws.call('ssm', 'DescribeMaintenanceWindowExecutions', later).WindowExecutions).toEqual([]);
	});

	it('cannot be read where it is not there', () => {
		const aws = smallAws();
		const WindowExecutionId = '00000000-0000-4000-8000-000000000000';

		expect(executionsOf(aws, 'mw-00000000000000000')).toEqual([]);
		expect(errorOf(() => tasksOf(aws, WindowExecutionId)).code).toBe('DoesNotExistException');
	});
});
