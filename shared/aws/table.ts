/** The ledger's table, in plain JavaScript values. */

import {
	type AttributeValue,
	BatchGetItemCommand,
	BatchWriteItemCommand,
	type DynamoDBClient,
	GetItemCommand,
	PutItemCommand,
	QueryCommand,
	type QueryCommandInput,
	ResourceNotFoundException,
	UpdateItemCommand,
	type UpdateItemCommandInput,
	type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Deps } from '../deps.ts';
import { Fail, Retry } from '../errors.ts';
import { chunks, inParallel } from '../parallel.ts';
import { fromAttributes, toAttributes } from './attributes.ts';

export interface Key {
	readonly pk: string;
	readonly sk: string;
}
export type Item = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, unknown>>;

/** Keys of one BatchGetItem call. */
const BATCH_GET = 100;
/** Items of one BatchWriteItem call, and calls under way at once. */
const BATCH_WRITE = 25;
const CONCURRENT_BATCHES = 4;
/** Calls that may return with keys unread before it is given up, beyond those that progress. */
const SPARE_ROUNDS = 10;

type Plain<T> = Omit<T, 'TableName' | 'ExpressionAttributeValues' | 'ExclusiveStartKey' | 'Key'>;

/**
 * The table of a stage. What is done with it are functions, not methods, so that a bundle carries (and its role allows) only the
 * calls it makes. Each rejects with Fail where the table does not exist, and otherwise with what the SDK throws.
 */
export interface Table {
	readonly client: DynamoDBClient;
	readonly name: string;
	readonly stage: string;
}

export function tableOf({ aws, settings }: Pick<Deps, 'aws' | 'settings'>): Table {
	return { client: aws.dynamoDb, name: settings.tableName, stage: settings.stage };
}

async function guarded<T>({ name, stage }: Table, call: () => Promise<T>): Promise<T> {
	try {
		return await call();
	} catch (error) {
		if (!(error instanceof ResourceNotFoundException)) throw error;
		throw new Fail(
			`The ledger table '${name}' does not exist. Deploy the stage (npx sls deploy --stage ${stage}), or run npm start for stage local.`,
			error,
		);
	}
}

async function conditional<T>(table: Table, call: () => Promise<T>): Promise<T | undefined> {
	try {
		return await guarded(table, call);
	} catch (error) {
		if ((error as Error).name === 'ConditionalCheckFailedException') return undefined;
		throw error;
	}
}

export async function getItem(table: Table, key: Key, consistent = true): Promise<Item | undefined> {
	const input = { TableName: table.name, Key: toAttributes({ ...key }), ConsistentRead: consistent };
	const { Item } = await guarded(table, () => table.client.send(new GetItemCommand(input)));
	return Item && fromAttributes(Item);
}

/** By key, consistently; what does not exist is left out. */
export async function getItems(table: Table, keys: readonly Key[]): Promise<Item[]> {
	const { name } = table;
	const items: Item[] = [];
	let wanted = keys.map((key) => toAttributes({ ...key }));
	for (let round = 0; wanted.length > 0; round += 1) {
		if (round > keys.length / BATCH_GET + SPARE_ROUNDS) throw new Retry(`DynamoDB leaves keys of table '${name}' unread`);
		const RequestItems = { [name]: { Keys: wanted.slice(0, BATCH_GET), ConsistentRead: true } };
		const output = await guarded(table, () => table.client.send(new BatchGetItemCommand({ RequestItems })));
		items.push(...(output.Responses?.[name] ?? []).map((item) => fromAttributes(item)));
		wanted = [...(output.UnprocessedKeys?.[name]?.Keys ?? []), ...wanted.slice(BATCH_GET)];
	}
	return items;
}

/** False: the condition does not hold. */
export async function putItem(table: Table, item: Item, ConditionExpression?: string, values?: Values): Promise<boolean> {
	const input = {
		TableName: table.name,
		Item: toAttributes(item),
		ConditionExpression,
		...(values && { ExpressionAttributeValues: toAttributes(values) }),
	};
	return (await conditional(table, () => table.client.send(new PutItemCommand(input)))) !== undefined;
}

/** Writes items whatever there is of the same key: no two of them may have one. Rejects with Retry where DynamoDB leaves some unwritten. */
export async function putItems(table: Table, items: readonly Item[]): Promise<void> {
	const { name } = table;
	await inParallel(chunks(items, BATCH_WRITE), CONCURRENT_BATCHES, async (batch) => {
		let unwritten: WriteRequest[] = batch.map((item) => ({ PutRequest: { Item: toAttributes(item) } }));
		for (let round = 0; unwritten.length > 0; round += 1) {
			if (round > SPARE_ROUNDS) throw new Retry(`DynamoDB leaves items of table '${name}' unwritten`);
			const RequestItems = { [name]: unwritten };
			const output = await guarded(table, () => table.client.send(new BatchWriteItemCommand({ RequestItems })));
			unwritten = output.UnprocessedItems?.[name] ?? [];
		}
	});
}

/** The item afterwards; undefined where the condition does not hold. */
export async function updateItem(
	table: Table,
	key: Key,
	expressions: Plain<UpdateItemCommandInput>,
	values: Values,
): Promise<Item | undefined> {
	const input = {
		...expressions,
		TableName: table.name,
		Key: toAttributes({ ...key }),
		ExpressionAttributeValues: toAttributes(values),
		ReturnValues: 'ALL_NEW',
	} as const;
	const output = await conditional(table, () => table.client.send(new UpdateItemCommand(input)));
	return output && fromAttributes(output.Attributes ?? {});
}

/** All pages, or one where a limit is given. */
export async function queryItems(table: Table, expressions: Plain<QueryCommandInput>, values: Values): Promise<Item[]> {
	const items: Item[] = [];
	let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
	do {
		const input = { ...expressions, TableName: table.name, ExpressionAttributeValues: toAttributes(values), ExclusiveStartKey };
		const output = await guarded(table, () => table.client.send(new QueryCommand(input)));
		items.push(...(output.Items ?? []).map((item) => fromAttributes(item)));
		ExclusiveStartKey = expressions.Limit === undefined ? output.LastEvaluatedKey : undefined;
	} while (ExclusiveStartKey !== undefined);
	return items;
}
