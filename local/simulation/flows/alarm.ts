/** Alarms of CloudWatch: each that a playbook is for ends as one OpsItem, with the work that is asked for, and is resolved when it is calm. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { AlarmText } from './alarm-claims.ts';
import { OWN } from './alarm-claims.ts';
import { drawAlarmPart } from './alarm-draw.ts';
import { ALARM_FEATURES, countAlarmFeatures } from './alarm-features.ts';
import { AlarmRecord, isAlarmEvent, stateOf, timeOf } from './alarm-record.ts';
import { alarmOf, checkAlarms, isBusy, type Known, operationsAbout } from './alarm-served.ts';
import { checkAsked, checkCalled, checkWritten } from './alarm-watch.ts';
import { watchCalendars } from './frozen.ts';
import { WorkAtAws } from './work-at-aws.ts';

export const alarm: Flow = {
	name: 'alarm',
	weight: 2,
	draw: drawAlarmPart,
	watch,
	mustAccountFor: (event) => isAlarmEvent(event) && !String(event.detail['alarmName']).startsWith(OWN),
	accounts,
	// CloudWatch guarantees the delivery of what alarms have to say.
	isBestEffort: () => false,
	dueAt,
	mostRuns,
	itemSubject: (item) => {
		const name = alarmOf(item);
		return name && `alarm ${name}`;
	},
	transitions: [
		...['opened -> verifying', 'opened -> succeeded', 'opened -> waiting (held)', 'waiting (held) -> verifying'],
		...['waiting (held) -> starting', 'waiting (held) -> skipped', 'verifying -> ending as failed', 'verifying -> skipped'],
		...['verifying -> timed-out', 'verifying -> ending as succeeded'],
	],
	features: ALARM_FEATURES,
	faults: ['a node acknowledges nothing', "an agent's connection is lost", 'a node vanishes'],
	rare: ['verifying -> skipped', 'alarm: sent again', 'alarm: no data is OK', 'alarm: calendar waits'],
};

function watch(scene: Scene, part: Part): Watch {
	const own = (part.playbooks ?? []) as readonly AlarmText[];
	const checkCalendar = watchCalendars(scene, part);
	const works = new WorkAtAws(scene);
	const record = new AlarmRecord(scene, own);
	const resolvedByHand = new Map<string, number>();
	const restedAt = new Map<string, number>();
	const known: Known = { record, playbooks: own, works, startingSince: new Map(), resolvedUnaware: new Map(), resolvedByHand, restedAt };
	return {
		emitted: (event, fate) => record.emitted(event, fate),
		asked: (call, execution) => checkAsked(scene, known, call, execution),
		called(call, execution) {
			checkCalled(scene, known, call, execution);
			const { OpsItemId, Status } = call.input as Readonly<Record<string, unknown>>;
			if (execution || call.error || call.operation !== 'UpdateOpsItem' || Status !== 'Resolved') return;
			const item = scene.world.services.ssm.opsItems().find(({ id }) => id === OpsItemId);
			const name = item && alarmOf(item);
			if (name) resolvedByHand.set(name, scene.now());
		},
		written(after, before) {
			if (after.kind !== 'alarm') return;
			works.written(after);
			checkCalendar(after, before);
			if (isBusy(before) && !isBusy(after)) restedAt.set(after.id, scene.now());
			checkWritten(scene, known, after, before);
			countAlarmFeatures(scene, own, after, before);
		},
		minute() {
			record.look();
			checkAlarms(scene, known, false);
		},
		end() {
			record.look();
			checkAlarms(scene, known, true);
		},
	};
}

/** By its name: one that went off is counted, and of any other change nothing older is the last that is known. */
function accounts(event: BusEvent, scene: Scene): boolean {
	if (!isAlarmEvent(event)) return false;
	const about = operationsAbout(scene, String(event.detail['alarmName']));
	const value = stateOf(event);
	const at = timeOf(event);
	if (value === 'ALARM') return about.some(({ alarm }) => alarm.alarms.includes(at) || (alarm.after ?? 0) >= at);
	if (value === 'OK' || value === 'gone') return about.some(({ alarm }) => alarm.stateAt >= at);
	return about.length > 0;
}

/** Brakes and the wait for OK have an end too. What is held, calm or paused has another, or none. */
function dueAt(operation: Recorded): number | undefined {
	if (operation.kind !== 'alarm') return undefined;
	const { state, waiting, ending, deadlineAt, history } = operation;
	const { calmAt, held } = operation.alarm;
	if (ending !== undefined) {
		if (ending.pending[0] === 'resolve-ops-item') return calmAt;
		// One that goes off again while it ends may be decided anew in the same write.
		const decided = history.findLast(({ what }) => /^(failed|timed out|skipped|solved)$/.test(what));
		return decided && Date.parse(decided.at);
	}
	if (waiting === 'pause' || waiting === 'held') return Number.POSITIVE_INFINITY;
	if (state !== 'verifying') return deadlineAt;
	if (calmAt !== undefined || held !== undefined) return Number.POSITIVE_INFINITY;
	// Its deadline may have passed while it was calm.
	return Math.max(deadlineAt, Date.parse(history.at(-1)?.at ?? ''));
}

/** Each time it goes off, and each time a person asks for it. */
function mostRuns(operation: Recorded): number | undefined {
	if (operation.kind !== 'alarm') return undefined;
	const { alarms, after = 0 } = operation.alarm;
	const asked = operation.history.filter(({ what }) => what === 'retried').length;
	return alarms.filter((at) => at > after).length + asked;
}
