/** One task of one window's execution: its invocations, under the task's rate control. */

import { type AwsContext, AwsError } from '../../types.ts';
import { share } from '../command-model.ts';
import type { WindowEvents } from './events.ts';
import type { Job, JobEnd, JobMaker, JobScope } from './job.ts';
import { isOver, type TaskInvocation, worst } from './model.ts';

/** In the words of AWS's knowledge center ("No Invocations to Execute"). */
const NOTHING_TO_DO = 'No invocations to execute.';
const CUT_OFF = "The maintenance window's cutoff time was reached.";

interface Entry {
	readonly job: Job;
	readonly invocation: TaskInvocation;
	cancel?: () => void;
}

export class TaskRun {
	readonly #ctx: AwsContext;
	readonly #events: WindowEvents;
	readonly #scope: JobScope;
	readonly #maker: JobMaker;
	readonly #onEnd: () => void;
	readonly #entries: readonly Entry[];
	#stopped = false;

	/** @param onEnd called once the task has ended. */
	constructor(ctx: AwsContext, events: WindowEvents, scope: JobScope, maker: JobMaker, onEnd: () => void) {
		this.#ctx = ctx;
		this.#events = events;
		this.#scope = scope;
		this.#maker = maker;
		this.#onEnd = onEnd;
		this.#entries = maker.jobs(scope).map((job) => {
			const id = ctx.uuid();
			const target = job.target && { target: job.target };
			return { job, invocation: { id, status: 'PENDING', parameters: job.parameters(id), ...target } };
		});
	}

	start(): void {
		const { run, execution } = this.#scope;
		run.startedAt = this.#ctx.clock.now();
		run.status = 'IN_PROGRESS';
		run.invocations.push(...this.#entries.map(({ invocation }) => invocation));
		this.#events.taskExecution(execution, run);
		this.#fill();
	}

	/** The window's cutoff has come: a task that is not to go on starts nothing more, and what it can cancel it cancels. */
	cutOff(): void {
		if (this.#scope.run.task.cutoffBehavior !== 'CANCEL_TASK') return;
		this.#stopped = true;
		for (const entry of this.#entries) {
			if (isOver(entry.invocation)) continue;
			if (entry.invocation.status === 'PENDING') this.#leave(entry, 'TIMED_OUT', CUT_OFF);
			else if (this.#maker.cancellable) {
				// What is cancelled may end at once: it is the cutoff that has ended it.
				this.#end(entry, 'TIMED_OUT', CUT_OFF);
				entry.cancel?.();
			}
		}
		this.#maybeEnd();
	}

	#fill(): void {
		const { maxConcurrency } = this.#scope.run.task;
		const all = this.#entries.length;
		const most = this.#maker.atOnce ? all : Math.max(1, share(maxConcurrency, all));
		let busy = this.#count('IN_PROGRESS');
		for (const entry of this.#entries) {
			if (this.#stopped || busy >= most) break;
			if (entry.invocation.status !== 'PENDING') continue;
			busy += 1;
			this.#start(entry);
		}
		this.#maybeEnd();
	}

	#start(entry: Entry): void {
		const { job, invocation } = entry;
		invocation.startedAt = this.#ctx.clock.now();
		invocation.status = 'IN_PROGRESS';
		this.#announce(invocation);
		try {
			const { executionId, cancel } = job.start(invocation.id, (how, details) => {
				this.#end(entry, how, details);
				this.#fill();
			});
			if (executionId !== undefined) invocation.executionId = executionId;
			if (cancel) entry.cancel = cancel;
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			this.#end(entry, 'FAILED', error.message);
		}
	}

	#end({ invocation }: Entry, how: JobEnd, details?: string): void {
		if (isOver(invocation)) return;
		invocation.status = how;
		invocation.endedAt = this.#ctx.clock.now();
		if (details !== undefined) invocation.details = details;
		this.#announce(invocation);
		if (this.#maker.atOnce || this.#stopped) return;
		const { maxErrors } = this.#scope.run.task;
		if (this.#count('FAILED') <= share(maxErrors, this.#entries.length)) return;
		this.#stopped = true;
		for (const entry of this.#entries) {
			if (entry.invocation.status === 'PENDING') this.#leave(entry, 'CANCELLED', 'The task exceeded its maximum of errors.');
		}
	}

	/** What never started has no event. */
	#leave({ invocation }: Entry, how: JobEnd, details: string): void {
		invocation.status = how;
		invocation.details = details;
		invocation.endedAt = this.#ctx.clock.now();
	}

	#maybeEnd(): void {
		const { run, execution } = this.#scope;
		if (isOver(run) || !this.#entries.every(({ invocation }) => isOver(invocation))) return;
		run.endedAt = this.#ctx.clock.now();
		const failed = this.#count('FAILED') > 0 && this.#count('TIMED_OUT') === 0;
		run.status = failed ? 'FAILED' : worst(run.invocations);
		if (this.#entries.length === 0) run.details = NOTHING_TO_DO;
		else if (run.status !== 'SUCCESS') run.details = run.invocations.find(({ status }) => status === run.status)?.details ?? '';
		this.#events.taskExecution(execution, run);
		this.#onEnd();
	}

	#count(status: TaskInvocation['status']): number {
		return this.#entries.filter(({ invocation }) => invocation.status === status).length;
	}

	#announce(invocation: TaskInvocation): void {
		this.#events.invocation(this.#scope.execution, this.#scope.run, invocation);
	}
}
