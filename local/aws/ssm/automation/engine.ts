/** Automation at work: step by step, with retries, timeouts, jumps and cancellation. */

import { CANCELLED_IN_EVENTS, CONCURRENT_AUTOMATIONS, LATENCY_MS, within } from '../../assumptions.ts';
import type { AwsContext } from '../../types.ts';
import { select } from '../json-path.ts';
import { interpolate, text, type Value } from '../values.ts';
import type { ActionResult, AutomationServices } from './action.ts';
import { ACTIONS } from './actions/index.ts';
import { type Execution, type ExecutionStatus, isExecutionOver, type StepRun } from './model.ts';
import { runEach } from './rate-control.ts';

/** A step without a timeout of its own runs at most this long where the action has one: `aws:runCommand` and the waits. */
const DEFAULT_TIMEOUT_SECONDS = 3600;

const EVENT_STATUS: Partial<Record<ExecutionStatus, string>> = {
	Success: 'Success',
	Failed: 'Failed',
	TimedOut: 'TimedOut',
	Cancelled: CANCELLED_IN_EVENTS,
};

type StepEnd = Omit<ActionResult, 'status'> & { readonly status: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled' };

export class AutomationEngine {
	readonly #ctx: AwsContext;
	readonly #servicesOf: (execution: Execution) => AutomationServices;
	readonly #executions = new Map<string, Execution>();
	#running = 0;

	/** @param servicesOf the rest of AWS, as an execution may reach it. */
	constructor(ctx: AwsContext, servicesOf: (execution: Execution) => AutomationServices) {
		this.#ctx = ctx;
		this.#servicesOf = servicesOf;
	}

	find(id: string): Execution | undefined {
		return this.#executions.get(id);
	}

	/** The newest first. */
	all(): Execution[] {
		return [...this.#executions.values()].reverse();
	}

	queued(): number {
		return this.all().filter((execution) => execution.status === 'Pending').length;
	}

	/** Takes over a checked execution; it starts at once or, beyond the quota, when another ends. */
	start(execution: Execution): void {
		this.#executions.set(execution.id, execution);
		this.#startNext();
	}

	/** @param how `Cancel` stops the step that runs; `Complete` lets it end and stops after it. */
	stop(execution: Execution, how: 'Cancel' | 'Complete'): void {
		execution.stopping = how;
		if (execution.status === 'Pending') this.#end(execution, 'Cancelled');
		else if (how === 'Cancel') {
			execution.status = 'Cancelling';
			const { clock } = this.#ctx;
			clock.after(within(clock, LATENCY_MS.automationStep), () => execution.stopStep?.());
		}
	}

	#startNext(): void {
		for (const execution of this.#executions.values()) {
			if (this.#running >= CONCURRENT_AUTOMATIONS) return;
			if (execution.status !== 'Pending') continue;
			this.#running += 1;
			execution.status = 'InProgress';
			execution.startedAt = this.#ctx.clock.now();
			this.#soon(execution, LATENCY_MS.automationStart, () => this.#begin(execution));
		}
	}

	#begin(execution: Execution): void {
		const { scope } = execution;
		if (scope === undefined) this.#run(execution, 0);
		else runEach(this, execution, scope, (status, message) => this.#end(execution, status, message));
	}

	/** Does something a moment later, unless the execution has been stopped by then. */
	#soon(execution: Execution, latency: readonly [number, number], what: () => void): void {
		const cancel = this.#ctx.clock.after(within(this.#ctx.clock, latency), () => {
			delete execution.stopStep;
			what();
		});
		execution.stopStep = () => {
			cancel();
			delete execution.stopStep;
			this.#end(execution, 'Cancelled');
		};
	}

	#run(execution: Execution, index: number): void {
		const run = execution.steps[index];
		if (!run) {
			this.#finish(execution);
			return;
		}
		run.startedAt ??= this.#ctx.clock.now();
		run.status = 'InProgress';
		run.attempts += 1;
		let over = false;
		let stopAction: (() => void) | undefined;
		let cancelTimer = () => {};
		const end = (result: StepEnd) => {
			if (over) return;
			over = true;
			cancelTimer();
			delete execution.stopStep;
			this.#stepEnded(execution, index, run, result);
		};
		execution.stopStep = () => {
			stopAction?.();
			end({ status: 'Cancelled', message: 'The execution was cancelled.' });
		};
		try {
			run.inputs = interpolate(run.step.inputs, (name) => this.#lookup(execution, name)) as Readonly<Record<string, Value>>;
			const timeout = this.#timeoutSeconds(execution, run);
			if (timeout !== undefined) {
				cancelTimer = this.#ctx.clock.after(timeout * 1000, () => {
					stopAction?.();
					end({ status: 'TimedOut', message: `The step took longer than its timeout of ${timeout} seconds.` });
				});
			}
			const action = ACTIONS[run.step.action];
			if (!action) throw new Error(`The action ${run.step.action} is not one that the local AWS has.`);
			stopAction = action({ ctx: this.#ctx, inputs: run.inputs, services: this.#servicesOf(execution), done: end });
		} catch (error) {
			end({ status: 'Failed', message: (error as Error).message });
		}
	}

	#timeoutSeconds(execution: Execution, { step }: StepRun): number | undefined {
		if (step.timeoutSeconds !== undefined) return Number(interpolate(step.timeoutSeconds, (name) => this.#lookup(execution, name)));
		return step.action === 'aws:sleep' ? undefined : DEFAULT_TIMEOUT_SECONDS;
	}

	#stepEnded(execution: Execution, index: number, run: StepRun, result: StepEnd): void {
		const { step } = run;
		let outcome = result;
		try {
			run.outputs = { ...result.outputs, ...selected(run, result) };
		} catch (error) {
			outcome = { ...result, status: 'Failed', message: (error as Error).message };
		}
		const failed = outcome.status === 'Failed' || outcome.status === 'TimedOut';
		if (failed && run.attempts < step.maxAttempts && execution.stopping === undefined) {
			this.#soon(execution, LATENCY_MS.automationStep, () => this.#run(execution, index));
			return;
		}
		run.status = outcome.status;
		run.endedAt = this.#ctx.clock.now();
		run.response = outcome.response;
		if (outcome.responseCode !== undefined) run.responseCode = outcome.responseCode;
		if (outcome.message !== undefined) run.failureMessage = `Step fails when it is Execute/Cancelling action. ${outcome.message}`;
		this.#announceStep(execution, run);
		this.#goOn(execution, index, run, outcome);
	}

	#goOn(execution: Execution, index: number, run: StepRun, outcome: StepEnd): void {
		const { step } = run;
		if (outcome.status === 'Cancelled') {
			const target = jump(step.onCancel);
			if (target === undefined) this.#end(execution, 'Cancelled');
			else this.#goTo(execution, target);
			return;
		}
		if (outcome.status !== 'Success') {
			if (step.onFailure === 'Abort') {
				this.#end(
					execution,
					outcome.status,
					`Step ${step.name} ${outcome.status === 'TimedOut' ? 'timed out' : 'failed'}: ${run.failureMessage}`,
				);
				return;
			}
			if (step.isCritical) {
				execution.failedMeanwhile = true;
				execution.failureMessage ??= `Step ${step.name} ${outcome.status === 'TimedOut' ? 'timed out' : 'failed'}: ${run.failureMessage}`;
			}
			const target = jump(step.onFailure);
			if (target !== undefined) {
				this.#goTo(execution, target);
				return;
			}
		}
		if (step.isEnd || execution.stopping === 'Complete') this.#finish(execution);
		else if (outcome.nextStep !== undefined || step.nextStep !== undefined) this.#goTo(execution, outcome.nextStep ?? step.nextStep ?? '');
		else this.#soon(execution, LATENCY_MS.automationStep, () => this.#run(execution, index + 1));
	}

	#goTo(execution: Execution, name: string): void {
		const index = execution.steps.findIndex(({ step }) => step.name === name);
		if (index === -1) this.#end(execution, 'Failed', `There is no step ${name}.`);
		else this.#soon(execution, LATENCY_MS.automationStep, () => this.#run(execution, index));
	}

	#finish(execution: Execution): void {
		if (execution.stopping === 'Cancel') this.#end(execution, 'Cancelled');
		else this.#end(execution, execution.failedMeanwhile ? 'Failed' : 'Success', execution.failureMessage);
	}

	#end(execution: Execution, status: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled', message?: string): void {
		if (isExecutionOver(execution)) return;
		const wasRunning = execution.status !== 'Pending';
		execution.status = status;
		execution.endedAt = this.#ctx.clock.now();
		if (message !== undefined) execution.failureMessage = message;
		execution.outputs = this.#outputs(execution);
		this.#announce(execution);
		if (wasRunning) this.#running -= 1;
		this.#startNext();
		execution.onEnd?.();
	}

	#outputs(execution: Execution): Record<string, string[]> {
		const names = (execution.version.content['outputs'] ?? []) as string[];
		return Object.fromEntries(
			names.map((name) => {
				try {
					const value = this.#lookup(execution, name);
					return [name, Array.isArray(value) ? value.map(text) : [text(value)]];
				} catch {
					return [name, ['No output available yet because the step is not successfully executed']];
				}
			}),
		);
	}

	#lookup(execution: Execution, name: string): Value {
		const now = new Date(this.#ctx.clock.now()).toISOString();
		const builtIn: Readonly<Record<string, Value>> = {
			'automation:EXECUTION_ID': execution.id,
			'global:ACCOUNT_ID': this.#ctx.account,
			'global:REGION': this.#ctx.region,
			'global:DATE': now.slice(0, 10),
			'global:DATE_TIME': now.slice(0, 19).replace('T', '_').replaceAll(':', '.'),
		};
		const [first = '', ...rest] = name.split('.');
		const output = execution.steps.find(({ step }) => step.name === first)?.outputs[rest.join('.')];
		const value = builtIn[name] ?? execution.values[name] ?? output;
		if (value === undefined) throw new Error(`{{ ${name} }} has no value.`);
		return value;
	}

	#announceStep(execution: Execution, run: StepRun): void {
		this.#emit('EC2 Automation Step Status-change Notification', execution, run, { StepName: run.step.name, Action: run.step.action });
	}

	#announce(execution: Execution): void {
		this.#emit('EC2 Automation Execution Status-change Notification', execution, execution, { ExecutedBy: execution.executedBy });
	}

	#emit(
		detailType: string,
		execution: Execution,
		{ status, startedAt = 0, endedAt = 0 }: { status: ExecutionStatus; startedAt?: number; endedAt?: number },
		extra: Readonly<Record<string, string>>,
	): void {
		const { document, version, id } = execution;
		const base = `arn:aws:ssm:${this.#ctx.region}:${this.#ctx.account}`;
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType,
			resources: [`${base}:automation-execution/${id}`, `${base}:automation-definition/${document.name}:${version.version}`],
			detail: {
				ExecutionId: id,
				Definition: document.name,
				DefinitionVersion: Number(version.version),
				Status: EVENT_STATUS[status] ?? status,
				StartTime: eventTime(startedAt),
				EndTime: eventTime(endedAt),
				Time: endedAt - startedAt,
				...extra,
			},
		});
	}
}

/** What a step's own `outputs` pick from its answer. A path that leads nowhere gives an empty text. */
function selected({ step }: StepRun, { response }: StepEnd): Record<string, Value> {
	return Object.fromEntries(step.outputs.map(({ Name, Selector }) => [Name, (select(response, Selector) ?? '') as Value]));
}

function jump(onEnd: string): string | undefined {
	return onEnd.startsWith('step:') ? onEnd.slice('step:'.length) : undefined;
}

/** `Nov 29, 2024 7:43:20 PM`, as Automation's events write an instant. */
function eventTime(at: number): string {
	const date = new Date(at);
	const month = date.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
	const hour = date.getUTCHours();
	const two = (part: number) => String(part).padStart(2, '0');
	const clock = `${hour % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
	return `${month} ${date.getUTCDate()}, ${date.getUTCFullYear()} ${clock} ${hour < 12 ? 'AM' : 'PM'}`;
}
