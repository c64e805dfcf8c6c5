/** Sessions, for whom a person acts: what that asks for of AWS is left to the clock. */

import { sessionItem } from '../kinds/session/item.ts';
import { nextSession } from '../kinds/session/next.ts';
import type { Part } from '../operation/services.ts';

export const session: Part = { kinds: { session: { next: nextSession, item: sessionItem } } };
