/** Rules for software on nodes: the kind, for whom a person acts: what that asks for of AWS is left to the clock. */

import { inventoryItem } from '../kinds/inventory/item.ts';
import { nextInventory } from '../kinds/inventory/next.ts';
import type { Part } from '../operation/services.ts';

export const inventory: Part = { kinds: { inventory: { next: nextInventory, item: inventoryItem } } };
