/** What `show` says of a rule that software on nodes breaks. */

import { listed, nodesOf } from '../../shared/kinds/inventory/findings.ts';
import type { InventoryOperation } from '../../shared/operation/types.ts';
import { oneLine } from '../support/format.ts';

/** Nodes that are named. */
const NODES = 10;

export function inventoryRows(operation: InventoryOperation): (readonly [string, string])[] {
	const { subject, says, remedy, round, ran, count } = operation;
	const nodes = nodesOf(operation);
	const command = round?.operationId ?? ran ?? 'not run yet';
	return [
		['rule', oneLine(`${subject.rule}: ${says}`)],
		['broken on', nodes.length === 0 ? 'no node any more' : oneLine(`${nodes.length} of ${count}: ${listed(operation, NODES)}`)],
		...(remedy === undefined ? [] : [['command', oneLine(`${remedy.document}: ${command}`)] as const]),
	];
}
