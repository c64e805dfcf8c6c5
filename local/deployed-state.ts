/** What a deployment makes of Systems Manager's resources that keep nodes in a state: baselines, associations, maintenance windows. */

import type { Ssm } from './aws/ssm/index.ts';
import type { Template } from './template.ts';

/** Deploys them as CloudFormation does: what others refer to first. */
export function deployStateOf(ssm: Pick<Ssm, 'maintenance' | 'patchManager' | 'stateManager' | 'addDataSync'>, template: Template): void {
	const { patchBaselines, associations, maintenanceWindows, windowTargets, windowTasks, dataSyncs } = template.state;
	const { maintenance, patchManager, stateManager } = ssm;
	for (const { id, input, groups, isDefault } of patchBaselines) patchManager.addBaseline(id, input, groups, isDefault);
	for (const { id, input } of associations) stateManager.addAssociation(id, input);
	for (const { id, input } of maintenanceWindows) maintenance.addWindow(id, input);
	for (const { id, input } of windowTargets) maintenance.addTarget(id, input);
	for (const { id, input } of windowTasks) maintenance.addTask(id, input);
	for (const input of dataSyncs) ssm.addDataSync(input);
}
