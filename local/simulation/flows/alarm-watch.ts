/** What must hold of calls and records about alarms: nothing is resolved or begun that should not be, and nobody else's is touched. */

import type { AlarmOperation } from '../../../shared/operation/types.ts';
import type { ApiCall } from '../../aws/api-call.ts';
import type { Call } from '../../aws/wire.ts';
import type { Execution } from '../../executing.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { WORK_TAG } from '../work-ends.ts';
import { type AlarmText, alarmClaim, calmMs, isClaimed } from './alarm-claims.ts';
import type { AlarmRecord, Change } from './alarm-record.ts';
import { alarmOf, clock, isOpen, isStray, type Known, operationsAbout } from './alarm-served.ts';
import { secondsOf } from './claims.ts';

const SKEW = 6_000;
/** An event that comes within this was not late. Milliseconds. */
const AT_ONCE = 1_000;

type Input = Readonly<Record<string, unknown>>;

/** Functions look at alarms that a playbook is for, and at OpsItems of ours; and what they start is due. */
export function checkAsked(scene: Scene, known: Known, call: Call, execution: Execution | undefined): void {
	if (execution === undefined) return;
	const { playbooks } = known;
	const input = call.input as Input;
	const work = workOf(call.operation, input);
	if (work !== undefined) checkAskedFor(scene, known, work, scene.startedAt(execution));
	if (call.service === 'cloudwatch') {
		const names = [...((input['AlarmNames'] as string[] | undefined) ?? []), ...(input['AlarmName'] ? [String(input['AlarmName'])] : [])];
		const other = names.find((name) => !isClaimed(playbooks, name));
		if (other !== undefined) scene.violated(3, `${call.operation} asks about ${other}, which no playbook is for`);
	}
	if (call.service === 'ssm' && (call.operation === 'UpdateOpsItem' || call.operation === 'GetOpsItem')) {
		const item = scene.world.services.ssm.opsItems().find(({ id }) => id === input['OpsItemId']);
		if (item && item.source !== 'fleetkeeper') scene.violated(3, `${call.operation} on ${item.id}, which is ${item.source}'s`);
	}
}

/** A start that is on record since before an invocation may have been heard: to ask for it again makes nothing new. */
function checkAskedFor(scene: Scene, known: Known, work: string, startedAt: number): void {
	known.record.look();
	for (const operation of scene.operations.values()) {
		const isNew = (known.startingSince.get(operation.id)?.at ?? 0) >= startedAt;
		if (operation.kind === 'alarm' && operation.work?.id === work && isNew) checkStarting(scene, known, operation, startedAt);
	}
}

export function checkCalled(scene: Scene, known: Known, call: ApiCall, execution: Execution | undefined): void {
	if (execution === undefined) return;
	for (const [name, { by }] of known.resolvedUnaware) if (by === execution) known.resolvedUnaware.delete(name);
	if (call.error !== undefined || call.service !== 'ssm') return;
	const input = call.input as Input;
	const { OpsItemId, Status } = input;
	if (call.operation === 'UpdateOpsItem' && Status === 'Resolved') {
		known.record.look();
		checkResolving(scene, known, String(OpsItemId), execution);
	}
	if (call.operation === 'CreateOpsItem') {
		known.record.look();
		checkOpening(scene, known, input);
	}
}

function workOf(operation: string, input: Input): string | undefined {
	if (operation === 'SendCommand') return /^fleetkeeper (\S+)\//.exec(String(input['Comment']))?.[1];
	if (operation !== 'StartAutomationExecution') return undefined;
	const tags = (input['Tags'] ?? []) as readonly { readonly Key: string }[];
	return tags.find(({ Key }) => Key.startsWith(WORK_TAG))?.Key.slice(WORK_TAG.length);
}

/** What is not known when a function begins it cannot go by. */
const isKnown = ({ heardAt = Number.POSITIVE_INFINITY }: Change, startedAt: number) => heardAt < startedAt;

function wasOpen({ openedAt, closedAt = Number.POSITIVE_INFINITY }: AlarmOperation, at = Number.POSITIVE_INFINITY): boolean {
	return openedAt <= at && at <= closedAt;
}

/** Nothing is resolved that is in ALARM, or has been calm for less than its playbook asks for. */
function checkResolving(scene: Scene, { record, playbooks, resolvedUnaware }: Known, id: string, by: Execution): void {
	const startedAt = scene.startedAt(by);
	const item = scene.world.services.ssm.opsItems().find((each) => each.id === id);
	const name = item && alarmOf(item);
	if (name === undefined) return;
	const about = operationsAbout(scene, name);
	if (item === undefined || isStray(item, about)) return;
	const operation = about.findLast(({ result }) => result?.opsItemId === id);
	if (operation?.history.some(({ why }) => why.startsWith('completed by '))) return;
	const wentOff = record.changesOf(name).findLast(({ meaning }) => meaning === 'alarm');
	const [calm] = record.calm(name);
	// What no playbook is for is news for an operation that is open then, and for nobody else.
	if (wentOff && alarmClaim(playbooks, name, wentOff.value) === undefined && !about.some((each) => wasOpen(each, wentOff.heardAt))) return;
	if (wentOff === undefined) {
		scene.violated(3, `${id} about ${name} was resolved, and it never went off`);
	} else if (calm === undefined) {
		if (isKnown(wentOff, startedAt)) scene.violated(3, `${id} about ${name} was resolved, and it is in ALARM since ${clock(wentOff.at)}`);
		else {
			scene.reached('resolved before its ALARM was heard of');
			resolvedUnaware.set(name, { at: scene.now(), by });
		}
	} else if (isKnown(wentOff, startedAt)) {
		const playbook = playbooks.find((each) => each.name === operation?.playbook.name) ?? record.playbookOf(name);
		const isGone = record.calm(name).some(({ value }) => value === 'gone');
		const calmFor = scene.now() - calm.at;
		if (playbook && !isGone && calmFor < calmMs(playbook) - SKEW)
			scene.violated(3, `${id} about ${name} was resolved after a calm of ${Math.round(calmFor / 1_000)} s`);
	}
}

/** What was quiet from the beginning and is so still opens nothing, nor does what nobody claims. */
function checkOpening(scene: Scene, { record, playbooks }: Known, input: Input): void {
	const data = (input['OperationalData'] ?? {}) as Readonly<Record<string, { readonly Value?: string }>>;
	const name = data['alarm']?.Value;
	if (name === undefined) return;
	if (!isClaimed(playbooks, name)) scene.violated(3, `an OpsItem about ${name}, which no playbook is for`);
	const wentOff = record.changesOf(name).findLast(({ meaning }) => meaning === 'alarm');
	const isFirst = operationsAbout(scene, name).every(({ result }) => result?.opsItemId === undefined);
	if (wentOff && isFirst && isHeldBack(record, wentOff)) scene.violated(3, `an OpsItem about ${name}, which is muted or suppressed`);
}

function isHeldBack(record: AlarmRecord, { alarm, at, held }: Change): boolean {
	return held && record.isQuietSince(alarm, at) && record.changesOf(alarm).filter(({ meaning }) => meaning === 'alarm').length === 1;
}

/** Work is begun for what is in ALARM, by a playbook that acts, of what is not quiet, and not of what flaps. */
function checkStarting(scene: Scene, { record, playbooks }: Known, operation: AlarmOperation, startedAt: number): void {
	const { id, subject, work, history } = operation;
	const name = subject.alarm;
	const playbook = playbooks.find((each) => each.name === operation.playbook.name);
	const begun = (why: string) => scene.violated(3, `${id}: work about ${name} was begun, and ${why}`);
	if (playbook?.run === undefined || playbook.mode === 'observe') begun('its playbook runs nothing');
	if (work?.attempt !== 1) return;
	const [calm] = record.calm(name);
	if (calm && isKnown(calm, startedAt)) begun(`it is ${calm.value} since ${clock(calm.at)}`);
	const wentOff = record.changesOf(name).findLast(({ meaning }) => meaning === 'alarm');
	if (wentOff && isHeldBack(record, wentOff)) begun('it is muted or suppressed');
	if (history.some(({ what }) => what === 'retried')) return;
	if (wentOff && isKnown(wentOff, startedAt) && playbook && flaps(record, playbook, wentOff)) begun('it flaps');
}

/** It has gone off too often, up to the last time, and nothing of it came late. */
function flaps(record: AlarmRecord, { flapping }: AlarmText, { alarm, at }: Change): boolean {
	if (flapping === undefined) return false;
	const since = at - secondsOf(flapping.within) * 1_000;
	const within = record.changesOf(alarm).filter((each) => each.at > since);
	const isPlain = within.every((each) => each.value !== 'gone' && each.heardAt !== undefined && each.deliveredAt - each.at < AT_ONCE);
	return isPlain && within.filter(({ meaning, at: wentOff }) => meaning === 'alarm' && wentOff <= at).length >= flapping.times;
}

/** What is written of an operation agrees with CloudWatch and the playbooks. */
export function checkWritten(scene: Scene, known: Known, after: AlarmOperation, before: Recorded | undefined): void {
	const { record, playbooks } = known;
	const { id, subject, playbook, alarm, deadlineAt, history, closedAt } = after;
	const name = subject.alarm;
	noteStart(scene, known, after);
	const text = record.playbookOf(name);
	if (text?.name !== playbook.name) scene.violated(3, `${id} about ${name} is of ${playbook.name}, and its playbook is ${text?.name}`);
	if (before === undefined && operationsAbout(scene, name).some((each) => each.id !== id && each.closedAt === undefined))
		scene.violated(4, `${id} about ${name} was opened, and another is open`);
	const times = new Set(record.changesOf(name).flatMap(({ meaning, at }) => (meaning === 'alarm' ? [at] : [])));
	const never = alarm.alarms.find((at, index) => !times.has(at) || alarm.alarms.indexOf(at) < index);
	if (never !== undefined) scene.violated(3, `${id}: ${name} did not go off at ${clock(never)}, or that is counted twice`);
	const own = playbooks.find((each) => each.name === playbook.name);
	const longest = Math.max(secondsOf(own?.waitForOk ?? '24h'), secondsOf(own?.run?.timeout ?? '0m')) * 1_000;
	if (closedAt === undefined && deadlineAt > scene.now() + longest + SKEW && !history.some(({ what }) => what === 'extended'))
		scene.violated(5, `${id} has its deadline in ${Math.round((deadlineAt - scene.now()) / 1_000)} s, and its playbook gives it less`);
	checkWorkTold(scene, known, after, before);
	if (closedAt !== undefined && before?.closedAt === undefined) checkClosed(scene, after, own);
}

function noteStart(scene: Scene, { startingSince }: Known, { id, state, work }: AlarmOperation): void {
	if (state !== 'starting' || work === undefined) startingSince.delete(id);
	else if (startingSince.get(id)?.work !== work.id) startingSince.set(id, { work: work.id, at: scene.now() });
}

/** What is told of the end of its work is so at Systems Manager. */
function checkWorkTold(scene: Scene, { works }: Known, after: AlarmOperation, before: Recorded | undefined): void {
	const told = after.history.slice(before?.history.length ?? 0);
	const work = before?.work?.id ?? after.work?.id;
	if (told.some(({ what }) => what === 'work succeeded') && works.succeededAt(after, work) === undefined)
		scene.violated(3, `${after.id} says that its work succeeded, and it has not`);
	const decision = told.find(({ what, why }) => (what === 'failed' || what === 'timed out') && !/^(not OK within|cancelled by)/.test(why));
	if (decision === undefined || work === undefined || work !== after.work?.id) return;
	const decidedAt = Date.parse(decision.at);
	const success = works.mustHaveKnown(after, decidedAt, work);
	if (success === undefined) return;
	const seconds = Math.round((decidedAt - success) / 1_000);
	scene.violated(3, `${after.id} ends as '${decision.what}: ${decision.why}', and its work had succeeded ${seconds} s before`);
}

/** Work that failed makes its OpsItem more severe by a level. OpsCenter's are 1 to 4, 1 the most severe; what had none counts as 3. */
function checkClosed(scene: Scene, { id, history, result, state }: AlarmOperation, playbook: AlarmText | undefined): void {
	if (state === 'succeeded' || state === 'skipped') return;
	const decision = history.findLast(({ what }) => what === 'failed' || what === 'timed out');
	const item = scene.world.services.ssm.opsItems().find((each) => each.id === result?.opsItemId);
	if (item === undefined || decision === undefined || /^(not OK within|cancelled by)/.test(decision.why)) return;
	const raised = String(Math.max(1, Number(playbook?.opsItem?.severity ?? 3) - 1));
	if (isOpen(item) && item.severity !== raised)
		scene.violated(3, `${id} ended as '${decision.what}: ${decision.why}', and ${item.id} has severity ${item.severity}, not ${raised}`);
}
