/** An alarm that goes off and stays so has its OpsItem, and its work; one that is calm again has it resolved: each in time. */

import type { AlarmOperation } from '../../../shared/operation/types.ts';
import type { OpsItem } from '../../aws/ssm/ops-items.ts';
import type { Execution } from '../../executing.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { type AlarmText, alarmClaim, calmMs } from './alarm-claims.ts';
import type { AlarmRecord, Change } from './alarm-record.ts';
import type { WorkAtAws } from './work-at-aws.ts';

const MINUTE = 60_000;
/** How far the clock is off, at most, that wrote a line of a history. Milliseconds. */
const SKEW = 6_000;
/** How long a call is tried, at most. Milliseconds. */
const CALL = 60_000;
/** Undisturbed ticks within which what is due is done. */
const TICKS = 4;
/** What keeps an alarm quiet is looked at again after this; one that was unmuted before its time after as long again as it was known, at most an hour. */
const QUIET_LOOK = 5 * MINUTE;
const LAST_LOOK = 60 * MINUTE;
/** What has overtaken its own end is found by the second look at the latest. */
const OVERTAKEN = 40 * MINUTE;

/** What a watch knows of alarms beside CloudWatch's own record. */
export interface Known {
	readonly record: AlarmRecord;
	readonly playbooks: readonly AlarmText[];
	readonly works: WorkAtAws;
	/** Since when it is on record that an operation starts a work. */
	readonly startingSince: Map<string, { readonly work: string; readonly at: number }>;
	/** When a person last resolved an OpsItem about an alarm. */
	readonly resolvedByHand: ReadonlyMap<string, number>;
	/** The last call of an invocation that resolved the OpsItem of an alarm of which it had not heard that it was off again: it was killed then. */
	readonly resolvedUnaware: Map<string, { readonly at: number; readonly by: Execution }>;
	/** When work of an operation was last seen to be over. */
	readonly restedAt: ReadonlyMap<string, number>;
}

export function operationsAbout({ operations }: Scene, name: string): AlarmOperation[] {
	const about = [...operations.values()].filter((each) => each.kind === 'alarm' && each.subject.alarm === name) as AlarmOperation[];
	return about.sort((a, b) => a.occurrence - b.occurrence);
}

/** The alarm that an OpsItem of ours is about. */
export function alarmOf({ source, data }: OpsItem): string | undefined {
	return source === 'fleetkeeper' ? data.get('alarm')?.Value : undefined;
}

/** Its work is begun, or runs. */
export function isBusy(operation: Recorded | undefined): boolean {
	return operation !== undefined && operation.ending === undefined && (operation.state === 'starting' || operation.state === 'running');
}

/**
 * An OpsItem that no operation has on record, opened when a person completed the operation while a call that opens one was under way: it is
 * resolved at once, if whoever made the call lives on.
 */
export function isStray({ id, createdAt }: OpsItem, about: readonly AlarmOperation[]): boolean {
	if (about.some(({ result }) => result?.opsItemId === id)) return false;
	return about.some(
		({ history, closedAt = Number.POSITIVE_INFINITY }) =>
			history.some(({ why }) => why.startsWith('completed by ')) && Math.abs(createdAt - closedAt) <= CALL + SKEW,
	);
}

export const isOpen = ({ status }: OpsItem) => status === 'Open' || status === 'InProgress';

export function checkAlarms(scene: Scene, known: Known, isOver: boolean): void {
	for (const name of known.record.claimed) {
		checkOpened(scene, known, name, isOver);
		checkResolved(scene, known, name, isOver);
	}
}

function openItem({ world }: Scene, name: string): OpsItem | undefined {
	return world.services.ssm.opsItems().find((item) => isOpen(item) && alarmOf(item) === name);
}

function checkOpened(scene: Scene, known: Known, name: string, isOver: boolean): void {
	const { record, playbooks } = known;
	const first = record.inAlarm(name).find(({ value }) => alarmClaim(playbooks, name, value) !== undefined);
	if (first?.heardAt === undefined || record.isQuiet(name) || record.isBuried(first)) return;
	const about = operationsAbout(scene, name);
	if (!about.some(({ alarm }) => alarm.stateAt >= first.at || alarm.alarms.includes(first.at))) {
		scene.violated(1, `${name} went off at ${clock(first.at)}, its event was taken, and no operation knows of it`);
		return;
	}
	const resolvedAt = Math.max(known.resolvedByHand.get(name) ?? 0, known.resolvedUnaware.get(name)?.at ?? 0);
	if (isOverByHand(about, first) || resolvedAt >= first.at) return;
	const latest = about.at(-1);
	const from = Math.max(first.heardAt, latest?.openedAt ?? 0, ...quietEnd(record, first));
	if (!isOver && scene.clock.ticks(from) < TICKS) return;
	if (openItem(scene, name) === undefined) {
		scene.violated(1, `${name} has been in ALARM since ${clock(first.at)}, and no OpsItem is open about it`);
		return;
	}
	// That earlier work is over may be known late.
	const rested = known.restedAt.get(latest?.id ?? '') ?? 0;
	if (isOver || (!isBusy(latest) && scene.clock.ticks(Math.max(from, rested)) >= TICKS)) checkBegun(scene, known, first, about);
}

/** When it must be known that nothing keeps it quiet any more. */
function quietEnd(record: AlarmRecord, { alarm, at, muteEndsAt = Number.POSITIVE_INFINITY }: Change): number[] {
	const until = record.quietUntil(alarm, at);
	if (until === undefined) return [];
	return [until + (until >= muteEndsAt ? QUIET_LOOK : Math.max(QUIET_LOOK, Math.min(until - at, LAST_LOOK)))];
}

/** A person has ended what was done about it. */
function isOverByHand(about: readonly AlarmOperation[], { at }: Change): boolean {
	return about.some(({ history }) =>
		history.some((line) => /^(cancelled|completed) by /.test(line.why) && Date.parse(line.at) >= at - SKEW),
	);
}

/** Where nothing holds it back, the playbook's work has begun since it went off, or was under way. */
function checkBegun(scene: Scene, { record, works }: Known, first: Change, about: readonly AlarmOperation[]): void {
	const playbook = record.playbookOf(first.alarm);
	if (playbook?.run === undefined || playbook.mode === 'observe' || playbook.limits || playbook.calendar) return;
	if (mayFlap(record, playbook, first.alarm)) return;
	const isThere = about.some((operation) => works.of(operation).some(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt >= first.at));
	const said = /^(failed|timed out|waiting|retried)$/;
	if (isThere || about.some(({ history }) => history.some(({ at, what }) => said.test(what) && Date.parse(at) >= first.at - SKEW))) return;
	scene.violated(3, `${first.alarm} has been in ALARM since ${clock(first.at)}, and the work of ${playbook.name} was not begun`);
}

/** Whether it has gone off so often that work may be left out: what was known of it when is another question. */
function mayFlap(record: AlarmRecord, { flapping }: AlarmText, name: string): boolean {
	return flapping !== undefined && record.changesOf(name).filter(({ meaning }) => meaning === 'alarm').length >= flapping.times;
}

function checkResolved(scene: Scene, { record, playbooks, restedAt }: Known, name: string, isOver: boolean): void {
	const item = openItem(scene, name);
	const last = record.calm(name).at(-1);
	if (item === undefined || last?.heardAt === undefined || record.isBuried(last)) return;
	const about = operationsAbout(scene, name);
	const operation = about.at(-1);
	const playbook = playbooks.find((each) => each.name === operation?.playbook.name);
	if (operation === undefined || playbook === undefined) return;
	const { id } = operation;
	if (isBusy(operation) || isStray(item, about)) return;
	const calm = last.value === 'gone' ? 0 : calmMs(playbook);
	const overtaken = item.createdAt > last.at ? item.createdAt + OVERTAKEN : 0;
	const from = Math.max(last.heardAt, last.at + calm, (restedAt.get(id) ?? 0) + calm, overtaken);
	if (!isOver && scene.clock.ticks(from) < TICKS) return;
	scene.violated(3, `${name} has been ${last.value} since ${clock(last.at)}, and ${item.id} about it is open still`);
}

export const clock = (at: number) => new Date(at).toISOString().slice(11, 19);
