/**
 * Documents that AWS owns and State Manager keeps nodes with: what the agent does on the node is its own, and stands here as a step alone.
 * Parameters follow the published documents, as far as they concern everybody.
 */

const switchable = (what: string) => ({
	type: 'String',
	default: 'Enabled',
	description: `(Optional) Collects data of ${what}.`,
	allowedValues: ['Enabled', 'Disabled'],
});

const text = (description: string, rest: object = {}) => ({
	type: 'String',
	default: '',
	description: `(Optional) ${description}`,
	...rest,
});

const UPDATE_AGENT = {
	schemaVersion: '2.2',
	description: 'Updates the Systems Manager agent to the latest or a specified version.',
	parameters: {
		version: text('A version of the agent; the latest where it is empty.'),
		allowDowngrade: text('Whether an older version may be installed.', { default: 'false', allowedValues: ['true', 'false'] }),
	},
	mainSteps: [
		{
			action: 'aws:updateSsmAgent',
			name: 'awsupdateSsmAgent',
			inputs: { agentName: 'amazon-ssm-agent', targetVersion: '{{ version }}', allowDowngrade: '{{ allowDowngrade }}' },
		},
	],
};

const KINDS = {
	applications: 'applications',
	awsComponents: 'components of AWS',
	networkConfig: 'the network',
	windowsUpdates: 'Windows updates',
	instanceDetailedInformation: 'the system and the processor',
	services: 'Windows services',
	windowsRoles: 'Windows roles',
	customInventory: 'custom inventory',
	billingInfo: 'licences',
} as const;

const GATHER_INVENTORY = {
	schemaVersion: '2.2',
	description: 'Collects metadata of a node and what is installed on it.',
	parameters: {
		...Object.fromEntries(Object.entries(KINDS).map(([name, what]) => [name, switchable(what)])),
		files: text('Files to collect metadata of.'),
		windowsRegistry: text('Keys of the Windows registry to collect.'),
	},
	mainSteps: [
		{
			action: 'aws:softwareInventory',
			name: 'collectSoftwareInventoryItems',
			inputs: Object.fromEntries([...Object.keys(KINDS), 'files', 'windowsRegistry'].map((name) => [name, `{{ ${name} }}`])),
		},
	],
};

const controlAgent = (platform: string, action: string) => ({
	precondition: { StringEquals: ['platformType', platform] },
	action,
	name: `ControlCloudWatchAgent${platform}`,
	inputs: { timeoutSeconds: '600', runCommand: ['# CloudWatch agent, {{ action }} {{ mode }} {{ optionalConfigurationLocation }}'] },
});

const MANAGE_CLOUDWATCH_AGENT = {
	schemaVersion: '2.2',
	description: 'Sends commands to the CloudWatch agent.',
	parameters: {
		action: text('What the agent is to do.', {
			default: 'configure',
			allowedValues: ['configure', 'configure (append)', 'configure (remove)', 'start', 'status', 'stop'],
		}),
		mode: text('Whether the agent is on EC2.', { default: 'ec2', allowedValues: ['ec2', 'onPremise', 'auto'] }),
		optionalConfigurationSource: text('Where the configuration is.', { default: 'ssm', allowedValues: ['ssm', 'default', 'all'] }),
		optionalConfigurationLocation: text('The name of the parameter.'),
		optionalRestart: text('Whether the agent is started again.', { default: 'yes', allowedValues: ['yes', 'no'] }),
	},
	mainSteps: [
		controlAgent('Windows', 'aws:runPowerShellScript'),
		controlAgent('Linux', 'aws:runShellScript'),
		controlAgent('MacOS', 'aws:runShellScript'),
	],
};

export const UPKEEP_DOCUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	'AWS-UpdateSSMAgent': UPDATE_AGENT,
	'AWS-GatherSoftwareInventory': GATHER_INVENTORY,
	'AmazonCloudWatch-ManageAgent': MANAGE_CLOUDWATCH_AGENT,
};
