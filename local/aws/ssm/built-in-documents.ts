/** Documents that AWS owns, as far as they are needed. Their parameters follow the published documents. */

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

export const BUILT_IN_DOCUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	'AWS-RunShellScript': runScript('aws:runShellScript'),
	'AWS-RunPowerShellScript': runScript('aws:runPowerShellScript'),
};
