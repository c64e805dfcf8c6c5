/** What people do in a compliance story: they break what complies, and sometimes mend it themselves. */

import type { FleetGroup, FleetSecurityGroup } from '../../fleet.ts';
import type { Draw } from '../draw.ts';
import type { Act, Setting } from '../flow.ts';
import { deafen, pause, reach, resume, terminate } from '../people.ts';
import { deleteRule, loosenTokens, resolveItems, setDrift, setOpen, setRecording } from './compliance-people.ts';
import type { Rule } from './compliance-playbooks.ts';
import { drawDrift } from './compliance-resources.ts';

const MINUTE = 60_000;

type Add = (act: Omit<Act, 'id'>) => void;

/** An instant within a story, in tenths of a second. */
const within = (draw: Draw, { actsWithinMs }: Setting) => Math.round(draw.whole(0, actsWithinMs) / 100) * 100;

function collect(name: string, draws: (add: Add) => void): Act[] {
	const acts: Act[] = [];
	draws((act) => acts.push({ id: `${name} ${acts.length + 1}`, ...act }));
	return acts;
}

/** @param kinds what the story's rules judge. */
export function drawNodeActs(draw: Draw, { nodes }: FleetGroup, kinds: ReadonlySet<Rule['kind']>, setting: Setting): Act[] {
	const together = within(draw, setting);
	return nodes.flatMap(({ id }, index) => {
		const each = draw.of(`node ${index}`);
		return collect(`compliance ${id}`, (add) => {
			const at = () => (each.chance(0.3) ? together : within(each, setting));
			if (kinds.has('drift') && each.chance(0.55)) drawDrifts(each, id, at(), add);
			if (kinds.has('imdsv2') && each.chance(0.4))
				add({ at: at(), what: `somebody lets ${id} give its metadata to IMDSv1`, do: (world) => loosenTokens(world, id) });
			if (each.chance(0.06)) add({ at: at(), what: `somebody terminates ${id}`, do: (world) => terminate(world, id, true) });
			if (each.chance(0.06)) drawSilence(each, id, at(), add);
		});
	});
}

function drawDrifts(draw: Draw, id: string, at: number, add: Add): void {
	const to = drawDrift(draw, 0);
	add({ at, what: `${id} drifts: ${to}`, do: (world) => setDrift(world, id, to) });
	if (draw.chance(0.3)) {
		const later = at + draw.whole(5, 1_200) * 1_000;
		add({ at: later, what: `somebody brings ${id} back`, do: (world) => setDrift(world, id, '0') });
	}
	if (draw.chance(0.08))
		add({ at: at + draw.whole(60, 600) * 1_000, what: `somebody terminates ${id}`, do: (world) => terminate(world, id, true) });
	if (draw.chance(0.35)) {
		const again = drawDrift(draw, 0);
		const later = at + draw.whole(1, 40) * MINUTE;
		add({ at: later, what: `${id} drifts again: ${again}`, do: (world) => setDrift(world, id, again) });
	}
}

function drawSilence(draw: Draw, id: string, at: number, add: Add): void {
	const seconds = draw.whole(20, 900);
	if (draw.chance(0.5)) {
		add({
			at,
			fault: 'a node acknowledges nothing',
			what: `${id} acknowledges no command for ${seconds} s`,
			do: (world) => deafen(world, id, true),
		});
		add({ at: at + seconds * 1_000, what: `${id} acknowledges again`, do: (world) => deafen(world, id, false) });
	} else {
		add({
			at,
			fault: "an agent's connection is lost",
			what: `${id} is out of reach for ${seconds} s`,
			do: (world) => reach(world, id, 'lost'),
		});
		add({ at: at + seconds * 1_000, what: `${id} can be reached again`, do: (world) => reach(world, id, 'online') });
	}
}

export function drawSecurityGroupActs(draw: Draw, groups: readonly FleetSecurityGroup[], setting: Setting): Act[] {
	return groups.flatMap(({ id }, index) => {
		const each = draw.of(`group ${index}`);
		return collect(`compliance ${id}`, (add) => {
			if (!each.chance(0.6)) return;
			const at = within(each, setting);
			add({ at, what: `somebody opens SSH of ${id} to the world`, do: (world) => setOpen(world, id, true) });
			if (each.chance(0.3))
				add({
					at: at + each.whole(5, 1_200) * 1_000,
					what: `somebody closes SSH of ${id}`,
					do: (world) => setOpen(world, id, false),
				});
			if (each.chance(0.4))
				add({
					at: at + each.whole(2, 40) * MINUTE,
					what: `somebody opens SSH of ${id} again`,
					do: (world) => setOpen(world, id, true),
				});
		});
	});
}

export function drawOtherActs(draw: Draw, rules: readonly Rule[], setting: Setting): Act[] {
	return collect('compliance', (add) => {
		for (const { name } of draw.some(rules, 0.08))
			add({ at: within(draw, setting) + MINUTE, what: `somebody deletes the rule ${name}`, do: (world) => deleteRule(world, name) });
		if (draw.chance(0.1)) {
			const from = within(draw, setting);
			const minutes = draw.whole(2, 40);
			add({
				at: from,
				fault: 'AWS Config records nothing',
				what: `somebody stops AWS Config's recorder for ${minutes} minutes`,
				do: (world) => setRecording(world, false),
			});
			add({ at: from + minutes * MINUTE, what: 'the recorder is started again', do: (world) => setRecording(world, true) });
		}
		if (draw.chance(0.12))
			add({ at: within(draw, setting) + 10 * MINUTE, what: 'somebody resolves all OpsItems', do: (world) => resolveItems(world) });
		if (draw.chance(0.12)) {
			const from = within(draw, setting);
			const minutes = draw.whole(1, 20);
			add({ at: from, what: `an operator pauses all starting for ${minutes} minutes`, do: (world) => pause(world) });
			add({ at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world) => resume(world) });
		}
	});
}
