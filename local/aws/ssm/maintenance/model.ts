/** Maintenance windows, their targets and tasks, and what comes of them when they run. */

import type {
	MaintenanceWindowExecutionStatus,
	MaintenanceWindowResourceType,
	MaintenanceWindowTaskCutoffBehavior,
	MaintenanceWindowTaskInvocationParameters,
	MaintenanceWindowTaskType,
	Target,
} from '@aws-sdk/client-ssm';
import type { Schedule } from '../schedule/schedule.ts';

/** What an operator sets of a window. */
export interface WindowSettings {
	readonly name: string;
	readonly description?: string;
	/** `cron(...)`, `rate(...)`, `at(...)` */
	readonly schedule: string;
	/** IANA name; default UTC. */
	readonly timezone?: string;
	readonly offsetDays?: number;
	/** As given, ISO 8601. */
	readonly startDate?: string;
	readonly endDate?: string;
	readonly durationHours: number;
	readonly cutoffHours: number;
	readonly allowUnassociatedTargets: boolean;
	readonly enabled: boolean;
}

export interface Window {
	readonly id: string;
	readonly createdAt: number;
	readonly tags: Map<string, string>;
	readonly targets: Map<string, WindowTarget>;
	readonly tasks: Map<string, WindowTask>;
	settings: WindowSettings;
	/** Read from the settings when they changed last. */
	plan: Schedule;
	modifiedAt: number;
}

export interface WindowTarget {
	readonly id: string;
	readonly resourceType: MaintenanceWindowResourceType;
	readonly targets: readonly Target[];
	readonly owner?: string;
	readonly name?: string;
	readonly description?: string;
}

export interface WindowTask {
	readonly id: string;
	readonly type: MaintenanceWindowTaskType;
	/** A document or a function, by name or ARN. */
	readonly arn: string;
	/** `WindowTargetIds` or `InstanceIds`; none for a task that needs none. */
	readonly targets: readonly Target[];
	readonly serviceRole?: string;
	readonly invocation: MaintenanceWindowTaskInvocationParameters;
	/** 0 comes first. */
	readonly priority: number;
	readonly maxConcurrency: string;
	readonly maxErrors: string;
	readonly cutoffBehavior: MaintenanceWindowTaskCutoffBehavior;
	readonly name?: string;
	readonly description?: string;
}

export type Status = MaintenanceWindowExecutionStatus;

/** Of an execution, a task in it, or an invocation of a task. */
export interface Run {
	readonly id: string;
	status: Status;
	details?: string;
	startedAt?: number;
	endedAt?: number;
}

export interface TaskInvocation extends Run {
	/** The window target that it is for; absent for what the task itself names. */
	readonly target?: WindowTarget;
	/** JSON, as what it was started with. */
	parameters: string;
	/** Of the command, the execution of a runbook or the invocation of a function. */
	executionId?: string;
}

export interface TaskExecution extends Run {
	/** As the task was when the window opened. */
	readonly task: WindowTask;
	readonly invocations: TaskInvocation[];
}

export interface WindowExecution extends Run {
	readonly window: Window;
	readonly startedAt: number;
	/** From then on no task starts. */
	readonly cutoffAt: number;
	readonly endsAt: number;
	tasks: readonly TaskExecution[];
}

export function isOver({ endedAt }: Run): boolean {
	return endedAt !== undefined;
}

/** Of all that ended, the worst. */
export function worst(runs: readonly Run[]): Status {
	return (['CANCELLED', 'TIMED_OUT', 'FAILED'] as const).find((status) => runs.some((run) => run.status === status)) ?? 'SUCCESS';
}
