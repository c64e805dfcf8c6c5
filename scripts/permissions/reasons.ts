/** Permissions that are right although no test uses them. What is used must not stand here. */

export interface Reason {
	readonly action: string;
	/** The end of the resource's ARN, as the template has it. */
	readonly resource: string;
	/** What is between `fleetkeeper-local-` and the Region in the names of the roles. */
	readonly roles: readonly string[];
	readonly why: string;
}

const ALLOWED = 'What the setting allowedDocuments names, playbooks of every kind may run. Tests run it by request.';

export const REASONS: readonly Reason[] = [
	{
		action: 'ssm:SendCommand',
		resource: ':managed-instance/*',
		roles: ['instance-lifecycle', 'alarm-state', 'config-compliance', 'agent-health', 'inventory-change', 'node-state', 'patching'],
		why: 'Nodes outside EC2 (mi-...) are run on like any other. No test has one behind an event.',
	},
	{
		action: 'ssm:SendCommand',
		resource: ':document/AWS-RunPatchBaseline',
		roles: ['instance-lifecycle', 'command-status', 'alarm-state', 'config-compliance', 'reconcile', 'agent-health', 'inventory-change'],
		why: ALLOWED,
	},
	{
		action: 'ssm:SendCommand',
		resource: ':document/AWS-ConfigureAWSPackage',
		roles: ['instance-lifecycle', 'alarm-state', 'config-compliance', 'agent-health', 'inventory-change'],
		why: ALLOWED,
	},
	{
		action: 'ssm:GetParametersByPath',
		resource: '/playbooks',
		roles: ['playbook-change'],
		why: 'The path is asked for with a slash at its end. That AWS keeps the slash when it asks IAM is not documented.',
	},
	...[':document/fleetkeeper-local-*', ':instance/*', 'arn:aws:s3:::fleetkeeper-local-output-111122223333-eu-west-1'].map((resource) => ({
		action: 'ssm:SendCommand',
		resource,
		roles: ['agent-health'],
		why: 'Playbooks on findings about agents may run a command, too. Tests do it behind other events.',
	})),
	{
		action: 'ssm:GetCalendarState',
		resource: ':document/*',
		roles: ['agent-health', 'inventory-change'],
		why: 'Playbooks of every kind may heed a calendar. Tests do it with those of other kinds.',
	},
];
