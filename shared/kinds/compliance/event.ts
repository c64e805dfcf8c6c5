/** What AWS Config says of resources. Pure. */

import * as z from 'zod/mini';
import { account, envelope, modest, name, region } from '../envelope.ts';

/** Results of an evaluation, as AWS Config spells them. */
const COMPLIANCE_TYPES = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'] as const;

/** AWS Config leaves out what it does not know, or writes null. */
const perhaps = z.nullish(z.string());

/** `Config Rules Compliance Change`, as far as it is read. It comes only when the compliance type of a resource changes. */
export const ComplianceEvent = z.object({
	...envelope,
	time: z.optional(name(64)),
	'detail-type': z.literal('Config Rules Compliance Change'),
	source: z.literal('aws.config'),
	detail: modest(
		z.looseObject({
			// As GetComplianceDetailsByResource and StartConfigRulesEvaluation take them.
			configRuleName: name(128),
			resourceType: name(256),
			resourceId: name(768),
			awsAccountId: account,
			awsRegion: region,
			newEvaluationResult: z.looseObject({
				complianceType: z.literal(COMPLIANCE_TYPES),
				resultRecordedTime: perhaps,
				configRuleInvokedTime: perhaps,
				annotation: perhaps,
			}),
		}),
	),
});
export type ComplianceEvent = z.infer<typeof ComplianceEvent>;
