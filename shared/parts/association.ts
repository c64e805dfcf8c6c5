/** Associations that fail: the kind, and who asks State Manager. */

import { associationItem } from '../kinds/association/item.ts';
import { nextAssociation } from '../kinds/association/next.ts';
import type { Part } from '../operation/services.ts';
import { applyAssociations, lookAtAssociations } from '../outcomes/association.ts';

/** Where people act on them: how they stand is left to the clock. */
export const association: Part = { kinds: { association: { next: nextAssociation, item: associationItem } } };

export function associationAtAws(): Part {
	return { ...association, performers: { 'look-at-association': lookAtAssociations, 'apply-association': applyAssociations } };
}
