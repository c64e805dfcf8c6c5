/** What is known of nodes: what agents and others have put, and what Systems Manager itself keeps of each. */

import { createHash } from 'node:crypto';
import type { AwsContext } from '../../types.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';

/** One thing of its type, as text. */
export type Entry = Readonly<Record<string, string>>;

/** All that is known of one type on one node. */
export interface InventoryRecord {
	readonly type: string;
	readonly schemaVersion: string;
	/** ISO 8601, whole seconds. */
	readonly capturedAt: string;
	/** MD5 of the entries. */
	readonly hash: string;
	readonly entries: readonly Entry[];
}

/** Says what Systems Manager itself knows of a node at this instant. */
export type InventoryProvider = (node: ManagedNode) => { readonly entries: readonly Entry[]; readonly capturedAt: string } | undefined;

export type InventoryListener = (nodeId: string, type: string) => void;

export class Inventory {
	readonly #ctx: AwsContext;
	readonly #nodes: Nodes;
	readonly #records = new Map<string, Map<string, InventoryRecord>>();
	readonly #providers = new Map<string, InventoryProvider>();
	readonly #listeners: InventoryListener[] = [];

	constructor(ctx: AwsContext, nodes: Nodes) {
		this.#ctx = ctx;
		this.#nodes = nodes;
	}

	/** Has a type made anew whenever it is asked for. */
	provide(type: string, provider: InventoryProvider): void {
		this.#providers.set(type, provider);
	}

	/** Calls `listener` when what is known of a type on a node has changed, or may have. */
	onChange(listener: InventoryListener): void {
		this.#listeners.push(listener);
	}

	/** The nodes of which something is known, stopped and terminated ones as long as EC2 shows them. */
	nodes(): ManagedNode[] {
		return this.#nodes.registered();
	}

	/** By type. */
	of(node: ManagedNode): InventoryRecord[] {
		const types = new Set([...this.#providers.keys(), ...(this.#records.get(node.id)?.keys() ?? [])]);
		return [...types].sort().flatMap((type) => this.find(node, type) ?? []);
	}

	find(node: ManagedNode, type: string): InventoryRecord | undefined {
		const provider = this.#providers.get(type);
		if (!provider) return this.#records.get(node.id)?.get(type);
		const made = provider(node);
		return made && { type, schemaVersion: '1.0', capturedAt: made.capturedAt, hash: hashOf(made.entries), entries: made.entries };
	}

	hashOf(nodeId: string, type: string): string | undefined {
		return this.#records.get(nodeId)?.get(type)?.hash;
	}

	/** Takes over all entries of a type. Those that are there already, by their hash, change nothing. */
	put(nodeId: string, record: Omit<InventoryRecord, 'hash'> & { readonly hash?: string }): void {
		const { hash = hashOf(record.entries) } = record;
		const known = this.#records.get(nodeId) ?? new Map<string, InventoryRecord>();
		this.#records.set(nodeId, known);
		const before = known.get(record.type);
		if (before?.hash === hash && before.schemaVersion === record.schemaVersion) return;
		known.set(record.type, { ...record, hash });
		this.touch(nodeId, record.type);
	}

	/** Takes a type away from a node. */
	remove(nodeId: string, type: string): void {
		if (this.#records.get(nodeId)?.delete(type)) this.touch(nodeId, type);
	}

	/** Says that a type that is made anew would be another now. */
	touch(nodeId: string, type: string): void {
		for (const listener of this.#listeners) listener(nodeId, type);
	}

	now(): string {
		return iso(this.#ctx.clock.now());
	}
}

function hashOf(entries: readonly Entry[]): string {
	return createHash('md5').update(JSON.stringify(entries)).digest('hex');
}

/** Whole seconds, as inventory has all its times. */
export function iso(at: number | Date | undefined): string {
	return at === undefined ? '' : `${new Date(at).toISOString().slice(0, 19)}Z`;
}
