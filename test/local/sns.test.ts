import { CreateTopicCommand, ListTopicsCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../local/template.ts';
import { RAW_TEMPLATE, terminating, worldWith } from './fixture.ts';
import { clientOptions } from './support/sdk.ts';
import { errorOf, START_AT, smallAws } from './support/small-aws.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:pager';

describe('A message to a topic', () => {
	it('reaches every reader by email', () => {
		const { sns, call } = smallAws();
		sns.addTopic({ name: 'pager', emails: ['a@example.com', 'b@example.com'] });

		call('sns', 'Publish', { TopicArn: TOPIC, Subject: 'Look', Message: 'Something happened.' });

		expect(sns.emails).toEqual(
			['a@example.com', 'b@example.com'].map((to) => ({ at: START_AT, to, topicArn: TOPIC, subject: 'Look', text: 'Something happened.' })),
		);
	});

	it('without a subject has that of SNS, and is on record without readers', () => {
		const { sns, call } = smallAws();
		sns.addTopic({ name: 'pager' });

		call('sns', 'Publish', { TopicArn: TOPIC, Message: 'Unread.' });
		call('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' });
		sns.confirm('a@example.com');
		call('sns', 'Publish', { TopicArn: TOPIC, Message: 'Read.' });

		expect(sns.publications.map(({ message }) => message)).toEqual(['Unread.', 'Read.']);
		expect(sns.emails.at(-1)).toMatchObject({ subject: 'AWS Notification Message', text: 'Read.' });
	});

	it('is refused for a topic that is not there, when it is empty, too long, or has a subject of several lines', () => {
		const { sns, call } = smallAws();
		sns.addTopic({ name: 'pager' });
		const publish = (input: object) => errorOf(() => call('sns', 'Publish', { TopicArn: TOPIC, Message: 'x', ...input })).code;

		expect(publish({ TopicArn: `${TOPIC}-2` })).toBe('NotFoundException');
		expect(publish({ Message: '' })).toBe('InvalidParameterException');
		expect(publish({ Message: 'x'.repeat(262_145) })).toBe('InvalidParameterException');
		expect(publish({ Subject: 'two\nlines' })).toBe('InvalidParameterException');
	});
});

describe('A reader', () => {
	it('gets nothing before the subscription is confirmed by the token of a mail', () => {
		const { sns, call } = smallAws();
		sns.addTopic({ name: 'pager' });

		const { SubscriptionArn } = call('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.com' });
		call('sns', 'Publish', { TopicArn: TOPIC, Message: 'Too early.' });
		const token = /the token (\w+)/.exec(sns.emails[0]?.text ?? '')?.[1];
		call('sns', 'ConfirmSubscription', { TopicArn: TOPIC, Token: token });
		call('sns', 'Publish', { TopicArn: TOPIC, Message: 'In time.' });

		expect(SubscriptionArn).toBe('pending confirmation');
		expect(sns.emails.slice(1).map(({ text }) => text)).toEqual(['In time.']);
		expect(call('sns', 'ListSubscriptionsByTopic', { TopicArn: TOPIC }).Subscriptions).toMatchObject([{ Endpoint: 'a@example.com' }]);
	});

	it('by another way than email is refused', () => {
		const { sns, call } = smallAws();
		sns.addTopic({ name: 'pager' });

		const error = errorOf(() => call('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'https', Endpoint: 'https://example.com' }));

		expect(error).toMatchObject({ code: 'InvalidParameterException', message: expect.stringContaining('not to https') });
	});
});

describe('A rule whose target is a topic of the template', () => {
	it('delivers what its input transformer makes of the event', async () => {
		const target = {
			Id: 'people',
			Arn: { Ref: 'Pager' },
			InputTransformer: { InputPathsMap: { node: '$.detail.EC2InstanceId' }, InputTemplate: '"The instance <node> is about to end."' },
		};
		const Resources = {
			...RAW_TEMPLATE.Resources,
			OpenerRule: {
				...RAW_TEMPLATE.Resources.OpenerRule,
				Properties: { ...RAW_TEMPLATE.Resources.OpenerRule.Properties, Targets: [target] },
			},
			Pager: {
				Type: 'AWS::SNS::Topic',
				Properties: { TopicName: 'pager', Subscription: [{ Protocol: 'email', Endpoint: 'a@example.com' }] },
			},
			PagerPolicy: {
				Type: 'AWS::SNS::TopicPolicy',
				Properties: {
					Topics: [{ Ref: 'Pager' }],
					PolicyDocument: {
						Statement: [
							{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish', Resource: { Ref: 'Pager' } },
						],
					},
				},
			},
			Second: {
				Type: 'AWS::SNS::Subscription',
				Properties: { TopicArn: { Ref: 'Pager' }, Protocol: 'email', Endpoint: 'b@example.com' },
			},
		};
		const world = await worldWith({ template: readTemplate({ ...RAW_TEMPLATE, Resources }) });

		world.putEvent(terminating('i-1'));
		await world.runFor(1_000);

		expect(world.services.sns.emails).toMatchObject([
			{ to: 'a@example.com', text: '"The instance i-1 is about to end."' },
			{ to: 'b@example.com' },
		]);
		expect(world.otherDeliveries).toEqual([]);
	});
});

describe('The SDK client of SNS', () => {
	it('makes a topic, once, subscribes and publishes', async () => {
		const aws = smallAws();
		const client = new SNSClient(clientOptions(aws));

		const { TopicArn } = await client.send(new CreateTopicCommand({ Name: 'pager' }));
		await client.send(new CreateTopicCommand({ Name: 'pager' }));
		await client.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@example.com' }));
		const { MessageId } = await client.send(new PublishCommand({ TopicArn, Message: 'Hello.' }));

		expect((await client.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn: TOPIC }]);
		expect(aws.sns.publications).toMatchObject([{ messageId: MessageId, message: 'Hello.' }]);
		const nowhere = client.send(new PublishCommand({ TopicArn: `${TOPIC}-2`, Message: 'Hello.' }));
		await expect(nowhere).rejects.toMatchObject({ name: 'NotFoundException', $metadata: { httpStatusCode: 404 } });
	});
});
