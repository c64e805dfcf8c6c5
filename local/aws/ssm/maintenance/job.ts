/** What a task does for one of its targets: the part that differs with its type. */

import type { Session } from '../../iam/index.ts';
import type { TaskExecution, WindowExecution, WindowTarget } from './model.ts';

export type JobEnd = 'SUCCESS' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED';

export interface Job {
	readonly target?: WindowTarget;
	/** JSON, as the API shows what an invocation was started with. */
	parameters(invocationId: string): string;
	/**
	 * Starts it.
	 * @param ended called once, however it ends.
	 * @throws AwsError for what the service that does it refuses: the invocation has failed.
	 */
	start(invocationId: string, ended: (how: JobEnd, details?: string) => void): Started;
}

export interface Started {
	readonly executionId?: string;
	/** Asks for its end; absent where nobody can. */
	readonly cancel?: () => void;
}

/** What a task works on. */
export interface JobScope {
	readonly execution: WindowExecution;
	readonly run: TaskExecution;
	/** The window targets that the task names and that are there; one without a target where it names nodes itself, or nothing. */
	readonly targets: readonly (WindowTarget | undefined)[];
	/** The role that the task works in; absent where it names none, or there is no IAM. */
	readonly session?: Session;
}

/** How a type of task does its work. */
export interface JobMaker {
	/** None where there is nothing to work on. */
	jobs(scope: JobScope): readonly Job[];
	/** Whether all jobs start at once, the service that does them keeping to the task's rate control itself. */
	readonly atOnce: boolean;
	/** Whether jobs that run are cancelled at the window's cutoff, where the task says so. */
	readonly cancellable: boolean;
}
