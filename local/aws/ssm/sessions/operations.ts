/** The operations on sessions. */

import type {
	DescribeSessionsCommandInput,
	DescribeSessionsCommandOutput,
	GetConnectionStatusCommandInput,
	GetConnectionStatusCommandOutput,
	ResumeSessionCommandInput,
	ResumeSessionCommandOutput,
	SessionFilter,
	StartSessionCommandInput,
	StartSessionCommandOutput,
	TerminateSessionCommandInput,
	TerminateSessionCommandOutput,
	Session as WireSession,
} from '@aws-sdk/client-ssm';
import { callerArn, type RoleOf } from '../../identity.ts';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Caller, type Output } from '../../types.ts';
import { checkAmong, checkLength, given, pageSize } from '../checks.ts';
import type { Documents } from '../documents.ts';
import type { Lag } from '../lag.ts';
import { DEFAULT_SESSION, DEFAULT_SESSION_DOCUMENT, sessionSettings } from './document.ts';
import { isOver, type Session, type Sessions } from './sessions.ts';

/** Systems Manager quotas: the history goes back 30 days. */
const KEPT_MS = 30 * 86_400_000;

interface Deps {
	readonly ctx: AwsContext;
	readonly sessions: Sessions;
	readonly documents: Documents;
	readonly lag: Lag;
	readonly roleOf: RoleOf;
}

export function sessionOperations({ ctx, sessions, documents, lag, roleOf }: Deps) {
	/** @throws AwsError `InvalidDocument` for what is no Session document. */
	function contentOf(name: string): Readonly<Record<string, unknown>> {
		if (name === DEFAULT_SESSION_DOCUMENT && !documents.find(name)) return DEFAULT_SESSION;
		const document = documents.get(name);
		if (document.type !== 'Session') throw new AwsError('InvalidDocument', `Document type ${document.type} is not supported for sessions.`);
		return documents.version(document).content;
	}

	function channel({ id }: Session) {
		const StreamUrl = `wss://ssmmessages.${ctx.region}.amazonaws.com/v1/data-channel/${id}?role=publish_subscribe`;
		return { SessionId: id, TokenValue: ctx.id(64), StreamUrl };
	}

	return {
		StartSession(
			input: StartSessionCommandInput,
			{ caller = 'unknown' }: Caller = { caller: undefined },
		): Output<StartSessionCommandOutput> {
			const { Target: target = '', DocumentName: named, Reason: reason, Parameters: parameters = {} } = input;
			checkLength(target, 'target', 1, 400);
			checkLength(reason, 'reason', 1, 256);
			const document = named ?? DEFAULT_SESSION_DOCUMENT;
			const settings = sessionSettings(contentOf(document), parameters);
			const node = sessions.connected(target);
			if (!node) throw new AwsError('TargetNotConnected', `${target} is not connected.`);
			const owner = callerArn(ctx, caller, roleOf);
			return channel(sessions.start(node, { document, owner, caller, settings, ...given('reason', reason) }));
		},

		ResumeSession({ SessionId: id = '' }: ResumeSessionCommandInput): Output<ResumeSessionCommandOutput> {
			return channel(sessions.resume(sessions.find(id), id));
		},

		/** Of one that has ended, or never was, it says the same. */
		TerminateSession({ SessionId: id = '' }: TerminateSessionCommandInput): Output<TerminateSessionCommandOutput> {
			checkLength(id, 'sessionId', 1, 96);
			const session = sessions.find(id);
			if (session) sessions.end(session);
			return { SessionId: id };
		},

		DescribeSessions(input: DescribeSessionsCommandInput): Output<DescribeSessionsCommandOutput> {
			const { State: state = '', Filters: filters = [] } = input;
			checkAmong(state, 'state', ['Active', 'History']);
			checkLength(input.Filters, 'filters', 1, 6);
			const now = ctx.clock.now();
			const seen = (at: number | undefined) => at !== undefined && at <= now - lag.listsMs;
			const matching = sessions
				.all()
				.filter((session) => seen(session.startedAt) && (session.endedAt ?? now) > now - KEPT_MS)
				.filter((session) => (state === 'History') === seen(session.endedAt))
				.filter((session) => filters.every((filter) => passes(session, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 200));
			return { Sessions: found.items.map((session) => wire(session, state === 'History')), ...nextToken(found) };
		},

		GetConnectionStatus({ Target: target = '' }: GetConnectionStatusCommandInput): Output<GetConnectionStatusCommandOutput> {
			return { Target: target, Status: sessions.connected(target) ? 'connected' : 'notconnected' };
		},
	};
}

/** A list that is behind shows one that has just ended as it was. */
function wire(session: Session, hasEnded: boolean): WireSession {
	const { id, target, document, owner, reason, startedAt, endedAt, status, details, settings } = session;
	return {
		SessionId: id,
		Target: target,
		Status: !hasEnded && isOver(session) ? 'Connected' : status,
		StartDate: new Date(startedAt),
		DocumentName: document,
		Owner: owner,
		AccessType: 'Standard',
		OutputUrl: {},
		...given('EndDate', hasEnded && endedAt !== undefined ? new Date(endedAt) : undefined),
		...given('Reason', reason),
		...given('Details', details),
		...given('MaxSessionDuration', settings.maxMinutes === undefined ? undefined : String(settings.maxMinutes)),
	};
}

function passes({ id, target, owner, status, startedAt }: Session, { key, value = '' }: SessionFilter): boolean {
	switch (key) {
		case 'InvokedAfter':
			return startedAt > Date.parse(value);
		case 'InvokedBefore':
			return startedAt < Date.parse(value);
		case 'Target':
			return target === value;
		case 'Owner':
			return owner === value;
		case 'Status':
			return status === value;
		case 'SessionId':
			return id === value;
		case 'AccessType':
			return value === 'Standard';
		default:
			throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
	}
}
