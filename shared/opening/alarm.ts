/** Opening operations from what CloudWatch says of alarms, and telling those that are open. */

import { partitionOf } from '../context/partition.ts';
import { Drop, Retry } from '../errors.ts';
import { dimensionsOf } from '../kinds/alarm/configuration.ts';
import type { AlarmEvent } from '../kinds/alarm/event.ts';
import { meaningOf } from '../kinds/alarm/news.ts';
import { withinFlapping, withTime } from '../kinds/alarm/timers.ts';
import { isArn } from '../kinds/envelope.ts';
import type { AlarmFact } from '../operation/facts.ts';
import type { Services } from '../operation/services.ts';
import type { AlarmOperation, AlarmRecord, AlarmSubject, Occasion } from '../operation/types.ts';
import { couldBeAlarm, type EventMatch, matchEvent } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import type { AlarmPlaybook, CompiledPlaybook } from '../playbook/types.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { factOf, parseAlarmEvent } from './alarm-events.ts';
import { opened } from './opened.ts';

/** What an event says. */
interface Heard {
	readonly event: AlarmEvent;
	readonly subject: AlarmSubject;
	readonly fact: AlarmFact;
	readonly match: EventMatch<'alarm'>;
}

/** A series and its alarm go off together: where there is no operation after this, there will be none. Milliseconds. */
const ALARM_FOLLOWS = 120_000;

/**
 * Opens operations for alarms that playbooks claim, or tells those that are open. The events of one batch are taken in the order in
 * which CloudWatch made them. Results are in order of the events.
 */
export async function openFromAlarms(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'alarm'>>[]> {
	const loaded = await services.playbooks.load();
	const heard = await Promise.all(events.map((event) => attempt(() => hear(loaded, event, services.now()))));
	const inOrder = heard.flatMap((each) => (each.ok ? [each.value] : [])).sort(bySequence);
	const openings = await admit(
		services,
		inOrder.map((each) => sightingOf(each, services.now())),
	);
	return heard.map((each) => {
		if (!each.ok) return each;
		return openings[inOrder.indexOf(each.value)] ?? { ok: false, error: new Retry('the event was not handled') };
	});
}

/** A series goes off before its alarm does: that opens the operation that hears of the series. */
function bySequence(a: Heard, b: Heard): number {
	return Number(a.fact.contributor !== undefined) - Number(b.fact.contributor !== undefined) || a.fact.at - b.fact.at;
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
	const alarmArn = resources.find(isArn) ?? `arn:${partitionOf(region)}:cloudwatch:${region}:${account}:alarm:${alarm}`;
	return { event, subject: { kind: 'alarm', alarm, alarmArn, account, region }, fact, match };
}

function sightingOf(heard: Heard, now: number): Sighting<'alarm'> {
	return {
		subject: heard.subject,
		open: (occurrence, last) => open(heard, occurrence, last, now),
		facts: () => [{ ...heard.fact, occasion: occasionOf(heard.event) }],
	};
}

/**
 * @throws Drop where there is nothing to open; Retry where a series may have gone off before its alarm, whose own event is to come.
 */
function open(heard: Heard, occurrence: number, last: AlarmOperation | undefined, now: number): AlarmOperation {
	const { subject, fact, match } = heard;
	const nothing = (reason: string, why: string) => new Drop(reason, `alarm ${subject.alarm}: ${why}`);
	if (fact.contributor) {
		const why = 'a series changed its state, and no operation is open';
		if (fact.state === 'ALARM' && now - fact.at < ALARM_FOLLOWS) throw new Retry(`alarm ${subject.alarm}: ${why}`);
		throw nothing('nothing-open', why);
	}
	if (last !== undefined && fact.at <= last.alarm.stateAt) throw nothing('old-news', `${last.id} has known newer, and is closed`);
	const timers = 'playbook' in match ? match.playbook.playbook.alarm : last?.timers;
	const meaning = timers === undefined ? 'nothing' : meaningOf(fact.state, timers);
	if (meaning === 'alarm' && 'playbook' in match) return begun(heard, match.playbook, occurrence, last, now);
	if (fact.state === 'ALARM' && 'none' in match) throw nothing('no-playbook', `it is left alone: ${match.none}`);
	const solved = meaning === 'ok' || meaning === 'gone';
	if (last === undefined || !solved || !leftOpen(last)) throw nothing('nothing-open', `it is ${fact.state ?? 'gone'}, and nothing is open`);
	return resumed(heard, last, occurrence, now);
}

/** Its OpsItem is open as far as is known: the operation has failed, or nobody waited for OK any longer. */
function leftOpen({ result }: AlarmOperation): boolean {
	return result?.opsItemId !== undefined && result.resolved === undefined;
}

/** It went off. Of an OpsItem that an earlier operation left open, the story goes on. */
function begun(
	heard: Heard,
	{ playbook, parameterVersion }: CompiledPlaybook<AlarmPlaybook>,
	occurrence: number,
	last: AlarmOperation | undefined,
	now: number,
): AlarmOperation {
	const { fact } = heard;
	const { name, run, brakes, opsItem, alarm: timers } = playbook;
	const before = last !== undefined && leftOpen(last) ? last : undefined;
	const earlier = withinFlapping(timers, fact.at, [
		...(last?.alarm.earlier ?? []),
		...(before === undefined ? (last?.alarm.alarms ?? []) : []),
	]);
	return {
		...opened(heard.subject, occurrence, now, `${name}: ${fact.reason}`),
		eventId: heard.event.id,
		playbook: { name, parameterVersion },
		...(run && { run }),
		...(brakes && { brakes }),
		opsItem,
		timers,
		state: 'starting',
		deadlineAt: now + timers.waitForOkSeconds * 1_000,
		...(before?.result?.opsItemId !== undefined && { result: { opsItemId: before.result.opsItemId, reason: fact.reason } }),
		occasion: occasionOf(heard.event),
		alarm: {
			...stateOf(fact),
			alarms: withTime(before?.alarm.alarms ?? [], fact.at),
			count: (before?.alarm.count ?? 0) + 1,
			ran: before?.alarm.ran ?? [],
			...(earlier.length > 0 && { earlier }),
			...(before?.alarm.flapping && { flapping: true }),
			...(last !== undefined && { after: last.alarm.stateAt }),
			...(fact.held && { held: fact.held }),
		},
	};
}

function occasionOf(event: AlarmEvent): Occasion {
	const { id, source, time, account, region, resources = [], detail } = event;
	return { id, source, 'detail-type': event['detail-type'], time, account, region, resources, detail, dimensions: dimensionsOf(detail) };
}

/** It is OK, or gone, after its operation has closed: what is left is to resolve the OpsItem. */
function resumed(heard: Heard, last: AlarmOperation, occurrence: number, now: number): AlarmOperation {
	const { fact } = heard;
	const { playbook, run, brakes, opsItem, timers, occasion, alarm, deadlineAt } = last;
	const why = `${fact.state === undefined ? fact.reason : `it is OK: ${fact.reason}`}; ${last.result?.opsItemId} is open since ${last.id}`;
	return {
		...opened(heard.subject, occurrence, now, why),
		eventId: heard.event.id,
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
