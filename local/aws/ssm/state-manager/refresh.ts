/** What AWS-RefreshAssociation does on a node: it applies associations there again, and does not wait for them. */

import type { Outcome } from '../../ec2-machine.ts';
import type { ManagedNode, Performer } from '../nodes.ts';
import type { Associations } from './associations.ts';
import { isNodeOver } from './model.ts';

export const REFRESH_ASSOCIATION = 'AWS-RefreshAssociation';

export function refreshRunner(associations: Associations): Performer {
	return (node: ManagedNode, { parameters }): Outcome => {
		const wanted = (parameters['associationIds'] ?? []) as readonly string[];
		const mine = associations.on(node);
		const chosen = wanted.length === 0 ? mine : mine.filter(({ id }) => wanted.includes(id));
		const missing = wanted.filter((id) => !mine.some((association) => association.id === id));
		for (const association of chosen) {
			const state = association.states.get(node.id);
			// What is being applied is not applied twice.
			if (state === undefined || isNodeOver(state)) associations.runs.execute(association, [node.id]);
		}
		if (missing.length > 0) return { exitCode: 1, stderr: `The node has no association ${missing.join(', ')}.\n` };
		return { stdout: `Associations refreshed: ${chosen.map(({ id }) => id).join(', ') || 'none'}.\n` };
	};
}
