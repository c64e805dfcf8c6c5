/** Maintenance windows for tests: one with a target and a task. */

import type { SmallAws } from './small-aws.ts';

const SHELL = 'AWS-RunShellScript';

export interface WindowSetup {
	readonly schedule?: string;
	readonly durationHours?: number;
	readonly cutoffHours?: number;
	readonly window?: object;
}

/** A window that opens every day at 10:00 UTC, an hour after the small AWS begins. Gives its id. */
export function createWindow(
	aws: SmallAws,
	{ schedule = 'cron(0 10 ? * * *)', durationHours = 2, cutoffHours = 1, window = {} }: WindowSetup = {},
): string {
	return aws.call('ssm', 'CreateMaintenanceWindow', {
		Name: 'nightly',
		Schedule: schedule,
		Duration: durationHours,
		Cutoff: cutoffHours,
		AllowUnassociatedTargets: false,
		...window,
	}).WindowId;
}

/** Registers a target by tag, `service=nginx` where nothing else is said. */
export function addTarget(aws: SmallAws, WindowId: string, target: object = {}): string {
	return aws.call('ssm', 'RegisterTargetWithMaintenanceWindow', {
		WindowId,
		ResourceType: 'INSTANCE',
		Targets: [{ Key: 'tag:service', Values: ['nginx'] }],
		...target,
	}).WindowTargetId;
}

/** Registers a command for window targets. */
export function addCommand(aws: SmallAws, WindowId: string, targetIds: readonly string[], task: object = {}): string {
	return aws.call('ssm', 'RegisterTaskWithMaintenanceWindow', {
		WindowId,
		TaskType: 'RUN_COMMAND',
		TaskArn: SHELL,
		Targets: [{ Key: 'WindowTargetIds', Values: targetIds }],
		MaxConcurrency: '100%',
		MaxErrors: '100%',
		TaskInvocationParameters: { RunCommand: { Parameters: { commands: ['true'] } } },
		...task,
	}).WindowTaskId;
}

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
export function executionsOf(aws: SmallAws, WindowId: string): any[] {
	return aws.call('ssm', 'DescribeMaintenanceWindowExecutions', { WindowId }).WindowExecutions;
}

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
export function tasksOf(aws: SmallAws, WindowExecutionId: string): any[] {
	return aws.call('ssm', 'DescribeMaintenanceWindowExecutionTasks', { WindowExecutionId }).WindowExecutionTaskIdentities;
}

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
export function invocationsOf(aws: SmallAws, WindowExecutionId: string, TaskId: string): any[] {
	return aws.call('ssm', 'DescribeMaintenanceWindowExecutionTaskInvocations', { WindowExecutionId, TaskId })
		.WindowExecutionTaskInvocationIdentities;
}
