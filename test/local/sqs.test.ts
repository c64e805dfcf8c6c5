import {
	ChangeMessageVisibilityBatchCommand,
	ChangeMessageVisibilityCommand,
	DeleteMessageBatchCommand,
	DeleteMessageCommand,
	GetQueueAttributesCommand,
	GetQueueUrlCommand,
	ListQueuesCommand,
	PurgeQueueCommand,
	ReceiveMessageCommand,
	SendMessageBatchCommand,
	SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../local/world.ts';
import { worldWith } from './fixture.ts';

/** A queue that no function reads. */
const NAME = 'fleetkeeper-local-ticker-dead';
const QueueUrl = `https://sqs.eu-west-1.amazonaws.com/111122223333/${NAME}`;

let world: World;

beforeEach(async () => {
	world = await worldWith();
});

const put = (MessageBody: string) => world.aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (options: object = {}) => {
	const { Messages = [] } = await world.aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...options }));
	return Messages;
};
const bodies = async (options: object = {}) => (await receive(options)).map(({ Body }) => Body);

describe('SQS', () => {
	it('hides a received message until its visibility timeout, and counts its receipts', async () => {
		await put('one');

		const first = await receive();
		const hidden = await receive();
		await world.runFor(30_000);
		const second = await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });

		expect(first.map(({ Body }) => Body)).toEqual(['one']);
		expect(hidden).toEqual([]);
		expect(second).toMatchObject([{ Body: 'one', Attributes: { ApproximateReceiveCount: '2' } }]);
	});

	it('deletes by the handle of the last receipt only', async () => {
		await put('one');
		const [first] = await receive();
		await world.runFor(30_000);
		const [second] = await receive();

		await world.aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
		await world.runFor(30_000);
		const [third] = await receive();
		await world.aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: third?.ReceiptHandle }));
		await world.runFor(30_000);

		expect(second?.MessageId).toBe(first?.MessageId);
		expect(third?.Body).toBe('one');
		expect(await receive()).toEqual([]);
	});

	it('makes a message visible earlier or later on request', async () => {
		await put('now');
		const [message] = await receive();
		const change = (VisibilityTimeout: number) =>
			world.aws.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout }));

		await change(100);
		await world.runFor(60_000);
		const stillHidden = await bodies();
		await change(0);

		expect(stillHidden).toEqual([]);
		expect(await bodies()).toEqual(['now']);
	});

	it('lets several messages be seen again in one call, and says which of them were not hidden', async () => {
		await put('a');
		await put('b');
		const [first, second] = await receive();
		const release = () => {
			const Entries = [first, second].map((message, index) => ({
				...{ Id: String(index), ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 },
			}));
			return world.aws.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
		};

		const { Successful, Failed } = await release();
		const again = await release();

		expect([Successful?.map(({ Id }) => Id), Failed]).toEqual([['0', '1'], []]);
		expect(again.Failed?.map(({ Code }) => Code)).toEqual(['MessageNotInflight', 'MessageNotInflight']);
		expect((await bodies()).sort()).toEqual(['a', 'b']);
	});

	it('delays a message, and gives message attributes that are asked for', async () => {
		const MessageAttributes = { ERROR_CODE: { DataType: 'String', StringValue: 'NO_RESOURCE' } };
		await world.aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'later', DelaySeconds: 5, MessageAttributes }));

		const early = await receive();
		await world.runFor(5_000);
		const [message] = await receive({ MessageAttributeNames: ['All'], VisibilityTimeout: 0 });
		const [plain] = await receive();

		expect(early).toEqual([]);
		expect(message).toMatchObject({ Body: 'later', MessageAttributes });
		expect(plain).not.toHaveProperty('MessageAttributes');
	});

	it('answers each entry of a batch for itself', async () => {
		const sent = await world.aws.sqs.send(
			new SendMessageBatchCommand({
				QueueUrl,
				Entries: [
					{ Id: 'a', MessageBody: 'one' },
					{ Id: 'b', MessageBody: 'two', DelaySeconds: 901 },
				],
			}),
		);
		const [message] = await receive();
		const deleted = await world.aws.sqs.send(
			new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'x', ReceiptHandle: message?.ReceiptHandle }] }),
		);

		expect(sent).toMatchObject({ Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', Code: 'InvalidParameterValue', SenderFault: true }] });
		expect(deleted.Successful).toEqual([{ Id: 'x' }]);
	});

	it('gives a message once a call, even with a visibility timeout of 0', async () => {
		await put('one');

		expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['one']);
		expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['one']);
	});

	it('waits for a message as long as it is asked to', async () => {
		world.at(world.clock.now() + 7_000, () => void world.sqs.queues.get(NAME)?.send('late'));

		const { waited, messages } = await world.run(async () => {
			const begin = Date.now();
			const messages = await bodies({ WaitTimeSeconds: 20 });
			return { waited: Date.now() - begin, messages };
		});

		expect({ waited, messages }).toEqual({ waited: 7_000, messages: ['late'] });
	});

	it('names, describes and purges queues', async () => {
		await put('one');
		await put('two');
		await receive({ MaxNumberOfMessages: 1 });

		const attributes = await world.aws.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
		const list = await world.aws.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'fleetkeeper-local-opener' }));
		const url = await world.aws.sqs.send(new GetQueueUrlCommand({ QueueName: NAME }));
		await world.aws.sqs.send(new PurgeQueueCommand({ QueueUrl }));

		expect(attributes.Attributes).toMatchObject({
			QueueArn: `arn:aws:sqs:eu-west-1:111122223333:${NAME}`,
			ApproximateNumberOfMessages: '1',
			ApproximateNumberOfMessagesNotVisible: '1',
		});
		expect(list.QueueUrls).toHaveLength(2);
		expect(url.QueueUrl).toBe(QueueUrl);
		expect(world.sqs.queues.get(NAME)?.messages).toEqual([]);
	});

	it.each([
		['a queue that is not there', new GetQueueUrlCommand({ QueueName: 'other' }), 'QueueDoesNotExist'],
		['an empty batch', new SendMessageBatchCommand({ QueueUrl, Entries: [] }), 'EmptyBatchRequest'],
		[
			'an id used twice',
			new SendMessageBatchCommand({ QueueUrl, Entries: ['a', 'a'].map((Id) => ({ Id, MessageBody: 'x' })) }),
			'BatchEntryIdsNotDistinct',
		],
		['a receipt handle that no queue gave', new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'nonsense' }), 'ReceiptHandleIsInvalid'],
		['too long a wait', new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 21 }), 'InvalidParameterValue'],
		['a message over the limit', new SendMessageCommand({ QueueUrl, MessageBody: 'x'.repeat(1_048_577) }), 'InvalidParameterValue'],
	])('refuses %s', async (_, command, name) => {
		await expect(world.aws.sqs.send(command as GetQueueUrlCommand)).rejects.toMatchObject({ name });
	});
});
