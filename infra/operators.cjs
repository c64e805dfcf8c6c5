/**
 * What people may be given: managed policies, attached to nobody. docs/operating.md says whom each is for. Where IAM knows no resource for
 * an action the resource is `*` (Service Authorization Reference).
 */

const { documentsOf, runbooksOf } = require('./approved.cjs');
const { REQUESTS } = require('./event-patterns.cjs');
const { listOf } = require('./settings.cjs');

const OWN = '${self:service}-${sls:stage}';
const PATH = '${self:service}/${sls:stage}';

const sub = (text) => ({ 'Fn::Sub': text });
const arn = (service, resource) => sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
const ssm = (resource) => arn('ssm', resource);
/** Every value of a key is among these: without the key, ForAllValues would hold. */
const only = (key, values, operator = 'StringEquals') => ({ [`ForAllValues:${operator}`]: { [key]: values }, Null: { [key]: 'false' } });
const allow = (Action, Resource, Condition) => ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });

const NODES = [arn('ec2', 'instance/*'), ssm('managed-instance/*')];
const EXECUTIONS = ssm('automation-execution/*');
const LEDGER = { 'Fn::GetAtt': ['Ledger', 'Arn'] };
const OUTPUT = { 'Fn::GetAtt': ['OutputBucket', 'Arn'] };
const OWN_DOCUMENTS = ssm(`document/${OWN}-*`);
const PLAYBOOKS = [ssm(`parameter/${PATH}/playbooks`), ssm(`parameter/${PATH}/playbooks/*`)];
const REQUEST_BUS = { 'Fn::GetAtt': ['RequestBus', 'Arn'] };

const policy = (name, Description, Statement) => ({
	Type: 'AWS::IAM::ManagedPolicy',
	Properties: {
		ManagedPolicyName: sub(`${OWN}-${name}-\${AWS::Region}`),
		Description,
		PolicyDocument: { Version: '2012-10-17', Statement },
	},
});

/** A node that people may have a shell on carries this tag, with the stage as its value. */
const SESSION_TAG = 'fleetkeeper-sessions';
/**
 * Without it a session that names no document needs no permission for the default one; it must stand in every statement that allows
 * sessions (Systems Manager user guide, "Enforce a session document permission check when starting a session").
 */
const DOCUMENT_CHECK = { BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } };

/** A variable of IAM's, which nobody before it is to fill in. */
const USER_ID = { 'Fn::Join': ['', ['$', '{aws:userid}']] };

/** Where the part is on, shells have the stage's own document, whose key takes part in what goes to and fro; the account's otherwise. */
const sessions = (parts) => [
	allow(['ssm:StartSession'], NODES, { StringEquals: { [`ssm:resourceTag/${SESSION_TAG}`]: '${sls:stage}' }, ...DOCUMENT_CHECK }),
	...(parts.includes('sessions')
		? [
				allow(['ssm:StartSession'], ssm(`document/${OWN}-session`), DOCUMENT_CHECK),
				allow(['kms:GenerateDataKey'], { 'Fn::GetAtt': ['SessionKey', 'Arn'] }),
			]
		: [allow(['ssm:StartSession'], ssm('document/SSM-SessionManagerRunShell'), DOCUMENT_CHECK)]),
	// Session Manager tags a session with the user id of whoever started it, of users and of roles alike.
	allow(['ssm:ResumeSession', 'ssm:TerminateSession'], ssm('session/*'), {
		StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': USER_ID },
	}),
	// As the user guide has it: the Service Authorization Reference knows no resource for it.
	allow(['ssmmessages:OpenDataChannel'], sub('arn:${AWS::Partition}:ssm:*:*:session/${!aws:userid}-*')),
];

const run = (allowed) => [
	allow(['ssm:SendCommand'], [OWN_DOCUMENTS, ...documentsOf(allowed), ...NODES, OUTPUT]),
	allow(['ssm:CancelCommand'], '*'),
	allow(['ssm:StartAutomationExecution'], [...[ssm(`automation-definition/${OWN}-*`), OWN_DOCUMENTS, EXECUTIONS], ...runbooksOf(allowed)]),
	allow(['ssm:AddTagsToResource', 'ssm:SendAutomationSignal', 'ssm:StopAutomationExecution'], EXECUTIONS),
	allow(['iam:PassRole'], { 'Fn::GetAtt': ['AutomationRole', 'Arn'] }, { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } }),
];

const read = [
	allow(
		['dynamodb:BatchGetItem', 'dynamodb:DescribeTable', 'dynamodb:DescribeTimeToLive', 'dynamodb:GetItem', 'dynamodb:Query'],
		[LEDGER, sub('${Ledger.Arn}/index/*')],
	),
	allow(['ssm:GetParameter', 'ssm:GetParameterHistory', 'ssm:GetParametersByPath'], PLAYBOOKS),
	// Calendars are documents, and may be another account's; AWS's own documents have no account.
	allow(
		['ssm:DescribeDocument', 'ssm:GetCalendarState', 'ssm:GetDocument', 'ssm:ListDocumentVersions'],
		sub('arn:${AWS::Partition}:ssm:${AWS::Region}:*:document/*'),
	),
	allow(['ssm:DescribeAutomationStepExecutions', 'ssm:GetAutomationExecution'], EXECUTIONS),
	allow(['ssm:GetOpsItem'], ssm('opsitem/*')),
	allow(['ssm:DescribeInstancePatchStates', 'ssm:DescribeInstancePatches', 'ssm:GetConnectionStatus'], NODES),
	// What keeps nodes in a state, and what came of it.
	allow(
		[
			'DescribeMaintenanceWindowExecutions',
			'DescribeMaintenanceWindowTargets',
			'DescribeMaintenanceWindowTasks',
			'GetMaintenanceWindow',
		].map((operation) => `ssm:${operation}`),
		ssm('maintenancewindow/*'),
	),
	allow(['ssm:DescribeAssociation', 'ssm:DescribeAssociationExecutionTargets', 'ssm:DescribeAssociationExecutions'], ssm('association/*')),
	allow(['ssm:GetPatchBaseline'], ssm('patchbaseline/*')),
	allow(['s3:GetObject', 's3:ListBucket'], [OUTPUT, sub('${OutputBucket.Arn}/*')]),
	allow(
		['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:GetQueryResults', 'logs:StartQuery'],
		[`/${PATH}/`, `/aws/events/${PATH}/`, `/aws/lambda/${OWN}-`].map((group) => arn('logs', `log-group:${group}*`)),
	),
	allow(['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], arn('sqs', `${OWN}-*`)),
	allow(['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'], { Ref: 'AlertTopic' }),
	allow(['events:DescribeRule', 'events:ListTargetsByRule'], arn('events', 'rule/*')),
	allow(['lambda:GetFunctionConfiguration'], arn('lambda', `function:${OWN}-*`)),
	allow(
		[
			'cloudformation:DescribeStackEvents',
			'cloudformation:DescribeStackResources',
			'cloudformation:DescribeStacks',
			'cloudformation:ListStackResources',
		],
		arn('cloudformation', 'stack/*'),
	),
	allow(['cloudwatch:DescribeAlarmHistory'], arn('cloudwatch', 'alarm:*')),
	allow(['cloudwatch:ListAlarmMuteRules'], arn('cloudwatch', 'alarm-mute-rule:*')),
	allow(['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus'], arn('cloudtrail', 'trail/*')),
	allow(['servicequotas:GetServiceQuota'], arn('servicequotas', '*')),
	// Whether nodes can write their output.
	allow(
		['iam:GetInstanceProfile', 'iam:SimulatePrincipalPolicy'],
		['instance-profile', 'role'].map((type) => sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:${type}/*`)),
	),
	// A dashboard's ARN has no Region.
	allow(['cloudwatch:GetDashboard'], sub(`arn:\${AWS::Partition}:cloudwatch::\${AWS::AccountId}:dashboard/${OWN}`)),
	allow(
		[
			...['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeLifecycleHooks'],
			'autoscaling:DescribeWarmPool',
			...['cloudtrail:DescribeTrails', 'cloudtrail:LookupEvents'],
			// DescribeAlarms keeps composite alarms from whom IAM narrows to certain alarms.
			...['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData', 'cloudwatch:GetMetricStatistics', 'cloudwatch:ListDashboards'],
			...['cloudwatch:ListMetrics', 'events:ListRules'],
			...['config:DescribeConfigRules', 'config:DescribeConfigurationRecorderStatus', 'config:DescribeConfigurationRecorders'],
			...['config:DescribeRemediationConfigurations', 'config:GetComplianceDetailsByResource', 'config:GetResourceConfigHistory'],
			...['config:ListDiscoveredResources', 'ec2:DescribeInstances', 'logs:DescribeLogGroups', 'logs:StopQuery', 'sqs:ListQueues'],
			...['ssm:DescribeAutomationExecutions', 'ssm:DescribeInstanceInformation', 'ssm:DescribeOpsItems', 'ssm:DescribeParameters'],
			...[
				'ssm:DescribeSessions',
				'ssm:GetCommandInvocation',
				'ssm:GetInventory',
				'ssm:ListCommandInvocations',
				'ssm:ListCommands',
				'ssm:ListDocuments',
			],
			...['ssm:DescribeMaintenanceWindowExecutionTaskInvocations', 'ssm:DescribeMaintenanceWindowExecutionTasks'],
			...['ssm:DescribeMaintenanceWindows', 'ssm:DescribePatchBaselines', 'ssm:DescribePatchGroups', 'ssm:ListAssociations'],
			...['ssm:ListComplianceItems', 'ssm:ListOpsItemEvents', 'ssm:ListOpsItemRelatedItems', 'ssm:ListResourceComplianceSummaries'],
			'tag:GetResources',
		],
		'*',
	),
];

/** The items that acts on operations write; the compiled playbooks are not among them. The names of keys are in shared/operation/ledger.ts. */
const OPERATIONS = ['operation#*', 'work#*', 'command#*', 'nodes#*', 'limits#*'];
/** What a pause writes of the item that functions read the playbooks from: see cli/support/pausing.ts. */
const PAUSE = {
	'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['playbooks'], 'dynamodb:Attributes': ['pk', 'sk', 'paused', 'pauses'] },
	Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
};

const operate = [
	allow(
		['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
		LEDGER,
		only('dynamodb:LeadingKeys', OPERATIONS, 'StringLike'),
	),
	allow(['dynamodb:UpdateItem'], LEDGER, PAUSE),
	allow(['ssm:CreateOpsItem'], '*'),
	allow(['ssm:UpdateOpsItem'], ssm('opsitem/*')),
	allow(
		['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
		arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*'),
	),
	allow(['config:StartConfigRulesEvaluation'], arn('config', 'config-rule/*')),
	allow(['events:PutEvents'], arn('events', 'event-bus/default'), only('events:source', '${self:service}')),
	allow(['events:PutEvents'], REQUEST_BUS, only('events:detail-type', REQUESTS)),
	allow(['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'], arn('sqs', `${OWN}-*-dead-letters`)),
	allow(['sqs:SendMessage'], arn('sqs', `${OWN}-*`)),
	allow(['sns:Publish'], { Ref: 'AlertTopic' }),
	// To the topic, which is encrypted.
	allow(['kms:Decrypt', 'kms:GenerateDataKey'], { 'Fn::GetAtt': ['AlertKey', 'Arn'] }),
];

/** Machines outside EC2. What they register with takes a role: of others than the stage's own, whoever passes them needs more than this. */
const hybrid = [
	allow(['ssm:CreateActivation', 'ssm:DeleteActivation', 'ssm:DescribeActivations', 'ssm:DescribeInstanceInformation'], '*'),
	allow(['ssm:DeregisterManagedInstance'], ssm('managed-instance/*')),
	allow(['ssm:GetParameter', 'ssm:PutParameter'], ssm(`parameter/${PATH}/activations/*`)),
	allow(['iam:PassRole'], { 'Fn::GetAtt': ['HybridRole', 'Arn'] }, { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } }),
];

const WRITE_PLAYBOOKS = ['ssm:DeleteParameter', 'ssm:DeleteParameters', 'ssm:PutParameter'];
const write = [
	allow([...WRITE_PLAYBOOKS, 'ssm:GetParameter', 'ssm:GetParameterHistory', 'ssm:GetParameters', 'ssm:GetParametersByPath'], PLAYBOOKS),
	allow(['ssm:DescribeParameters'], '*'),
];

/**
 * Nobody changes what is run on nodes but those who are named, whatever else they may: playbooks, and the documents that roles and
 * policies know by the beginning of their names. It grants nothing.
 * @param {string[]} authors ARNs of roles and users.
 */
const guard = (authors) => {
	const deny = (Action, Resource, principals) => ({
		Effect: 'Deny',
		Action,
		Resource,
		...(principals.length > 0 && { Condition: { ArnNotEquals: { 'aws:PrincipalArn': principals } } }),
	});
	const labelling = { 'Fn::GetAtt': ['PlaybookDashchangeIamRoleLambdaExecution', 'Arn'] };
	return [
		deny(WRITE_PLAYBOOKS, PLAYBOOKS, authors),
		deny(['ssm:LabelParameterVersion', 'ssm:UnlabelParameterVersion'], PLAYBOOKS, [...authors, labelling]),
		deny(
			[
				...['ssm:CreateDocument', 'ssm:DeleteDocument', 'ssm:ModifyDocumentPermission', 'ssm:UpdateDocument'],
				'ssm:UpdateDocumentDefaultVersion',
			],
			OWN_DOCUMENTS,
			authors,
		),
	];
};

/** By logical id. */
const policies = (allowed, authors, parts) => ({
	ReadPolicy: policy('read', 'Reads all that Fleetkeeper does and goes by.', read),
	RunPolicy: policy('run', "Runs Fleetkeeper's documents and those allowed besides, on any node.", run(allowed)),
	OperatePolicy: policy('operate', "Acts on Fleetkeeper's operations; with the policies read and run.", operate),
	SessionPolicy: policy('sessions', `Starts sessions on nodes with the tag ${SESSION_TAG}, and ends its own.`, sessions(parts)),
	HybridPolicy: policy(
		'hybrid',
		'Lets machines outside EC2 register, and removes registrations; with the policies read and operate.',
		hybrid,
	),
	AuthorPolicy: policy('authors', 'Writes playbooks: whoever has it can run work on the fleet.', write),
	GuardPolicy: policy('guard', 'Denies changes of playbooks and documents to all but the playbook authors.', guard(authors)),
});

module.exports = async ({ resolveVariable }) => {
	const given = await Promise.all(['allowedDocuments', 'playbookAuthors', 'parts'].map((name) => resolveVariable(`param:${name}`)));
	const [allowed, authors, parts] = given.map(listOf);
	const Resources = policies(allowed, authors, parts);
	const outputs = Object.entries(Resources).map(([id, { Properties }]) => [
		`${id}Arn`,
		{ Description: Properties.Description, Value: { Ref: id } },
	]);
	return { Resources, Outputs: Object.fromEntries(outputs) };
};
