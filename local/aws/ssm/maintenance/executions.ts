/** Maintenance windows at work: one execution of a window at a time, its tasks by priority, until the cutoff. */

import type { MaintenanceWindowTaskType } from '@aws-sdk/client-ssm';
import { LATENCY_MS, within } from '../../assumptions.ts';
import type { Session } from '../../iam/index.ts';
import { type AwsContext, AwsError } from '../../types.ts';
import type { JobMaker, JobScope } from './job.ts';
import { isOver, type Status, type TaskExecution, type Window, type WindowExecution, type WindowTask, worst } from './model.ts';
import { TaskRun } from './task-run.ts';
import type { Windows } from './windows.ts';

const HOUR_MS = 3_600_000;
/** Systems Manager quotas: executions of all windows at once; further ones are pending. */
const MOST_AT_ONCE = 5;
const CUT_OFF = "The maintenance window's cutoff time was reached before the task could start.";

export type JobMakers = Readonly<Partial<Record<MaintenanceWindowTaskType, JobMaker>>>;

export interface ExecutionsDeps {
	readonly ctx: AwsContext;
	readonly windows: Windows;
	readonly makers: JobMakers;
	/** @throws AwsError where Systems Manager may not take the role of a task. */
	readonly sessionOf: (task: WindowTask) => Session | undefined;
}

export class WindowExecutions {
	readonly #deps: ExecutionsDeps;
	readonly #executions = new Map<string, WindowExecution>();
	readonly #runs = new Map<TaskExecution, TaskRun>();
	readonly #timers = new Map<WindowExecution, (() => void)[]>();

	constructor(deps: ExecutionsDeps) {
		this.#deps = deps;
		deps.windows.onOpening((window) => this.#open(window));
	}

	/** The newest first. */
	of(windowId: string): WindowExecution[] {
		return [...this.#executions.values()].filter(({ window }) => window.id === windowId).reverse();
	}

	/** @throws AwsError `DoesNotExistException`. */
	get(id: string | undefined): WindowExecution {
		const execution = this.#executions.get(id ?? '');
		if (!execution) throw new AwsError('DoesNotExistException', `Maintenance window execution ${id} does not exist`);
		return execution;
	}

	/** Tasks that have not started never do; those that run go on to their end. */
	cancel(execution: WindowExecution): void {
		if (isOver(execution) || execution.status === 'CANCELLING') return;
		this.#set(execution, 'CANCELLING');
		for (const run of execution.tasks) this.#leave(execution, run, 'CANCELLED', 'The execution was cancelled.');
		this.#maybeEnd(execution);
	}

	#open(window: Window): void {
		const { clock, uuid } = this.#deps.ctx;
		const now = clock.now();
		const endsAt = now + window.settings.durationHours * HOUR_MS;
		const cutoffAt = endsAt - window.settings.cutoffHours * HOUR_MS;
		const overlapped = this.of(window.id).some((each) => !isOver(each));
		const execution: WindowExecution = { id: uuid(), window, status: 'PENDING', startedAt: now, endsAt, cutoffAt, tasks: [] };
		this.#executions.set(execution.id, execution);
		if (overlapped) {
			this.#end(execution, 'SKIPPED_OVERLAPPING', 'The previous execution of the maintenance window is still in progress.');
			return;
		}
		this.#set(execution, 'PENDING');
		this.#timers.set(execution, [clock.after(cutoffAt - now, () => this.#cutOff(execution))]);
		this.#startPending();
	}

	#startPending(): void {
		const { clock } = this.#deps.ctx;
		for (const execution of this.#executions.values()) {
			const busy = [...this.#executions.values()].filter(({ status }) => status === 'IN_PROGRESS' || status === 'CANCELLING').length;
			if (busy >= MOST_AT_ONCE) return;
			if (execution.status !== 'PENDING') continue;
			const tasks = [...execution.window.tasks.values()];
			execution.tasks = tasks.map((task) => ({ id: this.#deps.ctx.uuid(), task, status: 'PENDING', invocations: [] }));
			this.#set(execution, 'IN_PROGRESS');
			this.#timers.get(execution)?.push(clock.after(within(clock, LATENCY_MS.maintenanceWindow), () => this.#next(execution)));
		}
	}

	/** Starts the tasks whose turn it is: those of the lowest number, once all of lower ones have ended, however they did. */
	#next(execution: WindowExecution): void {
		if (isOver(execution)) return;
		const left = execution.tasks.filter((run) => !isOver(run));
		const priority = Math.min(...left.map(({ task }) => task.priority));
		const due = left.filter((run) => run.task.priority === priority && run.status === 'PENDING');
		// One that ends at once starts what comes after it.
		for (const run of due) if (run.status === 'PENDING') this.#start(execution, run);
		this.#maybeEnd(execution);
	}

	#start(execution: WindowExecution, run: TaskExecution): void {
		const { ctx, windows, makers, sessionOf } = this.#deps;
		const maker = makers[run.task.type];
		if (!maker) throw new Error(`No tasks of type ${run.task.type} can be registered here.`);
		try {
			const session = sessionOf(run.task);
			const scope: JobScope = { execution, run, targets: targetsOf(execution.window, run.task), ...(session && { session }) };
			const taskRun = new TaskRun(ctx, windows.events, scope, maker, () => this.#next(execution));
			this.#runs.set(run, taskRun);
			taskRun.start();
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			run.startedAt = ctx.clock.now();
			this.#leave(execution, run, 'FAILED', error.message);
		}
	}

	#cutOff(execution: WindowExecution): void {
		if (isOver(execution)) return;
		for (const run of execution.tasks) {
			if (run.status === 'PENDING') this.#leave(execution, run, 'TIMED_OUT', CUT_OFF);
			else this.#runs.get(run)?.cutOff();
		}
		if (execution.status === 'PENDING') this.#end(execution, 'TIMED_OUT', 'Too many maintenance windows were running.');
		else this.#maybeEnd(execution);
	}

	/** Ends a task that never came to work. */
	#leave(execution: WindowExecution, run: TaskExecution, status: Status, details: string): void {
		if (run.status !== 'PENDING') return;
		run.status = status;
		run.details = details;
		run.endedAt = this.#deps.ctx.clock.now();
		this.#deps.windows.events.taskExecution(execution, run);
	}

	#maybeEnd(execution: WindowExecution): void {
		if (isOver(execution) || !execution.tasks.every(isOver)) return;
		if (execution.tasks.length === 0) this.#end(execution, 'SUCCESS', 'No tasks to execute.');
		else if (execution.status === 'CANCELLING') this.#end(execution, 'CANCELLED');
		else {
			const status = worst(execution.tasks);
			const details = execution.tasks.find((run) => run.status === status)?.details;
			this.#end(execution, status, details);
		}
	}

	#end(execution: WindowExecution, status: Status, details?: string): void {
		execution.endedAt = this.#deps.ctx.clock.now();
		if (details !== undefined) execution.details = details;
		for (const cancel of this.#timers.get(execution) ?? []) cancel();
		this.#timers.delete(execution);
		for (const run of execution.tasks) this.#runs.delete(run);
		this.#set(execution, status);
		this.#startPending();
	}

	#set(execution: WindowExecution, status: Status): void {
		execution.status = status;
		this.#deps.windows.events.execution(execution);
	}
}

/** A task of window targets that have been deregistered since has none. */
function targetsOf(window: Window, { targets }: WindowTask): JobScope['targets'] {
	const ids = targets.filter(({ Key: key }) => key === 'WindowTargetIds').flatMap(({ Values: values = [] }) => values);
	if (ids.length === 0) return [undefined];
	return ids.flatMap((id) => window.targets.get(id) ?? []);
}
