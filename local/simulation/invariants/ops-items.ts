/** At most one open OpsItem of ours for what shares one: told apart by what it says it is about. */

import type { OpsItem } from '../../aws/ssm/ops-items.ts';
import type { Flow, Scene, Watch } from '../flow.ts';

const OPEN = new Set(['Open', 'InProgress']);

export function watchOpsItems(scene: Scene, flows: readonly Flow[]): Watch {
	const subjectOf = (item: OpsItem) => flows.map((flow) => flow.itemSubject?.(item)).find((subject) => subject !== undefined) ?? item.title;
	return {
		called({ service, operation, error }) {
			if (service !== 'ssm' || operation !== 'CreateOpsItem' || error !== undefined) return;
			const open = scene.world.services.ssm.opsItems().filter(({ source, status }) => source === 'fleetkeeper' && OPEN.has(status));
			const subjects = open.map(subjectOf);
			const twice = subjects.find((subject, index) => subjects.indexOf(subject) < index);
			if (twice !== undefined) scene.violated(4, `two OpsItems are open at once: '${twice}'`);
		},
	};
}
