/** Nodes that are not managed as they should be, as `fleet -- show` tells of them. */

import { causeText } from '../../shared/kinds/agent/causes.ts';
import { sizeOf } from '../../shared/kinds/agent/findings.ts';
import type { AgentOperation } from '../../shared/operation/types.ts';
import { oneLine, span } from '../support/format.ts';

/** Nodes that have a line of their own; --json has all of them. */
const NAMED = 20;

/** @param now epoch milliseconds. */
export function agentRows(operation: AgentOperation, now: number): (readonly [string, string])[] {
	const { subject, nodes, count } = operation;
	const ids = Object.keys(nodes).sort();
	const size = sizeOf(operation);
	const more = size - Math.min(ids.length, NAMED);
	return [
		['cause', subject.cause],
		['has it', size === 0 ? `nothing any more, of ${count}` : causeText(subject.cause, size)],
		...ids.slice(0, NAMED).map((id) => {
			const { since, detail, handedAt } = nodes[id] as AgentOperation['nodes'][string];
			const given = handedAt === undefined ? '' : `; given to a playbook ${span(now - handedAt)} ago`;
			return ['', `${id}  ${oneLine(detail)}; known for ${span(now - since)}${given}`] as const;
		}),
		...(more > 0 ? [['', `and ${more} more`] as const] : []),
	];
}
