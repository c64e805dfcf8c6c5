/** What all functions have around them: log, metrics, unwrap (an EventBridge event or an SQS batch), partial failures. */

import { ChangeMessageVisibilityCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import middy, { type MiddlewareObj } from '@middy/core';
import { createAws } from './aws/clients.ts';
import type { CreateHandler, Deps, LambdaHandler, Log } from './deps.ts';
import { callFailure, Drop, describeError, Fail, Retry } from './errors.ts';
import { inParallel } from './parallel.ts';
import { settingsFrom } from './settings.ts';
import { attempt, type Settled } from './settled.ts';
import { tame } from './tame.ts';
import { type Telemetry, telemetryOf } from './telemetry.ts';

/** What a function does with the events of one invocation: a result for each, in their order. */
type Core<T> = (events: readonly unknown[]) => Promise<readonly Settled<T>[]>;

/** As much of an SQS record as is read. */
interface SqsRecord {
	readonly messageId: string;
	readonly body: string;
	readonly eventSource: 'aws:sqs';
	readonly eventSourceARN: string;
	readonly receiptHandle: string;
	readonly attributes?: { readonly ApproximateReceiveCount?: string };
}

interface Failure {
	readonly itemIdentifier: string;
}

function recordsOf(input: unknown): readonly SqsRecord[] | undefined {
	const records = (input as { Records?: unknown } | null)?.Records;
	return Array.isArray(records) && records.every((record) => record?.eventSource === 'aws:sqs') ? records : undefined;
}

function parseBody({ body }: SqsRecord): unknown {
	try {
		return JSON.parse(body);
	} catch (error) {
		throw new Fail('The message is not JSON: only EventBridge should send to this queue', error);
	}
}

/** One event as itself: the result is returned, and an error is the invocation's. */
async function handleOne<T>(deps: Deps, core: Core<T>, event: unknown): Promise<unknown> {
	const [result] = await core([tame(event)]);
	if (result === undefined) throw new Fail('the event was not handled');
	if (result.ok) return result.value;
	if (!(result.error instanceof Drop)) throw result.error;
	drop(deps, result.error, event);
	return { outcome: 'dropped', reason: result.error.reason, message: result.error.message };
}

/** An event whose record can be read. */
interface Readable {
	readonly record: SqsRecord;
	readonly event: unknown;
}

/** The results of a batch. An event that the core fails on as a whole must not take its neighbours with it: each is handled by itself then. */
async function settle<T>(deps: Deps, core: Core<T>, batch: readonly Readable[]): Promise<readonly Settled<T>[]> {
	const together = await attempt(() => core(batch.map(({ event }) => event)));
	if (together.ok) return together.value;
	const { error } = together;
	deps.log.error('The batch failed', { why: describeError(error), messageIds: batch.map(({ record }) => record.messageId) });
	if (batch.length > 1 && isOnesOwn(error)) return (await inParallel(batch, 1, (one) => settle(deps, core, [one]))).flat();
	// It says nothing of the event: a table that is missing will be there.
	return batch.map(() => ({ ok: false, error: error instanceof Fail ? new Retry(error.message, error) : error }));
}

/** Whether it may be the fault of one event; while AWS does not answer, all of them wait. */
function isOnesOwn(error: unknown): boolean {
	return error instanceof Fail || error instanceof TypeError || error instanceof RangeError || callFailure(error) === 'refused';
}

/** A batch: what should be tried again is reported by message, what never will work goes to the dead-letter queue with its reason. */
async function handleBatch<T>(deps: Deps, core: Core<T>, records: readonly SqsRecord[]): Promise<{ batchItemFailures: Failure[] }> {
	const readable: Readable[] = [];
	const failed: { readonly record: SqsRecord; readonly event?: unknown; readonly error: unknown }[] = [];
	for (const record of records) {
		try {
			readable.push({ record, event: tame(parseBody(record)) });
		} catch (error) {
			failed.push({ record, error });
		}
	}
	const results = readable.length > 0 ? await settle(deps, core, readable) : [];
	for (const [index, { record, event }] of readable.entries()) {
		const result = results[index];
		if (result?.ok !== true) failed.push({ record, event, error: result?.error ?? new Fail('the event was not handled') });
	}
	const batchItemFailures: Failure[] = [];
	for (const { record, event, error } of failed) {
		if (error instanceof Drop) drop(deps, error, event);
		else if (!isHopeless(record, error) || !(await bury(deps, record, error))) {
			deps.log.warn('Event goes back to its queue', { messageId: record.messageId, why: describeError(error) });
			deps.count('EventsRetried');
			await comeBackSoon(deps, record);
			batchItemFailures.push({ itemIdentifier: record.messageId });
		}
	}
	return { batchItemFailures };
}

/** How often a message is received before SQS itself would move it, without a reason (infra/paths.cjs has the same number). */
const MAX_RECEIVES = 10;

function isHopeless(record: SqsRecord, error: unknown): boolean {
	return error instanceof Fail || receives(record) >= MAX_RECEIVES;
}

function receives({ attributes }: SqsRecord): number {
	return Number(attributes?.ApproximateReceiveCount) || 1;
}

function queueUrl({ eventSourceARN }: SqsRecord, suffix = ''): string {
	const [, , , region, account, queue] = eventSourceARN.split(':');
	return `https://sqs.${region}.amazonaws.com/${account}/${queue}${suffix}`;
}

/** The first retry's distance; each further one is twice as far, up to what the queue's own visibility timeout gives. Seconds. */
const FIRST_RETRY = 30;
const LAST_RETRY = 360;

/** The queue's visibility timeout is meant for functions that died: what may work soon comes back sooner. */
async function comeBackSoon({ aws, log }: Deps, record: SqsRecord): Promise<void> {
	const VisibilityTimeout = Math.min(FIRST_RETRY * 2 ** (receives(record) - 1), LAST_RETRY);
	try {
		await aws.sqs.send(
			new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl(record), ReceiptHandle: record.receiptHandle, VisibilityTimeout }),
		);
	} catch (error) {
		log.warn('The message comes back only after the visibility timeout', { messageId: record.messageId, why: describeError(error) });
	}
}

function drop({ log, count }: Deps, { reason, message }: Drop, event: unknown): void {
	log.info('Event dropped', { reason, why: message, eventId: (event as { id?: unknown } | null)?.id });
	count('EventsDropped', { reason });
}

/** A person wants no more than this of a reason. Characters. */
const REASON = 1_000;
/** Characters that SQS does not take (SendMessage): a reason may quote the event. */
const UNSENDABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Sends a message to the dead-letter queue with its reason. False: it could not be sent, and stays in its queue. */
async function bury({ aws, log, count }: Deps, record: SqsRecord, error: unknown): Promise<boolean> {
	const { body, messageId } = record;
	const why = error instanceof Fail ? error.message : `tried ${receives(record)} times: ${describeError(error)}`;
	const reason = why.slice(0, REASON).replaceAll(UNSENDABLE, '\ufffd');
	try {
		await aws.sqs.send(
			new SendMessageCommand({
				QueueUrl: queueUrl(record, '-dead-letters'),
				MessageBody: body,
				MessageAttributes: {
					Reason: { DataType: 'String', StringValue: reason },
					MessageId: { DataType: 'String', StringValue: messageId },
					// Whether it may work when it is put back: fleet -- redrive reads it.
					GivenUp: { DataType: 'String', StringValue: error instanceof Fail ? 'refused' : 'tried' },
				},
			}),
		);
		log.error('Event is given up: it is in the dead-letter queue', { messageId, why: reason });
		count('EventsRefused');
		return true;
	} catch (cause) {
		log.error('The dead-letter queue did not take a message', { messageId, reason, why: describeError(cause) });
		return false;
	}
}

function reportFailure(log: Log): MiddlewareObj<unknown, unknown> {
	return {
		onError: ({ error }) => {
			log.error('The invocation failed', { why: describeError(error) });
		},
	};
}

/** What an invocation keeps to end what it has begun: retries of the last call, and writing down what has come of it. Milliseconds. */
const TO_FINISH = 8_000;
/** How long a batch waits for what AWS throttles, while others wait for its poller: the rest is the clock's. Milliseconds. */
const BATCH_PATIENCE = 20_000;

/** Until when an invocation may begin calls that AWS throttles. Epoch milliseconds. */
function patienceOf(now: number, isBatch: boolean, context: unknown): number {
	const remaining = (context as { getRemainingTimeInMillis?(): number } | undefined)?.getRemainingTimeInMillis?.();
	if (remaining === undefined) return Number.POSITIVE_INFINITY;
	return now + Math.min(remaining - TO_FINISH, isBatch ? BATCH_PATIENCE : Number.POSITIVE_INFINITY);
}

/** A function made of its core, which is made once for each execution environment: ready for `create(deps)` and for Lambda. */
export function defineFunction<T>(createCore: (deps: Deps) => Core<T>): {
	readonly create: CreateHandler;
	readonly handler: LambdaHandler;
} {
	const create: CreateHandler = (deps) => {
		const core = createCore(deps);
		const wrapped = middy({ timeoutEarlyInMillis: 0 })
			.use(reportFailure(deps.log))
			.handler((input: unknown) => {
				const records = recordsOf(input);
				return records === undefined ? handleOne(deps, core, input) : handleBatch(deps, core, records);
			});
		return (input, context) => {
			if (deps.patience) deps.patience.until = patienceOf(deps.now(), recordsOf(input) !== undefined, context);
			return wrapped(input, (context ?? {}) as never) as Promise<unknown>;
		};
	};
	// In Lambda before the first event, which waits for less then: an environment starts with more of a processor than it has afterwards.
	let deployed = process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? undefined : deploy(create);
	const handler: LambdaHandler = async (input, context) => {
		deployed ??= deploy(create);
		const { telemetry, run } = deployed;
		return telemetry.invocation(context, () => run(input, context));
	};
	return { create, handler };
}

interface Deployed {
	readonly telemetry: Telemetry;
	readonly run: LambdaHandler;
}

/**
 * A function with everything that it has of the world, from its environment.
 * @throws SettingsError where the environment lacks something.
 */
function deploy(create: CreateHandler, env: NodeJS.ProcessEnv = process.env): Deployed {
	const settings = settingsFrom(env);
	const telemetry = telemetryOf(settings);
	const { log, count } = telemetry;
	const patience = { until: Number.POSITIVE_INFINITY };
	const aws = createAws({}, patience, (calledService) => count('CallsThrottled', { calledService }));
	return { telemetry, run: create({ aws, now: () => Date.now(), log, count, settings, patience }) };
}
