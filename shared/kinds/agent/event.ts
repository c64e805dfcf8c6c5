/** Nodes that register with Systems Manager, or are deregistered. Pure. */

import * as z from 'zod/mini';
import { SERVICE } from '../../settings.ts';
import { envelope } from '../envelope.ts';

/** What playbooks `on: event` say of nodes that have a cause: such an event is on no bus. */
export const FINDING = { source: `${SERVICE}.agents`, 'detail-type': 'Agent Finding' } as const;

/** AWS names these events and documents nothing of what is in them: who hears one knows that something has changed, and looks. */
export const RegistrationEvent = z.object({
	...envelope,
	source: z.literal('aws.ssm'),
	'detail-type': z.literal(['SSM Managed Instance Registration', 'SSM Managed Instance Deregistration']),
});
