/** Rules for software on nodes, where they are followed. Apart from the kind: who loads this may read inventory, and begin commands. */

import { readInventory } from '../inventory/look.ts';
import { lookAtRounds, runRound } from '../inventory/round.ts';
import type { Part } from '../operation/services.ts';
import { inventory } from './inventory.ts';

export function inventoryAtAws(): Part {
	return { ...inventory, performers: { 'read-inventory': readInventory, 'run-round': runRound, 'look-at-round': lookAtRounds } };
}
