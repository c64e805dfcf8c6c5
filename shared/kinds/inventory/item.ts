/** What the OpsItem of a rule for software says: one a rule, while any node breaks it. Pure. */

import type { OpsItemText } from '../kind.ts';
import { countText, listed, nodesOf } from './findings.ts';
import type { InventoryOperation } from './types.ts';

/** Nodes that the operational data names, and what the description has room for. */
const NAMED = 25;
const FIRST = 5;

export function inventoryItem(operation: InventoryOperation): OpsItemText {
	const { id, subject, says, opsItem, ran, remedy } = operation;
	return {
		key: `inventory/${subject.rule}`,
		title: `Software on nodes breaks rule ${subject.rule}`,
		spec: opsItem,
		intro:
			`The rule: ${says}. What a node has: fleet -- report inventory --node <node>. ` +
			`This is kept up to date in the operational data, and resolved once the inventory of no node breaks the rule.`,
		line: `${countText(operation)}: ${listed(operation, FIRST)} [${id}]`,
		resources: [],
		data: { rule: subject.rule },
		own: {
			operation: id,
			says,
			status: statusOf(operation),
			broken: String(nodesOf(operation).length),
			nodes: listed(operation, NAMED, '\n') || 'none',
			command: ran ?? (remedy === undefined ? 'none: the playbook runs nothing' : `${remedy.document}: not run yet`),
		},
		isResolved: true,
	};
}

function statusOf(operation: InventoryOperation): string {
	const { ending } = operation;
	if (ending?.state === 'succeeded') return `solved: ${ending.reason}`;
	return ending === undefined ? countText(operation) : `${ending.state}: ${ending.reason}`;
}
