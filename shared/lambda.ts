/** The one middleware stack of all functions: log, metrics, unwrap (an EventBridge event or an SQS batch), partial failures. */

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import middy, { type MiddlewareObj } from '@middy/core';
import { createAws } from './aws/clients.ts';
import type { Count, CreateHandler, Deps, LambdaHandler, Log } from './deps.ts';
import { Drop, describeError, Fail } from './errors.ts';
import type { Settled } from './operation/open.ts';
import { createServices, type Services } from './operation/services.ts';
import { SERVICE, settingsFrom } from './settings.ts';

/** What a function does with the events of one invocation: a result for each, in their order. */
export type Core<T> = (services: Services, events: readonly unknown[]) => Promise<readonly Settled<T>[]>;

/** As much of an SQS record as is read. */
interface SqsRecord {
	readonly messageId: string;
	readonly body: string;
	readonly eventSource: 'aws:sqs';
	readonly eventSourceARN: string;
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
async function handleOne<T>(services: Services, core: Core<T>, event: unknown): Promise<unknown> {
	const [result] = await core(services, [event]);
	if (result === undefined) throw new Fail('the event was not handled');
	if (result.ok) return result.value;
	if (!(result.error instanceof Drop)) throw result.error;
	drop(services, result.error, event);
	return { outcome: 'dropped', reason: result.error.reason, message: result.error.message };
}

/** A batch: what should be tried again is reported by message, what never will work goes to the dead-letter queue with its reason. */
async function handleBatch<T>(services: Services, core: Core<T>, records: readonly SqsRecord[]): Promise<{ batchItemFailures: Failure[] }> {
	const readable: { readonly record: SqsRecord; readonly event: unknown }[] = [];
	const failed: { readonly record: SqsRecord; readonly event?: unknown; readonly error: unknown }[] = [];
	for (const record of records) {
		try {
			readable.push({ record, event: parseBody(record) });
		} catch (error) {
			failed.push({ record, error });
		}
	}
	const results =
		readable.length > 0
			? await core(
					services,
					readable.map(({ event }) => event),
				)
			: [];
	for (const [index, { record, event }] of readable.entries()) {
		const result = results[index];
		if (result?.ok !== true) failed.push({ record, event, error: result?.error ?? new Fail('the event was not handled') });
	}
	const batchItemFailures: Failure[] = [];
	for (const { record, event, error } of failed) {
		if (error instanceof Drop) drop(services, error, event);
		else if (!(error instanceof Fail) || !(await bury(services, record, error))) {
			services.log.warn('Event goes back to its queue', { messageId: record.messageId, why: describeError(error) });
			services.count('EventsRetried');
			batchItemFailures.push({ itemIdentifier: record.messageId });
		}
	}
	return { batchItemFailures };
}

function drop({ log, count }: Services, { reason, message }: Drop, event: unknown): void {
	log.info('Event dropped', { reason, why: message, eventId: (event as { id?: unknown } | null)?.id });
	count('EventsDropped', { reason });
}

/** SQS takes 1,024 characters here without trouble, and a person wants no more. */
const REASON = 1_000;

/** Sends a message to the dead-letter queue with its reason. False: it could not be sent, and stays in its queue. */
async function bury({ aws, log, count }: Services, { body, eventSourceARN, messageId }: SqsRecord, error: Fail): Promise<boolean> {
	const [, , , region, account, queue] = eventSourceARN.split(':');
	try {
		await aws.sqs.send(
			new SendMessageCommand({
				QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${queue}-dead-letters`,
				MessageBody: body,
				MessageAttributes: {
					Reason: { DataType: 'String', StringValue: error.message.slice(0, REASON) },
					MessageId: { DataType: 'String', StringValue: messageId },
				},
			}),
		);
		log.error('Event can never be handled: it is in the dead-letter queue', {
			messageId,
			queue: `${queue}-dead-letters`,
			why: error.message,
		});
		count('EventsRefused');
		return true;
	} catch (cause) {
		log.error('The dead-letter queue did not take a message', { messageId, why: describeError(cause) });
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

/** A function made of its core, ready for `create(deps)` and for Lambda. */
export function defineFunction<T>(core: Core<T>): { readonly create: CreateHandler; readonly handler: LambdaHandler } {
	const create: CreateHandler = (deps) => {
		const services = createServices(deps);
		const wrapped = middy({ timeoutEarlyInMillis: 0 })
			.use(reportFailure(deps.log))
			.handler((input: unknown) => {
				const records = recordsOf(input);
				return records === undefined ? handleOne(services, core, input) : handleBatch(services, core, records);
			});
		return (input, context) => wrapped(input, (context ?? {}) as never) as Promise<unknown>;
	};
	let created: LambdaHandler | undefined;
	const handler: LambdaHandler = async (input, context) => {
		created ??= create(depsFromEnvironment());
		return created(input, context);
	};
	return { create, handler };
}

/**
 * Everything a function has of the world, from its environment.
 * @throws SettingsError where the environment lacks something.
 */
function depsFromEnvironment(env: NodeJS.ProcessEnv = process.env): Deps {
	const settings = settingsFrom(env);
	const local = settings.stage === 'local';
	const log: Log = local ? logToStderr() : new Logger({ serviceName: SERVICE });
	return { aws: createAws(), now: () => Date.now(), log, count: local ? countInLog(log) : countInMetrics(), settings };
}

/** Local runs print their result on stdout: logs keep out of its way. */
function logToStderr(): Log {
	const line =
		(level: string) =>
		(message: string, fields = {}) => {
			process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
		};
	return { debug: () => {}, info: line('INFO '), warn: line('WARN '), error: line('ERROR') };
}

function countInLog(log: Log): Count {
	return (name, dimensions, value = 1) => log.debug('Metric', { name, value, ...dimensions });
}

function countInMetrics(): Count {
	const metrics = new Metrics({ namespace: 'Fleetkeeper', serviceName: SERVICE });
	return (name, dimensions = {}, value = 1) => {
		metrics
			.singleMetric()
			.addDimensions({ ...dimensions })
			.addMetric(name, MetricUnit.Count, value);
	};
}
