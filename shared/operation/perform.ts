/** Who carries out which effect. */

import { askCalendars } from '../brakes/calendars.ts';
import { releaseSlots, takeSlots } from '../brakes/slots.ts';
import { openOpsItem, reopenOpsItem, resolveOpsItem, updateOpsItem } from '../outcomes/ops-item.ts';
import { checkNodes } from '../work/nodes.ts';
import { cancelWork, findWork, lookUpWork, startWork, unlessPaused } from '../work/work.ts';
import type { Effect, Fact } from './facts.ts';
import type { Part, Perform, Services } from './services.ts';
import type { Operation } from './types.ts';

/** What operations of every kind ask for. */
const SHARED: NonNullable<Part['performers']> = {
	'start-work': startWork,
	'find-work': findWork,
	'look-up-work': lookUpWork,
	'check-node': checkNodes,
	// A pause comes before every brake: its time is not the playbook's.
	'ask-calendar': unlessPaused(askCalendars),
	'take-slot': unlessPaused(takeSlots),
	'release-slot': releaseSlots,
	'cancel-work': cancelWork,
	'open-ops-item': openOpsItem,
	'update-ops-item': updateOpsItem,
	'resolve-ops-item': resolveOpsItem,
	'reopen-ops-item': reopenOpsItem,
};

/**
 * In one order, whoever asks: what is learned of the work comes before what is learned of its subject, and that before the node. What only
 * one kind of operation asks for comes first, in the order in which it does.
 */
const ORDER: readonly Effect['name'][] = [
	...(['start-work', 'find-work', 'look-up-work', 'look-at-instance', 'look-at-alarm', 'read-compliance', 'evaluate-rule'] as const),
	...(['check-node', 'ask-calendar', 'take-slot', 'release-slot', 'heartbeat', 'cancel-work', 'complete-lifecycle'] as const),
	...(['open-ops-item', 'update-ops-item', 'resolve-ops-item', 'reopen-ops-item'] as const),
];

const elsewhere =
	(effect: Effect['name']): Perform =>
	async (_services, operations) => {
		const fact: Fact = { type: 'not-done', effect, why: 'retry', message: 'it is left to the clock' };
		return new Map(operations.map(({ id }) => [id, fact]));
	};

export interface Asked {
	readonly operation: Operation;
	readonly effect: Effect;
}

/** Carries out effects, those of one name together. */
export async function perform(services: Services, asked: readonly Asked[]): Promise<{ readonly id: string; readonly fact: Fact }[]> {
	const names = [...new Set(asked.map(({ effect }) => effect.name))].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
	const answers = await Promise.all(
		names.map(async (name) => {
			const operations = asked.filter(({ effect }) => effect.name === name).map(({ operation }) => operation);
			const performer = services.performers[name] ?? SHARED[name] ?? elsewhere(name);
			return [...(await performer(services, operations))];
		}),
	);
	return answers.flat().map(([id, fact]) => ({ id, fact }));
}
