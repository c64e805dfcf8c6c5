/** What is known of nodes, and what is news of them. Pure. */

import type { StateOperation } from '../../operation/types.ts';
import type { NodeFinding } from './types.ts';

/** Older findings of nodes that are well come within this, or from the clock. Milliseconds. */
const LATE = 3_600_000;
/** A list may lag behind events: a node that was found noncompliant so lately is not well because the list lacks it. Milliseconds. */
const LIST_LAG = 120_000;
/** Nodes of one operation: more than a Region has. */
const MOST = 5_000;

/** The highest first, as AWS ranks them. */
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational', 'unspecified'];

export interface Learned {
	readonly operation: StateOperation;
	/** Nodes that are not compliant now, and were not known to be; and the other way round. */
	readonly fallen: readonly string[];
	readonly recovered: readonly string[];
	/** Of those that recovered: Systems Manager does not manage them any more. */
	readonly gone: readonly string[];
	/** It is worse than was known. */
	readonly worse: boolean;
}

/** An operation with what was found: what is older than what is known of a node is no news. The operation itself where there is none. */
export function learn(before: StateOperation, findings: readonly NodeFinding[], from: 'event' | 'look'): Learned {
	const nodes = new Map(Object.entries(before.nodes));
	const well = new Map(Object.entries(before.well));
	const fallen: string[] = [];
	const recovered: string[] = [];
	const gone: string[] = [];
	let { severity, count } = before;
	let changed = false;
	let latest = 0;
	for (const { node, is, at, severity: found } of inOrder(findings)) {
		const badSince = nodes.get(node);
		latest = Math.max(latest, at);
		if (is === 'noncompliant') {
			if (at <= (well.get(node) ?? 0) || (badSince === undefined && nodes.size >= MOST)) continue;
			severity = higher(severity, found);
			if (badSince !== undefined && (from === 'look' || at <= badSince)) continue;
			if (badSince === undefined) {
				fallen.push(node);
				count += 1;
			}
			nodes.set(node, at);
			well.delete(node);
		} else {
			if (badSince === undefined || badSince >= (from === 'look' ? at - LIST_LAG : at)) continue;
			nodes.delete(node);
			well.set(node, at);
			recovered.push(node);
			if (is === 'gone') gone.push(node);
		}
		changed = true;
	}
	const worse = severity !== before.severity;
	const none = { fallen: [], recovered: [], gone: [], worse: false };
	if (!changed && !worse) return { operation: before, ...none };
	const kept = [...well].filter(([, at]) => latest - at < LATE);
	const operation = { ...before, nodes: Object.fromEntries(nodes), well: Object.fromEntries(kept), count, ...(severity && { severity }) };
	return { operation, fallen, recovered, gone, worse };
}

function inOrder(findings: readonly NodeFinding[]): NodeFinding[] {
	return [...findings].sort((a, b) => a.at - b.at);
}

function higher(known: string | undefined, found: string | undefined): string | undefined {
	if (found === undefined || !SEVERITIES.includes(found)) return known;
	return known === undefined || SEVERITIES.indexOf(found) < SEVERITIES.indexOf(known) ? found : known;
}

/** Whether an operation knows of a node, as one of those that are not compliant or that were a moment ago. */
export function knows({ nodes, well }: StateOperation, node: string): boolean {
	return node in nodes || node in well;
}

export function nodesOf({ nodes }: StateOperation): string[] {
	return Object.keys(nodes).sort();
}
