/** What S3 tells of the objects that a resource data sync of Systems Manager writes. Pure. */

import * as z from 'zod/mini';
import type { InstalledProgram } from '../../versions/version.ts';
import { envelope, name } from '../envelope.ts';

/** Of an event, as far as it is read. */
export const InventoryObject = z.object({
	...envelope,
	source: z.literal('aws.s3'),
	'detail-type': z.literal('Object Created'),
	time: z.optional(name(64)),
	detail: z.looseObject({
		bucket: z.looseObject({ name: name(63) }),
		object: z.looseObject({ key: name(1_024), size: z.optional(z.int()) }),
	}),
});
export type InventoryObject = z.infer<typeof InventoryObject>;

/** Programs are all that rules ask about. */
export const APPLICATIONS = 'AWS:Application';

/** A program as inventory has it, whatever it is kept in. */
export interface Program extends InstalledProgram {
	readonly Name: string;
}

export interface NodePrograms {
	/** Epoch milliseconds; absent where the node has no programs at all: then nothing in the object says so. */
	readonly capturedAt?: number;
	readonly programs: readonly Program[];
}
