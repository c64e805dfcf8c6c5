/** Opening operations from what CloudWatch says of alarms, and telling those that are open. */

import { Drop, Retry } from '../errors.ts';
import { dimensionsOf } from '../kinds/alarm/configuration.ts';
import type { AlarmEvent } from '../kinds/alarm/event.ts';
import { meaningOf } from '../kinds/alarm/news.ts';
import { withTime } from '../kinds/alarm/timers.ts';
import type { AlarmFact } from '../operation/facts.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { AlarmOperation, AlarmRecord, AlarmSubject } from '../operation/types.ts';
import { couldBeAlarm, type EventMatch, matchEvent } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import type { AlarmPlaybook, CompiledPlaybook } from '../playbook/types.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { factOf, parseAlarmEvent } from './alarm-events.ts';

/** What an event says. */
interface Heard {
	readonly event: AlarmEvent;
	readonly subject: AlarmSubject;
	readonly fact: AlarmFact;
	readonly match: EventMatch<'alarm'>;
}

/**
 * Opens operations for alarms that playbooks claim, or tells those that are open. The events of one batch are taken in the order in
 * which CloudWatch made them. Results are in order of the events.
 */
export async function openFromAlarms(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'alarm'>>[]> {
	const loaded = await services.playbooks.load();
	const heard = await Promise.all(events.map((event) => attempt(() => hear(loaded, event, services.now()))));
	const inOrder = heard.flatMap((each) => (each.ok ? [each.value] : [])).sort((a, b) => a.fact.at - b.fact.at);
	const openings = await admit(
		services,
		inOrder.map((each) => sightingOf(each, services.now())),
	);
	return heard.map((each) => {
		if (!each.ok) return each;
		return openings[inOrder.indexOf(each.value)] ?? { ok: false, error: new Retry('the event was not handled') };
	});
}

/** @throws Drop where no playbook is for the alarm; Fail where the event is malformed. */
function hear({ set, reason }: LoadedPlaybooks, given: unknown, now: number): Heard {
	const event = parseAlarmEvent(given);
	const { detail, account, region, resources = [] } = event;
	const { alarmName: alarm } = detail;
	const fact = factOf(event, now);
	if (reason !== undefined) throw new Retry(`${reason}: the event is tried again when playbook-change has run`);
	const match = matchEvent('alarm', event, set);
	if ('none' in match && !set.playbooks.some(({ playbook }) => playbook.on === 'alarm' && couldBeAlarm(playbook, alarm))) {
		throw new Drop('no-playbook', `alarm ${alarm} is left alone: ${match.none}`);
	}
	const [alarmArn = `arn:aws:cloudwatch:${region}:${account}:alarm:${alarm}`] = resources;
	return { event, subject: { kind: 'alarm', alarm, alarmArn, account, region }, fact, match };
}

function sightingOf(heard: Heard, now: number): Sighting<'alarm'> {
	return {
		subject: heard.subject,
		open: (occurrence, last) => open(heard, occurrence, last, now),
		facts: () => [heard.fact],
	};
}

/** @throws Drop where there is nothing to open. */
function open(heard: Heard, occurrence: number, last: AlarmOperation | undefined, now: number): AlarmOperation {
	const { subject, fact, match } = heard;
	const nothing = (reason: string, why: string) => new Drop(reason, `alarm ${subject.alarm}: ${why}`);
	if (fact.contributor) throw nothing('nothing-open', 'a series changed its state, and no operation is open');
	if (last !== undefined && fact.at <= last.alarm.stateAt) throw nothing('old-news', `${last.id} has known newer, and is closed`);
	const timers = 'playbook' in match ? match.playbook.playbook.alarm : last?.timers;
	const meaning = timers && meaningOf(fact.state, timers);
	if (meaning === 'alarm') {
		if ('none' in match) throw new Drop('no-playbook', `alarm ${subject.alarm} is left alone: ${match.none}`);
		return begun(heard, match.playbook, occurrence, last, now);
	}
	if (last === undefined || meaning === 'nothing' || !leftOpen(last))
		throw nothing('nothing-open', `it is ${fact.state ?? 'gone'}, and nothing is open`);
	return resumed(heard, last, occurrence, now);
}

/** Its OpsItem is open as far as is known: the operation has failed, or nobody waited for OK any longer. */
function leftOpen({ result }: AlarmOperation): boolean {
	return result?.opsItemId !== undefined && result.resolved === undefined;
}

/** What is the same for every operation that opens. */
function fresh({ event, subject }: Heard, occurrence: number, why: string, now: number) {
	return {
		id: operationId(subject, occurrence),
		kind: 'alarm',
		subject,
		occurrence,
		eventId: event.id,
		history: [{ at: new Date(now).toISOString(), what: 'opened', why }],
		openedAt: now,
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
	} as const;
}

/** It went off. Of an OpsItem that an earlier operation left open, the story goes on. */
function begun(
	heard: Heard,
	{ playbook, parameterVersion }: CompiledPlaybook<AlarmPlaybook>,
	occurrence: number,
	last: AlarmOperation | undefined,
	now: number,
): AlarmOperation {
	const { event, fact } = heard;
	const { name, run, brakes, opsItem, alarm: timers } = playbook;
	const before = last !== undefined && leftOpen(last) ? last : undefined;
	const { resources = [], detail } = event;
	return {
		...fresh(heard, occurrence, `${name}: ${fact.reason}`, now),
		playbook: { name, parameterVersion },
		...(run && { run }),
		...(brakes && { brakes }),
		opsItem,
		timers,
		state: 'starting',
		deadlineAt: now + timers.waitForOkSeconds * 1_000,
		...(before?.result?.opsItemId !== undefined && { result: { opsItemId: before.result.opsItemId, reason: fact.reason } }),
		occasion: {
			id: event.id,
			source: event.source,
			'detail-type': event['detail-type'],
			time: event.time,
			account: event.account,
			region: event.region,
			resources,
			detail,
			dimensions: dimensionsOf(detail),
		},
		alarm: {
			...stateOf(fact),
			alarms: withTime(before?.alarm.alarms ?? [], fact.at),
			count: (before?.alarm.count ?? 0) + 1,
			ran: before?.alarm.ran ?? [],
			...(before?.alarm.flapping && { flapping: true }),
			...(last !== undefined && { after: last.alarm.stateAt }),
			...(fact.held && { held: fact.held }),
		},
	};
}

/** It is OK, or gone, after its operation has closed: what is left is to resolve the OpsItem. */
function resumed(heard: Heard, last: AlarmOperation, occurrence: number, now: number): AlarmOperation {
	const { fact } = heard;
	const { playbook, run, brakes, opsItem, timers, occasion, alarm, deadlineAt } = last;
	const why = `${fact.state === undefined ? fact.reason : `it is OK: ${fact.reason}`}; ${last.result?.opsItemId} is open since ${last.id}`;
	return {
		...fresh(heard, occurrence, why, now),
		playbook,
		...(run && { run }),
		...(brakes && { brakes }),
		opsItem,
		timers,
		occasion,
		state: 'verifying',
		deadlineAt,
		result: { ...last.result, opsItem: 'added', reason: fact.reason },
		alarm: { ...alarm, ...stateOf(fact), ...(fact.state === undefined && { deleted: true }), after: alarm.stateAt },
	};
}

function stateOf({ state = 'OK', at, reason }: AlarmFact): Pick<AlarmRecord, 'state' | 'stateAt' | 'reason'> {
	return { state, stateAt: at, reason };
}
