import { ConditionalCheckFailedException, DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import type { CallFault } from '../../local/aws/wire.ts';
import type { World } from '../../local/world.ts';
import { documents } from '../support/documents.ts';
import { worldWith } from './fixture.ts';

const TableName = 'fleetkeeper-local';

let fault: CallFault | undefined;
let world: World;

beforeEach(async () => {
	fault = undefined;
	world = await worldWith({ faults: { call: () => fault } });
});

const put = (Item: Record<string, unknown>, condition: object = {}) =>
	documents(world.aws).send(new PutCommand({ TableName, Item, ...condition }));

describe('DynamoDB', () => {
	it('has the tables of the template, their indexes and their time to live', async () => {
		const { Table } = await documents(world.aws).send(new DescribeTableCommand({ TableName }));
		const ttl = await documents(world.aws).send(new DescribeTimeToLiveCommand({ TableName }));

		expect(Table).toMatchObject({
			TableStatus: 'ACTIVE',
			TableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/fleetkeeper-local',
			GlobalSecondaryIndexes: [{ IndexName: 'due', IndexStatus: 'ACTIVE' }],
		});
		expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
	});

	it('writes on conditions, and shows the item that was in the way', async () => {
		const item = { pk: 'a', sk: 'b', version: 1 };
		const condition = { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
		await put(item, condition);

		const error = await put({ ...item, version: 2 }, condition).catch((caught: unknown) => caught);

		expect(error).toBeInstanceOf(ConditionalCheckFailedException);
		expect((error as ConditionalCheckFailedException).Item).toEqual({ pk: { S: 'a' }, sk: { S: 'b' }, version: { N: '1' } });
	});

	it('queries an index', async () => {
		await Promise.all([1, 2, 3].map((n) => put({ pk: `p${n}`, sk: 's', ...(n === 2 ? {} : { due: 'd' }) })));

		const { Items = [] } = await documents(world.aws).send(
			new QueryCommand({
				TableName,
				IndexName: 'due',
				KeyConditionExpression: 'due = :due',
				ExpressionAttributeValues: { ':due': 'd' },
			}),
		);

		expect(Items.map(({ pk }) => pk as string).sort()).toEqual(['p1', 'p3']);
	});

	it('lets one of many writers win', async () => {
		await put({ pk: 'a', sk: 'b', version: 0 });
		const claim = () =>
			documents(world.aws).send(
				new UpdateCommand({
					TableName,
					Key: { pk: 'a', sk: 'b' },
					UpdateExpression: 'SET version = :next',
					ConditionExpression: 'version = :seen',
					ExpressionAttributeValues: { ':next': 1, ':seen': 0 },
				}),
			);

		const results = await Promise.allSettled(Array.from({ length: 10 }, claim));

		expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
	});

	it('is throttled like any other service, and logs it', async () => {
		fault = new AwsError('ProvisionedThroughputExceededException', 'Slow down');

		const write = world.run(() => put({ pk: 'a', sk: 'b' }));

		await expect(write).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
		expect(world.requestLog.entries).toHaveLength(3);
		expect(world.requestLog.entries[0]).toMatchObject({
			service: 'dynamodb',
			operation: 'PutItem',
			caller: 'operator',
			error: 'ProvisionedThroughputExceededException',
		});
	});

	it('keeps the effect of a call whose reply is lost', async () => {
		fault = { loseReply: true };
		await expect(world.run(() => put({ pk: 'a', sk: 'b' }))).rejects.toThrow('socket hang up');
		fault = undefined;

		const { Item } = await documents(world.aws).send(new GetCommand({ TableName, Key: { pk: 'a', sk: 'b' } }));

		expect(Item).toEqual({ pk: 'a', sk: 'b' });
	});
});
