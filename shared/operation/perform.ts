/** Who carries out which effect. */

import { askCalendars } from '../brakes/calendars.ts';
import { releaseSlots, takeSlots } from '../brakes/slots.ts';
import { completeLifecycle, lookAtInstance, sendHeartbeat } from '../outcomes/lifecycle.ts';
import { openOpsItem } from '../outcomes/ops-item.ts';
import { checkNodes } from '../work/nodes.ts';
import { cancelWork, findWork, lookUpWork, startWork, unlessPaused } from '../work/work.ts';
import type { Effect, Fact } from './facts.ts';
import type { Perform, Services } from './services.ts';
import type { Operation } from './types.ts';

const PERFORMERS: Readonly<Record<Effect['name'], Perform>> = {
	'start-work': startWork,
	'find-work': findWork,
	'look-up-work': lookUpWork,
	'look-at-instance': lookAtInstance,
	'check-node': checkNodes,
	// A pause comes before every brake: its time is not the playbook's.
	'ask-calendar': unlessPaused(askCalendars),
	'take-slot': unlessPaused(takeSlots),
	'release-slot': releaseSlots,
	heartbeat: sendHeartbeat,
	'cancel-work': cancelWork,
	'complete-lifecycle': completeLifecycle,
	'open-ops-item': openOpsItem,
};

const EFFECTS = Object.keys(PERFORMERS) as Effect['name'][];

export interface Asked {
	readonly operation: Operation;
	readonly effect: Effect;
}

/** Carries out effects, those of one name together. */
export async function perform(services: Services, asked: readonly Asked[]): Promise<{ readonly id: string; readonly fact: Fact }[]> {
	// In one order, whoever asks: what is learned of the work comes before what is learned of the instance, and that before the node.
	const names = EFFECTS.filter((name) => asked.some(({ effect }) => effect.name === name));
	const answers = await Promise.all(
		names.map(async (name) => {
			const operations = asked.filter(({ effect }) => effect.name === name).map(({ operation }) => operation);
			return [...(await PERFORMERS[name](services, operations))];
		}),
	);
	return answers.flat().map(([id, fact]) => ({ id, fact }));
}
