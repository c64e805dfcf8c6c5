import {
	DescribeMaintenanceWindowsCommand,
	DescribePatchGroupsCommand,
	GetMaintenanceWindowTaskCommand,
	ListAssociationsCommand,
	SSMClient,
} from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { NEEDS } from '../../local/aws/iam/needs/index.ts';
import { deployTemplate } from '../../local/fleet.ts';
import { readTemplate } from '../../local/template.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import { RAW_TEMPLATE, worldWith } from './fixture.ts';
import { clientOptions } from './support/sdk.ts';
import { smallAws, webFleet } from './support/small-aws.ts';

const ROLE = { 'Fn::GetAtt': ['WindowRole', 'Arn'] };
const TICKER = { 'Fn::GetAtt': ['TickerLambdaFunction', 'Arn'] };

/** A window with a target and tasks, a baseline and an association, as a stack has them. */
const STATE = {
	Window: {
		Type: 'AWS::SSM::MaintenanceWindow',
		Properties: { Name: 'dev', Schedule: 'cron(0 10 ? * * *)', Duration: 2, Cutoff: 1, AllowUnassociatedTargets: false },
	},
	Target: {
		Type: 'AWS::SSM::MaintenanceWindowTarget',
		Properties: { WindowId: { Ref: 'Window' }, ResourceType: 'INSTANCE', Targets: [{ Key: 'tag:service', Values: ['nginx'] }] },
	},
	Patch: {
		Type: 'AWS::SSM::MaintenanceWindowTask',
		Properties: {
			WindowId: { Ref: 'Window' },
			TaskType: 'RUN_COMMAND',
			TaskArn: 'AWS-RunPatchBaseline',
			Priority: 1,
			MaxConcurrency: '10%',
			MaxErrors: '1',
			ServiceRoleArn: ROLE,
			Targets: [{ Key: 'WindowTargetIds', Values: [{ Ref: 'Target' }] }],
			TaskInvocationParameters: { MaintenanceWindowRunCommandParameters: { Parameters: { Operation: ['Install'] }, TimeoutSeconds: 600 } },
		},
	},
	Report: {
		Type: 'AWS::SSM::MaintenanceWindowTask',
		Properties: {
			WindowId: { Ref: 'Window' },
			TaskType: 'LAMBDA',
			TaskArn: TICKER,
			Priority: 2,
			ServiceRoleArn: ROLE,
			TaskInvocationParameters: {
				MaintenanceWindowLambdaParameters: { Payload: Buffer.from('{"window":"{{WINDOW_ID}}"}').toString('base64') },
			},
		},
	},
	Baseline: {
		Type: 'AWS::SSM::PatchBaseline',
		Properties: { Name: 'dev', OperatingSystem: 'AMAZON_LINUX_2023', PatchGroups: ['dev', 'test'], DefaultBaseline: true },
	},
	Scan: {
		Type: 'AWS::SSM::Association',
		Properties: {
			Name: 'AWS-RunPatchBaseline',
			AssociationName: 'daily-scan',
			Parameters: { Operation: ['Scan'] },
			ScheduleExpression: 'rate(1 day)',
			Targets: [{ Key: 'InstanceIds', Values: ['*'] }],
			WaitForSuccessTimeoutSeconds: 60,
		},
	},
	WindowRole: {
		Type: 'AWS::IAM::Role',
		Properties: {
			RoleName: 'windows',
			AssumeRolePolicyDocument: {
				Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ssm.amazonaws.com' } }],
			},
			Policies: [
				{ PolicyName: 'invoke', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: TICKER }] } },
			],
		},
	},
};
const TEMPLATE = readTemplate({ Resources: { ...RAW_TEMPLATE.Resources, ...STATE } });

describe('a stack', () => {
	it('has windows, baselines and associations, with the ids that it refers to them by', async () => {
		const aws = smallAws(webFleet(1));
		deployTemplate(aws, TEMPLATE);
		const ssm = new SSMClient(clientOptions(aws));
		const idOf = (logicalId: string) => TEMPLATE.resources.find((each) => each.logicalId === logicalId)?.physicalId;

		const { WindowIdentities: [window] = [] } = await ssm.send(new DescribeMaintenanceWindowsCommand({}));
		expect(window).toMatchObject({ WindowId: idOf('Window'), Name: 'dev', Enabled: true, NextExecutionTime: '2026-03-02T10:00Z' });
		const task = (logicalId: string) =>
			ssm.send(new GetMaintenanceWindowTaskCommand({ WindowId: window?.WindowId, WindowTaskId: idOf(logicalId) }));
		expect(await task('Patch')).toMatchObject({
			Targets: [{ Key: 'WindowTargetIds', Values: [idOf('Target')] }],
			TaskInvocationParameters: { RunCommand: { Parameters: { Operation: ['Install'] }, TimeoutSeconds: 600 } },
			ServiceRoleArn: 'arn:aws:iam::111122223333:role/windows',
		});
		const { TaskInvocationParameters } = await task('Report');
		expect(Buffer.from(TaskInvocationParameters?.Lambda?.Payload ?? []).toString()).toBe('{"window":"{{WINDOW_ID}}"}');
		const { Mappings = [] } = await ssm.send(new DescribePatchGroupsCommand({}));
		expect(
			Mappings.map(({ PatchGroup, BaselineIdentity }) => [PatchGroup, BaselineIdentity?.BaselineId, BaselineIdentity?.DefaultBaseline]),
		).toEqual([
			['dev', idOf('Baseline'), true],
			['test', idOf('Baseline'), true],
		]);
		const { Associations = [] } = await ssm.send(new ListAssociationsCommand({}));
		expect(Associations).toMatchObject([{ AssociationId: idOf('Scan'), AssociationName: 'daily-scan', Overview: { Status: 'Pending' } }]);
	});
});

describe('a task of a window', () => {
	it('may do what its role lets it', async () => {
		const seen: unknown[] = [];
		const ticker: CreateHandler = () => async (event) => void seen.push(event);
		const world = await worldWith({ template: TEMPLATE, ticker });
		const [window] = TEMPLATE.state.maintenanceWindows;
		world.services.ec2.launch({
			machine: { platform: 'Linux', bootSeconds: 1, registerSeconds: 1, behaviours: {} },
			tags: { service: 'nginx' },
		});

		await world.runFor(2 * 3_600_000 + 60_000);

		const call = (operation: string, input: object) =>
			// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
			world.services.ssm.definition.operations[operation]?.(input as never) as any;
		const [{ WindowExecutionId, Status }] = call('DescribeMaintenanceWindowExecutions', { WindowId: window?.id }).WindowExecutions;
		const tasks = call('DescribeMaintenanceWindowExecutionTasks', { WindowExecutionId }).WindowExecutionTaskIdentities;
		expect(tasks).toMatchObject([
			{ Status: 'FAILED', StatusDetails: expect.stringContaining('is not authorized to perform: ssm:SendCommand') },
			{ Status: 'SUCCESS' },
		]);
		expect(Status).toBe('FAILED');
		expect(seen).toContainEqual({ window: window?.id });
		world.close();
	});
});

describe('the permissions that calls need', () => {
	it('are known for every operation on what keeps nodes in a state', () => {
		const { operations } = smallAws().ssm.definition;
		const asked = Object.keys(operations).filter((name) => /MaintenanceWindow|Patch|Association|Compliance/.test(name));

		expect(asked.filter((name) => NEEDS['ssm']?.[name] === undefined)).toEqual([]);
		expect(asked.length).toBeGreaterThan(50);
	});

	it('name the window with its target or task, and the role that is passed on', () => {
		const site = {
			account: '1',
			region: 'r',
			facts: { runbook: () => undefined, instanceTags: () => undefined },
			arn: (_: string, resource: string) => resource,
		};
		const needs = (operation: string, input: object) =>
			NEEDS['ssm']?.[operation]?.(input as never, site).map(({ action, resources }) => [action, ...resources]);

		expect(needs('UpdateMaintenanceWindowTask', { WindowId: 'mw-1', WindowTaskId: 't-1', ServiceRoleArn: 'role' })).toEqual([
			['ssm:UpdateMaintenanceWindowTask', 'maintenancewindow/mw-1', 'windowtask/t-1'],
			['iam:PassRole', 'role'],
		]);
		expect(needs('CreateAssociation', { Name: 'AWS-RunPatchBaseline', Targets: [{ Key: 'InstanceIds', Values: ['*'] }] })).toEqual([
			['ssm:CreateAssociation', 'association/*', 'arn:aws:ssm:r::document/AWS-RunPatchBaseline'],
		]);
		expect(needs('DescribeInstancePatchStates', { InstanceIds: ['i-1', 'mi-1'] })).toEqual([
			['ssm:DescribeInstancePatchStates', 'instance/i-1', 'managed-instance/mi-1'],
		]);
	});
});
