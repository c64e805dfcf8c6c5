/** The contract's system on the local AWS: in process, in simulated time. */

import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { DescribeInstanceInformationCommand, ListDocumentsCommand } from '@aws-sdk/client-ssm';
import { inProcess } from '../../local/aws/http.ts';
import { readTemplate } from '../../local/template.ts';
import { createWorld, type World } from '../../local/world.ts';
import { clientsOf, DEAD_LETTERS, FLEET, inService, PROFILES, prepare, QUEUES, RULE, type System, until } from './system.ts';

const STARTED_AT = Date.parse('2026-03-02T08:00:00Z');

/** Throttled calls are tried again: the quotas of Parameter Store hold here. */
const MAX_ATTEMPTS = 20;

/** Makes a world with the contract's queues and rule, prepared, its fleet managed by Systems Manager. */
export async function localSystem(): Promise<System> {
	const world = await createWorld({
		seed: 1,
		time: 'simulated',
		startAt: STARTED_AT,
		template: readTemplate({ Resources: RESOURCES }),
		handlers: {},
	});
	const system = systemOf(world);
	await warm(system);
	await prepare(system);
	await system.run(async () => {
		const InstanceIds = await inService(system, FLEET, 2);
		await until(
			async () => (await system.ssm.send(new DescribeInstanceInformationCommand({}))).InstanceInformationList ?? [],
			(nodes) => InstanceIds.every((id) => nodes.some((node) => node.InstanceId === id && node.PingStatus === 'Online')),
		);
	});
	return system;
}

function systemOf(world: World): System {
	const { account, region } = world.context;
	const options = {
		region,
		credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
		maxAttempts: MAX_ATTEMPTS,
		requestHandler: inProcess(world.wire, { caller: 'contract' }),
	};
	return {
		account,
		region,
		...clientsOf(options),
		async post(_service, form) {
			const answer = await world.wire.handle({ method: 'POST', path: '/', headers: {}, body: new URLSearchParams(form).toString() });
			if (answer === 'lost') throw new Error('The reply was lost.');
			return { status: answer.status, body: String(answer.body) };
		},
		run: world.run,
		close: async () => world.close(),
	};
}

/** The first call of a client reads the SDK's configuration by real I/O, for which simulated time does not wait. */
async function warm({ ssm, autoScaling, ec2, sqs, s3, events, tagging, dynamo }: System): Promise<void> {
	await Promise.all([
		ssm.send(new ListDocumentsCommand({})),
		autoScaling.send(new DescribeAutoScalingGroupsCommand({})),
		ec2.send(new DescribeInstancesCommand({})),
		sqs.send(new ListQueuesCommand({})),
		s3.send(new ListBucketsCommand({})),
		events.send(new ListRulesCommand({})),
		tagging.send(new GetResourcesCommand({})),
		dynamo.send(new ListTablesCommand({})),
	]);
}

/** The local AWS takes queues and rules from a template only. */
const RESOURCES = {
	...Object.fromEntries(
		QUEUES.map(({ name, visibilitySeconds, maxReceiveCount }) => [
			logicalId(name),
			{
				Type: 'AWS::SQS::Queue',
				Properties: {
					QueueName: name,
					...(visibilitySeconds === undefined ? {} : { VisibilityTimeout: visibilitySeconds }),
					...(maxReceiveCount === undefined
						? {}
						: { RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [logicalId(DEAD_LETTERS), 'Arn'] }, maxReceiveCount } }),
				},
			},
		]),
	),
	...Object.fromEntries(
		PROFILES.map((name) => [
			logicalId(name),
			{ Type: 'AWS::IAM::InstanceProfile', Properties: { InstanceProfileName: name, Roles: [name] } },
		]),
	),
	OrdersPolicy: {
		Type: 'AWS::SQS::QueuePolicy',
		Properties: {
			Queues: [{ Ref: logicalId(RULE.queue) }],
			PolicyDocument: {
				Statement: [
					{
						Effect: 'Allow',
						Principal: { Service: 'events.amazonaws.com' },
						Action: 'sqs:SendMessage',
						Resource: { 'Fn::GetAtt': [logicalId(RULE.queue), 'Arn'] },
					},
				],
			},
		},
	},
	Orders: {
		Type: 'AWS::Events::Rule',
		Properties: {
			Name: RULE.name,
			State: 'ENABLED',
			EventPattern: RULE.pattern,
			Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': [logicalId(RULE.queue), 'Arn'] } }],
		},
	},
};

function logicalId(name: string): string {
	return name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
