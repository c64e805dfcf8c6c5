/** Lambda: execution environments, timeouts, asynchronous invocation with its retries. */

import type { AwsContext } from './aws/types.ts';
import type { FunctionDefinition } from './template.ts';

/** One execution environment: it serves one invocation at a time. */
export interface Environment {
	invoke(event: unknown, context: InvocationContext): Promise<unknown>;
	/** False: it serves no further invocation. */
	readonly isAlive?: boolean;
	/** The environment is gone: nothing it still does may have an effect. */
	kill(): void;
}

/** The context object of a Node.js handler, as far as code relies on it. */
export interface InvocationContext {
	readonly awsRequestId: string;
	readonly functionName: string;
	readonly functionVersion: string;
	readonly invokedFunctionArn: string;
	readonly memoryLimitInMB: string;
	readonly logGroupName: string;
	readonly logStreamName: string;
	getRemainingTimeInMillis(): number;
}

export type InvocationResult = { readonly ok: true; readonly payload: unknown } | Failure;

interface Failure {
	readonly ok: false;
	readonly errorType: string;
	readonly errorMessage: string;
}

/** An invocation that has ended. */
export interface InvocationRecord {
	readonly at: number;
	readonly endedAt: number;
	readonly functionName: string;
	readonly requestId: string;
	/** `sqs`, `async` (a rule or a schedule), `direct`. */
	readonly source: InvocationSource;
	readonly result: InvocationResult;
}
export type InvocationSource = 'sqs' | 'async' | 'direct';

export interface LambdaOptions {
	readonly context: AwsContext;
	readonly functions: readonly FunctionDefinition[];
	/** Makes an execution environment; what it throws is the invocation's error, as a failed init is. */
	readonly start: (definition: FunctionDefinition) => Environment;
	/** Where what a function could not process goes, in its role: a queue, by its ARN. */
	readonly send: (from: FunctionDefinition, arn: string, body: string, attributes: Readonly<Record<string, string>>) => void;
	/** Invocations of all functions at once; further ones wait. */
	readonly concurrency?: number;
	/** Told whenever one begins: how many there are then. */
	readonly onRunning?: (running: number) => void;
}

/** Lambda's default per account and Region. */
const ACCOUNT_CONCURRENCY = 1000;

/** Between the attempts of an asynchronous invocation: one minute, then two. */
const RETRY_DELAYS_MS = [60_000, 120_000] as const;

export class Lambda {
	readonly #options: LambdaOptions;
	readonly #idle = new Map<string, Environment[]>();
	readonly #running = new Map<string, number>();
	readonly #waiting: (() => boolean)[] = [];
	readonly #invocations: InvocationRecord[] = [];
	#total = 0;

	constructor(options: LambdaOptions) {
		this.#options = options;
	}

	/** Invocations that have ended, in order of their ends. */
	get invocations(): readonly InvocationRecord[] {
		return this.#invocations;
	}

	get running(): number {
		return this.#total;
	}

	/** A function by name, by name without service and stage, by ARN, or undefined. */
	find(name: string): FunctionDefinition | undefined {
		const { functions } = this.#options;
		return (
			functions.find((candidate) => candidate.name === name || candidate.arn === name) ??
			functions.find((candidate) => candidate.file.split('/').at(-1) === name)
		);
	}

	/** Invokes a function and waits for its end. @throws Error where there is no such function. */
	async invoke(name: string, event: unknown, source: InvocationSource = 'direct'): Promise<InvocationResult> {
		return (await this.#perform(this.#get(name), event, source)).result;
	}

	/**
	 * Invokes a function as EventBridge does: it is tried again, and its last failure goes where the function says.
	 * @throws Error where there is no such function.
	 */
	invokeLater(name: string, event: unknown): void {
		void this.#attempt(this.#get(name), event, 1);
	}

	#get(name: string): FunctionDefinition {
		const definition = this.find(name);
		if (!definition) throw new Error(`There is no function '${name}' in the template.`);
		return definition;
	}

	async #perform(definition: FunctionDefinition, event: unknown, source: InvocationSource): Promise<InvocationRecord> {
		await this.#slot(definition);
		const { clock, uuid } = this.#options.context;
		const at = clock.now();
		const requestId = uuid();
		const result = await this.#run(definition, event, requestId);
		const record = { at, endedAt: clock.now(), functionName: definition.name, requestId, source, result };
		this.#invocations.push(record);
		this.#release(definition);
		return record;
	}

	async #attempt(definition: FunctionDefinition, event: unknown, attempt: number): Promise<void> {
		const { result, requestId } = await this.#perform(definition, event, 'async');
		if (result.ok) return;
		const delay = RETRY_DELAYS_MS[attempt - 1];
		if (attempt <= definition.async.retries && delay !== undefined) {
			this.#options.context.clock.after(delay, () => this.#attempt(definition, event, attempt + 1));
			return;
		}
		this.#giveUp(definition, event, result, requestId, attempt);
	}

	#giveUp(definition: FunctionDefinition, event: unknown, result: Failure, requestId: string, attempts: number): void {
		const { context, send } = this.#options;
		const { errorType, errorMessage } = result;
		if (definition.async.onFailureArn) {
			const record = {
				version: '1.0',
				timestamp: new Date(context.clock.now()).toISOString(),
				requestContext: {
					requestId,
					functionArn: `${definition.arn}:$LATEST`,
					condition: 'RetriesExhausted',
					approximateInvokeCount: attempts,
				},
				requestPayload: event,
				responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
				responsePayload: { errorType, errorMessage },
			};
			send(definition, definition.async.onFailureArn, JSON.stringify(record), {});
		}
		if (definition.deadLetterArn) {
			const attributes = { RequestID: requestId, ErrorCode: '200', ErrorMessage: errorMessage };
			send(definition, definition.deadLetterArn, JSON.stringify(event), attributes);
		}
	}

	async #run(definition: FunctionDefinition, event: unknown, requestId: string): Promise<InvocationResult> {
		let environment: Environment;
		try {
			environment = this.#idle.get(definition.name)?.pop() ?? this.#options.start(definition);
		} catch (error) {
			return failure(error);
		}
		const outcome = await this.#untilTimeout(definition, environment.invoke(event, this.#contextOf(definition, requestId)));
		if (outcome === 'timeout') {
			environment.kill();
			const errorMessage = `${requestId} Task timed out after ${definition.timeoutSeconds.toFixed(2)} seconds`;
			return { ok: false, errorType: 'Sandbox.Timedout', errorMessage };
		}
		const idle = this.#idle.get(definition.name) ?? [];
		if (environment.isAlive !== false) this.#idle.set(definition.name, [...idle, environment]);
		return outcome;
	}

	#untilTimeout(definition: FunctionDefinition, running: Promise<unknown>): Promise<InvocationResult | 'timeout'> {
		return new Promise((resolve) => {
			const cancel = this.#options.context.clock.after(definition.timeoutSeconds * 1000, () => resolve('timeout'));
			running.then(
				(payload) => {
					cancel();
					resolve({ ok: true, payload });
				},
				(error: unknown) => {
					cancel();
					resolve(failure(error));
				},
			);
		});
	}

	#contextOf(definition: FunctionDefinition, awsRequestId: string): InvocationContext {
		const { clock } = this.#options.context;
		const endsAt = clock.now() + definition.timeoutSeconds * 1000;
		return {
			awsRequestId,
			functionName: definition.name,
			functionVersion: '$LATEST',
			invokedFunctionArn: definition.arn,
			memoryLimitInMB: String(definition.memoryMb),
			logGroupName: `/aws/lambda/${definition.name}`,
			logStreamName: awsRequestId,
			getRemainingTimeInMillis: () => Math.max(0, endsAt - clock.now()),
		};
	}

	/** Resolves once the function may run: within the account's concurrency and its own. First come, first served. */
	#slot(definition: FunctionDefinition): Promise<void> {
		if (this.#take(definition)) return Promise.resolve();
		return new Promise((resolve) => {
			this.#waiting.push(() => {
				const taken = this.#take(definition);
				if (taken) resolve();
				return taken;
			});
		});
	}

	#take({ name, reservedConcurrency = Number.POSITIVE_INFINITY }: FunctionDefinition): boolean {
		const running = this.#running.get(name) ?? 0;
		if (running >= reservedConcurrency || this.#total >= (this.#options.concurrency ?? ACCOUNT_CONCURRENCY)) return false;
		this.#running.set(name, running + 1);
		this.#total += 1;
		this.#options.onRunning?.(this.#total);
		return true;
	}

	#release({ name }: FunctionDefinition): void {
		this.#running.set(name, (this.#running.get(name) ?? 1) - 1);
		this.#total -= 1;
		const next = this.#waiting.findIndex((take) => take());
		if (next >= 0) this.#waiting.splice(next, 1);
	}
}

function failure(error: unknown): Failure {
	return error instanceof Error
		? { ok: false, errorType: error.name, errorMessage: error.message }
		: { ok: false, errorType: 'Error', errorMessage: String(error) };
}
