/** How OpsCenter is told of a lifecycle action that failed: one OpsItem a playbook and group while it is open. Pure. */

import type { LifecycleOperation } from '../../operation/types.ts';
import type { OpsItemText } from '../kind.ts';

export function lifecycleItem({ id, playbook, subject, run, ending, result }: LifecycleOperation): OpsItemText {
	const { group, groupArn, hook, instanceId } = subject;
	const observed = result?.observed === true;
	return {
		key: `${playbook.name}:${group}${observed ? ':observed' : ''}`,
		title: observed
			? `Would run ${run.document} on nodes of ${group} (observed by ${playbook.name})`
			: `${playbook.name} fails on nodes of ${group}`,
		spec: ending?.then.opsItem ?? {},
		intro: `${observed ? 'What would have been done for each node' : 'What each node failed on'}; later ones are in the operational data.`,
		line: `${instanceId} (${hook}): ${ending?.reason ?? ''} [${id}]`,
		// Deduplication hashes it too: it must be the group, which all nodes have in common.
		resources: groupArn === undefined ? [] : [groupArn],
		data: { autoScalingGroup: group },
		own: { [`node/${instanceId}`]: JSON.stringify({ operation: id, reason: ending?.reason, lifecycle: result?.lifecycle }) },
	};
}
