/**
 * What each function may do: one role per function, no wildcard action, resources as narrow as the action allows. Where IAM
 * knows no resource for an action the resource is `*` (Service Authorization Reference: Systems Manager, Auto Scaling, tagging, Config,
 * CloudTrail). The local AWS enforces this, and `npm run permissions` says what of it no test needs.
 */

const { documentsOf, runbooksOf } = require('./approved.cjs');
const { windowIds } = require('./patching.cjs');
const { deadLettersArn, queueArn } = require('./paths.cjs');
const { listOf } = require('./settings.cjs');

const SSM = 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}';
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

const keepOperations = allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], LEDGER);
/** Of a subject, the latest operation: who hears of it anew asks for that. */
const findLatest = allow(['dynamodb:Query'], LEDGER);
/** How the nodes of a command on many have ended: written by the hundred, and read together. */
const keepNodes = allow(['dynamodb:BatchWriteItem', 'dynamodb:Query'], LEDGER);
const findDue = allow(['dynamodb:Query'], sub('${Ledger.Arn}/index/due'));

/** One call puts several events: the key has the source of each. Without the key, ForAllValues would hold. */
const publish = allow(['events:PutEvents'], sub('arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default'), {
	'ForAllValues:StringEquals': { 'events:source': '${self:service}' },
	Null: { 'events:source': 'false' },
});

const openOpsItems = [allow(['ssm:CreateOpsItem'], '*'), allow(['ssm:UpdateOpsItem'], OPS_ITEMS)];
/** Who opened the one that is open. */
const readOpsItems = allow(['ssm:GetOpsItem'], OPS_ITEMS);

/** Commands: our own documents and those allowed besides, on any node of the account; the output bucket is a resource of SendCommand too. */
const sendCommands = (allowed) => [
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
	allow(['ssm:DescribeInstanceInformation'], '*'),
];
/** How a command stands, and its end before its time. */
const followCommands = allow(['ssm:CancelCommand', 'ssm:ListCommandInvocations'], '*');

/** A resource group as the target of a command is listed in the name of who sends it (API reference of ListGroupResources). */
const targetGroups = [
	allow(['resource-groups:ListGroupResources'], sub('arn:${AWS::Partition}:resource-groups:${AWS::Region}:${AWS::AccountId}:group/*')),
	allow(
		['cloudformation:DescribeStacks', 'cloudformation:ListStackResources'],
		sub('arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/*'),
	),
];

/** Runbooks: our own and those allowed besides, run with the automation role and no other. Executions are tagged at their start. */
const startAutomations = (allowed) => [
	allow(
		['ssm:StartAutomationExecution'],
		[...[ssm(`automation-definition/${OWN}-*`), ssm(`document/${OWN}-*`), ssm('automation-execution/*')], ...runbooksOf(allowed)],
	),
	allow(['ssm:AddTagsToResource'], ssm('automation-execution/*')),
	allow(['iam:PassRole'], { 'Fn::GetAtt': ['AutomationRole', 'Arn'] }, { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } }),
];

/** How an execution stands, and its end before its time. */
const followAutomations = allow(['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution'], ssm('automation-execution/*'));
/** Work whose start was never answered is looked for in lists, which also count the nodes of a command. */
const listCommands = allow(['ssm:ListCommands'], '*');
const findWork = allow(['ssm:DescribeAutomationExecutions'], '*');

/** Whose an execution is that has ended: it carries the tag that it was started with. */
const readExecutionTags = allow(['ssm:ListTagsForResource'], ssm('automation-execution/*'));

const REFRESH_ASSOCIATION = sub('arn:${AWS::Partition}:ssm:${AWS::Region}::document/AWS-RefreshAssociation');
/** How associations stand and on which nodes they fail, and applying them again there; which nodes comply. */
const followNodeStates = [
	allow(['ssm:DescribeAssociation', 'ssm:DescribeAssociationExecutionTargets', 'ssm:DescribeAssociationExecutions'], ssm('association/*')),
	allow(['ssm:ListAssociations', 'ssm:ListResourceComplianceSummaries', 'ssm:DescribeInstanceInformation'], '*'),
	allow(
		['ssm:SendCommand'],
		[REFRESH_ASSOCIATION, sub('arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*'), ssm('managed-instance/*')],
	),
];

/** What nodes have, as it is written and as Systems Manager keeps it. */
const readInventory = [
	allow(['ssm:GetInventory'], '*'),
	allow(
		['s3:GetObject'],
		sub('arn:${AWS::Partition}:s3:::${self:service}-${sls:stage}-inventory-${AWS::AccountId}-${AWS::Region}/AWS:Application/*'),
	),
];

/** How sessions stand, and ending those that must not go on: of whoever has started them. */
const followSessions = [allow(['ssm:DescribeSessions'], '*'), allow(['ssm:TerminateSession'], ssm('session/*'))];

const HOST_MANAGEMENT = ssm('servicesetting/ssm/managed-instance/default-ec2-instance-management-role');
const iam = (resource) => sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:${resource}`);
/** Which instances run, which of them are managed, and why others are not. */
const followAgents = [
	allow(['ssm:DescribeActivations', 'ssm:DescribeInstanceInformation'], '*'),
	allow(['ssm:GetServiceSetting'], HOST_MANAGEMENT),
	allow(['ec2:DescribeInstances', 'ec2:DescribeRouteTables', 'ec2:DescribeVpcEndpoints'], '*'),
	allow(['iam:GetInstanceProfile'], iam('instance-profile/*')),
	allow(['iam:SimulatePrincipalPolicy'], iam('role/*')),
];

const WINDOWS = ssm('maintenancewindow/*');
/** How the runs of patch windows went, and how the nodes of a patch group are since. Whose a window is that has run, its name says. */
const followWindows = [
	allow(['ssm:DescribeMaintenanceWindowExecutions', 'ssm:GetMaintenanceWindow'], WINDOWS),
	allow(
		[
			...['ssm:DescribeInstanceInformation', 'ssm:DescribeInstancePatchStatesForPatchGroup', 'ssm:DescribeMaintenanceWindows'],
			...['ssm:DescribeMaintenanceWindowExecutionTaskInvocations', 'ssm:DescribeMaintenanceWindowExecutionTasks'],
			'ssm:ListCommandInvocations',
		],
		'*',
	),
	allow(['s3:PutObject'], sub('${OutputBucket.Arn}/patch-reports/*')),
];
/** What runs of windows need of the ledger: they are never told of by playbooks, and none has a second occurrence. */
const keepRuns = allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:Query'], LEDGER);
/**
 * What lets a window patch, and keeps it from it: of the stage's own windows, but for the first group's, which is always let. Their tasks
 * work in the role of the stage, and in no other.
 */
const keepRings = ([, ...later]) => {
	const windows = later.map((id) => ssm(`maintenancewindow/\${${id}}`));
	if (windows.length === 0) return [];
	return [
		allow(
			[
				...['ssm:DescribeMaintenanceWindowTargets', 'ssm:DescribeMaintenanceWindowTasks'],
				...['ssm:RegisterTargetWithMaintenanceWindow', 'ssm:RegisterTaskWithMaintenanceWindow'],
			],
			windows,
		),
		allow(['ssm:DeregisterTargetFromMaintenanceWindow'], [...windows, ssm('windowtarget/*')]),
		allow(['ssm:DeregisterTaskFromMaintenanceWindow'], [...windows, ssm('windowtask/*')]),
		allow(['iam:PassRole'], { 'Fn::GetAtt': ['PatchingRole', 'Arn'] }, { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } }),
	];
};

const GROUPS = sub('arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/*');
const serveHooks = [
	allow(['autoscaling:CompleteLifecycleAction'], GROUPS),
	allow(['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeLifecycleHooks'], '*'),
];
const keepHooksAlive = allow(['autoscaling:RecordLifecycleActionHeartbeat'], GROUPS);

/** A calendar may be shared by another account. */
const askCalendars = allow(['ssm:GetCalendarState'], sub('arn:${AWS::Partition}:ssm:${AWS::Region}:*:document/*'));

const readTags = allow(['tag:GetResources'], '*');
const findWaiting = allow(['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeWarmPool'], '*');

/** DescribeAlarms keeps composite alarms from whom IAM narrows to certain alarms (its API reference). */
const seeAlarms = [
	allow(['cloudwatch:DescribeAlarms'], '*'),
	allow(['cloudwatch:ListAlarmMuteRules'], sub('arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm-mute-rule:*')),
];
/** What happened around an alarm: changes of its resource, calls that made them, and the stack that the resource belongs to. */
const lookAround = [
	allow(['cloudtrail:LookupEvents', 'config:GetResourceConfigHistory', 'config:ListDiscoveredResources'], '*'),
	allow(['cloudformation:DescribeStackResources'], sub('arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/*')),
];

const CONFIG_RULES = sub('arn:${AWS::Partition}:config:${AWS::Region}:${AWS::AccountId}:config-rule/*');
/** Whether a resource complies. */
const readCompliance = allow(['config:GetComplianceDetailsByResource'], '*');
/** What AWS Config finds noncompliant, and a new look of its own. */
const findNoncompliant = [
	allow(['config:DescribeComplianceByConfigRule', 'config:DescribeConfigRules'], '*'),
	allow(['config:GetComplianceDetailsByConfigRule', 'config:StartConfigRulesEvaluation'], CONFIG_RULES),
];

/** Every function that carries operations on puts them on record, tells of them, and opens and resolves their OpsItems. */
const engine = [keepOperations, publish, ...openOpsItems, readOpsItems];
/** What opens operations begins their work as well. The clock does all that follows, and what starts again. */
const openers = (allowed) => [...engine, findLatest, askCalendars, ...sendCommands(allowed), ...startAutomations(allowed)];

/** For what can never be handled, with its reason; and, of what the clock sent, for what failed. */
const bury = (name) => allow(['sqs:SendMessage'], deadLettersArn(name));

/** Of what its queue sends: what is to be tried again comes back sooner than the visibility timeout. */
const handBack = (name) => [bury(name), allow(['sqs:ChangeMessageVisibility'], queueArn(name))];

/**
 * By function. Functions carry code that they never come to (they share their parts): what only the clock asks for, and work of the
 * type that is not theirs. Were that ever asked for, AWS's refusal would leave it to the clock.
 * @param {string[]} allowed documents beside our own: names of AWS's, ARNs of others.
 * @param {string[]} windows the logical ids of the windows of patch groups.
 */
const permissions = (allowed, windows) => ({
	'instance-lifecycle': [...openers(allowed), ...serveHooks, readTags, ...handBack('instance-lifecycle')],
	// A node that a shared command never reached gets one of its own, and many nodes the next of several.
	'command-status': [
		...[...engine, askCalendars, ...sendCommands(allowed), followCommands, listCommands, keepNodes, ...serveHooks],
		...handBack('command-status'),
	],
	'automation-status': [...engine, followAutomations, readExecutionTags, ...serveHooks, ...handBack('automation-status')],
	'alarm-state': [...openers(allowed), ...seeAlarms, ...lookAround, ...handBack('alarm-state')],
	'config-compliance': [...openers(allowed), readCompliance, ...handBack('config-compliance')],
	'fleet-event': [...openers(allowed), readTags, ...targetGroups, ...handBack('fleet-event')],
	reconcile: [
		...[...openers(allowed), followCommands, followAutomations, findWork, listCommands, keepNodes, ...targetGroups],
		...[...serveHooks, keepHooksAlive],
		...[readTags, findDue, findWaiting, ...seeAlarms, ...lookAround, readCompliance, ...findNoncompliant],
		...handBack('reconcile'),
	],
	'maintenance-window': [
		...[keepRuns, publish, ...openOpsItems, readOpsItems, findDue, readTags, ...followWindows, ...keepRings(windows)],
		...handBack('maintenance-window'),
	],
	'node-state': [...engine, findLatest, findDue, readTags, ...followNodeStates, listCommands, ...handBack('node-state')],
	// The command of a rule is begun here; whoever leads commands leads it to its end.
	'inventory-change': [
		...[...engine, findLatest, findDue, readTags, ...readInventory, askCalendars, ...sendCommands(allowed)],
		...handBack('inventory-change'),
	],
	'session-event': [...engine, findLatest, findDue, readTags, ...followSessions, ...handBack('session-event')],
	// What playbooks do about nodes it begins, as whoever opens operations does; the clock of all others goes on with that.
	'agent-health': [...openers(allowed), findDue, ...followAgents, ...handBack('agent-health')],
	'playbook-change': [
		allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], LEDGER),
		...openOpsItems,
		allow(['ssm:GetParametersByPath'], PLAYBOOKS),
		allow(['ssm:GetParameterHistory', 'ssm:LabelParameterVersion', 'ssm:UnlabelParameterVersion'], PLAYBOOKS[1]),
		...handBack('playbook-change'),
	],
});

module.exports = async (context) => permissions(listOf(await context.resolveVariable('param:allowedDocuments')), await windowIds(context));
