/** What AWS Config says of resources. Pure. */

import * as z from 'zod/mini';

/** Results of an evaluation, as AWS Config spells them. */
const COMPLIANCE_TYPES = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'] as const;

const text = z.string().check(z.regex(/./, 'expected text'));
const account = z.string().check(z.regex(/^[0-9]{12}$/, 'expected a 12-digit account id'));
/** AWS Config leaves out what it does not know, or writes null. */
const perhaps = z.nullish(z.string());

/** `Config Rules Compliance Change`, as far as it is read. It comes only when the compliance type of a resource changes. */
export const ComplianceEvent = z.object({
	id: text,
	account,
	region: text,
	time: z.optional(z.string()),
	'detail-type': z.literal('Config Rules Compliance Change'),
	source: z.literal('aws.config'),
	resources: z.optional(z.array(z.string())),
	detail: z.looseObject({
		configRuleName: text,
		resourceType: text,
		resourceId: text,
		awsAccountId: account,
		awsRegion: text,
		newEvaluationResult: z.looseObject({
			complianceType: z.literal(COMPLIANCE_TYPES),
			resultRecordedTime: perhaps,
			configRuleInvokedTime: perhaps,
			annotation: perhaps,
		}),
	}),
});
export type ComplianceEvent = z.infer<typeof ComplianceEvent>;
