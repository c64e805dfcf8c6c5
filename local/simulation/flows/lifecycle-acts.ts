/** What people do in a lifecycle story, and what happens to nodes. */

import type { FleetGroup } from '../../fleet.ts';
import type { Draw } from '../draw.ts';
import type { Act, Setting } from '../flow.ts';
import { close, completeAll, completeOne, deafen, heldIn, pause, reach, resume, scale, terminate, vanish } from '../people.ts';
import { DRAIN, FOREIGN } from './lifecycle-groups.ts';

const MINUTE = 60_000;

export function drawActs(draw: Draw, group: FleetGroup, { actsWithinMs }: Setting): Act[] {
	const { name, nodes, hooks = [], warmPool } = group;
	const at = () => Math.round(draw.whole(0, actsWithinMs) / 100) * 100;
	const acts: Act[] = [];
	const add = (act: Omit<Act, 'id'>) => acts.push({ id: `${name} ${acts.length + 1}`, ...act });
	const together = at();
	for (const { id } of draw.some(nodes, 0.7)) {
		const replace = draw.chance(0.25);
		add({
			at: draw.chance(0.5) ? together : at(),
			what: `somebody terminates ${id} of ${name}${replace ? ', which is to be replaced' : ''}`,
			do: (world) => terminate(world, id, !replace),
		});
	}
	if (hooks.some(({ on }) => on === 'launch') && draw.chance(0.8)) {
		const more = draw.whole(1, 3);
		add({ at: at(), what: `somebody asks for ${more} more in ${name}`, do: (world) => scale(world, name, more) });
	}
	if (warmPool && draw.chance(0.7)) {
		const from = at();
		add({ at: from, what: `somebody asks for one less in ${name}`, do: (world) => scale(world, name, -1) });
		add({ at: from + draw.whole(2, 10) * MINUTE, what: `somebody asks for one more in ${name}`, do: (world) => scale(world, name, 1) });
	}
	for (const { id } of draw.some(nodes, 0.12)) {
		const seconds = draw.whole(20, 600);
		const from = at();
		add({
			at: from,
			fault: 'a node acknowledges nothing',
			what: `${id} acknowledges no command for ${seconds} s`,
			do: (world) => deafen(world, id, true),
		});
		add({ at: from + seconds * 1_000, what: `${id} acknowledges again`, do: (world) => deafen(world, id, false) });
	}
	for (const { id } of draw.some(nodes, 0.08)) {
		const seconds = draw.whole(20, 900);
		const from = at();
		add({
			at: from,
			fault: "an agent's connection is lost",
			what: `${id} is out of reach for ${seconds} s`,
			do: (world) => reach(world, id, 'lost'),
		});
		add({ at: from + seconds * 1_000, what: `${id} can be reached again`, do: (world) => reach(world, id, 'online') });
	}
	for (const { id } of draw.some(nodes, 0.06)) {
		add({ at: at() + draw.whole(0, 5) * MINUTE, fault: 'a node vanishes', what: `${id} vanishes`, do: (world) => vanish(world, id) });
	}
	if (draw.chance(0.3))
		add({
			at: at(),
			fault: 'a node vanishes',
			what: `a node that ${name} holds in a hook vanishes`,
			do: (world) => vanish(world, heldIn(world, name)),
		});
	if (draw.chance(0.2)) {
		const result = draw.one(['CONTINUE', 'ABANDON'] as const);
		add({
			at: at() + MINUTE,
			what: `somebody completes a lifecycle action of ${name} with ${result}`,
			do: (world) => completeOne(world, name, DRAIN, result),
		});
	}
	if (hooks.some((hook) => hook.name === FOREIGN)) {
		for (let number = 1; number <= 3; number += 1) {
			add({
				at: at() + number * MINUTE,
				what: `the owner of ${FOREIGN} completes its actions in ${name}`,
				do: (world) => completeAll(world, name, FOREIGN),
			});
		}
	}
	// Otherwise a group whose launches cannot succeed goes on launching.
	for (let minutes = 5; minutes <= 35; minutes += 10) {
		add({
			at: actsWithinMs + minutes * MINUTE,
			spare: true,
			what: `${name} is closed if it is launching still`,
			do: (world) => close(world, name),
		});
	}
	return acts;
}

export function drawPause(draw: Draw, { actsWithinMs }: Setting): Act[] {
	if (!draw.chance(0.15)) return [];
	const from = draw.whole(0, actsWithinMs);
	const minutes = draw.whole(1, 20);
	return [
		{
			id: 'pause',
			at: from,
			what: `an operator pauses all starting for ${minutes} minutes`,
			do: (world) => pause(world),
		},
		{
			id: 'resume',
			at: from + minutes * MINUTE,
			what: 'the operator lets it go on',
			do: (world) => resume(world),
		},
	];
}
