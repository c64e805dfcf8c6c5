/** DynamoDB, as a ledger uses it: conditional writes, a sparse index, consistent reads. */

import { DescribeTimeToLiveCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
	BatchGetCommand,
	DeleteCommand,
	GetCommand,
	PutCommand,
	type PutCommandInput,
	QueryCommand,
	type QueryCommandInput,
	ScanCommand,
	UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Case, refusal, type System, some, TABLE } from '../system.ts';

type Item = Readonly<Record<string, unknown>>;

function put({ dynamo }: System, Item: Item, rest: Partial<PutCommandInput> = {}) {
	return dynamo.send(new PutCommand({ TableName: TABLE, Item, ...rest }));
}

async function get({ dynamo }: System, pk: string, sk: string) {
	return (await dynamo.send(new GetCommand({ TableName: TABLE, Key: { pk, sk }, ConsistentRead: true }))).Item ?? null;
}

function query({ dynamo }: System, input: Omit<QueryCommandInput, 'TableName'>) {
	return dynamo.send(new QueryCommand({ TableName: TABLE, ...input }));
}

const NEW = { ConditionExpression: 'attribute_not_exists(pk)' } as const;

export const DYNAMODB_CASES: readonly Case[] = [
	{
		name: 'dynamodb: an item that exists is not put as a new one, and comes with the refusal where that is asked for',
		async act(system) {
			const item = { pk: 'new', sk: '1', state: 'open', at: 5 };
			await put(system, item, NEW);
			try {
				await put(system, { ...item, state: 'closed' }, { ...NEW, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
				return 'accepted';
			} catch (error) {
				const { name, Item } = error as { name: string; Item?: Item };
				return { name, Item, kept: await get(system, 'new', '1') };
			}
		},
		gives: {
			name: 'ConditionalCheckFailedException',
			Item: { pk: { S: 'new' }, sk: { S: '1' }, state: { S: 'open' }, at: { N: '5' } },
			kept: { pk: 'new', sk: '1', state: 'open', at: 5 },
		},
	},
	{
		name: 'dynamodb: the refusal carries no item where none is asked for',
		async act(system) {
			await put(system, { pk: 'plain', sk: '1' }, NEW);
			try {
				return await put(system, { pk: 'plain', sk: '1' }, NEW);
			} catch (error) {
				return { name: (error as Error).name, Item: (error as { Item?: Item }).Item ?? null };
			}
		},
		gives: { name: 'ConditionalCheckFailedException', Item: null },
	},
	{
		name: 'dynamodb: an item is replaced under its version only',
		async act(system) {
			await put(system, { pk: 'version', sk: '1', version: 1 });
			const replace = (version: number) =>
				put(
					system,
					{ pk: 'version', sk: '1', version: version + 1 },
					{ ConditionExpression: '#v = :v', ExpressionAttributeNames: { '#v': 'version' }, ExpressionAttributeValues: { ':v': version } },
				);
			await replace(1);
			return [await refusal(replace(1)), await get(system, 'version', '1')];
		},
		gives: [
			{ refused: 'ConditionalCheckFailedException', status: 400 },
			{ pk: 'version', sk: '1', version: 2 },
		],
	},
	{
		name: 'dynamodb: an update makes the item that is not there, counts, and gives what it made',
		async act({ dynamo }) {
			const update = new UpdateCommand({
				TableName: TABLE,
				Key: { pk: 'count', sk: '1' },
				UpdateExpression: 'SET made = if_not_exists(made, :first), #n.#k = :k REMOVE gone ADD runs :one',
				ExpressionAttributeNames: { '#n': 'nested', '#k': 'key' },
				ExpressionAttributeValues: { ':first': 'once', ':one': 1, ':k': true },
				ReturnValues: 'ALL_NEW',
			});
			await dynamo.send(new PutCommand({ TableName: TABLE, Item: { pk: 'count', sk: '1', nested: {}, gone: 1 } }));
			await dynamo.send(update);
			return (await dynamo.send(update)).Attributes;
		},
		gives: { pk: 'count', sk: '1', nested: { key: true }, made: 'once', runs: 2 },
	},
	{
		name: 'dynamodb: an index has only the items that carry its keys, in the order of its range',
		async act(system) {
			const items = [
				{ pk: 'due', sk: 'c', dueShard: 'due#0', dueAt: 30 },
				{ pk: 'due', sk: 'a', dueShard: 'due#0', dueAt: 10 },
				{ pk: 'due', sk: 'b', dueShard: 'due#0', dueAt: 20 },
				{ pk: 'due', sk: 'other', dueShard: 'due#1', dueAt: 5 },
				{ pk: 'due', sk: 'settled' },
			];
			for (const item of items) await put(system, { ...item, note: 'not projected' });
			const { Items } = await query(system, {
				IndexName: 'due',
				KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now',
				ExpressionAttributeValues: { ':shard': 'due#0', ':now': 20 },
			});
			return Items;
		},
		gives: [
			{ pk: 'due', sk: 'a', dueShard: 'due#0', dueAt: 10 },
			{ pk: 'due', sk: 'b', dueShard: 'due#0', dueAt: 20 },
		],
	},
	{
		name: 'dynamodb: an index is not read consistently',
		act: (system) =>
			refusal(
				query(system, {
					IndexName: 'due',
					ConsistentRead: true,
					KeyConditionExpression: 'dueShard = :shard',
					ExpressionAttributeValues: { ':shard': 'due#0' },
				}),
			),
		gives: { refused: 'ValidationException', status: 400 },
	},
	{
		name: 'dynamodb: a query goes backwards, and on from where it stopped',
		async act(system) {
			for (const sk of ['op#1', 'op#2', 'op#3', 'work#1']) await put(system, { pk: 'pages', sk });
			const input = {
				KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
				ExpressionAttributeValues: { ':pk': 'pages', ':prefix': 'op#' },
				ScanIndexForward: false,
				Limit: 2,
			};
			const first = await query(system, input);
			const second = await query(system, { ...input, ExclusiveStartKey: first.LastEvaluatedKey });
			return [first, second].map(({ Items = [], LastEvaluatedKey }) => [Items.map(({ sk }) => sk), LastEvaluatedKey ?? null]);
		},
		gives: [
			[['op#3', 'op#2'], { pk: 'pages', sk: 'op#2' }],
			[['op#1'], null],
		],
	},
	{
		name: 'dynamodb: a batch gives the items that are there',
		async act(system) {
			await put(system, { pk: 'batch', sk: '1', n: 1 });
			await put(system, { pk: 'batch', sk: '2', n: 2 });
			const Keys = ['1', '2', '3'].map((sk) => ({ pk: 'batch', sk }));
			const input = { RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } };
			const { Responses = {}, UnprocessedKeys } = await system.dynamo.send(new BatchGetCommand(input));
			return { items: Responses[TABLE]?.map(({ n }) => n as number).toSorted(), UnprocessedKeys };
		},
		gives: { items: [1, 2], UnprocessedKeys: {} },
	},
	{
		name: 'dynamodb: a batch has no key twice, and a hundred at most',
		act: async ({ dynamo }) => {
			const batch = (Keys: Record<string, string>[]) => refusal(dynamo.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys } } })));
			const key = (sk: number) => ({ pk: 'many', sk: String(sk) });
			return [await batch([key(1), key(1)]), await batch(Array.from({ length: 101 }, (_, index) => key(index)))];
		},
		gives: [
			{ refused: 'ValidationException', status: 400 },
			{ refused: 'ValidationException', status: 400 },
		],
	},
	{
		name: 'dynamodb: an item is deleted under a condition',
		async act(system) {
			const { dynamo } = system;
			await put(system, { pk: 'delete', sk: '1', state: 'open' });
			const remove = (state: string) =>
				dynamo.send(
					new DeleteCommand({
						TableName: TABLE,
						Key: { pk: 'delete', sk: '1' },
						ConditionExpression: '#s = :s',
						ExpressionAttributeNames: { '#s': 'state' },
						ExpressionAttributeValues: { ':s': state },
					}),
				);
			return [await refusal(remove('closed')), await refusal(remove('open')), await get(system, 'delete', '1')];
		},
		gives: [{ refused: 'ConditionalCheckFailedException', status: 400 }, 'accepted', null],
	},
	{
		name: 'dynamodb: a key is complete, of its type and not empty',
		act: async (system) => [
			await refusal(put(system, { pk: 'bad' })),
			await refusal(put(system, { pk: 'bad', sk: 1 })),
			await refusal(put(system, { pk: 'bad', sk: '' })),
			await refusal(put(system, { pk: 'bad', sk: '1', dueShard: 'due#0', dueAt: 'soon' })),
		],
		gives: Array(4).fill({ refused: 'ValidationException', status: 400 }),
	},
	{
		name: 'dynamodb: a table that is not there is not found',
		act: ({ dynamo }) => refusal(dynamo.send(new GetCommand({ TableName: 'contract-nothing', Key: { pk: '1', sk: '1' } }))),
		gives: { refused: 'ResourceNotFoundException', status: 400 },
	},
	{
		name: 'dynamodb: a scan filters',
		async act(system) {
			for (const n of [1, 2, 3]) await put(system, { pk: `scan#${n}`, sk: '1', n });
			const { Items = [] } = await system.dynamo.send(
				new ScanCommand({
					TableName: TABLE,
					FilterExpression: 'begins_with(pk, :scan) AND n >= :two',
					ExpressionAttributeValues: { ':scan': 'scan#', ':two': 2 },
				}),
			);
			return Items.map(({ n }) => n as number).toSorted();
		},
		gives: [2, 3],
	},
	{
		name: 'dynamodb: items may expire by an attribute',
		async act({ dynamo }) {
			const TimeToLiveSpecification = { Enabled: true, AttributeName: 'expiresAt' };
			await dynamo.send(new UpdateTimeToLiveCommand({ TableName: TABLE, TimeToLiveSpecification }));
			const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName: TABLE }));
			return some(TimeToLiveDescription, 'TimeToLiveStatus', 'AttributeName');
		},
		gives: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' },
	},
];
