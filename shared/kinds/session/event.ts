/** What CloudTrail says of sessions, and what playbooks can say of one. Pure. */

import * as z from 'zod/mini';
import type { SessionSubject } from '../../operation/types.ts';
import { envelope, name } from '../envelope.ts';

/** What may be absent, or be written as null: a call that failed has no answer. */
const perhaps = <T extends z.ZodMiniType>(type: T) => z.optional(z.nullable(type));
const text = z.optional(z.string());

/**
 * `AWS API Call via CloudTrail`, as far as it is read. The reason and the names are what people typed: they are taken as they are, and
 * tamed where they are kept.
 */
export const SessionEvent = z.object({
	...envelope,
	time: z.optional(name(64)),
	'detail-type': z.literal('AWS API Call via CloudTrail'),
	source: z.literal('aws.ssm'),
	detail: z.looseObject({
		eventName: z.literal(['StartSession', 'ResumeSession', 'TerminateSession']),
		eventTime: text,
		requestID: text,
		errorCode: perhaps(z.string()),
		errorMessage: perhaps(z.string()),
		userIdentity: z.looseObject({ arn: text, invokedBy: text, principalId: text }),
		requestParameters: perhaps(z.looseObject({ target: text, sessionId: text, documentName: text, reason: text })),
		responseElements: perhaps(z.looseObject({ sessionId: text })),
	}),
});
export type SessionEvent = z.infer<typeof SessionEvent>;

/** What sessions that name no document take, and the account's preferences (user guide, "Session document schema"). */
const DEFAULT_DOCUMENT = 'SSM-SessionManagerRunShell';

/** As Systems Manager gives them (API reference of StartSession). */
const SessionId = name(96);

/** Characters that are kept: of a reason as many as StartSession takes, of names more than there are. */
const [REASON, NAME] = [256, 2_048];

/** Whoever made a call: an ARN, or the service that AWS says it was. */
export function callerOf({ arn, invokedBy, principalId }: SessionEvent['detail']['userIdentity']): string {
	return plain(arn || invokedBy || principalId || 'unknown', NAME);
}

/** What is known of a session from its start, be it from the event or from the list. */
export interface Started {
	readonly sessionId: string;
	readonly owner: string;
	readonly node: string;
	readonly document?: string | undefined;
	readonly reason?: string | undefined;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	readonly account: string;
	readonly region: string;
}

export function subjectFor({ document, reason, ...started }: Started): SessionSubject {
	const said = plain(reason ?? '', REASON);
	return {
		kind: 'session',
		...started,
		owner: plain(started.owner, NAME),
		node: plain(started.node, NAME),
		document: plain(document ?? '', NAME) || DEFAULT_DOCUMENT,
		...(said && { reason: said }),
	};
}

/**
 * The session that a call is about, as far as its event tells: of one that is resumed or ended, by whom that was done.
 * @param at when, epoch milliseconds.
 * @returns nothing where it names no session.
 */
export function startOf({ account, region, detail }: SessionEvent, at: number): SessionSubject | undefined {
	const { userIdentity, requestParameters, responseElements } = detail;
	const sessionId = responseElements?.sessionId ?? requestParameters?.sessionId ?? '';
	if (!SessionId.safeParse(sessionId).success) return undefined;
	const { target: node = 'unknown', documentName: document, reason } = requestParameters ?? {};
	return subjectFor({ sessionId, owner: callerOf(userIdentity), node, document, reason, startedAt: at, account, region });
}

/** On one line, without what a terminal would act upon. */
function plain(text: string, most: number): string {
	return text
		.replaceAll(/[\p{C}\s]+/gu, ' ')
		.trim()
		.slice(0, most)
		.toWellFormed();
}

/** What `when.detail` of a playbook speaks of: the fields in playbook/fields.ts. */
export function detailOf({ node, owner, document, reason }: SessionSubject) {
	return { target: node, owner, documentName: document, ...(reason !== undefined && { reason }) };
}
