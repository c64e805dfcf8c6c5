/**
 * A maintenance window of nodes that get drivers, where the setting `driverWindow` says when: a sample of what a window can run. First our
 * runbook makes an image of each node (AUTOMATION), then the package is installed (RUN_COMMAND), and then our function is asked for
 * a scan of what patches are missing now (LAMBDA), which is an operation like any other request.
 *
 * Tasks follow each other whatever came of the one before: a window has no conditions. What is to stop at a failure is a runbook.
 */

const OWN = '${self:service}-${sls:stage}';
/** Nodes that get drivers carry this tag, with the stage as its value. */
const TAG = 'fleetkeeper-drivers';
const RUNBOOK = `${OWN}-create-image`;
const PACKAGE = 'AwsEnaNetworkDriver';
const INSTALL = 'AWS-ConfigureAWSPackage';
const FUNCTION = { 'Fn::GetAtt': ['FleetDasheventLambdaFunction', 'Arn'] };
const AUTOMATION_ROLE = { 'Fn::GetAtt': ['AutomationRole', 'Arn'] };
/** Hours. */
const [DURATION, CUTOFF] = [4, 1];

const sub = (text) => ({ 'Fn::Sub': text });
const arn = (service, resource) => sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
const allow = (Action, Resource, Condition) => ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });

/**
 * What the function is told: a request, as the request bus brings it. A window knows no account and no Region. One run of the window is one
 * request, however often its task is tried: the pseudo parameter stands for it.
 */
const REQUEST = JSON.stringify({
	id: '{{WINDOW_EXECUTION_ID}}',
	'detail-type': 'Run Command Requested',
	source: 'ops.windows',
	account: '${AWS::AccountId}',
	region: '${AWS::Region}',
	detail: {
		command: 'AWS-RunPatchBaseline',
		parameters: { Operation: 'Scan' },
		targets: [{ key: `tag:${TAG}`, values: ['${sls:stage}'] }],
		maxConcurrency: '100%',
		maxErrors: '100%',
		reason: 'New drivers are installed: what is missing now?',
		requestedBy: 'window {{WINDOW_ID}}',
		requestId: '{{WINDOW_EXECUTION_ID}}',
	},
});

/** What the tasks may do. On AWS a window asks how executions stand, in the name of its role too (user guide, "Setting up Maintenance Windows"). */
const STATEMENTS = [
	allow('ssm:SendCommand', [arn('ec2', 'instance/*'), arn('ssm', 'managed-instance/*')], {
		StringEquals: { [`ssm:resourceTag/${TAG}`]: '${sls:stage}' },
	}),
	allow('ssm:SendCommand', sub(`arn:\${AWS::Partition}:ssm:\${AWS::Region}::document/${INSTALL}`)),
	allow(['ssm:CancelCommand', 'ssm:ListCommandInvocations', 'ssm:ListCommands'], '*'),
	allow('ssm:StartAutomationExecution', [
		...[arn('ssm', `automation-definition/${RUNBOOK}:*`), arn('ssm', `document/${RUNBOOK}`)],
		arn('ssm', 'automation-execution/*'),
	]),
	allow('ssm:GetAutomationExecution', arn('ssm', 'automation-execution/*')),
	allow('iam:PassRole', AUTOMATION_ROLE, { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } }),
	allow('lambda:InvokeFunction', FUNCTION),
];

const task = (name, type, priority, TaskArn, TaskInvocationParameters, rate) => ({
	Type: 'AWS::SSM::MaintenanceWindowTask',
	Properties: {
		WindowId: { Ref: 'DriverWindow' },
		Name: name,
		TaskType: type,
		Priority: priority,
		TaskArn,
		ServiceRoleArn: { 'Fn::GetAtt': ['WindowRole', 'Arn'] },
		...(rate && { Targets: [{ Key: 'WindowTargetIds', Values: [{ Ref: 'DriverWindowTarget' }] }], ...rate }),
		CutoffBehavior: 'CANCEL_TASK',
		TaskInvocationParameters,
	},
});

const resources = (schedule) => ({
	WindowRole: {
		Type: 'AWS::IAM::Role',
		Properties: {
			RoleName: sub(`${OWN}-windows-\${AWS::Region}`),
			AssumeRolePolicyDocument: {
				Version: '2012-10-17',
				Statement: [{ Effect: 'Allow', Principal: { Service: 'ssm.amazonaws.com' }, Action: 'sts:AssumeRole' }],
			},
			Policies: [{ PolicyName: 'tasks', PolicyDocument: { Version: '2012-10-17', Statement: STATEMENTS } }],
		},
	},
	DriverWindow: {
		Type: 'AWS::SSM::MaintenanceWindow',
		Properties: {
			Name: `${OWN}-drivers`,
			Description: `Installs ${PACKAGE} on nodes with the tag ${TAG}`,
			Schedule: schedule,
			Duration: DURATION,
			Cutoff: CUTOFF,
			AllowUnassociatedTargets: false,
		},
	},
	DriverWindowTarget: {
		Type: 'AWS::SSM::MaintenanceWindowTarget',
		Properties: {
			WindowId: { Ref: 'DriverWindow' },
			Name: 'driver-nodes',
			ResourceType: 'INSTANCE',
			Targets: [{ Key: `tag:${TAG}`, Values: ['${sls:stage}'] }],
		},
	},
	DriverWindowImages: task(
		...['make-images', 'AUTOMATION', 1, RUNBOOK],
		// An image without a restart is as consistent as after a power cut, and nobody is cut off.
		{
			MaintenanceWindowAutomationParameters: {
				Parameters: { InstanceId: ['{{RESOURCE_ID}}'], NoReboot: ['true'], AutomationAssumeRole: [AUTOMATION_ROLE] },
			},
		},
		{ MaxConcurrency: '5', MaxErrors: '0' },
	),
	DriverWindowInstall: task(
		...['install-driver', 'RUN_COMMAND', 2, INSTALL],
		{ MaintenanceWindowRunCommandParameters: { Parameters: { action: ['Install'], name: [PACKAGE] }, TimeoutSeconds: 600 } },
		{ MaxConcurrency: '10%', MaxErrors: '0' },
	),
	DriverWindowScan: task('scan', 'LAMBDA', 3, FUNCTION, { MaintenanceWindowLambdaParameters: { Payload: { 'Fn::Base64': sub(REQUEST) } } }),
});

module.exports = async ({ resolveVariable }) => {
	const schedule = await resolveVariable('param:driverWindow');
	return { Resources: schedule ? resources(schedule) : {} };
};
