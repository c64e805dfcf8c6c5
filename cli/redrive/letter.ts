/** A message of a dead-letter queue, read: what it is, why it is there, and where it goes back to. */

import type { Message } from '@aws-sdk/client-sqs';
import { oneLine } from '../support/format.ts';
import { sentAt } from './messages.ts';
import { type DeadLetterQueue, PUBLISHING } from './queues.ts';
import { subjectOf } from './subject.ts';

/**
 * Who gave it up: `refused`, a function at once and for good; `tried`, a function after many tries; `died`, SQS, for no function ever
 * answered for it; `undelivered`, EventBridge, which could not bring it; `failed`, Lambda, after an invocation by the clock that failed.
 */
export type GivenUp = 'refused' | 'tried' | 'died' | 'undelivered' | 'failed' | 'unknown';

/** Where a letter goes back to; `nowhere` says why. */
export type Back =
	| { readonly to: 'queue'; readonly body: string }
	| { readonly to: 'topic'; readonly arn: string; readonly body: string }
	| { readonly to: 'nowhere'; readonly why: string };

export interface Letter {
	readonly message: Message;
	readonly messageId: string;
	/** Epoch milliseconds. */
	readonly since: number;
	readonly givenUp: GivenUp;
	readonly why: string;
	readonly event?: { readonly id?: string; readonly type: string; readonly subject: string };
	/** The rule that could not bring it. */
	readonly rule?: string;
	readonly back: Back;
}

type Fields = Readonly<Record<string, unknown>>;

/** The clock's: the next one does what one of them did not. */
const TICKS = ['Scheduled Event', 'Sweep'];
const TICK = 'a tick of the clock is worth nothing once the next has come';

export function readLetter({ of }: Pick<DeadLetterQueue, 'of'>, message: Message): Letter {
	const { MessageId: messageId = '', Body = '' } = message;
	const attribute = (name: string) => message.MessageAttributes?.[name]?.StringValue;
	const read = fieldsIn(Body);
	const invocation = invocationIn(read);
	const sent = invocation === undefined ? read : invocation.payload;
	const body = invocation === undefined ? Body : JSON.stringify(invocation.payload);
	const rule = attribute('RULE_ARN')?.split('/').at(-1);
	return {
		message,
		messageId,
		since: sentAt(message),
		...reasonOf(message, attribute, invocation?.why),
		...(sent && { event: eventOf(sent) }),
		...(rule !== undefined && { rule }),
		back: of === PUBLISHING ? toTheWorld(attribute('TARGET_ARN'), body, sent) : toItsQueue(body, sent),
	};
}

function reasonOf(
	{ Attributes }: Message,
	attribute: (name: string) => string | undefined,
	failure: string | undefined,
): Pick<Letter, 'givenUp' | 'why'> {
	const reason = attribute('Reason');
	if (reason !== undefined) {
		const how = attribute('GivenUp');
		return { givenUp: how === 'refused' || how === 'tried' ? how : 'unknown', why: oneLine(reason) };
	}
	const code = attribute('ERROR_CODE');
	if (code !== undefined) {
		const exhausted = attribute('EXHAUSTED_RETRY_CONDITION');
		const tries = exhausted === undefined ? '' : ` (${exhausted}, retries: ${attribute('RETRY_ATTEMPTS') ?? 'unknown'})`;
		return { givenUp: 'undelivered', why: oneLine(`EventBridge could not deliver it: ${code}, ${attribute('ERROR_MESSAGE')}${tries}`) };
	}
	if (failure !== undefined) return { givenUp: 'failed', why: oneLine(failure) };
	if (Attributes?.DeadLetterQueueSourceArn !== undefined) {
		return { givenUp: 'died', why: 'SQS moved it here: each time it was received the function ended without an answer (its log says how)' };
	}
	return { givenUp: 'unknown', why: 'nothing on it says why: it was sent here by hand' };
}

/** What Lambda sends to the destination of failed invocations: the event, and what became of it. */
function invocationIn(read: Fields | undefined): { readonly payload: Fields; readonly why: string } | undefined {
	const { requestContext, requestPayload, responsePayload } = (read ?? {}) as Record<string, Fields | undefined>;
	if (requestContext?.['condition'] === undefined || requestPayload === undefined) return undefined;
	const { errorType = 'an error', errorMessage = 'without a message' } = responsePayload ?? {};
	return { payload: requestPayload, why: `the invocation failed (${requestContext['condition']}): ${errorType}: ${errorMessage}` };
}

function eventOf(event: Fields): NonNullable<Letter['event']> {
	const { id, 'detail-type': type } = event;
	return {
		...(typeof id === 'string' && { id: oneLine(id) }),
		type: typeof type === 'string' ? oneLine(type) : 'no event of EventBridge',
		subject: subjectOf(event),
	};
}

function toItsQueue(body: string, sent: Fields | undefined): Back {
	return TICKS.some((type) => type === sent?.['detail-type']) ? { to: 'nowhere', why: TICK } : { to: 'queue', body };
}

/** Of what the rules in infra/publishing.yml tell: messages of the topic can be told again, entries of the audit trail cannot. */
function toTheWorld(target: string | undefined, body: string, sent: Fields | undefined): Back {
	const { message, operationId } = (sent?.['detail'] ?? {}) as Fields;
	if (target?.includes(':sns:')) return { to: 'topic', arn: target, body: typeof message === 'string' ? message : body };
	const where = typeof operationId === 'string' ? `: fleet -- show ${oneLine(operationId)} has the same` : '';
	return { to: 'nowhere', why: `entries of the audit trail are EventBridge's to write, the ledger is not affected${where}` };
}

function fieldsIn(body: string): Fields | undefined {
	try {
		const value: unknown = JSON.parse(body);
		return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : undefined;
	} catch {
		return undefined;
	}
}
