import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../local/template.ts';
import { RAW_TEMPLATE, TEMPLATE } from './fixture.ts';

/** A template of one resource, and what else it needs. */
const withResource = (Type: string, Properties: unknown, rest: object = {}) =>
	readTemplate({ Resources: { Thing: { Type, Properties }, Dead: { Type: 'AWS::SQS::Queue' } }, ...rest });

describe('A packaged template', () => {
	it('gives rules with their targets and dead-letter queues', () => {
		expect(TEMPLATE.rules).toEqual([
			{
				name: 'fleetkeeper-local-OpenerRule',
				arn: 'arn:aws:events:eu-west-1:111122223333:rule/fleetkeeper-local-OpenerRule',
				busName: 'default',
				enabled: true,
				pattern: { source: ['aws.autoscaling'], detail: { LifecycleTransition: [{ suffix: 'TERMINATING' }] } },
				targets: [
					{
						arn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener',
						deadLetterArn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener-dead',
						retry: { attempts: 10 },
					},
				],
			},
			{
				name: 'fleetkeeper-local-TickerRule',
				arn: 'arn:aws:events:eu-west-1:111122223333:rule/fleetkeeper-local-TickerRule',
				busName: 'default',
				enabled: true,
				schedule: 'rate(1 minute)',
				targets: [{ arn: 'arn:aws:lambda:eu-west-1:111122223333:function:fleetkeeper-local-ticker', input: '{"tick":true}' }],
			},
		]);
	});

	it('gives buses, and rules that say in their ARN which of them they are on', () => {
		const template = readTemplate({
			Resources: {
				Orders: { Type: 'AWS::Events::EventBus', Properties: { Name: { 'Fn::Join': ['-', ['shop', 'orders']] } } },
				Placed: { Type: 'AWS::Events::Rule', Properties: { Name: 'placed', EventBusName: { Ref: 'Orders' } } },
				Any: { Type: 'AWS::Events::Rule', Properties: { Name: 'any', EventBusName: 'default' } },
				Copy: { Type: 'AWS::SSM::Parameter', Properties: { Name: 'n', Value: { 'Fn::Sub': '${Placed.Arn} ${Orders.Arn}' } } },
			},
		});
		const events = 'arn:aws:events:eu-west-1:111122223333';

		expect(template.buses).toEqual([{ name: 'shop-orders', arn: `${events}:event-bus/shop-orders` }]);
		expect(template.rules.map(({ busName, arn }) => [busName, arn])).toEqual([
			['shop-orders', `${events}:rule/shop-orders/placed`],
			['default', `${events}:rule/any`],
		]);
		expect(template.parameters[0]?.value).toBe(`${events}:rule/shop-orders/placed ${events}:event-bus/shop-orders`);
	});

	it('gives functions with their source, environment and asynchronous settings', () => {
		expect(TEMPLATE.functions).toEqual([
			{
				logicalId: 'OpenerLambdaFunction',
				name: 'fleetkeeper-local-opener',
				arn: 'arn:aws:lambda:eu-west-1:111122223333:function:fleetkeeper-local-opener',
				file: 'functions/opener',
				environment: { STAGE: 'local', TABLE: 'fleetkeeper-local', RETENTION_DAYS: '90' },
				timeoutSeconds: 10,
				memoryMb: 512,
				async: { retries: 2 },
				roleArn: 'arn:aws:iam::111122223333:role/fleetkeeper-local-opener',
			},
			{
				logicalId: 'TickerLambdaFunction',
				name: 'fleetkeeper-local-ticker',
				arn: 'arn:aws:lambda:eu-west-1:111122223333:function:fleetkeeper-local-ticker',
				file: 'functions/ticker',
				environment: { STAGE: 'local' },
				timeoutSeconds: 30,
				memoryMb: 128,
				async: { retries: 2, onFailureArn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-ticker-dead' },
			},
		]);
	});

	it('gives queues, mappings and tables', () => {
		expect(TEMPLATE.queues[1]).toEqual({
			name: 'fleetkeeper-local-opener',
			arn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener',
			visibilityTimeoutSeconds: 60,
			delaySeconds: 0,
			redrive: { deadLetterArn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener-dead', maxReceiveCount: 3 },
		});
		expect(TEMPLATE.mappings).toEqual([
			{
				queueArn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener',
				functionName: 'fleetkeeper-local-opener',
				enabled: true,
				batchSize: 50,
				windowSeconds: 2,
				reportsItemFailures: true,
			},
		]);
		expect(TEMPLATE.tables[0]).toEqual({
			TableName: 'fleetkeeper-local',
			BillingMode: 'PAY_PER_REQUEST',
			AttributeDefinitions: RAW_TEMPLATE.Resources.Ledger.Properties.AttributeDefinitions,
			KeySchema: RAW_TEMPLATE.Resources.Ledger.Properties.KeySchema,
			GlobalSecondaryIndexes: RAW_TEMPLATE.Resources.Ledger.Properties.GlobalSecondaryIndexes,
		});
		expect(TEMPLATE.timeToLive).toEqual({ 'fleetkeeper-local': 'expiresAt' });
	});

	it('gives documents as text, and parameters', () => {
		const content = { schemaVersion: '2.2', mainSteps: [] };
		const document = withResource('AWS::SSM::Document', {
			Name: 'drain',
			DocumentType: 'Command',
			DocumentFormat: 'YAML',
			Content: content,
		});
		const parameter = withResource('AWS::SSM::Parameter', { Name: '/a/b', Type: 'String', Value: 'x', Tier: 'Standard' });

		expect(document.documents).toEqual([{ name: 'drain', type: 'Command', format: 'YAML', content: JSON.stringify(content) }]);
		expect(parameter.parameters).toEqual([{ name: '/a/b', type: 'String', value: 'x', tier: 'Standard' }]);
	});

	it.each([
		[{ Ref: 'AWS::Region' }, 'eu-west-1'],
		[{ Ref: 'Dead' }, 'https://sqs.eu-west-1.amazonaws.com/111122223333/fleetkeeper-local-Dead'],
		[
			{ 'Fn::Sub': 'arn:${AWS::Partition}:x:${AWS::AccountId}:${Dead.QueueName}:${!Kept}' },
			'arn:aws:x:111122223333:fleetkeeper-local-Dead:${Kept}',
		],
		[{ 'Fn::Sub': ['${own}-${AWS::StackName}', { own: { Ref: 'Stage' } }] }, 'prod-fleetkeeper-local'],
		[{ 'Fn::Join': ['/', ['a', { Ref: 'AWS::URLSuffix' }]] }, 'a/amazonaws.com'],
		[{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
		[{ 'Fn::Select': [1, { Ref: 'Zones' }] }, 'b'],
		[{ 'Fn::If': ['IsProd', 'yes', 'no'] }, 'yes'],
		[{ 'Fn::If': ['IsNotProd', 'yes', { 'Fn::FindInMap': ['Sizes', 'prod', 'memory'] }] }, '512'],
	])('resolves %j', (value, expected) => {
		const template = withResource(
			'AWS::SSM::Parameter',
			{ Name: 'n', Value: value },
			{
				Parameters: { Stage: { Default: 'prod' }, Zones: { Type: 'CommaDelimitedList', Default: 'a,b' } },
				Conditions: { IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] }, IsNotProd: { 'Fn::Not': [{ Condition: 'IsProd' }] } },
				Mappings: { Sizes: { prod: { memory: 512 } } },
			},
		);

		expect(template.parameters[0]?.value).toBe(expected);
	});

	it('leaves out a resource whose condition does not hold, and a property without value', () => {
		const template = readTemplate({
			Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
			Resources: {
				Gone: { Type: 'AWS::SQS::Queue', Condition: 'Never' },
				There: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: { Ref: 'AWS::NoValue' } } },
			},
		});

		expect(template.queues.map(({ name, visibilityTimeoutSeconds }) => [name, visibilityTimeoutSeconds])).toEqual([
			['fleetkeeper-local-There', 30],
		]);
	});

	it.each([
		[{ 'Fn::ImportValue': 'other' }, 'Thing.Value: Fn::ImportValue cannot be resolved locally'],
		[{ Ref: 'Nowhere' }, "Thing.Value: there is no resource or parameter 'Nowhere'"],
		[{ 'Fn::GetAtt': ['Dead', 'Colour'] }, 'attribute Dead.Colour is not known here'],
	])('says where %j cannot be resolved', (value, message) => {
		expect(() => withResource('AWS::SSM::Parameter', { Name: 'n', Value: value })).toThrow(message);
	});

	it('refuses what is no template', () => {
		expect(() => readTemplate({})).toThrow('The template has no Resources');
	});
});
