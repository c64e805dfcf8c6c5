/** SQS: visibility, redrive, delays, batches, attributes. */

import {
	ChangeMessageVisibilityCommand,
	DeleteMessageBatchCommand,
	DeleteMessageCommand,
	GetQueueAttributesCommand,
	GetQueueUrlCommand,
	ListQueuesCommand,
	type Message,
	PurgeQueueCommand,
	ReceiveMessageCommand,
	type ReceiveMessageCommandInput,
	SendMessageBatchCommand,
	SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { type Case, DEAD_LETTERS, pause, queueUrl, refusal, type System, until } from '../system.ts';

/** A queue with what a case does to it. */
async function open(system: System, name: string) {
	const QueueUrl = await queueUrl(system, name);
	const { sqs } = system;
	return {
		QueueUrl,
		put: (MessageBody: string, rest: object = {}) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...rest })),
		async take(options: Omit<ReceiveMessageCommandInput, 'QueueUrl'> = {}): Promise<Message[]> {
			return (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...options }))).Messages ?? [];
		},
		remove: (ReceiptHandle: string | undefined) => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
	};
}

const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);

export const SQS_CASES: readonly Case[] = [
	{
		name: 'sqs: a message is received, deleted, and gone',
		async act(system) {
			const { put, take, remove } = await open(system, 'contract-plain');
			const sent = await put('one');
			const [received] = await take({ VisibilityTimeout: 1 });
			await remove(received?.ReceiptHandle);
			await pause(1_500);
			return {
				same: received?.MessageId === sent.MessageId,
				md5: [sent.MD5OfMessageBody, received?.MD5OfBody],
				body: received?.Body,
				left: bodies(await take()),
			};
		},
		gives: {
			same: true,
			md5: ['f97c5d29941bfb1b2fdab0874906ab82', 'f97c5d29941bfb1b2fdab0874906ab82'],
			body: 'one',
			left: [],
		},
	},
	{
		name: 'sqs: a received message is hidden until its visibility timeout',
		async act(system) {
			const { put, take } = await open(system, 'contract-visibility');
			await put('one');
			const first = await take({ VisibilityTimeout: 1 });
			const hidden = await take();
			await pause(1_500);
			return [bodies(first), bodies(hidden), bodies(await take())];
		},
		gives: [['one'], [], ['one']],
	},
	{
		name: 'sqs: a visibility of 0 shows a message at once',
		async act(system) {
			const { QueueUrl, put, take } = await open(system, 'contract-change');
			await put('one');
			const [{ ReceiptHandle } = {}] = await take();
			await system.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
			return bodies(await take());
		},
		gives: ['one'],
	},
	{
		name: 'sqs: receipts are counted',
		async act(system) {
			const { put, take } = await open(system, 'contract-count');
			await put('one');
			const counts: (string | undefined)[] = [];
			for (let receipt = 0; receipt < 3; receipt++) {
				const [message] = await take({ VisibilityTimeout: 0, MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
				counts.push(message?.Attributes?.ApproximateReceiveCount);
			}
			return counts;
		},
		gives: ['1', '2', '3'],
	},
	{
		name: 'sqs: a message received more often than the redrive policy allows goes to the dead-letter queue',
		async act(system) {
			const { put, take } = await open(system, 'contract-redrive');
			const dead = await open(system, DEAD_LETTERS);
			await put('poison');
			const received = [];
			for (let receipt = 0; receipt < 3; receipt++) received.push(bodies(await take({ VisibilityTimeout: 0 })));
			const letters = await until(
				() => dead.take(),
				(found) => found.length > 0,
			);
			return { received, letters: bodies(letters) };
		},
		gives: { received: [['poison'], ['poison'], []], letters: ['poison'] },
	},
	{
		name: 'sqs: a delayed message comes later',
		async act(system) {
			const { put, take } = await open(system, 'contract-delay');
			await put('one', { DelaySeconds: 1 });
			const early = await take();
			await pause(1_500);
			return [bodies(early), bodies(await take())];
		},
		gives: [[], ['one']],
	},
	{
		name: 'sqs: a batch is sent and deleted entry by entry',
		async act(system) {
			const { QueueUrl, take } = await open(system, 'contract-batch');
			const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }));
			const sent = await system.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
			const received = await take();
			const deletions = received.map(({ Body: Id, ReceiptHandle }) => ({ Id, ReceiptHandle }));
			const deleted = await system.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: deletions }));
			return [sent, deleted].map(({ Successful = [], Failed = [] }) => [Successful.map(({ Id }) => Id).sort(), Failed]);
		},
		gives: [
			[['a', 'b'], []],
			[['a', 'b'], []],
		],
	},
	...(
		[
			['with the same id twice', ['a', 'a'], 'BatchEntryIdsNotDistinct'],
			['without entries', [], 'EmptyBatchRequest'],
			['of eleven entries', 'abcdefghijk'.split(''), 'TooManyEntriesInBatchRequest'],
		] as const
	).map(
		([what, ids, refused]): Case => ({
			name: `sqs: a batch ${what} is refused`,
			async act(system) {
				const QueueUrl = await queueUrl(system, 'contract-empty');
				const Entries = ids.map((Id) => ({ Id, MessageBody: Id }));
				return refusal(system.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
			},
			gives: { refused, status: 400 },
		}),
	),
	{
		name: 'sqs: message attributes come only when they are asked for',
		async act(system) {
			const { put, take } = await open(system, 'contract-message-attributes');
			await put('one', { MessageAttributes: { Reason: { DataType: 'String', StringValue: 'late' } } });
			const [without] = await take({ VisibilityTimeout: 0 });
			const [asked] = await take({ MessageAttributeNames: ['Reason'] });
			return [without?.MessageAttributes ?? null, asked?.MessageAttributes];
		},
		gives: [null, { Reason: { DataType: 'String', StringValue: 'late' } }],
	},
	{
		name: 'sqs: a queue tells its ARN, its timeout and its redrive policy',
		async act(system) {
			const QueueUrl = await queueUrl(system, 'contract-attributes');
			const { Attributes = {} } = await system.sqs.send(
				new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn', 'VisibilityTimeout', 'RedrivePolicy'] }),
			);
			return { ...Attributes, RedrivePolicy: JSON.parse(Attributes.RedrivePolicy ?? '{}') };
		},
		gives: {
			QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:contract-attributes',
			VisibilityTimeout: '45',
			RedrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:111122223333:contract-dead-letters', maxReceiveCount: 5 },
		},
	},
	{
		name: 'sqs: messages are counted as visible, in flight and delayed, and purged all together',
		async act(system) {
			const { QueueUrl, put, take } = await open(system, 'contract-receipts');
			const count = async () => {
				const names = ['', 'NotVisible', 'Delayed'].map((kind) => `ApproximateNumberOfMessages${kind}` as 'ApproximateNumberOfMessages');
				const { Attributes = {} } = await system.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names }));
				return names.map((name) => Attributes[name]);
			};
			await put('one');
			await put('two');
			await put('three', { DelaySeconds: 900 });
			await take({ MaxNumberOfMessages: 1 });
			const before = await count();
			await system.sqs.send(new PurgeQueueCommand({ QueueUrl }));
			return [before, await count()];
		},
		gives: [
			['1', '1', '1'],
			['0', '0', '0'],
		],
	},
	{
		name: 'sqs: a receipt handle that no queue gave is not valid',
		async act(system) {
			const { QueueUrl, remove } = await open(system, 'contract-empty');
			const change = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: 'nonsense', VisibilityTimeout: 0 });
			const refusals = [await refusal(remove('nonsense')), await refusal(system.sqs.send(change))];
			// The status is left out: the API model says 404, the API reference 400.
			return refusals.map((each) => (each === 'accepted' ? each : each.refused));
		},
		gives: ['ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid'],
	},
	{
		name: 'sqs: a queue that is not there does not exist',
		act: ({ sqs }) => refusal(sqs.send(new GetQueueUrlCommand({ QueueName: 'contract-nothing' }))),
		gives: { refused: 'QueueDoesNotExist', status: 400 },
	},
	{
		name: 'sqs: more than ten messages cannot be asked for',
		act: async (system) => refusal((await open(system, 'contract-empty')).take({ MaxNumberOfMessages: 11 })),
		gives: { refused: 'InvalidParameterValue', status: 400 },
	},
	{
		name: 'sqs: a message needs a body',
		act: async (system) => refusal((await open(system, 'contract-empty')).put('')),
		gives: { refused: 'MissingParameter', status: 400 },
	},
	{
		name: 'sqs: queues are listed by prefix',
		async act({ sqs }) {
			const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'contract-de' }));
			return QueueUrls.map((url) => url.split('/').at(-1)).sort();
		},
		gives: ['contract-dead-letters', 'contract-delay'],
	},
];
