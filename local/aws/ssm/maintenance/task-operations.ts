/** The operations on the tasks of maintenance windows. */

import type {
	DeregisterTaskFromMaintenanceWindowCommandInput,
	DeregisterTaskFromMaintenanceWindowCommandOutput,
	DescribeMaintenanceWindowTasksCommandInput,
	DescribeMaintenanceWindowTasksCommandOutput,
	GetMaintenanceWindowTaskCommandInput,
	GetMaintenanceWindowTaskCommandOutput,
	MaintenanceWindowFilter,
	RegisterTaskWithMaintenanceWindowCommandInput,
	RegisterTaskWithMaintenanceWindowCommandOutput,
	UpdateMaintenanceWindowTaskCommandInput,
	UpdateMaintenanceWindowTaskCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Output } from '../../types.ts';
import { given, pageSize } from '../checks.ts';
import type { Window, WindowTask } from './model.ts';
import { taskFrom } from './task-settings.ts';
import type { Windows } from './windows.ts';

/** Systems Manager quotas. */
const MOST_TASKS = 20;

export function taskOperations({ uuid }: AwsContext, windows: Windows) {
	/** Tasks by the token that they were registered with. */
	const tokens = new Map<string, string>();

	/** @param id in place of one of chance. */
	function register(input: RegisterTaskWithMaintenanceWindowCommandInput, id?: string): string {
		const window = windows.get(input.WindowId);
		const task = taskFrom(window, input, id ?? uuid());
		if (window.tasks.size >= MOST_TASKS) {
			throw new AwsError('ResourceLimitExceededException', `A maintenance window has at most ${MOST_TASKS} tasks.`);
		}
		window.tasks.set(task.id, task);
		windows.events.task(window, task.id, 'REGISTERED');
		return task.id;
	}

	const operations = {
		RegisterTaskWithMaintenanceWindow(
			input: RegisterTaskWithMaintenanceWindowCommandInput,
		): Output<RegisterTaskWithMaintenanceWindowCommandOutput> {
			const { ClientToken: token } = input;
			const known = token === undefined ? undefined : tokens.get(token);
			const id = known ?? register(input);
			if (token !== undefined) tokens.set(token, id);
			return { WindowTaskId: id };
		},

		UpdateMaintenanceWindowTask(input: UpdateMaintenanceWindowTaskCommandInput): Output<UpdateMaintenanceWindowTaskCommandOutput> {
			const window = windows.get(input.WindowId);
			const before = taskOf(window, input.WindowTaskId);
			const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
			const merged = { ...(input.Replace ? {} : inputOf(before)), ...given, WindowId: window.id, TaskType: before.type };
			const task = taskFrom(window, merged as RegisterTaskWithMaintenanceWindowCommandInput, before.id);
			window.tasks.set(task.id, task);
			windows.events.task(window, task.id, 'UPDATED');
			return { WindowId: window.id, WindowTaskId: task.id, ...inputOf(task) };
		},

		DeregisterTaskFromMaintenanceWindow(
			input: DeregisterTaskFromMaintenanceWindowCommandInput,
		): Output<DeregisterTaskFromMaintenanceWindowCommandOutput> {
			const window = windows.get(input.WindowId);
			const { id } = taskOf(window, input.WindowTaskId);
			window.tasks.delete(id);
			windows.events.task(window, id, 'DEREGISTERED');
			return { WindowId: window.id, WindowTaskId: id };
		},

		GetMaintenanceWindowTask(input: GetMaintenanceWindowTaskCommandInput): Output<GetMaintenanceWindowTaskCommandOutput> {
			const window = windows.get(input.WindowId);
			const task = taskOf(window, input.WindowTaskId);
			return { WindowId: window.id, WindowTaskId: task.id, TaskType: task.type, TaskParameters: {}, ...inputOf(task) };
		},

		DescribeMaintenanceWindowTasks(input: DescribeMaintenanceWindowTasksCommandInput): Output<DescribeMaintenanceWindowTasksCommandOutput> {
			const window = windows.get(input.WindowId);
			const matching = [...window.tasks.values()].filter((task) => (input.Filters ?? []).every((filter) => passes(task, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 10, 100));
			const Tasks = found.items.map((task) => {
				const { TaskInvocationParameters, ...listed } = inputOf(task);
				return { WindowId: window.id, WindowTaskId: task.id, Type: task.type, TaskParameters: {}, ...listed };
			});
			return { Tasks, ...nextToken(found) };
		},
	};
	return { operations, register };
}

function taskOf(window: Window, id: string | undefined): WindowTask {
	const task = window.tasks.get(id ?? '');
	if (!task) throw new AwsError('DoesNotExistException', `Maintenance window task ${id} does not exist`);
	return task;
}

function inputOf(task: WindowTask) {
	return {
		Targets: [...task.targets],
		TaskArn: task.arn,
		...given('ServiceRoleArn', task.serviceRole),
		TaskInvocationParameters: task.invocation,
		Priority: task.priority,
		MaxConcurrency: task.maxConcurrency,
		MaxErrors: task.maxErrors,
		CutoffBehavior: task.cutoffBehavior,
		...given('Name', task.name),
		...given('Description', task.description),
	};
}

function passes(task: WindowTask, { Key: key, Values: values = [] }: MaintenanceWindowFilter): boolean {
	switch (key) {
		case 'WindowTaskId':
			return values.includes(task.id);
		case 'TaskArn':
			return values.includes(task.arn);
		case 'Priority':
			return values.includes(String(task.priority));
		case 'TaskType':
			return values.includes(task.type);
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid: use WindowTaskId, TaskArn, Priority or TaskType.`);
	}
}
