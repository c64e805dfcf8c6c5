/** How the operation of an alarm ends, and what ends its work. Pure. */

import type { Effect, Note, Step } from '../../operation/facts.ts';
import type { AlarmOperation, AlarmRecord, EndingEffect, OpsItemSpec } from '../../operation/types.ts';
import { type Decision, end } from '../ending.ts';
import { change, note } from '../steps.ts';
import { hasBegun } from '../working.ts';
import { instant, span } from './timers.ts';

/** Ends of work that are kept, for the OpsItem. */
const KEPT = 20;

/** The operation, with some of what is known of the alarm changed, and some of it gone. */
export function know(operation: AlarmOperation, changes: Partial<AlarmRecord>, ...gone: readonly (keyof AlarmRecord)[]): AlarmOperation {
	const alarm: Record<string, unknown> = { ...operation.alarm, ...changes };
	for (const key of gone) delete alarm[key];
	return { ...operation, alarm: alarm as unknown as AlarmRecord };
}

/** There is an OpsItem about the alarm: its own, or one that an earlier operation left open. */
export function hasItem({ result }: AlarmOperation): boolean {
	return result?.opsItemId !== undefined;
}

/** Its OpsItem may have been resolved, or not be told: whether it is open is looked at. What was refused stays so. */
export function unsure(operation: AlarmOperation): AlarmOperation {
	const { result, alarm } = operation;
	if (result === undefined) return operation;
	const { opsItem, ...known } = { ...result, reason: alarm.reason };
	return change(operation, { result: opsItem === 'refused' ? { ...known, opsItem } : known });
}

/** Its OpsItem is not open any more: the next one is another. */
export function withoutItem(operation: AlarmOperation): AlarmOperation {
	const { opsItemId: _closed, ...known } = unsure(operation).result ?? { reason: operation.alarm.reason };
	return change(operation, { result: known });
}

/** It is OK, or gone: the calm decides. */
export function isCalm({ alarm }: AlarmOperation): boolean {
	return alarm.calmAt !== undefined;
}

/** Nothing is to be run now: it waits for OK, or for the calm after it. A slot is for those who work. */
export function rest(operation: AlarmOperation): { readonly resting: AlarmOperation; readonly effects: readonly Effect[] } {
	const resting = change(operation, { state: 'verifying' }, 'waiting', 'slot');
	return { resting, effects: operation.slot ? [{ name: 'release-slot' }] : [] };
}

export type Held = NonNullable<AlarmRecord['held']>;

/** Muted, suppressed, or known too late to believe it: nothing is done until CloudWatch has been asked. */
export function hold(operation: AlarmOperation, held: Held, now: number, ...said: readonly Note[]): Step<AlarmOperation> {
	const same = operation.alarm.held?.why === held.why;
	const holding = know(operation, { held });
	const { resting, effects } = rest(holding);
	// Of what has been told once, an OpsItem may be open, whether or not that is on record.
	const waiting = operation.waiting === 'held' ? change(resting, { state: 'waiting', waiting: 'held' }) : resting;
	const due = held.until <= now;
	const until = due ? 'CloudWatch is asked' : `CloudWatch is asked by ${instant(held.until)}`;
	const notes = same ? said : [...said, note('held', `${held.why}: ${until}`)];
	return { operation: waiting, notes, effects: due ? [...effects, { name: 'look-at-alarm' }] : effects };
}

/** Puts on record how work ended, or why there was none. */
export function remember(operation: AlarmOperation, what: string, now: number): AlarmOperation {
	return know(operation, { ran: [...operation.alarm.ran, `${instant(now)} ${what}`].slice(-KEPT) });
}

/** The calm is over: the OpsItem is resolved. */
export function resolve(operation: AlarmOperation, now: number): Step<AlarmOperation> {
	const { alarm } = operation;
	const reason = alarm.deleted ? 'the alarm was deleted' : `${calmWords(alarm)}: ${lasted(operation)}`;
	return end(operation, { state: 'succeeded', reason }, { then: {}, pending: resolvingOf(operation) }, {}, now, 'solved');
}

/** What it is that calms: a playbook may take missing data for OK. */
export function calmWords({ state, stateAt }: AlarmRecord): string {
	return `${state === 'INSUFFICIENT_DATA' ? 'without data' : 'OK'} since ${instant(stateAt)}`;
}

/** How long it lasted, and how often it went off. */
export function lasted({ alarm }: AlarmOperation): string {
	const { alarms, stateAt, count } = alarm;
	const often = count === 1 ? 'went off once' : `went off ${count} times`;
	return `it lasted ${span(stateAt - (alarms[0] ?? stateAt))} and ${often}`;
}

/** It never came to an OpsItem. */
export function skip(operation: AlarmOperation, reason: string, now: number): Step<AlarmOperation> {
	return end(operation, { state: 'skipped', reason }, { then: {}, pending: [] }, {}, now);
}

/** Nobody waits for OK any longer. The OpsItem stays open: a later OK resolves it. */
export function giveUp(operation: AlarmOperation, now: number): Step<AlarmOperation> {
	const reason = `not OK within ${span(operation.timers.waitForOkSeconds * 1_000)}`;
	return end(operation, { state: 'timed-out', reason }, { then: {}, pending: tellingOf(operation) }, {}, now);
}

/** The work failed: the OpsItem says so, is more severe by a level, and stays open unless the alarm is OK already. */
export function fail(operation: AlarmOperation, decision: Decision & { readonly cancel?: boolean }, now: number): Step<AlarmOperation> {
	const failed = withCalmFrom(remember(operation, `failed: ${decision.reason}`, now), now);
	return stop(failed, decision, { opsItem: raised(operation.opsItem) }, now);
}

/** Ends it before it is OK, or before its calm is over. */
export function stop(
	operation: AlarmOperation,
	decision: Decision & { readonly cancel?: boolean },
	then: { readonly opsItem?: OpsItemSpec },
	now: number,
): Step<AlarmOperation> {
	const telling = tellingOf(operation);
	const pending: EndingEffect[] = [
		...(decision.cancel && operation.work !== undefined ? (['cancel-work'] as const) : []),
		...telling,
		...(isCalm(operation) && telling.length > 0 ? (['resolve-ops-item'] as const) : []),
	];
	return end(operation, decision, { then, pending }, {}, now);
}

/** How OpsCenter is told of an end. What it has refused it goes on refusing; an item that is not known to be open is opened. */
function tellingOf({ result }: AlarmOperation): readonly EndingEffect[] {
	if (result?.opsItem === 'refused') return [];
	return result?.opsItem === undefined ? ['open-ops-item', 'update-ops-item'] : ['update-ops-item'];
}

/** How its OpsItem is resolved. One that a call may have opened whose reply nobody heard is found by opening it again. */
export function resolvingOf(operation: AlarmOperation): readonly EndingEffect[] {
	if (hasItem(operation)) return ['resolve-ops-item'];
	return operation.waiting === 'held' || operation.result?.opsItem === 'refused' ? [] : ['open-ops-item', 'resolve-ops-item'];
}

/** Work may have made it OK for a moment: the calm counts from its end. */
export function withCalmFrom(operation: AlarmOperation, now: number): AlarmOperation {
	const { alarm, timers } = operation;
	if (alarm.calmAt === undefined || alarm.deleted || !hasBegun(operation)) return operation;
	return know(operation, { calmAt: now + timers.calmSeconds * 1_000 });
}

/** More severe by one level; what had none counts as important. OpsCenter's severities are 1 to 4, 1 the most severe. */
function raised(spec: OpsItemSpec): OpsItemSpec {
	const level = Number(spec.severity ?? 3);
	return { ...spec, severity: String(Math.max(1, level - 1)) };
}
