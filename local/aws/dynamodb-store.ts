/** Where dynalite keeps its tables: in sorted memory, in place of LevelDB, whose streams take longer than all the rest of a call. */

import { EventEmitter } from 'node:events';

type Done<T = undefined> = (error: unknown, value?: T) => void;

/** LevelDB's range: keys as plain text. */
interface Range {
	readonly gt?: string;
	readonly gte?: string;
	readonly lt?: string;
	readonly lte?: string;
	readonly reverse?: boolean;
	readonly limit?: number;
}

interface Batched {
	readonly type: 'put' | 'del';
	readonly key: string;
	readonly value?: unknown;
}

/** What dynalite's actions ask of their store. */
export interface DynaliteStore {
	readonly options: {
		readonly createTableMs: number;
		readonly deleteTableMs: number;
		readonly updateTableMs: number;
		readonly maxItemSize: number;
	};
	readonly tableDb: Part & { readonly awsAccountId: string; readonly awsRegion: string };
	getTable(name: string, checkStatus: boolean | Done<Table>, done?: Done<Table>): void;
	getItemDb(table: string): Part;
	getIndexDb(type: string, table: string, index: string): Part;
	getTagDb(table: string): Part;
	deleteItemDb(table: string, done: Done): void;
	deleteIndexDb(type: string, table: string, index: string, done: Done): void;
	deleteTagDb(table: string, done: Done): void;
}

interface Table {
	readonly TableStatus?: string;
}

/** DynamoDB's limit of an item. Bytes. */
const MAX_ITEM_BYTES = 409_600;

export function createStore({ account, region }: { readonly account: string; readonly region: string }): DynaliteStore {
	const tableDb = Object.assign(new Part(), { awsAccountId: account, awsRegion: region });
	const parts = new Map<string, Part>();
	/** Tables that are in use, as they were read: their definitions are looked at by every call, and changed by none. */
	const active = new Map<string, { readonly text: string; readonly table: Table }>();
	const part = (name: string): Part => {
		const known = parts.get(name) ?? new Part();
		parts.set(name, known);
		return known;
	};
	const remove = (name: string, done: Done): void => {
		parts.delete(name);
		done(null);
	};
	const itemsOf = (table: string) => `item ${table}`;
	const indexOf = (type: string, table: string, index: string) => `index ${type.toLowerCase()} ${table} ${index}`;
	const tagsOf = (table: string) => `tag ${table}`;
	return {
		options: { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, maxItemSize: MAX_ITEM_BYTES },
		tableDb,
		getTable(name, checkStatus, done) {
			const tell = typeof checkStatus === 'function' ? checkStatus : (done as Done<Table>);
			const isUsed = checkStatus !== false;
			const text = tableDb.text(name);
			if (text === undefined) {
				tell(notFound(name, isUsed));
				return;
			}
			const known = active.get(name);
			const table = isUsed && known?.text === text ? known.table : (JSON.parse(text) as Table);
			if (isUsed) active.set(name, { text, table });
			if (isUsed && table.TableStatus !== 'ACTIVE' && table.TableStatus !== 'UPDATING') tell(notFound(name, isUsed));
			else tell(null, table);
		},
		getItemDb: (table) => part(itemsOf(table)),
		getIndexDb: (type, table, index) => part(indexOf(type, table, index)),
		getTagDb: (table) => part(tagsOf(table)),
		deleteItemDb: (table, done) => remove(itemsOf(table), done),
		deleteIndexDb: (type, table, index, done) => remove(indexOf(type, table, index), done),
		deleteTagDb: (table, done) => remove(tagsOf(table), done),
	};
}

function notFound(table: string, isUsed: boolean): Error {
	const message = `Requested resource not found${isUsed ? '' : `: Table: ${table} not found`}`;
	const __type = 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException';
	return Object.assign(new Error(message), { name: 'NotFoundError', statusCode: 400, body: { __type, message } });
}

/** The items of a table, or the entries of an index, by their keys. As LevelDB does, it gives copies and answers at once or soon. */
class Part {
	readonly #keys: string[] = [];
	readonly #values = new Map<string, string>();

	/** Calls come one after the other: nobody has to wait. */
	lock(_key: string, work: (release: <F>(done: F) => F) => void): void {
		work((done) => done);
	}

	/** A value as it is kept: JSON. */
	text(key: string): string | undefined {
		return this.#values.get(key);
	}

	get(key: string, done: Done<unknown>): void {
		const value = this.#values.get(key);
		done(null, value === undefined ? undefined : JSON.parse(value));
	}

	put(key: string, value: unknown, done: Done): void {
		this.#put(key, value);
		done(null);
	}

	del(key: string, done: Done): void {
		this.#delete(key);
		done(null);
	}

	batch(changes: readonly Batched[], done: Done): void {
		for (const { type, key, value } of changes) {
			if (type === 'put') this.#put(key, value);
			else this.#delete(key);
		}
		done(null);
	}

	createKeyStream(range: Range = {}): EventEmitter {
		return streamOf(this.#within(range));
	}

	createValueStream(range: Range = {}): EventEmitter {
		return streamOf(this.#within(range).map((key) => JSON.parse(this.#values.get(key) as string)));
	}

	#put(key: string, value: unknown): void {
		if (!this.#values.has(key)) this.#keys.splice(this.#first(key), 0, key);
		this.#values.set(key, JSON.stringify(value));
	}

	#delete(key: string): void {
		if (this.#values.delete(key)) this.#keys.splice(this.#first(key), 1);
	}

	#within({ gt, gte, lt, lte, reverse = false, limit = -1 }: Range): string[] {
		const from = gte !== undefined ? this.#first(gte) : gt !== undefined ? this.#first(gt, true) : 0;
		const to = lte !== undefined ? this.#first(lte, true) : lt !== undefined ? this.#first(lt) : this.#keys.length;
		const keys = this.#keys.slice(from, to);
		if (reverse) keys.reverse();
		return limit < 0 ? keys : keys.slice(0, limit);
	}

	/** The place of the first key that is not before `key`, or that is after it. */
	#first(key: string, after = false): number {
		let low = 0;
		let high = this.#keys.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			const each = this.#keys[middle] as string;
			if (each < key || (after && each === key)) low = middle + 1;
			else high = middle;
		}
		return low;
	}
}

/** As much of a stream as dynalite listens to: it listens twice to 'data', and takes that back only where it was 'readable'. */
class Values extends EventEmitter {
	override removeAllListeners(event?: string): this {
		return super.removeAllListeners(event === 'readable' ? 'data' : event);
	}
}

function streamOf(values: readonly unknown[]): EventEmitter {
	const stream = new Values();
	queueMicrotask(() => {
		for (const value of values) stream.emit('data', value);
		stream.emit('end');
	});
	return stream;
}
