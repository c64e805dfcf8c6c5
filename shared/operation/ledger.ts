/**
 * The ledger: one DynamoDB table. Keys:
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | operation | `operation#<subject id>` | occurrence, six digits |
 * | work record | `work#<work id>` | attempt, six digits |
 * | the work of a sent command | `command#<command id>` | `work` |
 * | slots under limits (`brakes/slots.ts`) | `limits#<playbook>` | `slots` |
 * | compiled playbooks | `playbooks` | `compiled` |
 * | nodes of commands (`nodes.ts`) | `nodes#<operation id>` | command id, node and time |
 *
 * The sparse index `due` holds what the clocks must look at (`open#<shard>` or `open#<clock>`, by `dueAt`) and, for the operator's list,
 * what has closed (`closed#<day>#<shard>`), each with the time at which it opened. Every read that decides something is consistent and
 * by key.
 */

import { getItem, getItems, type Item, type Key, putItem, queryItems, tableOf, updateItem } from '../aws/table.ts';
import type { Deps } from '../deps.ts';
import { inParallel } from '../parallel.ts';
import type { Settings } from '../settings.ts';
import { operationOfWork } from '../work/naming.ts';
import { lineOf } from './history.ts';
import { operationId, parseOperationId, subjectId } from './ids.ts';
import type { Operation, OperationKind, OperationOfKind, Subject, Work } from './types.ts';

/** Partitions of the due index: 1,000 writes a second each. */
const SHARDS = ['0', '1', '2', '3'];
/** Kinds of operations that a clock of their own looks at have a partition of their own. */
const OWN_CLOCKS: Partial<Record<OperationKind, OwnClock>> = {
	patch: 'patch',
	association: 'state',
	state: 'state',
	inventory: 'inventory',
	session: 'session',
	agent: 'agent',
};
export type OwnClock = 'patch' | 'state' | 'session' | 'inventory' | 'agent';
/** Writes of one invocation under way at once. */
export const CONCURRENT_WRITES = 25;

/** No operation is open for longer: an alarm's is, for the seven days of `waitForOk` and the time its work waited. Days. */
const LONGEST_OPEN_DAYS = 30;

/** Records of sent commands that one execution environment keeps in mind: its nodes end one by one. */
const REMEMBERED = 200;

/** One started command and the fixed list of operations it serves. */
export interface WorkRecord {
	readonly work: Work;
	/** The request id of the call that sent it. */
	readonly requestId?: string | undefined;
	readonly members: readonly { readonly operationId: string; readonly instanceId: string }[];
}

export interface Ledger {
	/** Opens an operation unless its id is taken. False: it exists already. */
	create(operation: Operation): Promise<boolean>;
	/** The newest occurrence of a subject. */
	latest<S extends Subject>(subject: S): Promise<OperationOfKind<S['kind']> | undefined>;
	/**
	 * Keeps a subject's first occurrence for as long as one that opens now can last: an event tries to open the first, and must not
	 * succeed while a later one is open.
	 */
	keepFirst(subject: Subject): Promise<void>;
	/** By id; what does not exist is left out. Shared work is joined in: an operation whose command was sent is `running`. */
	load(ids: readonly string[]): Promise<Operation[]>;
	/** Writes `after` where the ledger still has version `after.version - 1`. False: somebody else was first. */
	save(after: Operation): Promise<boolean>;
	/** Puts shared work on record, once per attempt. False: another run has it. */
	createWork(record: WorkRecord): Promise<boolean>;
	updateWork(record: WorkRecord): Promise<void>;
	work(id: string, attempt: number): Promise<WorkRecord | undefined>;
	/** Puts on record which work on several nodes a command was sent for: they end one by one, in any environment. */
	nameCommand(commandId: string, work: Work): Promise<void>;
	/** The id of the work that a command was sent for, where that is on record; of shared work also with whom it is shared. */
	workOfCommand(commandId: string): Promise<{ readonly id: string; readonly record?: WorkRecord } | undefined>;
	/** Ids of what is due, oldest first: of the kinds of a clock of their own, or of all others. */
	due(at: number, clock?: OwnClock): Promise<string[]>;
	/** Ids of all open operations, oldest look first; of those closed on a day (`2026-11-23`), newest last. */
	open(): Promise<string[]>;
	closedOn(day: string): Promise<string[]>;
	/**
	 * When each open operation opened, in epoch milliseconds and no order: read from the index alone. Of rings, when the last soak is over:
	 * until then it is no older than it is meant to be. None of those with a clock of their own: what is amiss with nodes lasts as long as it
	 * lasts.
	 */
	openings(): Promise<number[]>;
}

export function createLedger({ aws, settings, now }: Pick<Deps, 'aws' | 'settings' | 'now'>): Ledger {
	const table = tableOf({ aws, settings });
	const { retentionDays } = settings;
	/** Once a command is sent, what it was sent for does not change. */
	const sent = new Map<string, WorkRecord>();

	function remember({ pk, sk }: Key, record: WorkRecord | undefined): WorkRecord | undefined {
		if (record?.work.externalId === undefined) return record;
		if (sent.size >= REMEMBERED) sent.clear();
		sent.set(`${pk}/${sk}`, record);
		return record;
	}

	async function work(id: string, attempt: number): Promise<WorkRecord | undefined> {
		const key = workKey(id, attempt);
		return remember(key, (await getItem(table, key))?.['record'] as WorkRecord | undefined);
	}

	async function query(shard: string, upTo?: number): Promise<Item[]> {
		return queryItems(
			table,
			{ IndexName: 'due', KeyConditionExpression: upTo === undefined ? 'dueShard = :shard' : 'dueShard = :shard AND dueAt <= :now' },
			{ ':shard': shard, ...(upTo !== undefined && { ':now': upTo }) },
		);
	}

	const entries = async (shards: readonly string[], upTo?: number) =>
		(await inParallel(shards, shards.length, (shard) => query(shard, upTo))).flat();

	const queryAll = async (shards: readonly string[], upTo?: number) => {
		const found = await entries(shards, upTo);
		return found
			.sort((a, b) => Number(a['dueAt']) - Number(b['dueAt']))
			.map(({ pk, sk }) => `${String(pk).replace('operation#', '')}-${Number(sk)}`);
	};

	async function join(operations: Operation[]): Promise<Operation[]> {
		const shared = operations.filter(({ state, work }) => state === 'starting' && work?.shared === true);
		if (shared.length === 0) return operations;
		const keys = new Map(shared.map(({ work }) => workKey(work?.id ?? '', work?.attempt ?? 1)).map((key) => [`${key.pk}/${key.sk}`, key]));
		const unknown = [...keys].filter(([name]) => !sent.has(name)).map(([, key]) => key);
		const read = new Map(
			(await getItems(table, unknown)).map((item) => {
				const key = { pk: String(item['pk']), sk: String(item['sk']) };
				return [`${key.pk}/${key.sk}`, remember(key, item['record'] as WorkRecord)];
			}),
		);
		return operations.map((operation) => {
			const { work } = operation;
			if (!shared.includes(operation) || work === undefined) return operation;
			const { pk, sk } = workKey(work.id, work.attempt);
			return joined(operation, sent.get(`${pk}/${sk}`) ?? read.get(`${pk}/${sk}`));
		});
	}

	return {
		create: (operation) => putItem(table, operationItem(operation, retentionDays), 'attribute_not_exists(pk)'),
		save: (after) => putItem(table, operationItem(after, retentionDays), 'version = :before', { ':before': after.version - 1 }),
		async latest<S extends Subject>(subject: S) {
			const newest = { KeyConditionExpression: 'pk = :pk', ScanIndexForward: false, Limit: 1, ConsistentRead: true };
			const [item] = await queryItems(table, newest, { ':pk': `operation#${subjectId(subject)}` });
			if (item === undefined) return undefined;
			const [operation] = await join([item['operation'] as Operation]);
			return operation as OperationOfKind<S['kind']> | undefined;
		},
		async keepFirst(subject) {
			const key = operationKey(operationId(subject, 1));
			const expressions = { UpdateExpression: 'SET expiresAt = :at', ConditionExpression: 'attribute_exists(expiresAt)' };
			if (key) await updateItem(table, key, expressions, { ':at': keptUntil(settings, now()) });
		},
		async load(ids) {
			const keys = [...new Set(ids)].flatMap((id) => operationKey(id) ?? []);
			const items = await getItems(table, keys);
			return join(items.map((item) => item['operation'] as Operation));
		},
		createWork: (record) => putItem(table, workItem(record, retentionDays), 'attribute_not_exists(pk)'),
		async updateWork(record) {
			await putItem(table, workItem(record, retentionDays));
		},
		work,
		async nameCommand(commandId, { id, attempt, recordedAt }) {
			await putItem(table, { ...commandKey(commandId), work: id, attempt, expiresAt: expiry(recordedAt, retentionDays) });
		},
		async workOfCommand(commandId) {
			const item = await getItem(table, commandKey(commandId));
			if (item === undefined) return undefined;
			const id = String(item['work']);
			if (operationOfWork(id) !== undefined) return { id };
			const record = await work(id, Number(item['attempt']));
			return record && { id, record };
		},
		due: (at, clock) => queryAll(clock === undefined ? SHARED_SHARDS : [openShard(clock)], at),
		open: () => queryAll(OPEN_SHARDS),
		closedOn: (day) => queryAll(SHARDS.map((shard) => `closed#${day}#${shard}`)),
		openings: async () => (await entries(SHARED_SHARDS)).map((entry) => Number(entry['openedAt'])),
	};
}

const openShard = (shard: string | number) => `open#${shard}`;
const SHARED_SHARDS = SHARDS.map(openShard);
const OPEN_SHARDS = [...SHARED_SHARDS, ...new Set(Object.values(OWN_CLOCKS).map(openShard))];

function operationKey(id: string): Key | undefined {
	const parts = parseOperationId(id);
	return parts && { pk: `operation#${parts.subjectId}`, sk: sixDigits(parts.occurrence) };
}

function workKey(id: string, attempt: number): Key {
	return { pk: `work#${id}`, sk: sixDigits(attempt) };
}

function commandKey(id: string): Key {
	return { pk: `command#${id}`, sk: 'work' };
}

function sixDigits(n: number): string {
	return String(n).padStart(6, '0');
}

/** Until when the ledger keeps what belongs to an operation that is open at an instant. Seconds. */
export function keptUntil({ retentionDays }: Pick<Settings, 'retentionDays'>, at: number): number {
	return expiry(at, LONGEST_OPEN_DAYS + retentionDays);
}

/** DynamoDB's TTL counts in seconds. */
function expiry(from: number, days: number): number {
	return Math.floor(from / 1_000) + days * 86_400;
}

function operationItem(operation: Operation, retentionDays: number): Record<string, unknown> {
	const { id, kind, version, openedAt, dueAt, closedAt } = operation;
	const clock = OWN_CLOCKS[kind];
	const shard = Number.parseInt(id.split('-')[1]?.slice(-1) ?? '0', 16) % SHARDS.length;
	const since = (operation.kind === 'command' && operation.rings?.soaksUntil) || openedAt;
	const item = { ...operationKey(id), version, openedAt: since, operation };
	if (dueAt !== undefined) return { ...item, dueShard: openShard(clock ?? shard), dueAt };
	if (closedAt === undefined) return item;
	const day = new Date(closedAt).toISOString().slice(0, 10);
	return { ...item, dueShard: `closed#${day}#${shard}`, dueAt: closedAt, expiresAt: expiry(closedAt, retentionDays) };
}

function workItem(record: WorkRecord, retentionDays: number): Record<string, unknown> {
	const { id, attempt, recordedAt } = record.work;
	return { ...workKey(id, attempt), record, expiresAt: expiry(recordedAt, retentionDays) };
}

/** An operation whose shared command was sent is running, whether or not its own item says so yet. */
function joined(operation: Operation, record: WorkRecord | undefined): Operation {
	const { externalId, startedAt } = record?.work ?? {};
	if (externalId === undefined || operation.work === undefined || record === undefined) return operation;
	// Sent by another run, and not to this node.
	if (!record.members.some(({ operationId }) => operationId === operation.id)) return operation;
	const why = `${operation.work.document}: ${externalId}, with ${record.members.length - 1} more`;
	const sent = lineOf({ what: 'command sent', why, requestId: record.requestId }, startedAt ?? operation.work.recordedAt);
	return {
		...operation,
		state: 'running',
		work: { ...operation.work, externalId, ...(startedAt !== undefined && { startedAt }) },
		attempts: { ...operation.attempts, start: operation.attempts.start + 1 },
		history: [...operation.history, sent],
	};
}
