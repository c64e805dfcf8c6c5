/** DynamoDB: dynalite's rules on a store of our own, one call after the other. */

import { createRequire } from 'node:module';
import validations from 'dynalite/validations/index.js';
import { createStore, type DynaliteStore } from './dynamodb-store.ts';
import type { PassthroughReply, PassthroughService } from './wire.ts';

/** Input of CreateTable. */
export interface TableDefinition {
	readonly TableName: string;
	readonly [member: string]: unknown;
}

export interface DynamoDb extends PassthroughService {
	/** Calls that have not been answered. */
	readonly pending: number;
	/** Creates tables and waits until they are active. */
	createTables(tables: readonly TableDefinition[]): Promise<void>;
}

const TARGET = 'DynamoDB_20120810';

/** One operation of dynalite: what its input may be, and what it does. */
interface Action {
	readonly types: unknown;
	readonly custom: unknown;
	perform(store: DynaliteStore, input: unknown, done: (error: unknown, output?: unknown) => void): void;
}

const OPERATIONS = [
	...['CreateTable', 'DescribeTable', 'ListTables', 'UpdateTable', 'DeleteTable', 'DescribeTimeToLive'],
	...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem', 'BatchWriteItem', 'Query', 'Scan'],
	...['TagResource', 'UntagResource', 'ListTagsOfResource'],
];

const require = createRequire(import.meta.url);

const ACTIONS = new Map(
	OPERATIONS.map((operation): [string, Action] => {
		const file = operation.charAt(0).toLowerCase() + operation.slice(1);
		const { types, custom } = require(`dynalite/validations/${file}`) as Omit<Action, 'perform'>;
		return [operation, { types, custom, perform: require(`dynalite/actions/${file}`) as Action['perform'] }];
	}),
);

export function createDynamoDb(identity: { readonly account: string; readonly region: string }): DynamoDb {
	const store = createStore(identity);
	const ttlAttributes = new Map<string, string>();
	let last: Promise<unknown> = Promise.resolve();
	let pending = 0;

	/** One call at a time: what a call reads and writes is one step to every other call. */
	const handle = (operation: string, body: string): Promise<PassthroughReply> => {
		pending += 1;
		const reply = last
			.then(() => answer(operation, body))
			.finally(() => {
				pending -= 1;
			});
		last = reply.catch(() => undefined);
		return reply;
	};

	async function answer(operation: string, body: string): Promise<PassthroughReply> {
		if (operation === 'UpdateTimeToLive' || operation === 'DescribeTimeToLive') return timeToLive(operation, body);
		const reply = await perform(store, operation, body);
		return reply.status === 400 && reply.body.includes('ConditionalCheckFailedException') ? withOldItem(operation, body, reply) : reply;
	}

	/** dynalite does not know `ReturnValuesOnConditionCheckFailure`: the item that failed the condition is still there to be read. */
	async function withOldItem(operation: string, body: string, reply: PassthroughReply): Promise<PassthroughReply> {
		const request = JSON.parse(body) as {
			TableName: string;
			Key?: Record<string, unknown>;
			Item?: Record<string, unknown>;
			ReturnValuesOnConditionCheckFailure?: string;
		};
		if (request.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD') return reply;
		const { TableName } = request;
		const Key = operation === 'PutItem' ? await keyOf(TableName, request.Item ?? {}) : request.Key;
		const found = await perform(store, 'GetItem', JSON.stringify({ TableName, Key, ConsistentRead: true }));
		const { Item } = JSON.parse(found.body) as { Item?: unknown };
		return Item ? { ...reply, body: JSON.stringify({ ...(JSON.parse(reply.body) as object), Item }) } : reply;
	}

	async function keyOf(TableName: string, item: Record<string, unknown>): Promise<Record<string, unknown>> {
		const { Table } = JSON.parse((await perform(store, 'DescribeTable', JSON.stringify({ TableName }))).body) as {
			Table: { KeySchema: readonly { AttributeName: string }[] };
		};
		return Object.fromEntries(Table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]));
	}

	async function timeToLive(operation: string, body: string): Promise<PassthroughReply> {
		const table = await perform(store, 'DescribeTimeToLive', body);
		if (table.status !== 200) return table;
		const { TableName, TimeToLiveSpecification } = JSON.parse(body) as {
			TableName: string;
			TimeToLiveSpecification?: { Enabled?: boolean; AttributeName?: string };
		};
		if (operation === 'UpdateTimeToLive') {
			const { Enabled, AttributeName } = TimeToLiveSpecification ?? {};
			if (Enabled && AttributeName) ttlAttributes.set(TableName, AttributeName);
			else ttlAttributes.delete(TableName);
			return { status: 200, body: JSON.stringify({ TimeToLiveSpecification }) };
		}
		const AttributeName = ttlAttributes.get(TableName);
		const TimeToLiveDescription = AttributeName ? { TimeToLiveStatus: 'ENABLED', AttributeName } : { TimeToLiveStatus: 'DISABLED' };
		return { status: 200, body: JSON.stringify({ TimeToLiveDescription }) };
	}

	return {
		name: 'dynamodb',
		target: TARGET,
		get pending() {
			return pending;
		},
		handle,
		async createTables(tables) {
			for (const table of tables) {
				const created = await handle('CreateTable', JSON.stringify(table));
				if (created.status !== 200) throw new Error(`Table ${table.TableName} cannot be created: ${created.body}`);
				const name = JSON.stringify({ TableName: table.TableName });
				while (!(await handle('DescribeTable', name)).body.includes('"TableStatus":"ACTIVE"')) await nextTurn();
			}
		},
	};
}

/** What DynamoDB refuses an input with. */
interface Refusal {
	readonly statusCode: number;
	readonly body: unknown;
}

const isRefusal = (error: unknown): error is Refusal => typeof error === 'object' && error !== null && 'statusCode' in error;

function perform(store: DynaliteStore, operation: string, body: string): Promise<PassthroughReply> {
	return new Promise((resolve, reject) => {
		const reply = (status: number, output: unknown) => resolve({ status, body: JSON.stringify(output) });
		const fail = (error: unknown) => (isRefusal(error) ? reply(error.statusCode, error.body) : reject(error));
		const action = ACTIONS.get(operation);
		if (action === undefined) {
			reply(400, { __type: 'com.amazon.coral.service#UnknownOperationException' });
			return;
		}
		try {
			const input = validations.checkTypes(JSON.parse(body), action.types);
			validations.checkValidations(input, action.types, action.custom, store);
			action.perform(store, input, (error, output) => (error ? fail(error) : reply(200, output)));
		} catch (error) {
			fail(error instanceof SyntaxError ? { statusCode: 400, body: { __type: 'com.amazon.coral.service#SerializationException' } } : error);
		}
	});
}

function nextTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
