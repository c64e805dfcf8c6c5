/**
 * Messages of a queue, held for as long as a command looks at them. SQS shows messages by hiding them from others for a while; nothing
 * counts how often those of a dead-letter queue were received, for it has no dead-letter queue of its own.
 */

import { ChangeMessageVisibilityBatchCommand, DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Aws } from '../../shared/aws/clients.ts';
import { chunks, inParallel } from '../../shared/parallel.ts';

/** For how long a message is hidden where the command dies over it. Seconds. */
const HELD_SECONDS = 120;
/** Messages that one look takes of one queue: what can be read, put back and deleted well within that time. */
export const MOST = 1_000;
/** Messages of one call, at most. */
const PER_CALL = 10;
/** Long polling asks all of a queue's servers, a short one a few of them. Seconds. */
const WAIT_SECONDS = 1;
const CONCURRENT_CALLS = 10;

export interface Held {
	/** The oldest first. */
	readonly messages: readonly Message[];
	/** Whether there may be more than these. */
	readonly more: boolean;
	/** Deletes one of them for good. Rejects with what the SDK throws. */
	delete(message: Message): Promise<void>;
	/** Lets everybody see again what was not deleted. @returns how many could not be let go, and show by themselves in two minutes. */
	release(): Promise<number>;
}

/** Rejects with what the SDK throws; what was received until then is let go. */
export async function holdMessages({ sqs }: Aws, QueueUrl: string): Promise<Held> {
	const held = new Map<string, Message>();
	const release = async () => {
		const batches = chunks([...held.values()], PER_CALL);
		const left = await inParallel(batches, CONCURRENT_CALLS, async (batch) => {
			const Entries = batch.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
			try {
				const { Failed = [] } = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
				return Failed.length;
			} catch {
				return batch.length;
			}
		});
		return left.reduce((sum, count) => sum + count, 0);
	};
	try {
		while (held.size < MOST) {
			const { Messages = [] } = await sqs.send(
				new ReceiveMessageCommand({
					QueueUrl,
					MaxNumberOfMessages: PER_CALL,
					VisibilityTimeout: HELD_SECONDS,
					WaitTimeSeconds: WAIT_SECONDS,
					MessageAttributeNames: ['All'],
					MessageSystemAttributeNames: ['All'],
				}),
			);
			if (Messages.length === 0) break;
			// A message may come twice: the last receipt is the one that holds.
			for (const message of Messages) held.set(message.MessageId ?? '', message);
		}
	} catch (error) {
		await release();
		throw error;
	}
	return {
		messages: [...held.values()].sort((a, b) => sentAt(a) - sentAt(b)),
		more: held.size >= MOST,
		async delete({ MessageId = '', ReceiptHandle }) {
			await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
			held.delete(MessageId);
		},
		release,
	};
}

/** Epoch milliseconds. */
export function sentAt({ Attributes }: Message): number {
	return Number(Attributes?.SentTimestamp ?? 0);
}
