/** All that is measured, in the order in which it is printed. */

import { calls } from './calls.ts';
import { coldStart } from './cold-start.ts';
import { matchingPart } from './matching.ts';
import type { Part } from './part.ts';
import { simulated } from './simulated.ts';
import { sizes } from './sizes.ts';
import { warm } from './warm.ts';

export const PARTS: readonly Part[] = [coldStart, warm, matchingPart, calls, sizes, simulated];
