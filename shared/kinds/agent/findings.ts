/** What is known of the nodes with a cause, and what is news of them. Pure. */

import { textOf } from './causes.ts';
import type { AgentOperation, Trouble, Troubled } from './types.ts';

/** Nodes of one operation, of which each has up to 200 bytes: an item of the ledger holds 400 KB. */
const MOST = 1_000;
/** What is said of one. Characters. */
const DETAIL = 120;
/** Who has been put right answers within this (Default Host Management and new credentials take up to half an hour): milliseconds. */
const COMES_BACK_WITHIN = 30 * 60_000;
/** A playbook is given a node again after so long. Milliseconds. */
const HANDED_APART = 86_400_000;

export interface Learned {
	readonly operation: AgentOperation;
	readonly fallen: readonly string[];
	readonly recovered: readonly string[];
	/** Something else is to be said of one that was known. */
	readonly changed: boolean;
}

/**
 * An operation with what a look has found.
 * @param troubles all that have its cause.
 * @param complete whether those that are not among them have it no longer.
 */
export function learn(before: AgentOperation, troubles: readonly Trouble[], complete: boolean, now: number): Learned {
	const found = new Map(troubles.map((trouble) => [trouble.id, trouble]));
	const kept = Object.entries(before.nodes).filter(([id]) => !complete || found.has(id));
	const nodes = new Map(kept.map(([id, known]) => [id, troubled(found.get(id), known, now)]));
	const fallen: string[] = [];
	for (const [id, trouble] of found) {
		if (nodes.has(id) || nodes.size >= MOST) continue;
		nodes.set(id, troubled(trouble, undefined, now));
		fallen.push(id);
	}
	const recovered = Object.keys(before.nodes).filter((id) => !nodes.has(id));
	const more = [...found.keys()].filter((id) => !nodes.has(id)).length;
	const changed = kept.some(([id, { detail }]) => nodes.get(id)?.detail !== detail);
	const operation = { ...before, nodes: Object.fromEntries(nodes), more, count: before.count + fallen.length };
	return { operation, fallen, recovered, changed };
}

function troubled(found: Trouble | undefined, known: Troubled | undefined, now: number): Troubled {
	if (found === undefined) return known ?? { since: now, detail: '' };
	const { detail, profile, fixedAt } = found;
	const { since = now, handedAt } = known ?? {};
	return {
		since,
		detail: detail.slice(0, DETAIL).toWellFormed(),
		...(profile !== undefined && { profile }),
		...(fixedAt !== undefined && { fixedAt }),
		...(handedAt !== undefined && { handedAt }),
	};
}

/**
 * Whoever has been put right needs a while to answer: until then it keeps the cause that it had, for a profile that was attached a minute
 * ago is no new trouble.
 * @param open operations that are open.
 */
export function stillOf(troubles: readonly Trouble[], open: readonly AgentOperation[], now: number): Trouble[] {
	const explained = open.filter(({ subject }) => EXPLAINED.some((cause) => cause === subject.cause));
	return troubles.map((trouble) => {
		if (!UNEXPLAINED.some((cause) => cause === trouble.cause)) return trouble;
		const holder = explained.find(({ nodes }) => trouble.id in nodes);
		const fixedAt = holder?.nodes[trouble.id]?.fixedAt ?? now;
		if (holder === undefined || now - fixedAt >= COMES_BACK_WITHIN) return trouble;
		return { id: trouble.id, cause: holder.subject.cause, detail: 'put right: its agent has yet to answer', fixedAt };
	});
}

const EXPLAINED = ['no-profile', 'no-permissions', 'no-endpoints'] as const;
const UNEXPLAINED = ['never-seen', 'connection-lost'] as const;

export function isWell({ nodes, more }: AgentOperation): boolean {
	return more === 0 && Object.keys(nodes).length === 0;
}

export function sizeOf({ nodes, more }: AgentOperation): number {
	return Object.keys(nodes).length + more;
}

/** Nodes that a playbook may be given now: not lately, and not those that have been put right. */
export function toHand({ subject, nodes }: AgentOperation, now: number): string[] {
	if (!textOf(subject.cause).remediable) return [];
	const due = ({ handedAt, fixedAt }: Troubled) => fixedAt === undefined && (handedAt === undefined || now - handedAt >= HANDED_APART);
	return Object.keys(nodes)
		.filter((id) => due(nodes[id] as Troubled))
		.sort();
}

export function handed(operation: AgentOperation, ids: readonly string[], now: number): AgentOperation {
	const nodes = Object.entries(operation.nodes).map(([id, node]) => [id, ids.includes(id) ? { ...node, handedAt: now } : node]);
	return { ...operation, nodes: Object.fromEntries(nodes) };
}
