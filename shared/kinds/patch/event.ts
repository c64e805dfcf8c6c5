/** What Systems Manager says of runs of maintenance windows. Pure. */

import * as z from 'zod/mini';
import { envelope, id, like, name } from '../envelope.ts';

/** `Maintenance Window Execution State-change Notification`, as far as it is read. */
export const WindowEvent = z.object({
	...envelope,
	source: z.literal('aws.ssm'),
	'detail-type': z.literal('Maintenance Window Execution State-change Notification'),
	time: z.optional(name(64)),
	detail: z.looseObject({
		'window-id': like(/^mw-[0-9a-f]{17}$/, 'the id of a maintenance window such as mw-0123456789abcdef0'),
		'window-execution-id': id,
		status: name(64),
		// With microseconds; a run that never began may have neither.
		'start-time': z.optional(name(64)),
		'end-time': z.optional(name(64)),
	}),
});
export type WindowEvent = z.infer<typeof WindowEvent>;

/** A run goes on; whatever else there is, or will be, is an end (API model, MaintenanceWindowExecutionStatus). */
const GOES_ON: readonly string[] = ['PENDING', 'IN_PROGRESS', 'CANCELLING'];

export function isEnd(status: string): boolean {
	return !GOES_ON.includes(status);
}

/** The window was at work already: this run did nothing, and the one before goes on. */
export const OVERLAPPING = 'SKIPPED_OVERLAPPING';
