/** Remediations of what AWS Config finds: the kind, and who asks AWS Config. */

import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import type { Deps } from '../deps.ts';
import { complianceItem } from '../kinds/compliance/item.ts';
import { nextCompliance } from '../kinds/compliance/next.ts';
import type { Part } from '../operation/services.ts';
import { evaluateRules, readCompliance } from '../outcomes/compliance.ts';

/** Where work ends: what it has achieved is left to others. */
export const compliance: Part = { kinds: { compliance: { next: nextCompliance, item: complianceItem } } };

/** Where AWS Config is asked. To be made once for each execution environment. */
export function complianceAtAws({ aws }: Pick<Deps, 'aws'>): Part & { readonly config: ConfigServiceClient } {
	const config = aws.client(ConfigServiceClient);
	return { ...compliance, performers: { 'read-compliance': readCompliance(config), 'evaluate-rule': evaluateRules(config) }, config };
}
