/** Nodes that are not managed as they should be. */

import { agentItem } from '../kinds/agent/item.ts';
import { nextAgent } from '../kinds/agent/next.ts';
import type { Part } from '../operation/services.ts';

/** Where people act on them: how they stand is left to the clock. */
export const agent: Part = { kinds: { agent: { next: nextAgent, item: agentItem } } };
