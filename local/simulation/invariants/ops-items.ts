/** At most one open OpsItem of ours for what shares one: told apart by what it says it is about. */

import type { Scene, Watch } from '../flow.ts';

const OPEN = new Set(['Open', 'InProgress']);

export function watchOpsItems(scene: Scene): Watch {
	return {
		called({ service, operation, error }) {
			if (service !== 'ssm' || operation !== 'CreateOpsItem' || error !== undefined) return;
			const open = scene.world.services.ssm.opsItems().filter(({ source, status }) => source === 'fleetkeeper' && OPEN.has(status));
			const titles = open.map(({ title }) => title);
			const twice = titles.find((title, index) => titles.indexOf(title) < index);
			if (twice !== undefined) scene.violated(4, `two OpsItems are open at once: '${twice}'`);
		},
	};
}
