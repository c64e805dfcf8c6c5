/** How sessions stand, and ending those that must not go on. */

import { DescribeSessionsCommand, type Session, type SessionFilter, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { requestIdOf } from '../errors.ts';
import type { SessionState } from '../kinds/session/types.ts';
import type { Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { SessionOperation } from '../operation/types.ts';
import { inParallel } from '../parallel.ts';
import { attempt } from '../settled.ts';
import { unlessPaused } from '../work/work.ts';

/** Sessions of one page (API reference of DescribeSessions), and pages of one list. */
const PAGE = 200;
const PAGES = 10;
/** DescribeSessions and TerminateSession: six a second each (Systems Manager quotas). */
const CONCURRENT_CALLS = 2;
/** Sessions that one look asks for one by one: of more that have ended at once, the next does. */
const ASKED = 60;

type Aws = Pick<Services, 'aws'>;

export interface Listed {
	readonly sessions: readonly Session[];
	/** All that there are. */
	readonly complete: boolean;
	readonly requestId?: string | undefined;
}

/** Sessions that are open, or that have ended within 30 days. Rejects with what the SDK throws. */
export async function listSessions({ aws }: Aws, State: 'Active' | 'History', Filters: SessionFilter[] = []): Promise<Listed> {
	const sessions: Session[] = [];
	let NextToken: string | undefined;
	let requestId: string | undefined;
	for (let page = 0; page < PAGES; page += 1) {
		const output = await aws.ssm.send(
			new DescribeSessionsCommand({ State, MaxResults: PAGE, ...(Filters.length > 0 && { Filters }), ...(NextToken && { NextToken }) }),
		);
		sessions.push(...(output.Sessions ?? []));
		NextToken = output.NextToken;
		requestId ??= requestIdOf(output);
		if (NextToken === undefined) return { sessions, complete: true, requestId };
	}
	return { sessions, complete: false, requestId };
}

/** How a session has ended that the list of those that are over has. @param now stands in where AWS tells no time. */
export function overOf({ Status, EndDate, Details }: Session, now: number): Extract<SessionState, { is: 'over' }> {
	const at = EndDate?.getTime() ?? now;
	if (Status === 'Failed') return { is: 'over', at, how: Details || 'Systems Manager does not say why', failed: true };
	return { is: 'over', at, how: 'its shell was left, or it was idle or open for too long' };
}

/** How sessions stand: one list of all that are open, and of each that is not among them its end. */
export const lookAtSessions: Perform<SessionOperation> = async (services, operations) => {
	const at = services.now();
	const active = await attempt(() => listSessions(services, 'Active'));
	if (!active.ok) return new Map(operations.map(({ id }) => [id, notDone('look-at-session', active.error)]));
	const { sessions, complete, requestId } = active.value;
	const open = new Set(sessions.map(({ SessionId }) => SessionId));
	const isOpen = ({ subject }: SessionOperation) => open.has(subject.sessionId);
	const facts = new Map<string, Fact>(
		operations.filter(isOpen).map(({ id }) => [id, { type: 'session', from: 'look', state: { is: 'open' }, at, requestId }]),
	);
	const others = operations.filter((operation) => !isOpen(operation));
	await inParallel(others.slice(0, ASKED), CONCURRENT_CALLS, async (operation) => {
		facts.set(operation.id, await lookAtEnd(services, operation, complete));
	});
	const later = notDone('look-at-session', new Error('many sessions have ended at once: the next look asks for this one'));
	for (const { id } of others.slice(ASKED)) facts.set(id, later);
	return facts;
};

/** @param complete whether the list of those that are open had all of them. */
async function lookAtEnd(services: Services, { subject }: SessionOperation, complete: boolean): Promise<Fact> {
	const at = services.now();
	const one: SessionFilter[] = [{ key: 'SessionId', value: subject.sessionId }];
	try {
		const { sessions, requestId } = await listSessions(services, 'History', one);
		const found = sessions.find(({ SessionId }) => SessionId === subject.sessionId);
		if (found !== undefined) return { type: 'session', from: 'look', state: overOf(found, at), at, requestId };
		const isOpen = !complete && (await listSessions(services, 'Active', one)).sessions.length > 0;
		return { type: 'session', from: 'look', state: { is: isOpen ? 'open' : 'unknown' }, at, requestId };
	} catch (error) {
		return notDone('look-at-session', error);
	}
}

/** Terminates sessions. Of one that has ended, AWS says the same. While all starting of work is paused, none is. */
export const terminateSessions: Perform = unlessPaused(async (services, operations) => {
	const facts = await inParallel(operations, CONCURRENT_CALLS, async (operation): Promise<[string, Fact]> => {
		return [operation.id, await terminate(services, operation as SessionOperation)];
	});
	return new Map(facts);
});

async function terminate({ aws }: Services, { subject }: SessionOperation): Promise<Fact> {
	try {
		const output = await aws.ssm.send(new TerminateSessionCommand({ SessionId: subject.sessionId }));
		return { type: 'done', effect: 'terminate-session', requestId: requestIdOf(output) };
	} catch (error) {
		return notDone('terminate-session', error);
	}
}
