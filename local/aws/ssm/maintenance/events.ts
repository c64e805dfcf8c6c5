/** The events of maintenance windows, shaped as the documented samples. */

import type { AwsContext } from '../../types.ts';
import type { Run, Status, TaskExecution, TaskInvocation, Window, WindowExecution } from './model.ts';

type Detail = Readonly<Record<string, unknown>>;
export type Registration = 'REGISTERED' | 'DEREGISTERED' | 'UPDATED';

export class WindowEvents {
	readonly #ctx: AwsContext;

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	/** Of a window that an operator enabled or disabled. */
	state(window: Window): void {
		this.#emit('State-change', window, { 'window-id': window.id, status: window.settings.enabled ? 'ENABLED' : 'DISABLED' });
	}

	target(window: Window, targetId: string, status: Registration): void {
		const arn = this.#arn(`windowtarget/${targetId}`);
		this.#emit('Target Registration', window, { 'window-target-id': targetId, 'window-id': window.id, status }, [arn]);
	}

	/** AWS has no sample of this one: it is made as that of a target. */
	task(window: Window, taskId: string, status: Registration): void {
		const arn = this.#arn(`windowtask/${taskId}`);
		this.#emit('Task Registration', window, { 'window-task-id': taskId, 'window-id': window.id, status }, [arn]);
	}

	execution({ window, ...run }: WindowExecution): void {
		this.#emit('Execution State-change', window, {
			...times(run),
			'window-id': window.id,
			'window-execution-id': run.id,
			status: run.status,
		});
	}

	taskExecution({ window, id }: WindowExecution, run: TaskExecution): void {
		this.#emit('Task Execution State-change', window, {
			...times(run),
			'task-execution-id': run.id,
			'window-id': window.id,
			'window-execution-id': id,
			status: run.status,
		});
	}

	invocation({ window, id }: WindowExecution, { id: taskId, task }: TaskExecution, run: TaskInvocation): void {
		const status = task.type === 'RUN_COMMAND' ? run.status : coarse(run.status);
		this.#emit('Task Target Invocation State-change', window, {
			...times(run),
			'window-id': window.id,
			'window-execution-id': id,
			'task-execution-id': taskId,
			...(run.target && { 'window-target-id': run.target.id }),
			status,
			...(run.target?.owner !== undefined && { 'owner-information': run.target.owner }),
		});
	}

	#emit(what: string, window: Window, detail: Detail, more: readonly string[] = []): void {
		const resources = [this.#arn(`maintenancewindow/${window.id}`), ...more];
		this.#ctx.emit({ source: 'aws.ssm', detailType: `Maintenance Window ${what} Notification`, resources, detail });
	}

	#arn(resource: string): string {
		return `arn:aws:ssm:${this.#ctx.region}:${this.#ctx.account}:${resource}`;
	}
}

/** Invocations of anything but Run Command report `COMPLETE`, however they ended (events reference). */
function coarse(status: Status): string {
	return status === 'IN_PROGRESS' ? status : 'COMPLETE';
}

function times({ startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>): Detail {
	return {
		...(startedAt === undefined ? {} : { 'start-time': microseconds(startedAt) }),
		...(endedAt === undefined ? {} : { 'end-time': microseconds(endedAt) }),
	};
}

/** `2025-06-02T14:48:28.039000Z` */
function microseconds(at: number): string {
	return new Date(at).toISOString().replace('Z', '000Z');
}
