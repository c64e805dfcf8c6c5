/**
 * Puts letters back, one by one. SQS's own StartMessageMoveTask would move a queue as a whole, ticks and what was refused for good
 * included, and knows no source of what EventBridge and our functions put there: they send, SQS moved none of it.
 */

import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Aws } from '../../shared/aws/clients.ts';
import { describeError } from '../../shared/errors.ts';
import { inParallel } from '../../shared/parallel.ts';
import type { Letter } from './letter.ts';
import type { Held } from './messages.ts';
import { type Plan, planFor, type Wish } from './plan.ts';
import { type DeadLetterQueue, sourceQueueUrl } from './queues.ts';

const CONCURRENT_ACTS = 5;
/** Later than this after a look, somebody else may see its messages again. Milliseconds. */
const ACT_WITHIN = 90_000;

/** A queue with what was found in it. */
export interface Look {
	readonly queue: DeadLetterQueue;
	readonly held: Held;
	readonly letters: readonly Letter[];
	/** Epoch milliseconds. */
	readonly at: number;
}

/** What becomes of a letter, or became of it. */
export interface Item extends Plan {
	readonly queue: DeadLetterQueue;
	readonly letter: Letter;
	/** What went wrong. */
	readonly problem?: string;
}

/** Does what is planned for the letters of one queue. Single failures are among the items. @throws Refusal where its queue is gone. */
export async function carryOut(aws: Aws, stage: string, look: Look, wish: Wish, now: () => number): Promise<Item[]> {
	const { queue, held, letters, at } = look;
	const plans = letters.map((letter) => ({ queue, letter, ...planFor(letter, wish) }));
	const needsQueue = plans.some(({ act, letter }) => act === 'put back' && letter.back.to === 'queue');
	const url = needsQueue ? await sourceQueueUrl(aws, stage, queue.of) : '';
	return inParallel(plans, CONCURRENT_ACTS, async (item): Promise<Item> => {
		if (item.act === 'leave') return item;
		if (now() - at > ACT_WITHIN) return { ...item, act: 'leave', problem: 'there was no time left for it: ask again' };
		try {
			if (item.act === 'put back') await putBack(aws, item.letter, url);
		} catch (error) {
			return { ...item, act: 'leave', problem: describeError(error) };
		}
		try {
			await held.delete(item.letter.message);
			return item;
		} catch (error) {
			const still = item.act === 'put back' ? 'it went back, and is here too: handling it twice does no harm' : 'it is still here';
			return { ...item, problem: `${still} (${describeError(error)})` };
		}
	});
}

async function putBack(aws: Aws, { back }: Letter, queueUrl: string): Promise<void> {
	if (back.to === 'queue') await aws.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: back.body }));
	if (back.to === 'topic') await aws.client(SNSClient).send(new PublishCommand({ TopicArn: back.arn, Message: back.body }));
}
