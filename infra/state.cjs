/** State Manager: what every managed node is kept in. Part `state`. */

const { associationFor } = require('./associations.cjs');
const { listOf } = require('./settings.cjs');

/** `*`, or `tag:<key>=<value>`. */
function targetsOf(text) {
	if (text === '*') return [{ Key: 'InstanceIds', Values: ['*'] }];
	const [key, ...value] = text.split('=');
	return [{ Key: key, Values: [value.join('=')] }];
}

/** What is only read does no harm where it fails, and nodes that are silent must not keep the others waiting. */
const READING = { MaxConcurrency: '50%', MaxErrors: '100%' };

/** By logical id, those whose schedule is not empty. @param values settings, by name */
function associations({ stateTargets, agentUpdateSchedule, inventorySchedule, cloudWatchAgentSchedule, cloudWatchAgentParameter }) {
	const targets = targetsOf(stateTargets);
	return {
		...(agentUpdateSchedule && {
			AgentUpdateAssociation: associationFor('agent-update', {
				...{ document: 'AWS-UpdateSSMAgent', targets, schedule: agentUpdateSchedule, severity: 'LOW' },
			}),
		}),
		...(inventorySchedule && {
			InventoryAssociation: associationFor('inventory', {
				...{ document: 'AWS-GatherSoftwareInventory', targets, schedule: inventorySchedule, severity: 'LOW' },
				rate: READING,
			}),
		}),
		...(cloudWatchAgentParameter &&
			cloudWatchAgentSchedule && {
				CloudWatchAgentAssociation: associationFor('cloudwatch-agent', {
					...{ document: 'AmazonCloudWatch-ManageAgent', targets, schedule: cloudWatchAgentSchedule, severity: 'MEDIUM' },
					parameters: {
						action: ['configure'],
						// The agent finds out whether it is on EC2: its targets may be on-premises nodes too.
						mode: ['auto'],
						optionalConfigurationSource: ['ssm'],
						optionalConfigurationLocation: [cloudWatchAgentParameter],
						optionalRestart: ['yes'],
					},
				}),
			}),
	};
}

const SETTINGS = [
	...['parts', 'stateTargets', 'agentUpdateSchedule', 'inventorySchedule', 'cloudWatchAgentSchedule'],
	'cloudWatchAgentParameter',
];

module.exports = async ({ resolveVariable }) => {
	const given = await Promise.all(SETTINGS.map((name) => resolveVariable(`param:${name}`)));
	const values = Object.fromEntries(SETTINGS.map((name, index) => [name, given[index]]));
	return { Resources: listOf(values.parts).includes('state') ? associations(values) : {} };
};
