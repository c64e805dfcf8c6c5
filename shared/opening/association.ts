/** Opening operations for associations that fail, and telling those that are open. */

import { Drop, describeError, Retry } from '../errors.ts';
import { AssociationEvent, NodeAssociationEvent, OF_NODE, toldCounts } from '../kinds/association/event.ts';
import { GATHER_LOOK } from '../kinds/association/timers.ts';
import type { FailingNode } from '../kinds/association/types.ts';
import { LONGEST } from '../kinds/telling.ts';
import type { AssociationFact } from '../operation/facts.ts';
import type { Services } from '../operation/services.ts';
import type { AssociationOperation, AssociationSubject } from '../operation/types.ts';
import { describeAssociation } from '../outcomes/association.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { eventTime } from './event-time.ts';
import { opened } from './opened.ts';

/** Characters of what an event says of a node's output. */
const WORD = 300;
/** What an association is called may change. Milliseconds. */
const KNOWN_FOR = 3_600_000;

type Told = Exclude<AssociationFact, { from: 'look' }>;

interface Heard {
	readonly subject: AssociationSubject;
	readonly fact: Told;
	readonly eventId: string;
}

/** The names of associations by their ids; of one that has none, or is gone, nothing. To be made once for each execution environment. */
export type AssociationNames = Map<string, { readonly name: string | undefined; readonly at: number }>;

/** Opens operations for associations of ours that fail, or tells those that are open. Results are in order of the events. */
export async function openFromAssociations(
	services: Services,
	names: AssociationNames,
	events: readonly unknown[],
): Promise<Settled<Opening<'association'>>[]> {
	const heard = await Promise.all(events.map((event) => attempt(() => hear(event, services.now()))));
	const groups = [
		...groupBy(
			heard.flatMap((each) => (each.ok ? [each.value] : [])),
			({ subject }) => subject.associationId,
		).values(),
	];
	const sightings = await inParallel(groups, 1, (group) =>
		attempt(async () => sightingOf(services, group, await ownName(services, names, group[0]?.subject.associationId ?? ''))),
	);
	const own = sightings.flatMap((each) => (each.ok ? [each.value] : []));
	const openings = await admit(services, own);
	const results = new Map<Heard, Settled<Opening<'association'>>>();
	for (const [index, group] of groups.entries()) {
		const sighting = sightings[index];
		if (sighting === undefined) continue;
		const result = sighting.ok ? openings[own.indexOf(sighting.value)] : sighting;
		if (result !== undefined) for (const each of group) results.set(each, result);
	}
	return heard.map((each) => (each.ok ? (results.get(each.value) ?? { ok: false, error: new Retry('the event was not handled') }) : each));
}

/** @throws Fail where the event is malformed; Drop where it says nothing of interest. */
function hear(event: unknown, now: number): Heard {
	const isOfNode = (event as { 'detail-type'?: unknown } | null)?.['detail-type'] === OF_NODE;
	return isOfNode ? hearOfNode(event, now) : hearOfWhole(event, now);
}

function hearOfWhole(event: unknown, now: number): Heard {
	const { detail, ...around } = parseEvent(AssociationEvent, event, 'an association');
	const counts = toldCounts(detail['association-status-aggregated-count']);
	const fact: Told = { type: 'association', from: 'event', at: eventTime(around.time, now), status: detail.status, ...counts };
	return { subject: subjectOf(around, detail), fact, eventId: around.id };
}

function hearOfNode(event: unknown, now: number): Heard {
	const { detail, ...around } = parseEvent(NodeAssociationEvent, event, 'an association on a node');
	if (detail.status !== 'Failed') throw new Drop('not-failed', `an association is ${detail.status} on a node: that is no news`);
	const word = (name: 'detailed-status' | 'error-code' | 'output-url') => String(detail[name] ?? '').slice(0, WORD);
	const node: FailingNode = {
		node: detail['instance-id'],
		status: word('detailed-status') || detail.status,
		...(word('error-code') && { errorCode: word('error-code') }),
		...(word('output-url') && { output: word('output-url') }),
	};
	return {
		subject: subjectOf(around, detail),
		fact: { type: 'association', from: 'node', at: eventTime(around.time, now), node },
		eventId: around.id,
	};
}

function subjectOf(
	{ account, region }: Pick<AssociationSubject, 'account' | 'region'>,
	detail: { readonly 'association-id': string },
): AssociationSubject {
	return { kind: 'association', associationId: detail['association-id'], account, region };
}

/**
 * What an association of ours is called.
 * @throws Drop where it is somebody else's; Retry where AWS does not say.
 */
async function ownName(services: Services, names: AssociationNames, associationId: string): Promise<string> {
	let known = names.get(associationId);
	if (known === undefined || services.now() - known.at >= KNOWN_FOR) {
		const answer = await describeAssociation(services, associationId).catch((error: unknown) => {
			throw new Retry(`association ${associationId} cannot be looked up: ${describeError(error)}`, error);
		});
		known = { name: answer?.described.AssociationName, at: services.now() };
		names.set(associationId, known);
	}
	const { name } = known;
	if (name !== undefined && isOwn(services, name)) return name;
	throw new Drop('foreign-association', `association ${associationId} (${name ?? 'without a name'}) is none of ours`);
}

/** Ours are named as all that a stage deploys. */
export function isOwn({ settings }: Pick<Services, 'settings'>, name: string): boolean {
	return name.startsWith(settings.documentPrefix);
}

function sightingOf(services: Services, heard: readonly Heard[], name: string): Sighting<'association'> {
	const [first] = heard as readonly [Heard];
	const facts = heard.map(({ fact }) => fact).sort((a, b) => a.at - b.at);
	return {
		subject: first.subject,
		open(occurrence, last) {
			const since = last?.knownAt ?? 0;
			const failures = failuresOf(facts).filter(({ at }) => at > since);
			if (failures.length === 0) {
				throw new Drop(last ? 'old-news' : 'nothing-open', `association ${name} fails nowhere, and nothing is open about it`);
			}
			return operationFor(services, { ...first, name, facts: failures }, occurrence);
		},
		facts: () => facts,
	};
}

/** What tells of failure, where nothing later tells of success. */
function failuresOf(facts: readonly Told[]): Told[] {
	const solved = facts.findLastIndex((fact) => fact.from === 'event' && fact.status === 'Success' && !fact.failing);
	return facts.slice(solved + 1).filter((fact) => fact.from === 'node' || fact.status === 'Failed');
}

interface Opened {
	readonly subject: AssociationSubject;
	readonly name: string;
	readonly facts: readonly Told[];
	readonly eventId?: string;
}

export function operationFor({ now }: Services, { subject, name, facts, eventId }: Opened, occurrence: number): AssociationOperation {
	const openedAt = now();
	const wholes = facts.flatMap((fact) => (fact.from === 'event' ? [fact] : []));
	const nodes = [...new Map(facts.flatMap((fact) => (fact.from === 'node' ? [[fact.node.node, fact.node] as const] : []))).values()];
	const found = eventId === undefined ? 'the sweep found it: its event never came' : 'its event came';
	const isOver = wholes.some(({ pending }) => !pending) || eventId === undefined;
	const on = nodes.length === 0 ? '' : ` on ${nodes.length === 1 ? nodes[0]?.node : `${nodes.length} nodes`}`;
	return {
		...opened(subject, occurrence, openedAt, `${name} fails${on}; ${found}`),
		playbook: { name: 'associations', parameterVersion: 0 },
		name,
		failing: nodes.length,
		nodes,
		knownAt: Math.max(0, ...wholes.map(({ at }) => at)),
		// While other nodes still apply it, what becomes of them is waited for.
		lookAt: isOver ? openedAt : openedAt + GATHER_LOOK,
		looks: 0,
		...{ state: 'waiting', waiting: 'retry' },
		deadlineAt: openedAt + LONGEST,
		...(eventId !== undefined && { eventId }),
		occasion: { detail: {}, account: subject.account, region: subject.region },
	};
}
