/** Finds sessions that no operation is about: their events never came, or came too early. */

import type { Session } from '@aws-sdk/client-ssm';
import { Drop, describeError } from '../errors.ts';
import { subjectFor } from '../kinds/session/event.ts';
import { admit } from '../opening/admit.ts';
import { type Seen, sightingsOf } from '../opening/session.ts';
import type { SweepReport } from '../operation/clock.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { SessionSubject } from '../operation/types.ts';
import { listSessions, overOf } from '../outcomes/session.ts';

/** Of sessions that are over, those that began within this are looked through. Milliseconds. */
const LOOK_BACK = 6 * 3_600_000;
/** CloudTrail brings an event within a few minutes. Milliseconds. */
const ON_ITS_WAY = 5 * 60_000;

type Where = Pick<SessionSubject, 'account' | 'region'>;

/** @param where the account and the Region of the sessions. */
export async function sweepSessions(services: Services, where: Where): Promise<SweepReport> {
	try {
		const found = await findUnknown(services, where);
		const results = await admit(services, [...(await sightingsOf(services, found)).values()]);
		for (const result of results) {
			if (result.ok || result.error instanceof Drop) continue;
			services.log.error('A swept session was not opened; the next sweep tries again', { why: describeError(result.error) });
		}
		const opened = results.filter((result) => result.ok && result.value.outcome === 'opened').length;
		if (opened > 0) services.log.warn('The sweep found sessions whose events never came', { opened });
		return { waiting: found.length, opened };
	} catch (error) {
		services.log.error('Sessions could not be swept; the next sweep tries again', { why: describeError(error) });
		return { waiting: 0, opened: 0 };
	}
}

async function findUnknown(services: Services, where: Where): Promise<Seen[]> {
	const now = services.now();
	const active = await listSessions(services, 'Active');
	const after = new Date(now - LOOK_BACK).toISOString().replace(/\.\d+/, '');
	// What ends between the two lists is in both.
	const history = await listSessions(services, 'History', [{ key: 'InvokedAfter', value: after }]);
	if (!active.complete || !history.complete) services.log.warn('The sweep leaves the rest of the sessions to events: there are too many');
	const seen = new Map([
		...active.sessions.flatMap((session) => seenOf(session, where, undefined)),
		...history.sessions.flatMap((session) => seenOf(session, where, now)),
	]);
	const found = [...seen.values()].filter(({ subject, over }) => over !== undefined || now - subject.startedAt >= ON_ITS_WAY);
	const ids = found.map(({ subject }) => operationId(subject, 1));
	const known = new Set((ids.length > 0 ? await services.ledger.load(ids) : []).map(({ id }) => id));
	return found.filter((_, index) => !known.has(ids[index] ?? ''));
}

/** @param overBy of a session that is over: when that was known at the latest. */
function seenOf(session: Session, where: Where, overBy: number | undefined): [string, Seen][] {
	const { SessionId: sessionId, Owner: owner = 'unknown', Target: node = 'unknown', StartDate } = session;
	if (sessionId === undefined || StartDate === undefined) return [];
	const { DocumentName: document, Reason: reason } = session;
	const subject = subjectFor({ sessionId, owner, node, document, reason, startedAt: StartDate.getTime(), ...where });
	return [[sessionId, { subject, seenBy: 'sweep', ...(overBy !== undefined && { over: overOf(session, overBy) }) }]];
}
