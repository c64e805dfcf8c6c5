/** Queues, rules, buses, topics. */

import { DescribeEventBusCommand, DescribeRuleCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { known, type Look, parsed } from './look.ts';

export const queue: Look = async ({ properties }, { sqs }) => {
	const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: properties.QueueName }));
	const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
	return known({
		...Attributes,
		QueueName: Attributes['QueueArn']?.split(':').at(-1),
		RedrivePolicy: parsed(Attributes['RedrivePolicy']),
	});
};

export const rule: Look = async ({ properties: { Name, EventBusName } }, { events }) => {
	const { EventPattern, ...described } = await events.send(new DescribeRuleCommand({ Name, EventBusName }));
	const { Targets } = await events.send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName }));
	return known({ ...described, EventPattern: parsed(EventPattern), Targets });
};

export const eventBus: Look = async ({ properties: { Name } }, { events }) => {
	return known({ ...(await events.send(new DescribeEventBusCommand({ Name }))) });
};

export const topic: Look = async ({ physicalId }, { sns }) => {
	const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: physicalId }));
	return known({ ...Attributes, TopicName: Attributes['TopicArn']?.split(':').at(-1) });
};
