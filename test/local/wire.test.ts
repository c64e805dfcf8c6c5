import * as autoScaling from '@aws-sdk/client-auto-scaling';
import {
	AutoScalingClient,
	CompleteLifecycleActionCommand,
	DescribeAutoScalingGroupsCommand,
	PutLifecycleHookCommand,
} from '@aws-sdk/client-auto-scaling';
import * as ec2 from '@aws-sdk/client-ec2';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import * as ssm from '@aws-sdk/client-ssm';
import {
	InvalidInstanceId,
	ListCommandsCommand,
	SendCommandCommand,
	SSMClient,
	StartAutomationExecutionCommand,
} from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { inProcess } from '../../local/aws/http.ts';
import { RequestLog } from '../../local/aws/request-log.ts';
import { defineService, PROTOCOLS } from '../../local/aws/service.ts';
import { createSts } from '../../local/aws/sts.ts';
import { AwsError } from '../../local/aws/types.ts';
import { type Call, type CallFault, createWire, type Wire, type WireResponse } from '../../local/aws/wire.ts';
import { LOCAL_CREDENTIALS } from '../../local/environment.ts';

const NOW = Date.parse('2026-03-02T08:00:00.250Z');
const context = {
	account: '111122223333',
	region: 'eu-west-1',
	clock: { now: () => NOW, after: () => () => {}, random: () => 0 },
	emit: () => {},
	id: () => '0',
	uuid: () => '00000000-0000-4000-8000-000000000000',
};

let received: unknown[];
let defects: unknown[];
let fault: ((call: Call) => CallFault | undefined) | undefined;
let log: RequestLog;
let wire: Wire;

/** Keeps the input that arrived, and gives what was asked for. */
const answer = (output: unknown) => (input: unknown) => {
	received.push(input);
	return output;
};

beforeEach(() => {
	received = [];
	defects = [];
	fault = undefined;
	log = new RequestLog();
	wire = createWire({
		context,
		log,
		fault: (call) => fault?.(call),
		onDefect: (error) => defects.push(error),
		services: [
			defineService({
				name: 'ssm',
				protocol: PROTOCOLS.ssm,
				schemas: { ...ssm },
				operations: {
					SendCommand: answer({ Command: { CommandId: 'c-1', RequestedDateTime: new Date(NOW), InstanceIds: [] } }),
					ListCommands: () => {
						throw new TypeError('boom');
					},
				},
			}),
			defineService({
				name: 'autoscaling',
				protocol: PROTOCOLS.autoscaling,
				schemas: { ...autoScaling },
				operations: {
					PutLifecycleHook: answer({}),
					CompleteLifecycleAction: () => {
						throw new AwsError('ValidationException', 'No active Lifecycle Action found with instance ID i-1');
					},
					DescribeAutoScalingGroups: answer({
						AutoScalingGroups: [
							{
								AutoScalingGroupName: 'web & <api>',
								MinSize: 0,
								CreatedTime: new Date(NOW),
								Instances: [],
								Tags: [{ Key: 'service', Value: 'nginx', PropagateAtLaunch: true }],
							},
						],
					}),
				},
			}),
			defineService({
				name: 'ec2',
				protocol: PROTOCOLS.ec2,
				schemas: { ...ec2 },
				operations: {
					DescribeInstances: answer({
						Reservations: [{ Instances: [{ InstanceId: 'i-1', State: { Code: 16, Name: 'running' }, Tags: [{ Key: 'a', Value: 'b' }] }] }],
					}),
				},
			}),
			createSts(context),
		],
	});
});

const options = () => ({
	region: 'eu-west-1',
	credentials: LOCAL_CREDENTIALS,
	requestHandler: inProcess(wire, { caller: 'test' }),
	maxAttempts: 1,
});
const ssmClient = () => new SSMClient(options());
const scalingClient = () => new AutoScalingClient(options());
const send = async (headers: Record<string, string>, body: string) =>
	(await wire.handle({ method: 'POST', path: '/', headers, body })) as WireResponse & { readonly body: string };

describe('The wire, AWS JSON', () => {
	it('takes a request from the SDK and gives its answer back, timestamps included', async () => {
		const input = { DocumentName: 'drain', InstanceIds: ['i-1', 'i-2'], Parameters: { graceSeconds: ['120'] }, TimeoutSeconds: 60 };

		const { Command } = await ssmClient().send(new SendCommandCommand(input));

		expect(received).toEqual([input]);
		expect(Command).toEqual({ CommandId: 'c-1', RequestedDateTime: new Date(NOW), InstanceIds: [] });
	});

	it('answers an error as the SDK models it, with its request id', async () => {
		fault = () => new AwsError('InvalidInstanceId', 'Instances i-9 not in a valid state');

		const error = await ssmClient()
			.send(new SendCommandCommand({ DocumentName: 'drain' }))
			.catch((caught: unknown) => caught);

		expect(error).toBeInstanceOf(InvalidInstanceId);
		expect(error).toMatchObject({
			message: 'Instances i-9 not in a valid state',
			$metadata: { httpStatusCode: 400, requestId: '00000000-0000-4000-8000-000000000000' },
		});
	});

	it('answers an operation that it does not have by name', async () => {
		const call = ssmClient().send(new StartAutomationExecutionCommand({ DocumentName: 'x' }));

		await expect(call).rejects.toMatchObject({
			name: 'UnknownOperationException',
			message: expect.stringContaining('ssm:StartAutomationExecution') as string,
		});
	});

	it.each([
		['a missing member', '{}', 'ValidationException', "Value null at 'documentName'"],
		['a wrong type', '{"DocumentName":"d","InstanceIds":"i-1"}', 'SerializationException', "'instanceIds' is a string; it must be a list"],
		['a wrong type inside', '{"DocumentName":"d","Parameters":{"a":[1]}}', 'SerializationException', "'parameters.a.1.member' is a number"],
		['no JSON', '{"DocumentName"', 'SerializationException', 'not a JSON object'],
		['a list', '[]', 'SerializationException', 'not a JSON object'],
	])('refuses %s', async (_, body, type, message) => {
		const { status, body: text } = await send({ 'x-amz-target': 'AmazonSSM.SendCommand' }, body);

		expect(status).toBe(400);
		const error = JSON.parse(text) as { __type: string; message?: string; Message?: string };
		expect(error.__type).toBe(type);
		expect(error.message ?? error.Message).toContain(message);
		expect(received).toEqual([]);
	});

	it('answers a defect of a service with 500 and reports it', async () => {
		await expect(ssmClient().send(new ListCommandsCommand({}))).rejects.toMatchObject({ name: 'InternalFailure' });

		expect(defects).toEqual([new TypeError('boom')]);
	});
});

describe('The wire, AWS Query', () => {
	it('takes lists, numbers and booleans from a form, and answers in XML', async () => {
		const input = { AutoScalingGroupNames: ['web', 'api'], MaxRecords: 5, Filters: [{ Name: 'tag:a', Values: ['b', 'c'] }] };

		const { AutoScalingGroups } = await scalingClient().send(new DescribeAutoScalingGroupsCommand(input));

		expect(received).toEqual([input]);
		expect(AutoScalingGroups).toEqual([
			{
				AutoScalingGroupName: 'web & <api>',
				MinSize: 0,
				CreatedTime: new Date(NOW),
				Instances: [],
				Tags: [{ Key: 'service', Value: 'nginx', PropagateAtLaunch: true }],
			},
		]);
	});

	it('answers an operation whose output is empty', async () => {
		const hook = { AutoScalingGroupName: 'web', LifecycleHookName: 'drain', HeartbeatTimeout: 300 };

		await scalingClient().send(new PutLifecycleHookCommand(hook));

		expect(received).toEqual([hook]);
	});

	it('answers an unmodelled error under the name that Query clients know', async () => {
		const command = new CompleteLifecycleActionCommand({
			AutoScalingGroupName: 'web',
			LifecycleHookName: 'drain',
			LifecycleActionResult: 'CONTINUE',
			InstanceId: 'i-1',
		});

		await expect(scalingClient().send(command)).rejects.toMatchObject({
			name: 'ValidationError',
			message: 'No active Lifecycle Action found with instance ID i-1',
			$metadata: { httpStatusCode: 400, requestId: '00000000-0000-4000-8000-000000000000' },
		});
	});

	it.each([
		['a missing member', 'Action=PutLifecycleHook&Version=2011-01-01&LifecycleHookName=a', "Value null at 'autoScalingGroupName'"],
		['a number that is none', 'Action=DescribeAutoScalingGroups&Version=2011-01-01&MaxRecords=many', "'many' at 'MaxRecords'"],
	])('refuses %s', async (_, form, message) => {
		const { status, body } = await send({}, form);

		expect(status).toBe(400);
		expect(body).toContain('<Code>ValidationError</Code>');
		expect(body).toContain(message.replaceAll("'", '&apos;'));
	});

	it('knows the caller', async () => {
		const { body } = await send({}, 'Action=GetCallerIdentity&Version=2011-06-15');

		expect(body).toContain('<Account>111122223333</Account>');
	});
});

describe('The wire, EC2 Query', () => {
	it('takes flat lists under their singular names, and answers without a result element', async () => {
		const client = new EC2Client(options());
		const input = { InstanceIds: ['i-1'], Filters: [{ Name: 'tag:a', Values: ['b', 'c'] }] };

		const { Reservations } = await client.send(new DescribeInstancesCommand(input));

		expect(received).toEqual([input]);
		expect(Reservations?.[0]?.Instances?.[0]).toEqual({
			InstanceId: 'i-1',
			State: { Code: 16, Name: 'running' },
			Tags: [{ Key: 'a', Value: 'b' }],
		});
	});

	it('answers errors in the shape of EC2', async () => {
		fault = () => new AwsError('InvalidInstanceID.NotFound', "The instance ID 'i-9' does not exist");

		await expect(new EC2Client(options()).send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
			name: 'InvalidInstanceID.NotFound',
			message: "The instance ID 'i-9' does not exist",
		});
	});
});

describe('The wire, around the services', () => {
	it('logs every call with its service, operation, caller and error', async () => {
		await ssmClient().send(new SendCommandCommand({ DocumentName: 'drain' }));
		fault = () => new AwsError('ThrottlingException', 'Rate exceeded');
		await expect(ssmClient().send(new SendCommandCommand({ DocumentName: 'drain' }))).rejects.toThrow('Rate exceeded');

		const call = { at: NOW, service: 'ssm', operation: 'SendCommand', requestId: context.uuid(), caller: 'test' };
		expect(log.entries).toEqual([call, { ...call, error: 'ThrottlingException' }]);
		expect(log.counts()).toEqual({ ssm: { SendCommand: 2 } });
		expect(log.counts(1)).toEqual({ ssm: { SendCommand: 1 } });
	});

	it('shows a fault the call as its service will see it', async () => {
		const calls: Call[] = [];
		fault = (call) => {
			calls.push(call);
			return undefined;
		};

		await ssmClient().send(new SendCommandCommand({ DocumentName: 'drain' }));

		expect(calls).toEqual([
			{ service: 'ssm', operation: 'SendCommand', input: { DocumentName: 'drain' }, caller: 'test', requestId: log.entries[0]?.requestId },
		]);
	});

	it('loses a reply after the effect', async () => {
		fault = () => ({ loseReply: true });

		const call = ssmClient().send(new SendCommandCommand({ DocumentName: 'drain' }));

		await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(received).toHaveLength(1);
		expect(log.entries).toMatchObject([{ error: 'ReplyLost' }]);
	});

	it('lets the SDK try again after a lost reply', async () => {
		let left = 1;
		fault = () => (left-- > 0 ? { loseReply: true } : undefined);

		await new SSMClient({ ...options(), maxAttempts: 3 }).send(new SendCommandCommand({ DocumentName: 'drain' }));

		expect(received).toHaveLength(2);
	});

	it.each([
		['a target of no service', { 'x-amz-target': 'Kinesis_20131202.PutRecord' }, '{}', 'Kinesis_20131202'],
		['a version of no service', {}, 'Action=Publish&Version=2010-03-31', '2010-03-31'],
		['nothing at all', {}, '', 'names no service'],
	])('answers %s by name', async (_, headers, body, named) => {
		const response = await send(headers as Record<string, string>, body);

		expect(response.status).toBe(404);
		expect(JSON.parse(response.body)).toMatchObject({
			__type: 'UnknownOperationException',
			message: expect.stringContaining(named) as string,
		});
	});

	it('answers anything that comes in, and takes nothing for a defect of its own', async () => {
		const key = fc.stringMatching(
			/^(AutoScalingGroupNames|Filters|MaxRecords|InstanceId|Filter|)(\.(member|entry|Values|Value|Name|1|2|))*$/,
		);
		const form = fc
			.tuple(fc.constantFrom('2011-01-01', '2016-11-15'), fc.array(fc.tuple(key, fc.string())))
			.map(([Version, fields]) =>
				new URLSearchParams([
					['Action', Version === '2011-01-01' ? 'DescribeAutoScalingGroups' : 'DescribeInstances'],
					['Version', Version],
					...fields,
				]).toString(),
			);
		const member = fc.constantFrom('DocumentName', 'InstanceIds', 'Parameters', 'TimeoutSeconds', 'Targets', 'CloudWatchOutputConfig');
		const json = fc.oneof(
			fc.json(),
			fc.dictionary(member, fc.jsonValue()).map((value) => JSON.stringify(value)),
		);

		await fc.assert(
			fc.asyncProperty(form, json, async (formBody, jsonBody) => {
				const answers = [await send({}, formBody), await send({ 'x-amz-target': 'AmazonSSM.SendCommand' }, jsonBody)];
				for (const { status } of answers) expect([200, 400]).toContain(status);
			}),
			{ numRuns: 500 },
		);
		expect(defects).toEqual([]);
	});

	it('refuses a service with an operation that AWS does not have', () => {
		const declare = () =>
			defineService({ name: 'ssm', protocol: PROTOCOLS.ssm, schemas: { ...ssm }, operations: { SendComand: () => ({}) } });

		expect(declare).toThrow("ssm has no operation 'SendComand'");
	});
});
