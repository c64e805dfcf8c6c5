/** A small deployment, shaped as the packager emits it, and a world around it. */

import { readTemplate, type Template } from '../../local/template.ts';
import { createWorld, type Faults, type World } from '../../local/world.ts';
import type { CreateHandler } from '../../shared/deps.ts';

export const STARTED_AT = Date.parse('2026-03-02T08:00:00Z');

const DEAD_LETTERS = {
	Type: 'AWS::SQS::Queue',
	Properties: { QueueName: 'fleetkeeper-local-opener-dead' },
};

/** Lets EventBridge send to a queue, for one rule. */
function queuePolicy(queue: string, rule: string) {
	const [Resource, source] = [queue, rule].map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
	const admitted = { Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': source } } };
	const Statement = [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource, ...admitted }];
	return { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: queue }], PolicyDocument: { Statement } } };
}

/** What the opener's role allows: all that tests let it do. */
const OPENER_STATEMENTS = [
	{
		Effect: 'Allow',
		Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
		Resource: { 'Fn::GetAtt': ['OpenerQueue', 'Arn'] },
	},
	{ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
	{ Effect: 'Allow', Action: 'ssm:PutParameter', Resource: '*' },
	{ Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: { 'Fn::GetAtt': ['Ledger', 'Arn'] } },
] as const;

/** A rule to a queue to a function (`opener`), and a function on a schedule of one minute (`ticker`). */
export const RAW_TEMPLATE = {
	AWSTemplateFormatVersion: '2010-09-09',
	Resources: {
		OpenerDeadLetters: DEAD_LETTERS,
		OpenerQueue: {
			Type: 'AWS::SQS::Queue',
			Properties: {
				QueueName: 'fleetkeeper-local-opener',
				VisibilityTimeout: 60,
				RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['OpenerDeadLetters', 'Arn'] }, maxReceiveCount: 3 },
			},
		},
		OpenerQueuePolicy: queuePolicy('OpenerQueue', 'OpenerRule'),
		OpenerDeadLettersPolicy: queuePolicy('OpenerDeadLetters', 'OpenerRule'),
		OpenerRule: {
			Type: 'AWS::Events::Rule',
			Properties: {
				State: 'ENABLED',
				EventPattern: { source: ['aws.autoscaling'], detail: { LifecycleTransition: [{ suffix: 'TERMINATING' }] } },
				Targets: [
					{
						Id: 'queue',
						Arn: { 'Fn::GetAtt': ['OpenerQueue', 'Arn'] },
						DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['OpenerDeadLetters', 'Arn'] } },
						RetryPolicy: { MaximumRetryAttempts: 10 },
					},
				],
			},
		},
		OpenerLambdaFunction: {
			Type: 'AWS::Lambda::Function',
			Properties: {
				FunctionName: 'fleetkeeper-local-opener',
				Handler: 'functions/opener.handler',
				Timeout: 10,
				MemorySize: 512,
				Environment: { Variables: { STAGE: 'local', TABLE: { 'Fn::Sub': '${Ledger}' }, RETENTION_DAYS: 90 } },
				Role: { 'Fn::GetAtt': ['OpenerRole', 'Arn'] },
			},
			DependsOn: ['OpenerLogGroup'],
		},
		OpenerEventSourceMapping: {
			Type: 'AWS::Lambda::EventSourceMapping',
			Properties: {
				BatchSize: 50,
				MaximumBatchingWindowInSeconds: 2,
				EventSourceArn: { 'Fn::GetAtt': ['OpenerQueue', 'Arn'] },
				FunctionName: { 'Fn::GetAtt': ['OpenerLambdaFunction', 'Arn'] },
				Enabled: true,
				FunctionResponseTypes: ['ReportBatchItemFailures'],
			},
		},
		TickerDeadLetters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'fleetkeeper-local-ticker-dead' } },
		TickerRule: {
			Type: 'AWS::Events::Rule',
			Properties: {
				ScheduleExpression: 'rate(1 minute)',
				State: 'ENABLED',
				Targets: [{ Arn: { 'Fn::GetAtt': ['TickerLambdaFunction', 'Arn'] }, Id: 'schedule', Input: '{"tick":true}' }],
			},
		},
		TickerLambdaFunction: {
			Type: 'AWS::Lambda::Function',
			Properties: {
				FunctionName: 'fleetkeeper-local-ticker',
				Handler: 'functions/ticker.handler',
				Timeout: 30,
				Environment: { Variables: { STAGE: 'local' } },
			},
		},
		TickerPermission: {
			Type: 'AWS::Lambda::Permission',
			Properties: {
				FunctionName: { 'Fn::GetAtt': ['TickerLambdaFunction', 'Arn'] },
				Action: 'lambda:InvokeFunction',
				Principal: 'events.amazonaws.com',
				SourceArn: { 'Fn::GetAtt': ['TickerRule', 'Arn'] },
			},
		},
		TickerInvokeConfig: {
			Type: 'AWS::Lambda::EventInvokeConfig',
			Properties: {
				FunctionName: { Ref: 'TickerLambdaFunction' },
				Qualifier: '$LATEST',
				MaximumRetryAttempts: 2,
				DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['TickerDeadLetters', 'Arn'] } } },
			},
		},
		OpenerRole: {
			Type: 'AWS::IAM::Role',
			Properties: {
				RoleName: { 'Fn::Join': ['-', ['fleetkeeper', 'local', 'opener']] },
				Policies: [{ PolicyName: 'opener', PolicyDocument: { Version: '2012-10-17', Statement: OPENER_STATEMENTS } }],
			},
		},
		Ledger: {
			Type: 'AWS::DynamoDB::Table',
			Properties: {
				TableName: 'fleetkeeper-local',
				BillingMode: 'PAY_PER_REQUEST',
				AttributeDefinitions: [
					{ AttributeName: 'pk', AttributeType: 'S' },
					{ AttributeName: 'sk', AttributeType: 'S' },
					{ AttributeName: 'due', AttributeType: 'S' },
				],
				KeySchema: [
					{ AttributeName: 'pk', KeyType: 'HASH' },
					{ AttributeName: 'sk', KeyType: 'RANGE' },
				],
				GlobalSecondaryIndexes: [
					{ IndexName: 'due', KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
				],
				TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
				PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
				SSESpecification: { SSEEnabled: true },
			},
		},
	},
} as const;

export const TEMPLATE: Template = readTemplate(RAW_TEMPLATE);

const IDLE: CreateHandler = () => async () => undefined;

interface Setup {
	readonly opener?: CreateHandler;
	readonly ticker?: CreateHandler;
	readonly faults?: Faults;
	readonly seed?: number;
	readonly template?: Template;
	readonly pollers?: number;
}

/** A world in simulated time whose two functions are the given ones. */
export function worldWith(setup: Setup = {}): Promise<World> {
	return createWorld({
		seed: setup.seed ?? 1,
		time: 'simulated',
		startAt: STARTED_AT,
		template: setup.template ?? TEMPLATE,
		handlers: { 'fleetkeeper-local-opener': setup.opener ?? IDLE, 'fleetkeeper-local-ticker': setup.ticker ?? IDLE },
		...(setup.faults ? { faults: setup.faults } : {}),
		...(setup.pollers ? { pollers: setup.pollers } : {}),
	});
}

/** The event of an instance that waits at a lifecycle hook, as a service emits it. */
export function terminating(instanceId: string) {
	return {
		source: 'aws.autoscaling',
		detailType: 'EC2 Instance-terminate Lifecycle Action',
		detail: { EC2InstanceId: instanceId, LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING' },
	};
}

export interface SqsEvent {
	readonly Records: readonly { readonly messageId: string; readonly body: string; readonly attributes: Record<string, string> }[];
}

/** The instance ids of an event from the queue. */
export function instanceIds(event: unknown): string[] {
	return (event as SqsEvent).Records.map(({ body }) => (JSON.parse(body) as { detail: { EC2InstanceId: string } }).detail.EC2InstanceId);
}
