/** Nodes that are not compliant: the kind, and who asks Systems Manager. */

import { stateItem } from '../kinds/state/item.ts';
import { nextState } from '../kinds/state/next.ts';
import type { Part } from '../operation/services.ts';
import { readNodeStates } from '../outcomes/state.ts';

/** Where people act on them: how they stand is left to the clock. */
export const state: Part = { kinds: { state: { next: nextState, item: stateItem } } };

export function stateAtAws(): Part {
	return { ...state, performers: { 'read-node-state': readNodeStates } };
}
