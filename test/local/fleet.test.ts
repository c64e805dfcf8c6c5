import {
	AutoScalingClient,
	CompleteLifecycleActionCommand,
	DescribeAutoScalingGroupsCommand,
	DescribeAutoScalingInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import {
	CreateOpsItemCommand,
	DescribeInstanceInformationCommand,
	GetOpsItemCommand,
	SendCommandCommand,
	SSMClient,
} from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { inProcess } from '../../local/aws/http.ts';
import { RequestLog } from '../../local/aws/request-log.ts';
import { createWire } from '../../local/aws/wire.ts';
import { type Fleet, parseFleet } from '../../local/fleet.ts';
import { START_FLEET } from '../../local/fleets/start.ts';
import { nodeId, smallAws, webFleet } from './support/small-aws.ts';

/** The services behind the wire, and clients of the SDK before it. */
function clients(fleet: Fleet) {
	const aws = smallAws(fleet);
	const wire = createWire({
		context: aws.ctx,
		log: new RequestLog(),
		services: aws.definitions,
		onDefect: (error) => expect.fail(String(error)),
	});
	const options = {
		region: 'eu-west-1',
		maxAttempts: 1,
		credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
		requestHandler: inProcess(wire),
	};
	return {
		...aws,
		ssmClient: new SSMClient(options),
		autoScalingClient: new AutoScalingClient(options),
		ec2Client: new EC2Client(options),
		taggingClient: new ResourceGroupsTaggingAPIClient(options),
	};
}

describe('the fleet of npm start', () => {
	it('has one instance that waits already, and nobody was told', async () => {
		const aws = clients(START_FLEET);

		const { AutoScalingInstances: instances = [] } = await aws.autoScalingClient.send(new DescribeAutoScalingInstancesCommand({}));

		expect(instances.map((instance) => instance.LifecycleState).filter((state) => state !== 'InService')).toEqual(['Terminating:Wait']);
		expect(instances).toHaveLength(9);
		expect(aws.events).toEqual([]);
	});

	it('lets that instance be completed by the token of the sample event', async () => {
		const { default: sample } = await import('../../events/instance-terminating.json', { with: { type: 'json' } });
		const aws = clients(START_FLEET);
		const { AutoScalingGroupName, LifecycleHookName, LifecycleActionToken, EC2InstanceId } = sample.detail;

		await aws.autoScalingClient.send(
			new CompleteLifecycleActionCommand({
				AutoScalingGroupName,
				LifecycleHookName,
				LifecycleActionToken,
				LifecycleActionResult: 'CONTINUE',
			}),
		);
		await aws.advance(60);

		expect(aws.ec2.instance(EC2InstanceId)?.state).toBe('terminated');
		expect(aws.autoScaling.group('web-blue')?.members.size).toBe(4);
	});

	it('has all its nodes online', async () => {
		const aws = clients(START_FLEET);
		const { InstanceInformationList: nodes = [] } = await aws.ssmClient.send(new DescribeInstanceInformationCommand({ MaxResults: 50 }));
		expect(nodes.map((node) => node.PingStatus)).toEqual(Array(9).fill('Online'));
	});
});

describe('over the wire of the SDK', () => {
	it('answers SSM with dates, lists and modelled errors', async () => {
		const aws = clients(webFleet(1));
		const sent = await aws.ssmClient.send(
			new SendCommandCommand({ DocumentName: 'AWS-RunShellScript', InstanceIds: [nodeId(1)], Parameters: { commands: ['true'] } }),
		);
		expect(sent.Command?.RequestedDateTime).toEqual(new Date('2026-03-02T09:00:00Z'));

		const OperationalData = { '/aws/dedup': { Value: '{"dedupString":"one"}', Type: 'SearchableString' as const } };
		const item = new CreateOpsItemCommand({ Title: 'One', Description: 'Two', Source: 'fleet', OperationalData });
		const { OpsItemId } = await aws.ssmClient.send(item);
		await expect(aws.ssmClient.send(item)).rejects.toMatchObject({ name: 'OpsItemAlreadyExistsException', OpsItemId });
		const { OpsItem } = await aws.ssmClient.send(new GetOpsItemCommand({ OpsItemId }));
		expect(OpsItem).toMatchObject({ Status: 'Open', OperationalData });
	});

	it('answers Auto Scaling, EC2 and tagging', async () => {
		const aws = clients(webFleet(2));
		const { AutoScalingGroups: groups = [] } = await aws.autoScalingClient.send(new DescribeAutoScalingGroupsCommand({}));
		expect(groups[0]).toMatchObject({
			AutoScalingGroupName: 'web',
			DesiredCapacity: 2,
			Instances: [{ InstanceId: nodeId(1), LifecycleState: 'InService' }, {}],
		});
		const { Reservations: reservations = [] } = await aws.ec2Client.send(new DescribeInstancesCommand({ InstanceIds: [nodeId(2)] }));
		expect(reservations[0]?.Instances?.[0]).toMatchObject({
			InstanceId: nodeId(2),
			State: { Code: 16, Name: 'running' },
			Tags: expect.arrayContaining([{ Key: 'service', Value: 'nginx' }]),
		});
		await expect(aws.ec2Client.send(new DescribeInstancesCommand({ InstanceIds: ['x'] }))).rejects.toMatchObject({
			name: 'InvalidInstanceID.Malformed',
		});
		const { ResourceTagMappingList: tagged = [] } = await aws.taggingClient.send(new GetResourcesCommand({}));
		expect(tagged).toHaveLength(2);
		const late = new CompleteLifecycleActionCommand({
			AutoScalingGroupName: 'web',
			LifecycleHookName: 'drain',
			InstanceId: nodeId(1),
			LifecycleActionResult: 'CONTINUE',
		});
		await expect(aws.autoScalingClient.send(late)).rejects.toMatchObject({
			name: 'ValidationError',
			message: `No active Lifecycle Action found with instance ID ${nodeId(1)}`,
		});
	});
});

describe('a fleet in YAML', () => {
	it('is read as it is written', () => {
		const fleet = parseFleet(`
groups:
  - name: web
    min: 0
    max: 2
    hooks: [{ name: drain, on: terminate, heartbeatTimeoutSeconds: 600 }]
    behaviours: { drain-node: [{ exitCode: 1, durationSeconds: [2, 8] }, { exitCode: 0 }] }
    nodes: [{ id: i-0000000000000000a, agent: lost }]
`);
		expect(fleet.groups[0]).toMatchObject({ name: 'web', nodes: [{ agent: 'lost' }], hooks: [{ heartbeatTimeoutSeconds: 600 }] });
	});

	it('is refused with the place where it is wrong', () => {
		expect(() => parseFleet('groups: [{ name: web, min: 0, max: 1, nodes: [{ id: web-1, agnet: lost }] }]')).toThrow(/groups\.0\.nodes\.0/);
	});
});
