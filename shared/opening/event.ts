/** Opening operations from events of any kind, and from requests. */

import { Drop, Fail, Retry } from '../errors.ts';
import { FleetEvent, REQUESTED, RunRequest, requestProblem } from '../kinds/event/event.ts';
import { REMEMBERED } from '../kinds/event/next.ts';
import { keyOf, occasionOf, resourcesOf } from '../kinds/event/occasion.ts';
import { subjectId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { EventOperation, EventSubject } from '../operation/types.ts';
import { groupBy } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import { matchEvent } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import type { EventPlaybook, Run } from '../playbook/types.ts';
import { SERVICE } from '../settings.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { opened } from './opened.ts';

/** A playbook that only opens an OpsItem has no timeout: OpsCenter may take this long to take it. Seconds. */
const TO_TELL = 86_400;

/** What a playbook wants done about one event. */
interface Claim {
	readonly subject: EventSubject;
	/** By which a copy of the event is known. */
	readonly eventId: string;
	readonly intent: Pick<EventOperation, 'playbook' | 'brakes' | 'run' | 'then' | 'opsItem' | 'occasion' | 'request' | 'scope'>;
}

/**
 * Opens operations for events that playbooks claim, or tells those that are open. Events of one batch about the same subject go to its
 * operation together. Results are in order of the events.
 */
export function openFromFleetEvents(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'event'>>[]> {
	return openClaimed(services, events, claim);
}

/**
 * Opens operations for what Fleetkeeper itself has found and playbooks `on: event` claim: it comes by no bus, where nothing of our own is
 * to set us to work. Results are in order of the findings.
 */
export function openFromOwnFindings(services: Services, findings: readonly FleetEvent[]): Promise<Settled<Opening<'event'>>[]> {
	return openClaimed(services, findings, claimEvent);
}

async function openClaimed<E>(
	services: Services,
	events: readonly E[],
	claim: (loaded: LoadedPlaybooks, event: E) => Claim,
): Promise<Settled<Opening<'event'>>[]> {
	const loaded = await services.playbooks.load();
	const claims = await Promise.all(events.map((event) => attempt(() => claim(loaded, event))));
	const claimed = claims.flatMap((each) => (each.ok ? [each.value] : []));
	const groups = [...groupBy(claimed, ({ subject }) => subjectId(subject)).values()];
	const openings = await admit(
		services,
		groups.map((group) => sightingOf(services, group)),
	);
	const results = new Map<Claim, Settled<Opening<'event'>>>();
	for (const [index, group] of groups.entries()) {
		const opening = openings[index];
		for (const each of group) if (opening !== undefined) results.set(each, forOne(each, group, opening));
	}
	return claims.map((each) => {
		if (!each.ok) return each;
		return results.get(each.value) ?? { ok: false, error: new Retry('the event was not handled') };
	});
}

/** What became of the whole group, as it concerns one event of it. */
function forOne(claim: Claim, group: readonly Claim[], opening: Settled<Opening<'event'>>): Settled<Opening<'event'>> {
	if (!opening.ok) return opening;
	const { operation } = opening.value;
	const isOpener = claim === group.find(({ eventId }) => eventId === operation.eventId);
	if (opening.value.outcome === 'opened' && isOpener) return opening;
	if (operation.closedAt !== undefined && !operation.eventIds.includes(claim.eventId)) {
		return { ok: false, error: new Retry(`${operation.id} closed before it heard of event ${claim.eventId}`) };
	}
	return { ok: true, value: { outcome: 'exists', operation } };
}

/** @throws Drop where it is our own, or no playbook is for it; Fail where it is malformed, or a request that nobody allows. */
function claim(loaded: LoadedPlaybooks, event: unknown): Claim {
	const detailType = (event as { 'detail-type'?: unknown } | null)?.['detail-type'];
	const parsed = detailType === REQUESTED ? parseEvent(RunRequest, event, 'a request') : parseEvent(FleetEvent, event, 'EventBridge');
	if (parsed.source.startsWith(SERVICE)) throw new Drop('own-event', `${parsed.source} is our own source: what we publish opens nothing`);
	if (loaded.reason !== undefined) throw new Retry(`${loaded.reason}: the event is tried again when playbook-change has run`);
	return detailType === REQUESTED ? claimRequest(loaded, parsed as RunRequest) : claimEvent(loaded, parsed);
}

function claimEvent({ set }: LoadedPlaybooks, event: FleetEvent): Claim {
	const found = matchEvent('event', event, set);
	if ('none' in found) throw new Drop('no-playbook', `${event['detail-type']} from ${event.source}: ${found.none}`);
	const { playbook, parameterVersion } = found.playbook;
	const { run, opsItem, then, about = [] } = playbook;
	const subject = { ...subjectFor(event, keyOf(event, about) ?? [event.id]), playbook: playbook.name };
	return {
		subject,
		eventId: event.id,
		intent: {
			...intentOf(playbook, parameterVersion),
			...(run && { run }),
			...(opsItem && { opsItem }),
			then,
			occasion: occasionOf(event, run === undefined ? [] : [...Object.values(run.parameters).flat(), run.node ?? '']),
		},
	};
}

/** A request that nobody allows must not vanish: whoever looks after the stage finds it in the dead-letter queue. */
function claimRequest({ set }: LoadedPlaybooks, request: RunRequest): Claim {
	const { detail, id } = request;
	const who = `${request.source}${detail.requestedBy === undefined ? '' : `, ${detail.requestedBy}`}`;
	const problem = requestProblem(detail);
	if (problem !== undefined) throw new Fail(`The request ${id} of ${who} is refused: ${problem}`);
	const found = matchEvent('request', request, set);
	if ('none' in found)
		throw new Fail(`The request ${id} of ${who} is refused: no playbook allows runbook ${detail.runbook} (${found.none})`);
	const { playbook, parameterVersion } = found.playbook;
	const { runbook, parameters = {}, targets, targetParameter, maxConcurrency, maxErrors, reason, requestedBy, requestId = id } = detail;
	const { timeoutSeconds } = playbook.run;
	const run: Run = {
		type: 'automation',
		document: runbook,
		// Values of a request are data: what looks like a path in them leads nowhere.
		parameters: Object.fromEntries(Object.keys(parameters).map((name) => [name, [`$.detail.parameters.${name}`]])),
		timeoutSeconds,
		deliverWithinSeconds: timeoutSeconds,
		registerWithinSeconds: 0,
	};
	const subject = subjectFor(request, [requestId]);
	return {
		subject,
		eventId: requestId,
		intent: {
			...intentOf(playbook, parameterVersion),
			run,
			then: playbook.then,
			occasion: occasionOf(request, Object.values(run.parameters).flat()),
			request: { ...(requestedBy !== undefined && { by: requestedBy }), ...(reason !== undefined && { reason }) },
			...(targets &&
				targetParameter && {
					scope: {
						targetParameter,
						targets,
						...(maxConcurrency !== undefined && { maxConcurrency }),
						...(maxErrors !== undefined && { maxErrors }),
					},
				}),
		},
	};
}

function subjectFor(event: Omit<FleetEvent, 'detail'>, key: readonly string[]): EventSubject {
	const { source, 'detail-type': detailType, account, region } = event;
	return { kind: 'event', source, detailType, key, resources: resourcesOf(event), account, region };
}

function intentOf({ name, brakes }: Pick<EventPlaybook, 'name' | 'brakes'>, parameterVersion: number) {
	return { playbook: { name, parameterVersion }, ...(brakes && { brakes }) };
}

/** Events about one subject, in the order in which they came. */
function sightingOf({ now }: Services, claims: readonly Claim[]): Sighting<'event'> {
	const [first] = claims;
	if (first === undefined) throw new RangeError('A sighting is of at least one event');
	const { subject } = first;
	/** Each once, and none that was heard of before. */
	const news = (known: readonly string[]) =>
		claims.filter(({ eventId }, index) => !known.includes(eventId) && index === claims.findIndex((each) => each.eventId === eventId));
	return {
		subject,
		open(occurrence, last) {
			const fresh = news(last?.eventIds ?? []);
			const [opener] = fresh;
			if (opener === undefined) throw new Drop('old-news', `${last?.id} was about this very event, and is closed`);
			return begun(opener, fresh, occurrence, last?.eventIds ?? [], now());
		},
		facts: ({ eventIds }) => news(eventIds).map(({ eventId }) => ({ type: 'seen', eventId })),
	};
}

function begun(
	{ subject, eventId, intent }: Claim,
	claims: readonly Claim[],
	occurrence: number,
	known: readonly string[],
	now: number,
): EventOperation {
	const { playbook, run, request } = intent;
	const { detailType, source } = subject;
	const asked = request === undefined ? '' : `, asked for by ${request.by ?? source}${request.reason ? `: ${request.reason}` : ''}`;
	const why = `${playbook.name}: ${detailType} from ${source}${claims.length > 1 ? `, ${claims.length} events` : ''}${asked}`;
	return {
		...opened(subject, occurrence, now, why),
		...intent,
		eventId,
		state: 'starting',
		deadlineAt: now + (run?.timeoutSeconds ?? TO_TELL) * 1_000,
		events: claims.length,
		eventIds: [...known, ...claims.map(({ eventId }) => eventId)].slice(-REMEMBERED),
	};
}
