/**
 * What each function may do: one role per function, no wildcard action, resources as narrow as the action allows. Where IAM
 * knows no resource for an action the resource is `*` (Service Authorization Reference: Systems Manager, Auto Scaling, tagging, Config,
 * CloudTrail).
 */

const { deadLettersArn, queueArn } = require('./paths.cjs');
const { listOf } = require('./settings.cjs');

const SSM = 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}';
const AWS_OWNED = 'arn:${AWS::Partition}:ssm:${AWS::Region}:';
const OWN = '${self:service}-${sls:stage}';

const sub = (text) => ({ 'Fn::Sub': text });
const ssm = (resource) => sub(`${SSM}:${resource}`);
const allow = (actions, resource, condition) => ({
	Effect: 'Allow',
	Action: actions,
	Resource: resource,
	...(condition ? { Condition: condition } : {}),
});

const LEDGER = { 'Fn::GetAtt': ['Ledger', 'Arn'] };
const OPS_ITEMS = ssm('opsitem/*');
const PLAYBOOK_PATH = 'parameter/${self:service}/${sls:stage}/playbooks';
const PLAYBOOKS = [ssm(PLAYBOOK_PATH), ssm(`${PLAYBOOK_PATH}/*`)];

const keepOperations = allow(
	['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
	LEDGER,
);
const findDue = allow(['dynamodb:Query'], sub('${Ledger.Arn}/index/due'));

const publish = allow(['events:PutEvents'], sub('arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default'), {
	StringEquals: { 'events:source': '${self:service}' },
});

const openOpsItems = [allow(['ssm:CreateOpsItem'], '*'), allow(['ssm:UpdateOpsItem'], OPS_ITEMS)];
/** Who opened the one that is open. */
const readOpsItems = allow(['ssm:GetOpsItem'], OPS_ITEMS);

/**
 * What the setting `allowedDocuments` adds to our own documents, as resources of SendCommand and of StartAutomationExecution. AWS's own
 * documents have no account in their ARNs (Systems Manager user guide, "Setting up identity based policies examples").
 */
const documentsOf = (allowed) => allowed.map((name) => sub(name.startsWith('arn:') ? name : `${AWS_OWNED}:document/${name}`));
const runbooksOf = (allowed) =>
	allowed.map((name) =>
		sub(`${(name.startsWith('arn:') ? name : `${AWS_OWNED}:document/${name}`).replace(':document/', ':automation-definition/')}:*`),
	);

/** Commands: our own documents and those allowed besides, on any node of the account; the output bucket is a resource of SendCommand too. */
const runCommands = (allowed) => [
	allow(
		['ssm:SendCommand'],
		[
			ssm(`document/${OWN}-*`),
			...documentsOf(allowed),
			sub('arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*'),
			ssm('managed-instance/*'),
			{ 'Fn::GetAtt': ['OutputBucket', 'Arn'] },
		],
	),
	allow(['ssm:CancelCommand', 'ssm:DescribeInstanceInformation', 'ssm:ListCommandInvocations', 'ssm:ListCommands'], '*'),
];

/** Runbooks: our own and those allowed besides, run with the automation role and no other. Executions are tagged at their start. */
const runAutomations = (allowed) => [
	allow(
		['ssm:StartAutomationExecution'],
		[
			...[ssm(`automation-definition/${OWN}-*`), ssm(`document/${OWN}-*`), ssm('automation-execution/*')],
			...[...runbooksOf(allowed), ...documentsOf(allowed)],
		],
	),
	allow(['ssm:AddTagsToResource', 'ssm:GetAutomationExecution', 'ssm:StopAutomationExecution'], ssm('automation-execution/*')),
	allow(['ssm:DescribeAutomationExecutions'], '*'),
	allow(['iam:PassRole'], { 'Fn::GetAtt': ['AutomationRole', 'Arn'] }, { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } }),
];

/** Whose an execution is that has ended: it carries the tag that it was started with. */
const readExecutionTags = allow(['ssm:ListTagsForResource'], ssm('automation-execution/*'));

const serveHooks = [
	allow(
		['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
		sub('arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/*'),
	),
	allow(['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeLifecycleHooks'], '*'),
];

/** A calendar may be shared by another account. */
const askCalendars = allow(['ssm:GetCalendarState'], sub('arn:${AWS::Partition}:ssm:${AWS::Region}:*:document/*'));

const readTags = allow(['tag:GetResources'], '*');
const findWaiting = allow(['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeWarmPool'], '*');

/** DescribeAlarms keeps composite alarms from whom IAM narrows to certain alarms (its API reference). */
const seeAlarms = allow(['cloudwatch:DescribeAlarms', 'cloudwatch:ListAlarmMuteRules'], '*');
/** What happened around an alarm: changes of its resource, calls that made them, and the stack that the resource belongs to. */
const lookAround = [
	allow(['cloudtrail:LookupEvents', 'config:GetResourceConfigHistory', 'config:ListDiscoveredResources'], '*'),
	allow(['cloudformation:DescribeStackResources'], sub('arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/*')),
];

const CONFIG_RULES = sub('arn:${AWS::Partition}:config:${AWS::Region}:${AWS::AccountId}:config-rule/*');
/** Whether a resource complies, and a new look at it. */
const verifyCompliance = [
	allow(['config:GetComplianceDetailsByResource'], '*'),
	allow(['config:StartConfigRulesEvaluation'], CONFIG_RULES),
];
const findNoncompliant = allow(
	['config:DescribeComplianceByConfigRule', 'config:DescribeConfigRules', 'config:GetComplianceDetailsByConfigRule'],
	CONFIG_RULES,
);

/** Every function that carries operations on runs the same engine: an event may find any of its effects to be due. */
const engine = (allowed) => [
	...[keepOperations, askCalendars, publish, ...openOpsItems, readOpsItems],
	...[...runCommands(allowed), ...runAutomations(allowed)],
];
/** Where an operation may hold an instance at a hook: lifecycle events, and what moves operations of every kind. */
const engineWithHooks = (allowed) => [...engine(allowed), ...serveHooks];

/** For what can never be handled, with its reason; and, of what the clock sent, for what failed. */
const bury = (name) => allow(['sqs:SendMessage'], deadLettersArn(name));

/** Of what its queue sends: what is to be tried again comes back sooner than the visibility timeout. */
const handBack = (name) => [bury(name), allow(['sqs:ChangeMessageVisibility'], queueArn(name))];

/** By function. @param {string[]} allowed documents beside our own: names of AWS's, ARNs of others. */
const permissions = (allowed) => ({
	'instance-lifecycle': [...engineWithHooks(allowed), readTags, ...handBack('instance-lifecycle')],
	'command-status': [...engineWithHooks(allowed), ...handBack('command-status')],
	'automation-status': [...engineWithHooks(allowed), readExecutionTags, ...handBack('automation-status')],
	'alarm-state': [...engine(allowed), seeAlarms, ...lookAround, ...handBack('alarm-state')],
	'config-compliance': [...engine(allowed), ...verifyCompliance, ...handBack('config-compliance')],
	'fleet-event': [...engine(allowed), ...handBack('fleet-event')],
	reconcile: [
		...[...engineWithHooks(allowed), readTags, findDue, findWaiting, seeAlarms, ...lookAround],
		...[...verifyCompliance, findNoncompliant, ...handBack('reconcile')],
	],
	'playbook-change': [
		allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], LEDGER),
		...openOpsItems,
		allow(['ssm:GetParameterHistory', 'ssm:GetParametersByPath', 'ssm:LabelParameterVersion', 'ssm:UnlabelParameterVersion'], PLAYBOOKS),
		...handBack('playbook-change'),
	],
});

module.exports = async ({ resolveVariable }) => permissions(listOf(await resolveVariable('param:allowedDocuments')));
