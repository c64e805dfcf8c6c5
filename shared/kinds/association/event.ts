/** What State Manager says of associations. Pure. */

import * as z from 'zod/mini';
import { envelope, like, name, nodeId } from '../envelope.ts';
import type { AssociationCounts } from './types.ts';

const associationId = like(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'the id of an association');
const around = { ...envelope, time: z.optional(name(64)), source: z.literal('aws.ssm') };
/** What may be anything, and is read as far as it makes sense. */
const perhaps = z.optional(z.unknown());

export const OF_ASSOCIATION = 'EC2 State Manager Association State Change';
export const OF_NODE = 'EC2 State Manager Instance Association State Change';

/** `EC2 State Manager Association State Change`, as far as it is read. */
export const AssociationEvent = z.object({
	...around,
	'detail-type': z.literal(OF_ASSOCIATION),
	detail: z.looseObject({
		'association-id': associationId,
		status: z.literal(['Failed', 'Pending', 'Success']),
		'association-status-aggregated-count': perhaps,
	}),
});

/** `EC2 State Manager Instance Association State Change`, as far as it is read. */
export const NodeAssociationEvent = z.object({
	...around,
	'detail-type': z.literal(OF_NODE),
	detail: z.looseObject({
		'association-id': associationId,
		'instance-id': nodeId,
		status: name(64),
		...{ 'detailed-status': perhaps, 'error-code': perhaps, 'output-url': perhaps },
	}),
});

/** How an association has ended on nodes, or has not: as AWS counts them by its words. */
export function countsOf(byStatus: Readonly<Record<string, unknown>>): AssociationCounts {
	const count = (words: readonly string[]) => words.reduce((sum, word) => sum + (Number(byStatus[word]) || 0), 0);
	return { failing: count(FAILING), pending: count(['Pending', 'InProgress', 'Associated']) };
}

export const FAILING: readonly string[] = ['Failed', 'TimedOut'];

/** `{"Success":3,"Failed":1}`: the text that an event has in the place of counts; nothing where it is none. */
export function toldCounts(text: unknown): AssociationCounts | undefined {
	try {
		const counts: unknown = JSON.parse(String(text));
		return typeof counts === 'object' && counts !== null && !Array.isArray(counts) ? countsOf({ ...counts }) : undefined;
	} catch {
		return undefined;
	}
}

/** `{Success=3, Failed=1}`: how DescribeAssociationExecutions writes counts. */
export function listedCounts(text = ''): Readonly<Record<string, number>> {
	return Object.fromEntries([...text.matchAll(/(\w+)=(\d+)/g)].map(([, word = '', count]) => [word, Number(count)]));
}
