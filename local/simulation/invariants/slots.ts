/** Slots held never exceed a playbook's limits, and nothing is under way without one. */

import type { PlaybookText, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';

interface Limits {
	readonly concurrent?: number;
	readonly perHour?: number;
}

export function watchSlots(scene: Scene, playbooks: readonly PlaybookText[]): Watch {
	const limitsOf = new Map(playbooks.flatMap(({ name, limits }) => (limits ? [[name, limits as Limits] as const] : [])));

	return {
		held({ playbook, sets }) {
			const { concurrent = Infinity, perHour = Infinity } = limitsOf.get(playbook) ?? {};
			for (const [name, ids] of Object.entries(sets)) {
				const limit = name === 'held' ? concurrent : name.startsWith('hour') ? perHour : Infinity;
				if (ids.size > limit) scene.violated(6, `${playbook} holds ${ids.size} slots as '${name}', and its limit is ${limit}`);
			}
		},
		written(after) {
			const { concurrent } = limitsOf.get(after.playbook.name) ?? {};
			if (concurrent === undefined || !isUnderWay(after)) return;
			const underWay = [...scene.operations.values()].filter((each) => each.playbook.name === after.playbook.name && isUnderWay(each));
			if (underWay.length <= concurrent) return;
			scene.violated(
				6,
				`${after.playbook.name} has work under way for ${underWay.length} operations at once, and its limit is ${concurrent}`,
			);
		},
	};
}

/** From the record of the call that starts its work until it has closed. */
function isUnderWay({ closedAt, work }: Recorded): boolean {
	return closedAt === undefined && work !== undefined;
}
