/** What becomes of the alarms of a story, and what people do about them. */

import type { StateValue } from '@aws-sdk/client-cloudwatch';
import type { Draw } from '../draw.ts';
import type { Act, Setting } from '../flow.ts';
import { deafen, operate, reach, vanish } from '../people.ts';
import { type DrawnAlarm, SUPPRESSOR } from './alarm-alarms.ts';
import { deleteAlarm, makeAlarm, muteAlarm, report, reportSeries, resolveItems, unmute, writeItem } from './alarm-people.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Add = (act: Omit<Act, 'id'>) => void;

/**
 * All that happens to one alarm.
 * @param together when several of them go off at once. Milliseconds after the story begins.
 */
export function drawAlarmActs(draw: Draw, alarm: DrawnAlarm, together: number, setting: Setting): Act[] {
	const acts: Act[] = [];
	const add: Add = (act) => acts.push({ id: `${alarm.name} ${acts.length + 1}`, ...act });
	if (alarm.type === 'series') drawSeries(draw.of('series'), alarm.name, setting, add);
	else if (alarm.type !== 'composite') drawStates(draw.of('states'), alarm, together, setting, add);
	if (alarm.name !== SUPPRESSOR) drawPeople(draw.of('people'), alarm, setting, add);
	return acts;
}

/** It goes off, is OK again, has no data, flaps; and then it is OK, gone, or in ALARM for good. */
function drawStates(draw: Draw, { name, settings }: DrawnAlarm, together: number, { actsWithinMs }: Setting, add: Add): void {
	const goes = (at: number, value: StateValue) =>
		add({ at, what: `${name} is ${value}`, do: (world) => report(world, name, value, `it is ${value}, by its metric`) });
	let at = draw.chance(0.5) ? together : draw.whole(0, actsWithinMs / 2);
	goes(at, draw.chance(0.9) ? 'ALARM' : 'INSUFFICIENT_DATA');
	for (let times = draw.whole(0, 4); times > 0; times -= 1) {
		const flaps = draw.chance(0.3);
		at += flaps ? draw.whole(1, 90) * SECOND : draw.whole(30, 900) * SECOND;
		goes(
			at,
			draw.weighted([
				[5, 'OK'],
				[2, 'INSUFFICIENT_DATA'],
				[1, 'ALARM'],
			] as const),
		);
		at += flaps ? draw.whole(1, 60) * SECOND : draw.whole(30, 700) * SECOND;
		goes(at, 'ALARM');
	}
	at += draw.whole(20, 1_500) * SECOND;
	// What is suppressed is held for as long as that lasts.
	const lasts = name === SUPPRESSOR ? 0 : 1;
	const end = draw.weighted([
		[14, 'OK'],
		[2 * lasts, 'deleted'],
		[2 * lasts, 'made anew'],
		[3 * lasts, 'OK late'],
		[lasts, 'ALARM'],
	] as const);
	if (end === 'deleted' || end === 'made anew') add({ at, what: `somebody deletes ${name}`, do: (world) => deleteAlarm(world, name) });
	if (end === 'made anew' && settings) {
		add({ at: at + draw.whole(1, 300) * SECOND, what: `somebody makes ${name} anew`, do: (world) => makeAlarm(world, settings) });
		goes(at + draw.whole(301, 900) * SECOND, 'ALARM');
		goes(at + draw.whole(1_000, 2_000) * SECOND, 'OK');
	}
	if (end === 'OK') goes(at, 'OK');
	// Long after nobody waits for it any more.
	if (end === 'OK late') goes(at + draw.whole(50, 80) * MINUTE, 'OK');
}

function drawSeries(draw: Draw, name: string, { actsWithinMs }: Setting, add: Add): void {
	for (const host of ['a', 'b', 'c']) {
		let at = draw.whole(0, actsWithinMs);
		for (let times = draw.whole(0, 3); times > 0; times -= 1) {
			for (const value of ['ALARM', 'OK'] as const) {
				add({ at, what: `host ${host} of ${name} is ${value}`, do: (world) => reportSeries(world, name, { Host: host }, value) });
				at += draw.whole(5, 900) * SECOND;
			}
		}
	}
}

function drawPeople(draw: Draw, { name }: DrawnAlarm, { actsWithinMs }: Setting, add: Add): void {
	const at = () => draw.whole(0, actsWithinMs + 10 * MINUTE);
	if (draw.chance(0.25)) {
		const from = draw.whole(0, actsWithinMs);
		const minutes = draw.whole(2, 40);
		const until = from + minutes * MINUTE;
		add({ at: from, what: `somebody mutes ${name} for ${minutes} minutes`, do: (world) => muteAlarm(world, name, minutes) });
		const ends = draw.weighted([
			[3, undefined],
			[1, 'early'],
			[1, 'later'],
		] as const);
		const then = draw.whole(from, until - 1);
		if (ends === 'early') add({ at: then, what: `somebody unmutes ${name}`, do: (world) => unmute(world, name) });
		if (ends === 'later') add({ at: then, what: `somebody mutes ${name} for longer`, do: (world) => muteAlarm(world, name, minutes) });
	}
	if (draw.chance(0.1)) add({ at: at(), what: `somebody resolves the OpsItem of ${name}`, do: (world) => resolveItems(world, name) });
	for (const verb of draw.some(['cancel', 'retry', 'complete'] as const, 0.08)) {
		add({ at: at(), what: `an operator says: fleet ${verb} ${name}`, do: (world) => operate(world, verb, name) });
	}
	if (draw.chance(0.05))
		add({ at: at(), what: `somebody opens an OpsItem of their own about ${name}`, do: (world) => writeItem(world, name) });
}

/** What happens to the nodes that alarms are about. */
export function drawNodeActs(draw: Draw, ids: readonly string[], { actsWithinMs }: Setting): Act[] {
	const acts: Act[] = [];
	const add: Add = (act) => acts.push({ id: `shop ${acts.length + 1}`, ...act });
	for (const id of ids) {
		const at = draw.whole(0, actsWithinMs);
		const seconds = draw.whole(20, 900);
		const fate = draw.weighted([
			[12, undefined],
			[2, 'deaf'],
			[3, 'lost'],
			[2, 'vanishes'],
		] as const);
		if (fate === 'deaf') {
			const fault = 'a node acknowledges nothing';
			add({ at, fault, what: `${id} acknowledges no command for ${seconds} s`, do: (world) => deafen(world, id, true) });
			add({ at: at + seconds * SECOND, what: `${id} acknowledges again`, do: (world) => deafen(world, id, false) });
		} else if (fate === 'lost') {
			const fault = "an agent's connection is lost";
			add({ at, fault, what: `${id} is out of reach for ${seconds} s`, do: (world) => reach(world, id, 'lost') });
			add({ at: at + seconds * SECOND, what: `${id} can be reached again`, do: (world) => reach(world, id, 'online') });
		} else if (fate === 'vanishes') {
			add({ at, fault: 'a node vanishes', what: `${id} vanishes`, do: (world) => vanish(world, id) });
		}
	}
	return acts;
}
