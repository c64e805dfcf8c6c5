/** What the OpsItem of nodes with the same cause says: one for each cause while it is open. Pure. */

import type { AgentOperation } from '../../operation/types.ts';
import type { OpsItemText } from '../kind.ts';
import { listed } from '../state/item.ts';
import { causeText, textOf } from './causes.ts';
import { sizeOf } from './findings.ts';

/** Nodes that are named: with what is said of each they fit into one value of its data. */
const NAMED = 40;
/** What the description has room for. */
const FIRST = 12;

export function agentItem(operation: AgentOperation): OpsItemText {
	const { id, subject } = operation;
	const { cause } = subject;
	const { advice, spec } = textOf(cause);
	const size = sizeOf(operation);
	return {
		key: `agent/${cause}`,
		title: titleOf(operation),
		spec,
		intro: `${advice} The operational data is kept up to date; this is resolved once nothing has the cause any more.`,
		line: `${causeText(cause, size)}: ${listed(idsOf(operation), FIRST)} [${id}]`,
		// Deduplication hashes them: the nodes change.
		resources: [],
		data: { cause },
		own: { operation: id, status: statusOf(operation), affected: String(size), nodes: nodesText(operation, NAMED) || 'none' },
		isResolved: true,
	};
}

function titleOf({ subject }: AgentOperation): string {
	const [, many] = textOf(subject.cause).of;
	return `${many.charAt(0).toUpperCase()}${many.slice(1)}`;
}

/** Those that are known by id, in order. */
function idsOf({ nodes }: AgentOperation): string[] {
	return Object.keys(nodes).sort();
}

/** Nodes with what is said of each, a line each, and how many more there are. */
function nodesText(operation: AgentOperation, most: number): string {
	const lines = idsOf(operation).map((id) => `${id}: ${operation.nodes[id]?.detail}`);
	const more = sizeOf(operation) - Math.min(lines.length, most);
	return [...lines.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function statusOf(operation: AgentOperation): string {
	const { ending, subject } = operation;
	if (ending?.state === 'succeeded') return `solved: ${ending.reason}`;
	if (ending !== undefined) return `${ending.state}: ${ending.reason}`;
	return causeText(subject.cause, sizeOf(operation));
}
