/** DynamoDB: dynalite in memory, driven without a socket, one call after the other. */

import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';
import type { PassthroughService, WireResponse } from './wire.ts';

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

type Reply = Pick<WireResponse, 'status' | 'body'>;

const TARGET = 'DynamoDB_20120810';
const TABLE_ACTIVE_AFTER_MS = 0;

/** dynalite looks for a signature's parts, and does not check them. */
const SIGNED = {
	'content-type': 'application/x-amz-json-1.0',
	authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
	'x-amz-date': '20260101T000000Z',
};

export function createDynamoDb(identity: { readonly account: string; readonly region: string }): DynamoDb {
	const server = withIdentity(identity, () =>
		dynalite({
			createTableMs: TABLE_ACTIVE_AFTER_MS,
			deleteTableMs: TABLE_ACTIVE_AFTER_MS,
			updateTableMs: TABLE_ACTIVE_AFTER_MS,
		}),
	);
	const ttlAttributes = new Map<string, string>();
	let last: Promise<unknown> = Promise.resolve();
	let pending = 0;

	/** One call at a time: what a call reads and writes is one step to every other call. */
	const handle = (operation: string, body: string): Promise<Reply> => {
		pending += 1;
		const reply = last
			.then(() => answer(operation, body))
			.finally(() => {
				pending -= 1;
			});
		last = reply.catch(() => undefined);
		return reply;
	};

	async function answer(operation: string, body: string): Promise<Reply> {
		if (operation === 'UpdateTimeToLive' || operation === 'DescribeTimeToLive') return timeToLive(operation, body);
		const reply = await emit(server, operation, body);
		return reply.status === 400 && reply.body.includes('ConditionalCheckFailedException') ? withOldItem(operation, body, reply) : reply;
	}

	/** dynalite does not know `ReturnValuesOnConditionCheckFailure`: the item that failed the condition is still there to be read. */
	async function withOldItem(operation: string, body: string, reply: Reply): Promise<Reply> {
		const request = JSON.parse(body) as {
			TableName: string;
			Key?: Record<string, unknown>;
			Item?: Record<string, unknown>;
			ReturnValuesOnConditionCheckFailure?: string;
		};
		if (request.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD') return reply;
		const { TableName } = request;
		const Key = operation === 'PutItem' ? await keyOf(TableName, request.Item ?? {}) : request.Key;
		const found = await emit(server, 'GetItem', JSON.stringify({ TableName, Key, ConsistentRead: true }));
		const { Item } = JSON.parse(found.body) as { Item?: unknown };
		return Item ? { ...reply, body: JSON.stringify({ ...(JSON.parse(reply.body) as object), Item }) } : reply;
	}

	async function keyOf(TableName: string, item: Record<string, unknown>): Promise<Record<string, unknown>> {
		const { Table } = JSON.parse((await emit(server, 'DescribeTable', JSON.stringify({ TableName }))).body) as {
			Table: { KeySchema: readonly { AttributeName: string }[] };
		};
		return Object.fromEntries(Table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]));
	}

	async function timeToLive(operation: string, body: string): Promise<Reply> {
		const table = await emit(server, 'DescribeTimeToLive', body);
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

function emit(server: EventEmitter, operation: string, body: string): Promise<Reply> {
	return new Promise((resolve) => {
		const request = Object.assign(new EventEmitter(), {
			method: 'POST',
			url: '/',
			headers: { ...SIGNED, 'x-amz-target': `${TARGET}.${operation}` },
		});
		const response = {
			statusCode: 200,
			setHeader: () => undefined,
			end(text = '') {
				resolve({ status: this.statusCode, body: text });
			},
		};
		server.emit('request', request, response);
		request.emit('data', Buffer.from(body));
		request.emit('end');
	});
}

/** dynalite takes account and Region of its ARNs from the environment, when it is made. */
function withIdentity<T>(identity: { readonly account: string; readonly region: string }, make: () => T): T {
	const before = { AWS_ACCOUNT_ID: process.env['AWS_ACCOUNT_ID'], AWS_REGION: process.env['AWS_REGION'] };
	process.env['AWS_ACCOUNT_ID'] = identity.account;
	process.env['AWS_REGION'] = identity.region;
	try {
		return make();
	} finally {
		for (const [name, value] of Object.entries(before)) {
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
	}
}

function nextTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
