import { beforeAll, describe, expect, it } from 'vitest';
import { apiOperations, bundleFunction, functionNames } from '../../scripts/bundle.ts';
import { deployedDocuments } from '../runbooks/documents.ts';
import { ofType, type PackagedTemplate, packageService } from './package.ts';

interface Statement {
	readonly Effect: string;
	readonly Action: string | readonly string[];
	readonly Resource: unknown;
	readonly Condition?: unknown;
}

/**
 * Actions that IAM lets nobody narrow to a resource (Service Authorization Reference); and DescribeAlarms, which tells those it is
 * narrowed for of no composite alarm.
 */
const WITHOUT_RESOURCE = [
	...['ec2:DescribeIamInstanceProfileAssociations', 'ec2:DescribeRouteTables', 'ec2:DescribeVpcEndpoints', 'ssm:DescribeActivations'],
	...['config:DescribeComplianceByConfigRule', 'config:DescribeConfigRules', 'logs:DescribeLogGroups'],
	...['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeLifecycleHooks'],
	'autoscaling:DescribeWarmPool',
	...['ssm:CancelCommand', 'ssm:CreateOpsItem', 'ssm:DescribeAutomationExecutions', 'ssm:DescribeInstanceInformation'],
	...['ssm:ListCommandInvocations', 'ssm:ListCommands', 'tag:GetResources', 'tag:TagResources'],
	...['cloudtrail:LookupEvents', 'cloudwatch:DescribeAlarms', 'config:GetComplianceDetailsByResource'],
	...['config:GetResourceConfigHistory', 'config:ListDiscoveredResources'],
	...['ec2:DescribeImages', 'ec2:DescribeInstanceStatus', 'ec2:DescribeInstances', 'ec2:DescribeSecurityGroupRules'],
	...['ec2:DescribeSecurityGroups', 'ec2:DescribeSnapshots', 'ec2:DescribeTags'],
	...['ssm:DescribeInstancePatchStatesForPatchGroup', 'ssm:DescribeMaintenanceWindowExecutionTaskInvocations'],
	...['ssm:DescribeMaintenanceWindowExecutionTasks', 'ssm:DescribeMaintenanceWindows'],
	...['ssm:DescribeSessions', 'ssm:GetInventory', 'ssm:ListAssociations', 'ssm:ListResourceComplianceSummaries'],
];

/**
 * Needed without a call of the function's own: Lambda's logs and queue, what StartAutomationExecution passes and tags, the failed tick, and
 * what SendCommand lists of a resource group.
 */
const WITHOUT_CALL = [
	...['cloudformation:DescribeStacks', 'cloudformation:ListStackResources', 'resource-groups:ListGroupResources'],
	'sqs:ChangeMessageVisibility',
	...['logs:CreateLogStream', 'logs:PutLogEvents', 'iam:PassRole', 'ssm:AddTagsToResource'],
	...['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
];

const PREFIXES: Readonly<Record<string, string>> = {
	'@aws-sdk/client-auto-scaling': 'autoscaling',
	'@aws-sdk/client-cloudformation': 'cloudformation',
	'@aws-sdk/client-cloudtrail': 'cloudtrail',
	'@aws-sdk/client-cloudwatch': 'cloudwatch',
	'@aws-sdk/client-config-service': 'config',
	'@aws-sdk/client-dynamodb': 'dynamodb',
	'@aws-sdk/client-ec2': 'ec2',
	'@aws-sdk/client-eventbridge': 'events',
	'@aws-sdk/client-iam': 'iam',
	'@aws-sdk/client-resource-groups-tagging-api': 'tag',
	'@aws-sdk/client-s3': 's3',
	'@aws-sdk/client-sqs': 'sqs',
	'@aws-sdk/client-ssm': 'ssm',
};

/**
 * What a function carries in its bundle and never comes to: what only the clock asks for, and work of the type that is not its own. It may
 * not call these.
 */
const BY_THE_CLOCK = [
	...['ssm:CancelCommand', 'ssm:DescribeAutomationExecutions', 'ssm:GetAutomationExecution', 'ssm:ListCommandInvocations'],
	...['ssm:ListCommands', 'ssm:StopAutomationExecution'],
];
const LEFT_TO_OTHERS: Readonly<Record<string, readonly string[]>> = {
	'instance-lifecycle': [...BY_THE_CLOCK, 'autoscaling:RecordLifecycleActionHeartbeat'],
	'command-status': [
		...['autoscaling:RecordLifecycleActionHeartbeat', 'ssm:StartAutomationExecution', 'ssm:StopAutomationExecution'],
		...['ssm:DescribeAutomationExecutions', 'ssm:GetAutomationExecution'],
	],
	'automation-status': [
		...['autoscaling:RecordLifecycleActionHeartbeat', 'dynamodb:Query', 'ssm:SendCommand', 'ssm:CancelCommand', 'ssm:ListCommands'],
		...['ssm:ListCommandInvocations', 'ssm:DescribeInstanceInformation', 'ssm:GetCalendarState', 'ssm:StartAutomationExecution'],
		'ssm:DescribeAutomationExecutions',
	],
	'alarm-state': BY_THE_CLOCK,
	'config-compliance': [...BY_THE_CLOCK, 'config:StartConfigRulesEvaluation'],
	'fleet-event': BY_THE_CLOCK,
	'agent-health': BY_THE_CLOCK,
	// The windows do the work, and no playbook says anything of it.
	'maintenance-window': [
		...['dynamodb:GetItem', 'dynamodb:UpdateItem'],
		...['ssm:CancelCommand', 'ssm:DescribeAutomationExecutions', 'ssm:GetAutomationExecution', 'ssm:GetCalendarState', 'ssm:ListCommands'],
		...['ssm:SendCommand', 'ssm:StartAutomationExecution', 'ssm:StopAutomationExecution'],
	],
	// A command of a rule is led to its end by those who lead commands.
	'inventory-change': BY_THE_CLOCK.concat('ssm:StartAutomationExecution'),
	'node-state': [
		...['ssm:CancelCommand', 'ssm:DescribeAutomationExecutions', 'ssm:GetAutomationExecution', 'ssm:GetCalendarState'],
		...['ssm:ListCommandInvocations', 'ssm:StartAutomationExecution', 'ssm:StopAutomationExecution'],
	],
	'session-event': [
		...['ssm:CancelCommand', 'ssm:DescribeAutomationExecutions', 'ssm:GetAutomationExecution', 'ssm:GetCalendarState'],
		...['ssm:ListCommandInvocations', 'ssm:StartAutomationExecution', 'ssm:StopAutomationExecution'],
		...['ssm:DescribeInstanceInformation', 'ssm:ListCommands', 'ssm:SendCommand'],
	],
};

/** Of clients: what is done with queues has a test of its own; endpoint discovery, and sessions of S3's directory buckets, never come up. */
const CARRIED_ALONG = ['dynamodb:DescribeEndpoints', 's3:CreateSession', 'sqs:ChangeMessageVisibility', 'sqs:SendMessage'];

/** Actions of IAM whose names are not those of their APIs. */
const S3_ACTIONS: Readonly<Record<string, string>> = {
	GetBucketEncryption: 's3:GetEncryptionConfiguration',
	GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
	PutBucketEncryption: 's3:PutEncryptionConfiguration',
	PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
};
/** What Run Command and the tagging API need besides the call: to follow a command, to tag as the resource's own service does. */
const NEEDED_BESIDES: Readonly<Record<string, readonly string[]>> = {
	'aws:runCommand': [
		...['ssm:SendCommand', 'ssm:CancelCommand', 'ssm:DescribeInstanceInformation'],
		...['ssm:ListCommandInvocations', 'ssm:ListCommands'],
	],
	AssociateIamInstanceProfile: ['iam:PassRole'],
	TagResources: ['ec2:CreateTags', 's3:GetBucketTagging', 's3:PutBucketTagging'],
};

/** What the steps of all runbooks need. */
function actionsOfRunbooks(): string[] {
	const steps = [...deployedDocuments().values()].filter(({ type }) => type === 'Automation').flatMap(({ content }) => content.mainSteps);
	return steps.flatMap(({ action, inputs }) => {
		const { Service: service, Api: api = '' } = inputs as { Service?: string; Api?: string };
		const besides = NEEDED_BESIDES[action] ?? NEEDED_BESIDES[api] ?? [];
		if (service === undefined) return besides;
		const prefix = service === 'resourcegroupstaggingapi' ? 'tag' : service;
		return [service === 's3' ? (S3_ACTIONS[api] ?? api) : `${prefix}:${api}`, ...besides];
	});
}

let template: PackagedTemplate;

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value]) as readonly T[];
const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();
const actionsOf = (statements: readonly Statement[]): string[] => statements.flatMap(({ Action }) => list(Action));

function statementsOf(roleId: string): Statement[] {
	const { Policies = [] } = template.Resources[roleId]?.Properties ?? {};
	return Policies.flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement);
}

/** The role of a function. */
function roleOf(name: string): string {
	const functionId = `${name[0]?.toUpperCase()}${name.slice(1).replaceAll('-', 'Dash')}LambdaFunction`;
	return template.Resources[functionId]?.Properties.Role['Fn::GetAtt'][0];
}

beforeAll(async () => {
	template = await packageService();
}, 60_000);

describe('the roles', () => {
	it('are one per function, and those that runbooks, maintenance windows and nodes work with', () => {
		const roles = ofType(template, 'AWS::IAM::Role').map(([id]) => id);
		expect(roles.sort()).toEqual([...functionNames().map(roleOf), 'AutomationRole', 'HybridRole', 'NodeRole', 'PatchingRole'].sort());
	});

	it('name every action in full', () => {
		for (const [id] of ofType(template, 'AWS::IAM::Role')) {
			expect(actionsOf(statementsOf(id)).filter((action) => action.includes('*'))).toEqual([]);
		}
	});

	it('allow on every resource only what IAM cannot narrow', () => {
		for (const [id] of ofType(template, 'AWS::IAM::Role')) {
			const wide = statementsOf(id).filter(({ Resource }) => list(Resource).includes('*'));
			expect(actionsOf(wide).filter((action) => !WITHOUT_RESOURCE.includes(action))).toEqual([]);
		}
	});

	it('run no document but those of this stage and those that its settings allow', () => {
		/** Of roles that run a document of AWS's for what they do themselves. */
		const own: Readonly<Record<string, string>> = {
			PatchingRole: 'AWS-RunPatchBaseline',
			AutomationRole: 'AWS-UpdateSSMAgent',
			[roleOf('node-state')]: 'AWS-RefreshAssociation',
		};
		for (const [id] of ofType(template, 'AWS::IAM::Role')) {
			const running = statementsOf(id).filter((statement) =>
				actionsOf([statement]).some((action) => /:(SendCommand|StartAutomationExecution)$/.test(action)),
			);
			const documents = running
				.flatMap(({ Resource }) => list(Resource))
				.flatMap((each) => /(document|automation-definition)\/.*?(?=")/.exec(JSON.stringify(each))?.[0] ?? []);
			const foreign = documents.map((document) => document.replace(/^.*\/|:\*$/g, '')).filter((name) => name !== 'fleetkeeper-local-*');
			const allowed = own[id] === undefined ? ['AWS-ConfigureAWSPackage', 'AWS-RunPatchBaseline'] : [own[id]];
			expect([id, foreign.filter((name) => !allowed.includes(name))]).toEqual([id, []]);
		}
	});

	it('let hooks be completed where operations of instances are moved, and nowhere else', () => {
		const completing = functionNames().filter((name) =>
			actionsOf(statementsOf(roleOf(name))).includes('autoscaling:CompleteLifecycleAction'),
		);
		expect(completing).toEqual(['instance-lifecycle', 'command-status', 'automation-status', 'reconcile']);
	});

	it('pass the automation role alone, and that of patching where rings are opened, to Systems Manager alone', () => {
		const passing = functionNames().flatMap((name) =>
			statementsOf(roleOf(name)).flatMap((statement) => (list(statement.Action).includes('iam:PassRole') ? [{ name, ...statement }] : [])),
		);
		expect(passing.length).toBeGreaterThan(0);
		for (const { name, Resource, Condition } of passing) {
			const role = name === 'maintenance-window' ? 'PatchingRole' : 'AutomationRole';
			expect([name, Resource]).toEqual([name, { 'Fn::GetAtt': [role, 'Arn'] }]);
			expect(Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } });
		}
	});
});

describe('the automation role', () => {
	it('can be assumed by Systems Manager for executions of this account alone', () => {
		const [statement] = template.Resources['AutomationRole']?.Properties.AssumeRolePolicyDocument.Statement ?? [];
		expect(statement.Principal).toEqual({ Service: 'ssm.amazonaws.com' });
		expect(statement.Condition.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
	});

	it('allows each call that a runbook makes, and no other', () => {
		expect(unique(actionsOf(statementsOf('AutomationRole')))).toEqual(unique(actionsOfRunbooks()));
	});

	it('reaches buckets of this account alone', () => {
		const buckets = statementsOf('AutomationRole').filter((statement) => actionsOf([statement]).some((action) => action.startsWith('s3:')));
		expect(buckets.map(({ Condition }) => Condition)).toEqual([{ StringEquals: { 'aws:ResourceAccount': { Ref: 'AWS::AccountId' } } }]);
	});

	it('tags images and snapshots only while it makes them', () => {
		const made = statementsOf('AutomationRole').filter(({ Action, Resource }) => {
			return list(Action).includes('ec2:CreateTags') && /::(image|snapshot)\//.test(JSON.stringify(Resource));
		});
		expect(made.map(({ Condition }) => Condition)).toEqual([{ StringEquals: { 'ec2:CreateAction': ['CreateImage', 'CreateSnapshots'] } }]);
	});
});

describe('the node policy', () => {
	it('lets a node write to the output bucket and log group, and its name can be found', () => {
		const { Statement } = template.Resources['NodePolicy']?.Properties.PolicyDocument ?? {};
		expect(actionsOf(Statement)).toEqual(expect.arrayContaining(['s3:PutObject', 'logs:PutLogEvents']));
		expect(template.Outputs['NodePolicyArn']).toMatchObject({
			Value: { Ref: 'NodePolicy' },
			Export: { Name: 'fleetkeeper-local-node-policy' },
		});
	});
});

describe.each(functionNames())('the role of %s', (name) => {
	const allowed = (): string[] => actionsOf(statementsOf(roleOf(name))).filter((action) => !WITHOUT_CALL.includes(action));

	it('allows each call that the function can make, and no other', async () => {
		const operations = [...apiOperations(await bundleFunction(name))];
		const callable = operations.flatMap(([client, names]) => names.map((operation) => `${PREFIXES[client]}:${operation}`));
		const needed = callable.filter((action) => !CARRIED_ALONG.includes(action));
		expect(unique([...allowed(), ...(LEFT_TO_OTHERS[name] ?? [])])).toEqual(unique(needed));
	});

	it('does not allow what it leaves to others', () => {
		expect(allowed().filter((action) => LEFT_TO_OTHERS[name]?.includes(action))).toEqual([]);
	});

	it('lets it send what it cannot handle to its own dead-letter queue', () => {
		const { Resource } = statementsOf(roleOf(name)).find(({ Action }) => list(Action).includes('sqs:SendMessage')) ?? {};
		const queue = template.Resources[(Resource as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]]?.Properties;
		expect(queue.QueueName).toBe(`fleetkeeper-local-${name}-dead-letters`);
	});

	it('lets it hand messages back to its own queue alone', () => {
		const resources = statementsOf(roleOf(name)).flatMap(({ Action, Resource }) =>
			list(Action).includes('sqs:ChangeMessageVisibility') ? [(Resource as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]] : [],
		);
		const queues = resources.map((id) => template.Resources[id]?.Properties.QueueName);
		expect(queues).toEqual([`fleetkeeper-local-${name}`]);
	});
});
