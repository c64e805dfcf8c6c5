/** Events of any kind, and requests. */

import { eventItem } from '../kinds/event/item.ts';
import { nextEvent } from '../kinds/event/next.ts';
import type { Part } from '../operation/services.ts';

export const event: Part = { kinds: { event: { next: nextEvent, item: eventItem } } };
