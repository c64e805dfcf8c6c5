/** Commands on many nodes. */

import { commandItem } from '../kinds/command/item.ts';
import { nextCommand } from '../kinds/command/next.ts';
import type { Part } from '../operation/services.ts';
import { lookUpWithFleets } from '../work/fleet.ts';

/** Where they are opened: how they stand is looked up by others. */
export const command: Part = { kinds: { command: { next: nextCommand, item: commandItem } } };

/** Where they are followed to their end. */
export function commandAtAws(): Part {
	return { ...command, performers: { 'look-up-work': lookUpWithFleets } };
}
