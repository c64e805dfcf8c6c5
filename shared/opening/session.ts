/** Opening operations for sessions, and telling those that are open. */

import { Drop, describeError, Fail, Retry } from '../errors.ts';
import { callerOf, detailOf, SessionEvent, startOf } from '../kinds/session/event.ts';
import { lookAfter } from '../kinds/session/next.ts';
import { capOf, transcriptOf } from '../kinds/session/rules.ts';
import type { SessionState } from '../kinds/session/types.ts';
import { LONGEST } from '../kinds/telling.ts';
import type { SessionFact } from '../operation/facts.ts';
import { subjectId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { SessionOperation, SessionSubject } from '../operation/types.ts';
import { groupBy } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import { match } from '../playbook/match.ts';
import type { CompiledPlaybook, PlaybookSet, SessionPlaybook } from '../playbook/types.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { eventTime } from './event-time.ts';
import { opened } from './opened.ts';
import { type Tags, tagsOf } from './tags.ts';

/** A session that has begun, and how that became known. */
export interface Seen {
	readonly subject: SessionSubject;
	readonly seenBy: 'event' | 'sweep';
	readonly eventId?: string;
	readonly requestId?: string | undefined;
	/** How it has ended already. */
	readonly over?: Extract<SessionState, { is: 'over' }>;
}

/** What an event tells: that a session has begun, or what became of one. */
type Heard = { readonly seen: Seen } | { readonly subject: SessionSubject; readonly fact: SessionFact };

/** Opens operations for sessions that begin, or tells those that are open. Results are in order of the events. */
export async function openFromSessionEvents(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'session'>>[]> {
	const heard = await Promise.all(events.map((event) => attempt(() => hear(event, services.now()))));
	const known = heard.flatMap((each) => (each.ok ? [each.value] : []));
	const begun = known.flatMap((each) => ('seen' in each ? [each.seen] : []));
	const openers = await attempt(() => sightingsOf(services, begun));
	// Of what comes together, the beginning comes first.
	const inOrder = [...known.filter((each) => 'seen' in each), ...known.filter((each) => !('seen' in each))];
	const sightings = inOrder.map((each) => ('seen' in each ? (openers.ok ? openers.value.get(each.seen) : undefined) : toldOf(each)));
	const openings = await admit(
		services,
		sightings.flatMap((each) => each ?? []),
	);
	const results = new Map<Heard, Settled<Opening<'session'>>>();
	let next = 0;
	for (const [index, each] of inOrder.entries()) {
		if (sightings[index] === undefined) continue;
		results.set(each, openings[next] as Settled<Opening<'session'>>);
		next += 1;
	}
	const notOpened = openers.ok ? new Retry('the event was not handled') : openers.error;
	return heard.map((each) => (each.ok ? (results.get(each.value) ?? { ok: false, error: notOpened }) : each));
}

/** @throws Fail where the event is malformed; Drop where the call failed: nobody has a session of it. */
function hear(given: unknown, now: number): Heard {
	const event = parseEvent(SessionEvent, given, 'a session');
	const { eventName, errorCode, errorMessage, requestParameters, requestID } = event.detail;
	const requestId = requestID && `${requestID} SSM ${eventName}`;
	const by = callerOf(event.detail.userIdentity);
	if (errorCode) {
		const on = requestParameters?.target ?? requestParameters?.sessionId ?? 'nothing';
		throw new Drop('session-call-failed', `${eventName} of ${by} on ${on} failed: ${errorCode}${errorMessage ? `: ${errorMessage}` : ''}`);
	}
	const at = eventTime(event.detail.eventTime ?? event.time, now);
	const subject = startOf(event, at);
	if (subject === undefined)
		throw new Fail(`This is not an event of a session: ${eventName} names none in detail.responseElements.sessionId`);
	if (eventName === 'StartSession') return { seen: { subject, seenBy: 'event', eventId: event.id, requestId } };
	const state: SessionState = eventName === 'ResumeSession' ? { is: 'open' } : { is: 'ending', how: `terminated by ${by}` };
	return { subject, fact: { type: 'session', from: 'event', state, by, at, requestId } };
}

/** What becomes of a session that nothing is open about: its start is on its way, or the sweep finds it. */
function toldOf({ subject, fact }: Extract<Heard, { fact: SessionFact }>): Sighting<'session'> {
	return { subject, open: () => undefined, facts: () => [fact] };
}

/**
 * Sessions that have begun, with the rules that they are under.
 * @throws Retry where no playbooks are compiled yet, or AWS does not tell the tags that a playbook asks for.
 */
export async function sightingsOf(services: Services, seen: readonly Seen[]): Promise<Map<Seen, Sighting<'session'>>> {
	if (seen.length === 0) return new Map();
	const { set, reason } = await services.playbooks.load();
	if (reason !== undefined) throw new Retry(`${reason}: the session is looked at again when playbook-change has run`);
	const subjects = seen.map(({ subject }) => subject);
	const asking = subjects.filter((subject) => 'needsTags' in match('session', detailOf(subject), undefined, set));
	const tags = await tagsOf(services, asking).catch((error: unknown) => {
		throw new Retry(`the tags of nodes cannot be read: ${describeError(error)}`, error);
	});
	return new Map(
		[...groupBy(seen, ({ subject }) => subjectId(subject)).values()].flatMap((same) =>
			same.map((each) => [each, sightingOf(services, each, rulesFor(set, each.subject, tags.get(each.subject.node) ?? {}))] as const),
		),
	);
}

function rulesFor(set: PlaybookSet, subject: SessionSubject, tags: Tags): CompiledPlaybook<SessionPlaybook> | undefined {
	const found = match('session', detailOf(subject), tags, set);
	return 'playbook' in found ? found.playbook : undefined;
}

function sightingOf(services: Services, seen: Seen, compiled: CompiledPlaybook<SessionPlaybook> | undefined): Sighting<'session'> {
	return {
		subject: seen.subject,
		open(occurrence, last) {
			if (last !== undefined) throw new Drop('old-news', `${last.id} was about this very session, and is closed`);
			return operationFor(services, seen, compiled, occurrence);
		},
		facts: () => [],
	};
}

const NO_RULE = { name: 'sessions', parameterVersion: 0 };

function operationFor(
	{ now, settings }: Services,
	{ subject, seenBy, eventId, requestId, over }: Seen,
	compiled: CompiledPlaybook<SessionPlaybook> | undefined,
	occurrence: number,
): SessionOperation {
	const openedAt = now();
	const { playbook } = compiled ?? {};
	const rule = playbook?.rule ?? {};
	const transcript = transcriptOf(settings, subject);
	const capAt = capOf(subject, rule);
	const found = seenBy === 'event' ? 'its event came' : 'the sweep found it: no event had told of it';
	const why = `${subject.owner} on ${subject.node}: ${subject.reason ?? 'no reason given'}; ${found}`;
	return {
		...opened(subject, occurrence, openedAt, why, requestId),
		playbook: playbook === undefined ? NO_RULE : { name: playbook.name, parameterVersion: compiled?.parameterVersion ?? 0 },
		...(playbook?.brakes && { brakes: playbook.brakes }),
		...{ rule, opsItem: playbook?.opsItem ?? {} },
		...(transcript && { transcript }),
		...(capAt !== undefined && { capAt }),
		...(over && { over }),
		resumes: 0,
		seenAt: openedAt,
		...{ lookAt: openedAt + lookAfter(0), looks: 0 },
		state: 'running',
		deadlineAt: openedAt + LONGEST,
		dueAt: openedAt + lookAfter(0),
		...(eventId !== undefined && { eventId }),
		occasion: { detail: {}, account: subject.account, region: subject.region },
	};
}
