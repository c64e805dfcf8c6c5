/** SQS: standard queues, by their API. */

import type {
	BatchResultErrorEntry,
	ChangeMessageVisibilityBatchRequest,
	ChangeMessageVisibilityRequest,
	DeleteMessageBatchRequest,
	DeleteMessageRequest,
	GetQueueAttributesRequest,
	GetQueueUrlRequest,
	ListQueuesRequest,
	Message,
	PurgeQueueRequest,
	ReceiveMessageRequest,
	SendMessageBatchRequest,
	SendMessageRequest,
} from '@aws-sdk/client-sqs';
import * as schemas from '@aws-sdk/client-sqs';
import { isReceipt, type MessageAttributes, Queue, type QueueSettings, type ReceivedMessage } from './queue.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError } from './types.ts';

export interface Sqs {
	readonly definition: ServiceDefinition;
	/** By name, in the order they were given. */
	readonly queues: ReadonlyMap<string, Queue>;
	/** The queue of an ARN, or undefined. */
	byArn(arn: string): Queue | undefined;
}

export interface SqsOptions {
	readonly queues: readonly QueueSettings[];
	/** What queue URLs begin with; AWS's own host where it is absent. */
	readonly endpoint?: () => string | undefined;
}

/** 1 MiB for a message with its attributes, and for a batch. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_BATCH = 10;
const MAX_WAIT_SECONDS = 20;
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_DELAY_SECONDS = 900;
const RETENTION_SECONDS = 345_600;

/** SQS over the queues of a template. CreateQueue is not there: queues come from the template. */
export function createSqs(context: AwsContext, options: SqsOptions): Sqs {
	const queues = new Map<string, Queue>();
	const byArn = (arn: string) => [...queues.values()].find((queue) => queue.settings.arn === arn);
	for (const settings of options.queues) queues.set(settings.name, new Queue(settings, context, byArn));

	const urlOf = (name: string) => `${options.endpoint?.() ?? `https://sqs.${context.region}.amazonaws.com`}/${context.account}/${name}`;
	const named = (name: string | undefined): Queue => {
		const queue = queues.get(name ?? '');
		if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
		return queue;
	};
	const at = (url: string | undefined) => named(url?.split('/').at(-1));

	const changeVisibility = (queue: Queue, receipt: string | undefined, timeout = 0) => {
		const seconds = within('VisibilityTimeout', timeout, 0, MAX_VISIBILITY_SECONDS);
		if (queue.changeVisibility(checkedReceipt(receipt), seconds)) return;
		throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
	};

	const operations = {
		ListQueues: ({ QueueNamePrefix = '' }: ListQueuesRequest) => ({
			QueueUrls: [...queues.keys()].filter((name) => name.startsWith(QueueNamePrefix)).map(urlOf),
		}),
		GetQueueUrl: ({ QueueName }: GetQueueUrlRequest) => ({ QueueUrl: urlOf(named(QueueName).settings.name) }),
		GetQueueAttributes: ({ QueueUrl, AttributeNames = [] }: GetQueueAttributesRequest) => {
			const all = queueAttributes(at(QueueUrl));
			const wanted = AttributeNames as readonly string[];
			return { Attributes: wanted.includes('All') ? all : pick(all, wanted) };
		},
		SendMessage: (input: SendMessageRequest) => {
			const queue = at(input.QueueUrl);
			const message = queue.send(checkedBody(input.MessageBody), sendOptions(input));
			return { MessageId: message.id, MD5OfMessageBody: message.bodyMd5 };
		},
		SendMessageBatch: ({ QueueUrl, Entries = [] }: SendMessageBatchRequest) => {
			const queue = at(QueueUrl);
			checkBatch(Entries.map(({ Id }) => Id));
			return batch(Entries, (entry) => {
				const message = queue.send(checkedBody(entry.MessageBody), sendOptions(entry));
				return { Id: entry.Id, MessageId: message.id, MD5OfMessageBody: message.bodyMd5 };
			});
		},
		ReceiveMessage: async (input: ReceiveMessageRequest) => {
			const queue = at(input.QueueUrl);
			const max = within('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, MAX_BATCH);
			const waitSeconds = within('WaitTimeSeconds', input.WaitTimeSeconds ?? 0, 0, MAX_WAIT_SECONDS);
			const visibility = within(
				'VisibilityTimeout',
				input.VisibilityTimeout ?? queue.settings.visibilityTimeoutSeconds,
				0,
				MAX_VISIBILITY_SECONDS,
			);
			if (queue.counts.visible === 0 && waitSeconds > 0) await visibleWithin(context, queue, waitSeconds);
			const wanted = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])] as readonly string[];
			const messages = queue.receive(max, visibility).map((message) => toWire(message, wanted, input.MessageAttributeNames ?? []));
			return messages.length > 0 ? { Messages: messages } : {};
		},
		DeleteMessage: ({ QueueUrl, ReceiptHandle }: DeleteMessageRequest) => {
			at(QueueUrl).delete(checkedReceipt(ReceiptHandle));
		},
		DeleteMessageBatch: ({ QueueUrl, Entries = [] }: DeleteMessageBatchRequest) => {
			const queue = at(QueueUrl);
			checkBatch(Entries.map(({ Id }) => Id));
			return batch(Entries, ({ Id, ReceiptHandle }) => {
				queue.delete(checkedReceipt(ReceiptHandle));
				return { Id };
			});
		},
		ChangeMessageVisibility: ({ QueueUrl, ReceiptHandle, VisibilityTimeout }: ChangeMessageVisibilityRequest) => {
			changeVisibility(at(QueueUrl), ReceiptHandle, VisibilityTimeout);
		},
		ChangeMessageVisibilityBatch: ({ QueueUrl, Entries = [] }: ChangeMessageVisibilityBatchRequest) => {
			const queue = at(QueueUrl);
			checkBatch(Entries.map(({ Id }) => Id));
			return batch(Entries, ({ Id, ReceiptHandle, VisibilityTimeout }) => {
				changeVisibility(queue, ReceiptHandle, VisibilityTimeout);
				return { Id };
			});
		},
		PurgeQueue: ({ QueueUrl }: PurgeQueueRequest) => {
			at(QueueUrl).purge();
		},
	};
	return { definition: defineService({ name: 'sqs', protocol: PROTOCOLS.sqs, schemas: { ...schemas }, operations }), queues, byArn };
}

function visibleWithin(context: AwsContext, queue: Queue, seconds: number): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			cancel();
			forget();
			resolve();
		};
		const cancel = context.clock.after(seconds * 1000, done);
		const forget = queue.onVisible(done);
	});
}

function queueAttributes({ settings, counts }: Queue): Record<string, string> {
	const { redrive } = settings;
	return {
		QueueArn: settings.arn,
		ApproximateNumberOfMessages: String(counts.visible),
		ApproximateNumberOfMessagesDelayed: String(counts.delayed),
		ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
		VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
		DelaySeconds: String(settings.delaySeconds),
		MessageRetentionPeriod: String(RETENTION_SECONDS),
		MaximumMessageSize: String(MAX_MESSAGE_BYTES),
		ReceiveMessageWaitTimeSeconds: '0',
		...(settings.encrypted === undefined ? {} : { SqsManagedSseEnabled: String(settings.encrypted) }),
		...(redrive
			? { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: redrive.deadLetterArn, maxReceiveCount: redrive.maxReceiveCount }) }
			: {}),
	};
}

function toWire(message: ReceivedMessage, wanted: readonly string[], attributeNames: readonly string[]): Message {
	const system = systemAttributes(message);
	const Attributes = wanted.includes('All') ? system : pick(system, wanted);
	const isWanted = (name: string) =>
		attributeNames.some((pattern) => {
			if (pattern === 'All') return true;
			return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
		});
	const MessageAttributes = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => isWanted(name)));
	return {
		MessageId: message.id,
		ReceiptHandle: message.receipt,
		MD5OfBody: message.bodyMd5,
		Body: message.body,
		...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
		...(Object.keys(MessageAttributes).length > 0 ? { MessageAttributes } : {}),
	};
}

/** The system attributes of a received message, as ReceiveMessage and Lambda give them. */
export function systemAttributes(message: ReceivedMessage): Record<string, string> {
	return {
		SenderId: 'AIDALOCALSENDER000000',
		SentTimestamp: String(message.sentAt),
		ApproximateReceiveCount: String(message.receiveCount),
		ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
		...(message.deadLetterSource ? { DeadLetterQueueSourceArn: message.deadLetterSource } : {}),
	};
}

function sendOptions(input: Pick<SendMessageRequest, 'DelaySeconds' | 'MessageAttributes'>) {
	return {
		...(input.DelaySeconds === undefined ? {} : { delaySeconds: within('DelaySeconds', input.DelaySeconds, 0, MAX_DELAY_SECONDS) }),
		...(input.MessageAttributes ? { attributes: input.MessageAttributes as MessageAttributes } : {}),
	};
}

function checkedBody(body: string | undefined): string {
	if (!body) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
	if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
		throw new AwsError(
			'InvalidParameterValue',
			`One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
		);
	}
	return body;
}

function checkedReceipt(handle: string | undefined): string {
	if (isReceipt(handle)) return handle;
	throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle ?? ''}" is not a valid receipt handle.`);
}

function checkBatch(ids: readonly (string | undefined)[]): void {
	if (ids.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
	if (ids.length > MAX_BATCH) {
		throw new AwsError(
			'TooManyEntriesInBatchRequest',
			`Maximum number of entries per request are ${MAX_BATCH}. You have sent ${ids.length}.`,
		);
	}
	const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
	if (repeated !== undefined) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
}

function batch<E extends { Id: string | undefined }, R>(entries: readonly E[], perform: (entry: E) => R) {
	const Successful: R[] = [];
	const Failed: BatchResultErrorEntry[] = [];
	for (const entry of entries) {
		try {
			Successful.push(perform(entry));
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
		}
	}
	return { Successful, Failed };
}

function within(name: string, value: number, least: number, most: number): number {
	if (value >= least && value <= most) return value;
	throw new AwsError(
		'InvalidParameterValue',
		`Value ${value} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
	);
}

function pick(record: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
	return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}
