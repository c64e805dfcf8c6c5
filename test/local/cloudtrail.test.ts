import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient, StartAutomationExecutionCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { ApiCall } from '../../local/aws/api-call.ts';
import { TEMPLATE, worldWith } from './fixture.ts';
import { clientOptions } from './support/sdk.ts';
import { errorOf, nodeId, START_AT, smallAws, webFleet } from './support/small-aws.ts';

/** Two nodes; calls show at once unless a lag is given. */
const withNodes = (trailLagMs = 0) => smallAws(webFleet(2), { trailLagMs });

function call(changes: Partial<ApiCall> = {}): ApiCall {
	const made = { at: START_AT, service: 'ec2', operation: 'StopInstances', requestId: 'request-1', caller: 'operator' };
	return { ...made, input: { InstanceIds: [nodeId(1)] }, output: {}, ...changes };
}

/** The names of the events that a lookup finds, the newest first. */
function lookup(aws: ReturnType<typeof smallAws>, input: object = {}): string[] {
	const { Events } = aws.call('cloudtrail', 'LookupEvents', input);
	return Events.map(({ EventName }: { EventName: string }) => EventName);
}

const by = (AttributeKey: string, AttributeValue: string) => ({ LookupAttributes: [{ AttributeKey, AttributeValue }] });

describe('The event history', () => {
	it('says who called what, when, about which resources, and finds the call by its request id', async () => {
		const aws = withNodes();
		const client = new EC2Client(clientOptions(aws, 'alice'));
		const { $metadata } = await client.send(new StopInstancesCommand({ InstanceIds: [nodeId(1)] }));

		const { Events } = aws.call('cloudtrail', 'LookupEvents', by('ResourceName', nodeId(1)));

		expect(Events).toMatchObject([
			{
				EventName: 'StopInstances',
				EventSource: 'ec2.amazonaws.com',
				EventTime: new Date(START_AT),
				ReadOnly: 'false',
				Username: 'alice',
				Resources: [{ ResourceType: 'AWS::EC2::Instance', ResourceName: nodeId(1) }],
			},
		]);
		expect(JSON.parse(Events[0].CloudTrailEvent)).toMatchObject({
			eventID: Events[0].EventId,
			requestID: $metadata.requestId,
			userIdentity: { type: 'IAMUser', userName: 'alice' },
			requestParameters: { instanceIds: [nodeId(1)] },
			responseElements: { stoppingInstances: [{ instanceId: nodeId(1) }] },
			readOnly: false,
		});
	});

	it('is behind by minutes', async () => {
		const aws = withNodes(180_000);
		aws.observe(call());

		await aws.advance(179);
		const early = lookup(aws);
		await aws.advance(1);

		expect([early, lookup(aws)]).toEqual([[], ['StopInstances']]);
	});

	it('has failed calls with their error, and no answer', () => {
		const aws = withNodes();
		aws.observe(call({ output: undefined, error: { code: 'IncorrectInstanceState', message: 'It is not running.' } }));

		const { Events } = aws.call('cloudtrail', 'LookupEvents');

		expect(JSON.parse(Events[0].CloudTrailEvent)).toMatchObject({
			errorCode: 'IncorrectInstanceState',
			errorMessage: 'It is not running.',
			responseElements: null,
		});
	});

	it('has no data events, and nothing that the local AWS does not implement', () => {
		const aws = withNodes();
		aws.observe(call({ service: 'dynamodb', operation: 'PutItem' }));
		aws.observe(call({ service: 'sqs', operation: 'SendMessage' }));
		aws.observe(call({ service: 'sns', operation: 'Publish' }));
		aws.observe(call({ error: { code: 'UnknownOperationException', message: '-' } }));
		aws.observe(call({ service: 'dynamodb', operation: 'CreateTable' }));

		expect(lookup(aws)).toEqual(['CreateTable']);
	});

	it('hides what parameters and commands carry', async () => {
		const aws = withNodes();
		await new SSMClient(clientOptions(aws)).send(new PutParameterCommand({ Name: '/secret', Value: 'hush', Type: 'String' }));

		const { Events } = aws.call('cloudtrail', 'LookupEvents', by('ResourceName', '/secret'));

		expect(Events).toMatchObject([{ EventName: 'PutParameter', Resources: [{ ResourceType: 'AWS::SSM::Parameter' }] }]);
		expect(Events[0].CloudTrailEvent).not.toContain('hush');
	});

	it('has what runbooks call, in the name of Systems Manager', async () => {
		const aws = withNodes();
		aws.ssm.addDocument('stop', 'Automation', {
			schemaVersion: '0.3',
			mainSteps: [
				{
					name: 'stop',
					action: 'aws:executeAwsApi',
					inputs: { Service: 'ec2', Api: 'StopInstances', InstanceIds: [nodeId(1)] },
					isEnd: true,
				},
			],
		});
		await new SSMClient(clientOptions(aws)).send(new StartAutomationExecutionCommand({ DocumentName: 'stop' }));
		await aws.advance(30);

		expect(lookup(aws, by('Username', 'ssm.amazonaws.com'))).toEqual(['StopInstances']);
		expect(lookup(aws)).toEqual(['StopInstances', 'StartAutomationExecution']);
	});
});

describe('LookupEvents', () => {
	it('gives the newest first, in pages, between two times', async () => {
		const aws = withNodes();
		for (const operation of ['StopInstances', 'StartInstances', 'RebootInstances']) {
			aws.observe(call({ operation, at: aws.clock.now(), requestId: operation }));
			await aws.advance(10);
		}

		const first = aws.call('cloudtrail', 'LookupEvents', { MaxResults: 2 });
		const rest = lookup(aws, { MaxResults: 2, NextToken: first.NextToken });
		await aws.advance(10);

		expect(first.Events).toMatchObject([{ EventName: 'RebootInstances' }, { EventName: 'StartInstances' }]);
		expect(rest).toEqual(['StopInstances']);
		expect(lookup(aws, { StartTime: new Date(START_AT + 5_000), EndTime: new Date(START_AT + 15_000) })).toEqual(['StartInstances']);
	});

	it('takes one attribute, a sensible time and a sensible number', async () => {
		const aws = withNodes();
		const refusal = async (input: object) => {
			await aws.advance(1);
			return errorOf(() => aws.call('cloudtrail', 'LookupEvents', input)).code;
		};
		const [attribute] = by('EventName', 'StopInstances').LookupAttributes;

		expect(await refusal({ LookupAttributes: [attribute, attribute] })).toBe('InvalidLookupAttributesException');
		expect(await refusal({ StartTime: new Date(2), EndTime: new Date(1) })).toBe('InvalidTimeRangeException');
		expect(await refusal({ MaxResults: 51 })).toBe('InvalidMaxResultsException');
	});

	it('is throttled at two a second', async () => {
		const aws = withNodes();
		for (let number = 0; number < 3; number++) lookup(aws);

		const at = errorOf(() => lookup(aws)).code;
		await aws.advance(1);

		expect(at).toBe('ThrottlingException');
		expect([lookup(aws), lookup(aws)]).toEqual([[], []]);
	});

	it('answers the SDK client', async () => {
		const aws = withNodes();
		aws.observe(call());

		const { Events } = await new CloudTrailClient(clientOptions(aws)).send(new LookupEventsCommand(by('ResourceName', nodeId(1)) as never));

		expect(Events).toMatchObject([{ EventName: 'StopInstances', EventTime: new Date(START_AT), Username: 'operator' }]);
	});
});

describe('In a world', () => {
	it('what a function calls is there under the name of the function, with its role', async () => {
		const opener = 'fleetkeeper-local-opener';
		const world = await worldWith({
			template: TEMPLATE,
			opener:
				({ aws }) =>
				async () => {
					await aws.ssm.send(new PutParameterCommand({ Name: '/seen', Value: 'yes', Type: 'String' }));
				},
		});

		await world.invoke('opener', {});
		await world.runFor(600_000);

		const [event] = world.services.cloudTrail.events().filter(({ Username }) => Username === opener);
		expect(event).toMatchObject({ EventName: 'PutParameter', ReadOnly: 'false' });
		expect(JSON.parse(event?.CloudTrailEvent ?? '')).toMatchObject({
			userIdentity: { type: 'AssumedRole', arn: `arn:aws:sts::111122223333:assumed-role/${opener}/${opener}` },
			requestID: world.requestLog.entries.find(({ operation }) => operation === 'PutParameter')?.requestId,
		});
	});
});
