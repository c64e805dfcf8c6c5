/** The operations on what came of maintenance windows. */

import type {
	CancelMaintenanceWindowExecutionCommandInput,
	CancelMaintenanceWindowExecutionCommandOutput,
	DescribeMaintenanceWindowExecutionsCommandInput,
	DescribeMaintenanceWindowExecutionsCommandOutput,
	DescribeMaintenanceWindowExecutionTaskInvocationsCommandInput,
	DescribeMaintenanceWindowExecutionTaskInvocationsCommandOutput,
	DescribeMaintenanceWindowExecutionTasksCommandInput,
	DescribeMaintenanceWindowExecutionTasksCommandOutput,
	GetMaintenanceWindowExecutionCommandInput,
	GetMaintenanceWindowExecutionCommandOutput,
	GetMaintenanceWindowExecutionTaskCommandInput,
	GetMaintenanceWindowExecutionTaskCommandOutput,
	GetMaintenanceWindowExecutionTaskInvocationCommandInput,
	GetMaintenanceWindowExecutionTaskInvocationCommandOutput,
	MaintenanceWindowFilter,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { given, pageSize } from '../checks.ts';
import type { WindowExecutions } from './executions.ts';
import type { Run, TaskExecution, TaskInvocation, WindowExecution } from './model.ts';

export function executionOperations(executions: WindowExecutions) {
	function taskOf(executionId: string | undefined, id: string | undefined): { execution: WindowExecution; run: TaskExecution } {
		const execution = executions.get(executionId);
		const run = execution.tasks.find((each) => each.id === id);
		if (!run) throw new AwsError('DoesNotExistException', `Maintenance window execution task ${id} does not exist`);
		return { execution, run };
	}

	return {
		CancelMaintenanceWindowExecution({
			WindowExecutionId: id,
		}: CancelMaintenanceWindowExecutionCommandInput): Output<CancelMaintenanceWindowExecutionCommandOutput> {
			executions.cancel(executions.get(id));
			return { WindowExecutionId: id };
		},

		/** There is no error for a window that is not there (API model): it has no executions. */
		DescribeMaintenanceWindowExecutions(
			input: DescribeMaintenanceWindowExecutionsCommandInput,
		): Output<DescribeMaintenanceWindowExecutionsCommandOutput> {
			const matching = executions
				.of(input.WindowId ?? '')
				.filter((each) => (input.Filters ?? []).every((filter) => isWithin(each, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 10, 100));
			return { WindowExecutions: found.items.map((each) => ({ WindowId: each.window.id, ...wireExecution(each) })), ...nextToken(found) };
		},

		GetMaintenanceWindowExecution({
			WindowExecutionId: id,
		}: GetMaintenanceWindowExecutionCommandInput): Output<GetMaintenanceWindowExecutionCommandOutput> {
			const execution = executions.get(id);
			return { ...wireExecution(execution), TaskIds: execution.tasks.map((run) => run.id) };
		},

		DescribeMaintenanceWindowExecutionTasks(
			input: DescribeMaintenanceWindowExecutionTasksCommandInput,
		): Output<DescribeMaintenanceWindowExecutionTasksCommandOutput> {
			const execution = executions.get(input.WindowExecutionId);
			const found = page(withStatus(execution.tasks, input.Filters), input.NextToken, pageSize(input.MaxResults, 10, 100));
			const WindowExecutionTaskIdentities = found.items.map((run) => ({
				...wireTask(execution, run),
				TaskArn: run.task.arn,
				TaskType: run.task.type,
			}));
			return { WindowExecutionTaskIdentities, ...nextToken(found) };
		},

		GetMaintenanceWindowExecutionTask(
			input: GetMaintenanceWindowExecutionTaskCommandInput,
		): Output<GetMaintenanceWindowExecutionTaskCommandOutput> {
			const { execution, run } = taskOf(input.WindowExecutionId, input.TaskId);
			const { task } = run;
			return {
				...wireTask(execution, run),
				TaskArn: task.arn,
				...given('ServiceRole', task.serviceRole),
				Type: task.type,
				TaskParameters: [],
				Priority: task.priority,
				MaxConcurrency: task.maxConcurrency,
				MaxErrors: task.maxErrors,
			};
		},

		DescribeMaintenanceWindowExecutionTaskInvocations(
			input: DescribeMaintenanceWindowExecutionTaskInvocationsCommandInput,
		): Output<DescribeMaintenanceWindowExecutionTaskInvocationsCommandOutput> {
			const { execution, run } = taskOf(input.WindowExecutionId, input.TaskId);
			const found = page(withStatus(run.invocations, input.Filters), input.NextToken, pageSize(input.MaxResults, 10, 100));
			return {
				WindowExecutionTaskInvocationIdentities: found.items.map((each) => wireInvocation(execution, run, each)),
				...nextToken(found),
			};
		},

		GetMaintenanceWindowExecutionTaskInvocation(
			input: GetMaintenanceWindowExecutionTaskInvocationCommandInput,
		): Output<GetMaintenanceWindowExecutionTaskInvocationCommandOutput> {
			const { execution, run } = taskOf(input.WindowExecutionId, input.TaskId);
			const invocation = run.invocations.find((each) => each.id === input.InvocationId);
			if (!invocation)
				throw new AwsError('DoesNotExistException', `Maintenance window task invocation ${input.InvocationId} does not exist`);
			return wireInvocation(execution, run, invocation);
		},
	};
}

function wireRun({ status, details, startedAt, endedAt }: Run) {
	return {
		Status: status,
		...given('StatusDetails', details),
		...given('StartTime', startedAt === undefined ? undefined : new Date(startedAt)),
		...given('EndTime', endedAt === undefined ? undefined : new Date(endedAt)),
	};
}

function wireExecution(execution: WindowExecution) {
	return { WindowExecutionId: execution.id, ...wireRun(execution) };
}

function wireTask(execution: WindowExecution, run: TaskExecution) {
	return { WindowExecutionId: execution.id, TaskExecutionId: run.id, ...wireRun(run) };
}

function wireInvocation(execution: WindowExecution, run: TaskExecution, invocation: TaskInvocation) {
	return {
		WindowExecutionId: execution.id,
		TaskExecutionId: run.id,
		InvocationId: invocation.id,
		...given('ExecutionId', invocation.executionId),
		TaskType: run.task.type,
		Parameters: invocation.parameters,
		...wireRun(invocation),
		...given('OwnerInformation', invocation.target?.owner),
		...given('WindowTargetId', invocation.target?.id),
	};
}

function isWithin({ startedAt }: WindowExecution, { Key: key, Values: [value = ''] = [] }: MaintenanceWindowFilter): boolean {
	if (key === 'ExecutedBefore') return startedAt < Date.parse(value);
	if (key === 'ExecutedAfter') return startedAt > Date.parse(value);
	throw new AwsError('ValidationException', `The filter key ${key} is not valid: use ExecutedBefore or ExecutedAfter.`);
}

function withStatus<T extends Run>(runs: readonly T[], filters: readonly MaintenanceWindowFilter[] = []): T[] {
	return runs.filter(({ status }) =>
		filters.every(({ Key: key, Values: values = [] }) => {
			if (key !== 'STATUS') throw new AwsError('ValidationException', `The filter key ${key} is not valid: use STATUS.`);
			return values.includes(status);
		}),
	);
}
