import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../local/aws/iam/index.ts';
import type { PolicyDocument } from '../../local/aws/iam/policy.ts';
import { iamOf } from '../../local/permissions/enforcing.ts';
import type { Template } from '../../local/template.ts';
import { createWorld } from '../../local/world.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import { STARTED_AT, TEMPLATE, terminating, worldWith } from './fixture.ts';
import { nodeId, smallAws, webFleet } from './support/small-aws.ts';

const OPENER = 'fleetkeeper-local-opener';
const AUTOMATION = 'arn:aws:iam::111122223333:role/automation';

/** The fixture, its role without one action. */
function without(action: string): Template {
	const roles = TEMPLATE.roles.map((role) => ({
		...role,
		policies: role.policies.map((policy): PolicyDocument => {
			const statements = [policy.Statement]
				.flat()
				.map((each) => ({ ...each, Action: [each.Action ?? []].flat().filter((name) => name !== action) }));
			return { ...policy, Statement: statements.filter(({ Action }) => Action.length > 0) };
		}),
	}));
	return { ...TEMPLATE, roles };
}

const saying: CreateHandler =
	({ log }) =>
	async () =>
		log.info('here');

describe('A function', () => {
	it('gets an error of AWS where its role lacks a permission, and the call has no effect', async () => {
		const errors: Error[] = [];
		const putting: CreateHandler =
			({ aws }) =>
			async () => {
				const Item = { pk: { S: '1' }, sk: { S: '1' } };
				await aws.dynamoDb.send(new PutItemCommand({ TableName: 'fleetkeeper-local', Item })).catch((error) => errors.push(error));
			};
		const world = await worldWith({ template: without('dynamodb:PutItem'), opener: putting });

		await world.invoke('opener', {});

		expect(errors).toMatchObject([
			{
				name: 'AccessDeniedException',
				message: expect.stringContaining(`assumed-role/fleetkeeper-local-opener/${OPENER} is not authorized`),
			},
		]);
		expect(world.requestLog.entries).toMatchObject([{ operation: 'PutItem', caller: OPENER, error: 'AccessDeniedException' }]);
	});

	it('that cannot read its queue cannot be deployed', async () => {
		await expect(worldWith({ template: without('sqs:DeleteMessage') })).rejects.toThrow(
			`does not have permissions to call DeleteMessage on SQS: function ${OPENER}`,
		);
	});

	it('leaves no log where its role does not let it', async () => {
		const [logged, silent] = [
			await worldWith({ opener: saying }),
			await worldWith({ template: without('logs:PutLogEvents'), opener: saying }),
		];
		for (const world of [logged, silent]) await world.invoke('opener', {});
		expect([logged.logs.length, silent.logs.length]).toEqual([1, 0]);
	});

	it('is known by its name where it calls over HTTP; a person is not held to any role', async () => {
		const world = await createWorld({
			seed: 1,
			time: 'real',
			startAt: STARTED_AT,
			template: without('ssm:ListCommands'),
			handlers: { [OPENER]: saying, 'fleetkeeper-local-ticker': saying },
		});
		const server = await world.listen(0);
		const call = (accessKeyId: string) =>
			new SSMClient({ endpoint: server.url, region: 'eu-west-1', credentials: { accessKeyId, secretAccessKey: 'test' } }).send(
				new ListCommandsCommand({}),
			);
		try {
			await expect(call(OPENER)).rejects.toMatchObject({ name: 'AccessDeniedException' });
			await expect(call('test')).resolves.toMatchObject({ Commands: [] });
		} finally {
			world.close();
			await server.close();
		}
	});
});

describe('A rule whose target does not admit it', () => {
	const dead = 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener-dead';

	it.each([
		['leaves the event in its dead-letter queue, with the reason', [dead], ['NO_PERMISSIONS']],
		['loses it where that does not admit it either', [], []],
	])('%s', async (_, admitting, codes) => {
		const resourcePolicies = TEMPLATE.resourcePolicies.filter(({ resource = '' }) => admitting.includes(resource));
		const world = await worldWith({ template: { ...TEMPLATE, resourcePolicies } });

		world.putEvent(terminating('i-1'));
		await world.runFor(10_000);

		const letters = world.sqs.queues.get('fleetkeeper-local-opener-dead')?.messages ?? [];
		expect(letters.map(({ attributes }) => attributes['ERROR_CODE']?.StringValue)).toEqual(codes);
		expect(world.invocations).toEqual([]);
	});
});

describe('A runbook', () => {
	const trust = (service: string): PolicyDocument => ({
		Version: '2012-10-17',
		Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
	});

	/** Reboots a node and runs a command on it, in a role. */
	async function started(role: Partial<Role>) {
		const roles = [{ name: 'automation', arn: AUTOMATION, policies: [], trust: trust('ssm.amazonaws.com'), ...role }];
		const iam = await iamOf({ ...TEMPLATE, roles }, () => aws);
		const aws = smallAws(webFleet(1), { iam });
		aws.ssm.addDocument('tidy', 'Automation', {
			schemaVersion: '0.3',
			assumeRole: '{{ Role }}',
			parameters: { Role: { type: 'String', default: AUTOMATION } },
			mainSteps: [
				{ name: 'reboot', action: 'aws:executeAwsApi', inputs: { Service: 'ec2', Api: 'RebootInstances', InstanceIds: [nodeId(1)] } },
				{
					name: 'run',
					action: 'aws:runCommand',
					inputs: { DocumentName: 'AWS-RunShellScript', InstanceIds: [nodeId(1)], Parameters: { commands: ['uptime'] } },
				},
			],
		});
		return {
			aws,
			async run() {
				const { AutomationExecutionId } = aws.call('ssm', 'StartAutomationExecution', { DocumentName: 'tidy' });
				await aws.advance(120);
				return aws.call('ssm', 'GetAutomationExecution', { AutomationExecutionId }).AutomationExecution;
			},
		};
	}

	const allowing = (...actions: string[]) => [
		{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] } as const,
	];

	it.each([
		['ec2:RebootInstances', [], 'Step reboot failed: Step fails when it is Execute/Cancelling action. You are not authorized to perform'],
		[
			'ssm:SendCommand',
			['ec2:RebootInstances', 'ssm:DescribeInstanceInformation'],
			'document/AWS-RunShellScript because no identity-based',
		],
	])('fails at the step whose call its role lacks (%s)', async (_, actions, message) => {
		const { run } = await started({ policies: allowing(...actions) });
		expect(await run()).toMatchObject({ AutomationExecutionStatus: 'Failed', FailureMessage: expect.stringContaining(message) });
	});

	it('does what its role allows', async () => {
		const following = ['ssm:DescribeInstanceInformation', 'ssm:ListCommands', 'ssm:ListCommandInvocations'];
		const { run, aws } = await started({ policies: allowing('ec2:RebootInstances', 'ssm:SendCommand', ...following) });
		expect(await run()).toMatchObject({ AutomationExecutionStatus: 'Success' });
		expect(aws.ssm.commands()).toHaveLength(1);
	});

	it('is not begun where its role does not trust Systems Manager', async () => {
		const { run } = await started({ trust: trust('ec2.amazonaws.com') });
		await expect(run()).rejects.toMatchObject({
			code: 'InvalidAutomationExecutionParametersException',
			message: 'The defined assume role is unable to be assumed.',
		});
	});
});
