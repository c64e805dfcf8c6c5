/** The fleet of a burst, and the playbook of the deployment that serves it. */

import type { Fleet, FleetGroup } from '../../fleet.ts';

export type BurstWork = 'command' | 'runbook';

/** A group's name, hook and behaviours fit the playbook of that name in `playbooks/`. */
interface Scene {
	readonly playbook: string;
	readonly group: Pick<FleetGroup, 'tags' | 'behaviours'>;
	readonly prefix: string;
	readonly hook: string;
}

/** Nodes of one group. */
const GROUP_SIZE = 500;

export const SCENES: Readonly<Record<BurstWork, Scene>> = {
	command: {
		playbook: 'drain-web',
		prefix: 'web',
		hook: 'fleetkeeper-drain',
		group: { tags: { service: 'nginx' }, behaviours: { 'drain-node': { durationSeconds: [30, 120], oncePer: 'WorkId' } } },
	},
	// Two minutes with the steps of the runbook around them.
	runbook: {
		playbook: 'collect-batch',
		prefix: 'batch',
		hook: 'fleetkeeper-collect',
		group: {
			behaviours: {
				'collect-logs': { durationSeconds: 30, oncePer: 'WorkId' },
				'drain-node': { durationSeconds: 85, oncePer: 'WorkId' },
			},
		},
	},
};

/** Groups of up to 500 nodes on a hook with Auto Scaling's own timers, an hour; where nobody completes the action it ends with ABANDON. */
export function fleetOf(actions: number, work: BurstWork): Fleet {
	const { prefix, hook, group } = SCENES[work];
	const groups = Array.from({ length: Math.ceil(actions / GROUP_SIZE) }, (_, index): FleetGroup => {
		const size = Math.min(GROUP_SIZE, actions - index * GROUP_SIZE);
		const nodes = Array.from({ length: size }, (_, each) => ({ id: nodeId(index * GROUP_SIZE + each + 1) }));
		return { name: `${prefix}-${index + 1}`, min: 0, max: size, hooks: [{ name: hook, on: 'terminate' }], nodes, ...group };
	});
	return { groups };
}

function nodeId(n: number): string {
	return `i-0b5${n.toString(16).padStart(14, '0')}`;
}
