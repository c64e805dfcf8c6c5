/** What is known of the nodes of a rule, and what is news of them. Pure. */

import type { InventoryOperation, SoftwareFinding } from './types.ts';

/** Older findings of nodes that are well come within this. Milliseconds. */
const LATE = 86_400_000;
/** Nodes of one operation: more than a Region has. */
const MOST = 5_000;
/** Nodes of which is kept what is wrong: up to 200 characters each. */
const TOLD = 50;

export interface Learned {
	readonly operation: InventoryOperation;
	/** Nodes that break the rule and were not known to, and those that do not any more. */
	readonly fallen: readonly string[];
	readonly recovered: readonly string[];
	/** Of those that recovered: there is no inventory of them any more, or the rule is not for them. */
	readonly gone: readonly string[];
}

/** An operation with what was found: what is older than what is known of a node is no news. The operation itself where there is none. */
export function learn(before: InventoryOperation, findings: readonly SoftwareFinding[]): Learned {
	const nodes = new Map(Object.entries(before.nodes));
	const well = new Map(Object.entries(before.well));
	const words = new Map(Object.entries(before.what));
	const fallen: string[] = [];
	const recovered: string[] = [];
	const gone: string[] = [];
	let changed = false;
	for (const { node, is, at, what } of [...findings].sort((a, b) => a.at - b.at)) {
		const foundAt = nodes.get(node);
		if (is === 'found') {
			if (at < (well.get(node) ?? 0) || at < (foundAt ?? 0) || (foundAt === undefined && nodes.size >= MOST)) continue;
			if (foundAt === at && (what === undefined || words.get(node) === what || !words.has(node))) continue;
			if (foundAt === undefined) fallen.push(node);
			nodes.set(node, at);
			well.delete(node);
			if (what !== undefined && (words.has(node) || words.size < TOLD)) words.set(node, what);
		} else {
			if (foundAt === undefined || foundAt > at) continue;
			nodes.delete(node);
			words.delete(node);
			well.set(node, at);
			recovered.push(node);
			if (is === 'gone') gone.push(node);
		}
		changed = true;
	}
	if (!changed) return { operation: before, fallen, recovered, gone };
	const latest = Math.max(0, ...findings.map(({ at }) => at));
	return {
		operation: {
			...before,
			nodes: Object.fromEntries(nodes),
			what: Object.fromEntries(words),
			well: Object.fromEntries([...well].filter(([, at]) => latest - at < LATE)),
			count: before.count + fallen.length,
		},
		fallen,
		recovered,
		gone,
	};
}

export function nodesOf({ nodes }: InventoryOperation): string[] {
	return Object.keys(nodes).sort();
}

/** `3 nodes break the rule`. */
export function countText({ nodes }: InventoryOperation): string {
	const count = Object.keys(nodes).length;
	return count === 1 ? '1 node breaks the rule' : `${count} nodes break the rule`;
}

/** The first of some nodes, with what is wrong with them, and how many more there are. */
export function listed(operation: InventoryOperation, most: number, between = ', '): string {
	const nodes = nodesOf(operation);
	const more = nodes.length - most;
	const first = nodes.slice(0, most).map((node) => {
		const what = operation.what[node];
		return what === undefined ? node : `${node} (${what})`;
	});
	return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join(between);
}
