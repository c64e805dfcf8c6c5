/** Permissions that are right although no test uses them. What is used must not stand here. */

export interface Reason {
	readonly action: string;
	/** The end of the resource's ARN, as the template has it. */
	readonly resource: string;
	/** What is between `fleetkeeper-local-` and the Region in the names of the roles. */
	readonly roles: readonly string[];
	readonly why: string;
}

const OPENERS = ['instance-lifecycle', 'alarm-state', 'config-compliance', 'fleet-event'];

const ALLOWED = 'What the setting allowedDocuments names, playbooks of every kind may run. Tests run it by request.';

export const REASONS: readonly Reason[] = [
	{
		action: 'ssm:SendCommand',
		resource: ':managed-instance/*',
		roles: [...OPENERS, 'automation', 'node-state', 'patching'],
		why: 'Nodes outside EC2 (mi-...) are run on like any other. No test has one behind an event.',
	},
	{
		action: 'ssm:SendCommand',
		resource: ':document/AWS-RunPatchBaseline',
		roles: ['instance-lifecycle', 'command-status', 'alarm-state', 'config-compliance', 'reconcile'],
		why: ALLOWED,
	},
	{
		action: 'ssm:SendCommand',
		resource: ':document/AWS-ConfigureAWSPackage',
		roles: ['instance-lifecycle', 'alarm-state', 'config-compliance'],
		why: ALLOWED,
	},
	{
		action: 'ssm:GetParametersByPath',
		resource: '/playbooks',
		roles: ['playbook-change'],
		why: 'The path is asked for with a slash at its end. That AWS keeps the slash when it asks IAM is not documented.',
	},
];
