/** What the events of all kinds have around them, and what AWS takes of names and ids when it is asked about them. Pure. */

import * as z from 'zod/mini';

/** Text of a form. */
export const like = (form: RegExp, expected: string) => z.string().check(z.regex(form, `expected ${expected}`));
/** A name: up to so many characters, none of which ends a line or rings a bell. */
export const name = (most: number) =>
	like(new RegExp(`^(?!\\s*$)[^\\p{Cc}\\ufffe\\uffff]{1,${most}}$`, 'u'), `1 to ${most} characters without control characters`);

/** Of a command, an execution or a lifecycle action (their APIs take 36 characters). */
export const id = like(/^[!-~]{36}$/, 'an id of 36 characters');
/** Full and short ids of instances, and those of nodes of other places. */
export const nodeId = like(/^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/, 'the id of a node such as i-0123456789abcdef0');
export const account = like(/^[0-9]{12}$/, 'a 12-digit account id');
export const region = like(/^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$/, 'a Region such as eu-west-1');

/** What EventBridge takes of a resource (PutEvents). Characters. */
const ARN_LENGTH = 2_048;
const resource = z.string().check(z.maxLength(ARN_LENGTH, `expected ${ARN_LENGTH} characters at most`));

export const envelope = { id: name(128), account, region, resources: z.optional(z.array(resource)) };

export function isArn(text: string): boolean {
	return text.length <= ARN_LENGTH && /^arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\P{Cc}+$/u.test(text);
}

/** A detail that is kept whole: AWS's own events are far smaller. Characters of JSON. */
const DETAIL = 60_000;

export const modest = <T extends z.ZodMiniType>(detail: T) =>
	detail.check(z.refine((value) => JSON.stringify(value).length <= DETAIL, `expected ${DETAIL} characters at most`)) as T;
