/** How Lambda reads a queue: several pollers, each with its batch and its window. */

import type { Queue, ReceivedMessage } from './aws/queue.ts';
import { isRecord } from './aws/schema.ts';
import { systemAttributes } from './aws/sqs.ts';
import type { AwsContext } from './aws/types.ts';
import type { Lambda } from './lambda.ts';
import type { EventSourceMapping } from './template.ts';

/** Lambda starts with five concurrent batches for a standard queue. */
const POLLERS = 5;

/** What one ReceiveMessage gives at most. */
const RECEIVE_MAX = 10;

/** From a message's arrival to the answer of the poller that waits for it. */
const RECEIVE_LATENCY_MS = 10;

interface Poller {
	state: 'idle' | 'waking' | 'invoking';
	batch: ReceivedMessage[];
	/** From the first message of a batch until it is invoked. */
	window?: { readonly cancel: () => void; over: boolean } | undefined;
}

export interface EventSourceOptions {
	readonly context: Pick<AwsContext, 'clock' | 'region'>;
	readonly mapping: EventSourceMapping;
	readonly queue: Queue;
	readonly lambda: Lambda;
	readonly pollers?: number;
}

/** Starts reading a queue for a function; the returned function ends that. */
export function startEventSource(options: EventSourceOptions): () => void {
	const { context, mapping, queue, lambda } = options;
	const count = Math.min(options.pollers ?? POLLERS, mapping.maximumConcurrency ?? Number.POSITIVE_INFINITY);
	const pollers = Array.from({ length: count }, (): Poller => ({ state: 'idle', batch: [] }));
	let next = 0;

	/** Each arrival wakes one more poller, in turn, as long as there is one to wake. */
	const wake = () => {
		for (let step = 0; step < pollers.length; step++) {
			const poller = pollers[(next + step) % pollers.length];
			if (poller?.state !== 'idle') continue;
			next = (next + step + 1) % pollers.length;
			poller.state = 'waking';
			context.clock.after(RECEIVE_LATENCY_MS, () => receive(poller));
			return;
		}
	};

	const receive = (poller: Poller) => {
		poller.state = 'idle';
		const received = queue.receive(Math.min(RECEIVE_MAX, mapping.batchSize - poller.batch.length));
		poller.batch.push(...received);
		if (poller.batch.length > 0) {
			poller.window ??= openWindow(poller);
			if (poller.window.over || poller.batch.length >= mapping.batchSize) return invoke(poller);
		}
		if (queue.counts.visible > 0) wake();
		return undefined;
	};

	/** A window that ends while its poller waits for an answer is acted on when the answer is there. */
	const openWindow = (poller: Poller) => {
		const cancel = context.clock.after(mapping.windowSeconds * 1000, () => {
			window.over = true;
			return poller.state === 'idle' ? invoke(poller) : undefined;
		});
		const window = { cancel, over: mapping.windowSeconds === 0 };
		return window;
	};

	const invoke = async (poller: Poller) => {
		poller.window?.cancel();
		poller.window = undefined;
		poller.state = 'invoking';
		const batch = poller.batch;
		poller.batch = [];
		if (queue.counts.visible > 0) wake();
		const event = { Records: batch.map((message) => sqsRecord(message, queue.settings.arn, context.region)) };
		const result = await lambda.invoke(mapping.functionName, event, 'sqs');
		if (result.ok) {
			const failed = mapping.reportsItemFailures ? failedItems(result.payload, batch) : new Set<string>();
			for (const { id, receipt } of batch) if (!failed.has(id)) queue.delete(receipt);
		}
		poller.state = 'idle';
		if (queue.counts.visible > 0) wake();
	};

	const stop = queue.onVisible(wake);
	return () => {
		stop();
		for (const poller of pollers) poller.window?.cancel();
	};
}

/** A record of the event that a function gets from SQS. */
export function sqsRecord(message: ReceivedMessage, queueArn: string, region: string) {
	return {
		messageId: message.id,
		receiptHandle: message.receipt,
		body: message.body,
		attributes: systemAttributes(message),
		messageAttributes: Object.fromEntries(
			Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
				name,
				{
					dataType: DataType,
					...(StringValue === undefined ? {} : { stringValue: StringValue }),
					...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
				},
			]),
		),
		md5OfBody: message.bodyMd5,
		eventSource: 'aws:sqs',
		eventSourceARN: queueArn,
		awsRegion: region,
	};
}

/**
 * The messages that a function reports as failed. No list is success; a list that Lambda cannot read (an identifier that is
 * empty, or of no message of the batch) makes the whole batch fail.
 */
function failedItems(payload: unknown, batch: readonly ReceivedMessage[]): ReadonlySet<string> {
	const ids = new Set(batch.map(({ id }) => id));
	if (!isRecord(payload)) return new Set();
	const failures = payload['batchItemFailures'] ?? [];
	if (!Array.isArray(failures)) return ids;
	const failed = failures.map((failure: unknown) => (isRecord(failure) ? failure['itemIdentifier'] : undefined));
	return failed.every((id): id is string => typeof id === 'string' && ids.has(id)) ? new Set(failed) : ids;
}
