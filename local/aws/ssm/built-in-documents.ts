/** Documents that AWS owns, as far as they are needed. Their parameters follow the published documents. */

import { UPKEEP_DOCUMENTS } from './upkeep-documents.ts';

const EXECUTION_TIMEOUT = {
	type: 'String',
	default: '3600',
	description: '(Optional) The time in seconds for a command to be completed before it is considered to have failed.',
	allowedPattern: '([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)',
};

function runScript(action: string): Readonly<Record<string, unknown>> {
	return {
		schemaVersion: '2.2',
		description: `Runs a script through ${action}.`,
		parameters: {
			commands: { type: 'StringList', description: '(Required) The commands to run.', minItems: 1 },
			workingDirectory: { type: 'String', default: '', description: '(Optional) The working directory.', maxChars: 4096 },
			executionTimeout: EXECUTION_TIMEOUT,
		},
		mainSteps: [
			{
				action,
				name: action,
				inputs: { runCommand: '{{ commands }}', workingDirectory: '{{ workingDirectory }}', timeoutSeconds: '{{ executionTimeout }}' },
			},
		],
	};
}

const UUID_OR_NOTHING = '(^$)|^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

/** Its script is AWS's: here it stands for what `patching/run-patch-baseline.ts` does. */
function patchStep(name: string, action: string, platform: string): Readonly<Record<string, unknown>> {
	return {
		precondition: { StringEquals: ['platformType', platform] },
		action,
		name,
		inputs: { timeoutSeconds: '{{ StepTimeoutSeconds }}', runCommand: ['# Patch Manager, {{ Operation }}'] },
	};
}

const RUN_PATCH_BASELINE = {
	schemaVersion: '2.2',
	description: 'Scans for or installs patches from a patch baseline to a Linux, macOS or Windows operating system.',
	parameters: {
		Operation: {
			type: 'String',
			description: '(Required) The update or configuration to perform on the instance.',
			allowedValues: ['Scan', 'Install'],
		},
		AssociationId: {
			type: 'String',
			default: '',
			description: '(Optional) The association that runs it.',
			allowedPattern: UUID_OR_NOTHING,
		},
		SnapshotId: { type: 'String', default: '', description: '(Optional) The snapshot of the baseline.', allowedPattern: UUID_OR_NOTHING },
		InstallOverrideList: {
			type: 'String',
			default: '',
			description: '(Optional) A list of patches that overrides the baseline.',
			allowedPattern: '(^$)|^https://[^`"$]+$|^s3://([^/]+)/([^`"$]*?([^/`"$]+))$',
		},
		BaselineOverride: {
			type: 'String',
			default: '',
			description: '(Optional) Baselines that override those of the account.',
			allowedPattern: '(^$)|^s3://([^/]+)/([^`"$]*?([^/`"$]+))$',
		},
		RebootOption: {
			type: 'String',
			default: 'RebootIfNeeded',
			description: '(Optional) Whether the node is restarted after an installation.',
			allowedValues: ['RebootIfNeeded', 'NoReboot'],
		},
		StepTimeoutSeconds: {
			type: 'String',
			default: '7200',
			description: '(Optional) The time in seconds for the operation.',
			allowedPattern: '([1-9][0-9]{0,3})|([12][0-9]{4})|(3[0-5][0-9]{3})|(36000)',
		},
	},
	mainSteps: [
		patchStep('PatchWindows', 'aws:runPowerShellScript', 'Windows'),
		patchStep('PatchLinux', 'aws:runShellScript', 'Linux'),
		patchStep('PatchMacOS', 'aws:runShellScript', 'MacOS'),
	],
};

/** The agent's plugin installs: here the fleet says how that ends. */
const CONFIGURE_PACKAGE = {
	schemaVersion: '2.2',
	description: 'Installs or uninstalls a Distributor package.',
	parameters: {
		action: {
			type: 'String',
			description: '(Required) Whether to install or uninstall the package.',
			allowedValues: ['Install', 'Uninstall'],
		},
		installationType: {
			type: 'String',
			default: 'Uninstall and reinstall',
			description: '(Optional) Whether the application is taken offline until it is installed again, or updated in place.',
			allowedValues: ['Uninstall and reinstall', 'In-place update'],
		},
		name: {
			type: 'String',
			description: '(Required) The package.',
			allowedPattern:
				'^arn:[a-z0-9][-.a-z0-9]{0,62}:[a-z0-9][-.a-z0-9]{0,62}:([a-z0-9][-.a-z0-9]{0,62})?:([a-z0-9][-.a-z0-9]{0,62})?:' +
				'(package|document)\\/[a-zA-Z0-9/:.\\-_]{1,128}$|^[a-zA-Z0-9/:.\\-_]{1,128}$',
		},
		version: { type: 'String', default: '', description: '(Optional) The version; the latest one where it is empty.' },
		additionalArguments: {
			type: 'StringMap',
			default: {},
			description: '(Optional) What the scripts of the package are given.',
			maxChars: 4096,
		},
	},
	mainSteps: [
		{
			action: 'aws:configurePackage',
			name: 'configurePackage',
			inputs: {
				name: '{{ name }}',
				action: '{{ action }}',
				installationType: '{{ installationType }}',
				version: '{{ version }}',
				additionalArguments: '{{ additionalArguments }}',
			},
		},
	],
};

const REFRESH_ASSOCIATION = {
	schemaVersion: '2.2',
	description: 'Runs associations on demand.',
	parameters: {
		associationIds: {
			type: 'StringList',
			default: [],
			description: '(Optional) The associations; all that the node has where it is empty.',
		},
	},
	mainSteps: [{ action: 'aws:refreshAssociation', name: 'refreshAssociation', inputs: { associationIds: '{{ associationIds }}' } }],
};

/** Which kinds of inventory there are to gather, and whether that is done where nobody says so. */
const GATHERED = {
	applications: 'Enabled',
	awsComponents: 'Enabled',
	billingInfo: 'Enabled',
	customInventory: 'Enabled',
	instanceDetailedInformation: 'Enabled',
	networkConfig: 'Enabled',
	services: 'Enabled',
	windowsRoles: 'Enabled',
	windowsUpdates: 'Enabled',
} as const;

const GATHER_SOFTWARE_INVENTORY = {
	schemaVersion: '2.2',
	description: 'Software Inventory Policy Document.',
	parameters: {
		...Object.fromEntries(
			Object.entries(GATHERED).map(([name, value]) => [
				name,
				{ type: 'String', default: value, description: `(Optional) Collect ${name}.`, allowedValues: ['Enabled', 'Disabled'] },
			]),
		),
		files: { type: 'String', default: '', description: '(Optional) Files to look for, as JSON.' },
		windowsRegistry: { type: 'String', default: '', description: '(Optional) Keys of the registry to look for, as JSON.' },
	},
	mainSteps: [
		{
			action: 'aws:softwareInventory',
			name: 'collectSoftwareInventoryItems',
			inputs: Object.fromEntries([...Object.keys(GATHERED), 'files', 'windowsRegistry'].map((name) => [name, `{{ ${name} }}`])),
		},
	],
};

const UPDATE_SSM_AGENT = {
	schemaVersion: '2.2',
	description: 'Update the Amazon SSM Agent to the latest version or specified version.',
	parameters: {
		version: {
			type: 'String',
			default: '',
			description: '(Optional) A specific version of the agent to install; the latest where it is empty.',
		},
		allowDowngrade: {
			type: 'String',
			default: 'false',
			description: '(Optional) Allow the agent to be downgraded to an earlier version.',
			allowedValues: ['true', 'false'],
		},
	},
	mainSteps: [
		{
			action: 'aws:updateSsmAgent',
			name: 'updateSSMAgent',
			inputs: { agentName: 'amazon-ssm-agent', targetVersion: '{{ version }}', allowDowngrade: '{{ allowDowngrade }}' },
		},
	],
};

export const BUILT_IN_DOCUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	'AWS-GatherSoftwareInventory': GATHER_SOFTWARE_INVENTORY,
	'AWS-UpdateSSMAgent': UPDATE_SSM_AGENT,
	'AWS-RunShellScript': runScript('aws:runShellScript'),
	'AWS-RunPowerShellScript': runScript('aws:runPowerShellScript'),
	'AWS-RunPatchBaseline': RUN_PATCH_BASELINE,
	'AWS-ConfigureAWSPackage': CONFIGURE_PACKAGE,
	'AWS-RefreshAssociation': REFRESH_ASSOCIATION,
	...UPKEEP_DOCUMENTS,
};
