/** Slots held never exceed a playbook's limits, and nothing is under way without one. */

import type { Flow, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import { playbooksOf, type Story } from '../story.ts';

interface Limits {
	readonly concurrent?: number;
	readonly perHour?: number;
}

export function watchSlots(scene: Scene, _flows: readonly Flow[], story: Story): Watch {
	const limitsOf = new Map(playbooksOf(story).flatMap(({ name, limits }) => (limits ? [[name, limits as Limits] as const] : [])));

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

/** From the record of the call that starts its work until that is over, and with it all that the slot is for. */
function isUnderWay({ closedAt, work, state, waiting }: Recorded): boolean {
	return closedAt === undefined && work !== undefined && state !== 'verifying' && waiting !== 'retry';
}
