/** Inventory. */

import type { AwsContext } from '../../types.ts';
import type { Compliance } from '../compliance/compliance.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';
import type { PatchReport } from '../patching/node-patching.ts';
import { CustomTypes } from './custom-types.ts';
import { GATHER_INVENTORY, type Gathering, inventoryGatherer } from './gather.ts';
import { Inventory } from './inventory.ts';
import { inventoryOperations } from './operations.ts';
import { provideInventory } from './providers.ts';

interface Deps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly compliance: Compliance;
	readonly patchReport: (nodeId: string) => PatchReport | undefined;
	/** The associations of a document with a node, the oldest first. */
	readonly associationsOn: (node: ManagedNode, document: string) => readonly Gathering[];
}

export function createInventory(deps: Deps) {
	const { ctx, nodes, associationsOn } = deps;
	const inventory = new Inventory(ctx, nodes);
	provideInventory(inventory, deps);
	const gatherer = inventoryGatherer({ ctx, nodes, inventory, associationsOn: (node) => associationsOn(node, GATHER_INVENTORY) });
	nodes.perform(GATHER_INVENTORY, gatherer);
	return { inventory, operations: inventoryOperations(inventory, new CustomTypes(ctx, nodes, inventory), nodes) };
}
