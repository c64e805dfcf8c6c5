/** Runs of the windows of patch groups, for whom a person acts: what that asks for of AWS is left to the clock. */

import { patchItem } from '../kinds/patch/item.ts';
import { nextPatch } from '../kinds/patch/next.ts';
import type { Part } from '../operation/services.ts';

export const patch: Part = { kinds: { patch: { next: nextPatch, item: patchItem } } };
