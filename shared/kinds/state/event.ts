/** What Systems Manager says of the compliance of nodes. Pure. */

import * as z from 'zod/mini';
import { envelope, name, nodeId } from '../envelope.ts';

const STATUSES = { compliant: 'compliant', non_compliant: 'noncompliant' } as const;

/**
 * `Configuration Compliance State Change`, as far as it is read. One of AWS's samples has an account's number in its source; nobody but AWS
 * can put events of a source that begins so.
 */
export const StateEvent = z.object({
	...envelope,
	time: z.optional(name(64)),
	'detail-type': z.literal('Configuration Compliance State Change'),
	source: z.string().check(z.startsWith('aws.', 'expected a source of AWS')),
	detail: z.looseObject({
		'compliance-type': z.literal(['Patch', 'Association']),
		'compliance-status': z.literal(['compliant', 'non_compliant']),
		'resource-id': nodeId,
		severity: z.optional(name(64)),
	}),
});
export type StateEvent = z.infer<typeof StateEvent>;

export function isOf(status: StateEvent['detail']['compliance-status']): 'compliant' | 'noncompliant' {
	return STATUSES[status];
}
