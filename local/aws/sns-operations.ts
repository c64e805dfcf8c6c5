/** The operations of Amazon SNS that the local AWS answers. */

import type {
	ConfirmSubscriptionCommandInput,
	ConfirmSubscriptionCommandOutput,
	CreateTopicCommandInput,
	CreateTopicCommandOutput,
	DeleteTopicCommandInput,
	GetTopicAttributesCommandInput,
	GetTopicAttributesCommandOutput,
	ListSubscriptionsByTopicCommandInput,
	ListSubscriptionsByTopicCommandOutput,
	ListSubscriptionsCommandInput,
	ListTopicsCommandInput,
	ListTopicsCommandOutput,
	PublishCommandInput,
	PublishCommandOutput,
	SubscribeCommandInput,
	SubscribeCommandOutput,
	UnsubscribeCommandInput,
} from '@aws-sdk/client-sns';
import { nextToken, page } from './paging.ts';
import type { Subscription, Topics } from './sns.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

/** ListTopics and the lists of subscriptions give 100 a page. */
const PAGE = 100;
const MOST_BYTES = 262_144;
/** Subjects are printable ASCII without line breaks, shorter than 100 characters. */
const SUBJECT = /^[\x20-\x7e]{1,99}$/;
const PENDING = 'PendingConfirmation';

export function snsOperations(ctx: AwsContext, topics: Topics) {
	const wire = (subscription: Subscription) => ({
		SubscriptionArn: subscription.confirmed ? subscription.arn : PENDING,
		Owner: ctx.account,
		Protocol: subscription.protocol,
		Endpoint: subscription.endpoint,
		TopicArn: subscription.topicArn,
	});
	const listed = (subscriptions: readonly Subscription[], token: string | undefined) => {
		const found = page(subscriptions, token, PAGE, 'InvalidParameterException');
		return { Subscriptions: found.items.map(wire), ...nextToken(found) };
	};
	const everySubscription = () => topics.all().flatMap(({ subscriptions }) => [...subscriptions.values()]);

	return {
		CreateTopic({ Name = '', Attributes = {}, Tags = [] }: CreateTopicCommandInput): Output<CreateTopicCommandOutput> {
			const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
			return { TopicArn: topics.create({ name: Name, displayName: Attributes['DisplayName'] ?? '', tags }).arn };
		},

		DeleteTopic({ TopicArn }: DeleteTopicCommandInput): object {
			topics.delete(TopicArn);
			return {};
		},

		ListTopics({ NextToken }: ListTopicsCommandInput): Output<ListTopicsCommandOutput> {
			const found = page(topics.all(), NextToken, PAGE, 'InvalidParameterException');
			return { Topics: found.items.map(({ arn }) => ({ TopicArn: arn })), ...nextToken(found) };
		},

		GetTopicAttributes({ TopicArn }: GetTopicAttributesCommandInput): Output<GetTopicAttributesCommandOutput> {
			const { arn, displayName, subscriptions } = topics.get(TopicArn);
			const confirmed = [...subscriptions.values()].filter((each) => each.confirmed).length;
			return {
				Attributes: {
					TopicArn: arn,
					Owner: ctx.account,
					DisplayName: displayName,
					SubscriptionsConfirmed: String(confirmed),
					SubscriptionsPending: String(subscriptions.size - confirmed),
					SubscriptionsDeleted: '0',
				},
			};
		},

		Subscribe(input: SubscribeCommandInput): Output<SubscribeCommandOutput> {
			const { Protocol = '', Endpoint = '', ReturnSubscriptionArn = false } = input;
			const topic = topics.get(input.TopicArn);
			if (Protocol !== 'email' && Protocol !== 'email-json') {
				throw invalid(`Protocol: the local AWS delivers to email and email-json, not to ${Protocol}`);
			}
			if (!Endpoint.includes('@')) throw invalid('Email address');
			const subscription = topics.subscribe(topic, Protocol, Endpoint);
			return { SubscriptionArn: subscription.confirmed || ReturnSubscriptionArn ? subscription.arn : 'pending confirmation' };
		},

		ConfirmSubscription({ TopicArn, Token }: ConfirmSubscriptionCommandInput): Output<ConfirmSubscriptionCommandOutput> {
			const subscription = [...topics.get(TopicArn).subscriptions.values()].find(({ token }) => token === Token);
			if (!subscription) throw invalid('Token');
			subscription.confirmed = true;
			return { SubscriptionArn: subscription.arn };
		},

		Unsubscribe({ SubscriptionArn = '' }: UnsubscribeCommandInput): object {
			for (const topic of topics.all()) topic.subscriptions.delete(SubscriptionArn);
			return {};
		},

		ListSubscriptionsByTopic(input: ListSubscriptionsByTopicCommandInput): Output<ListSubscriptionsByTopicCommandOutput> {
			return listed([...topics.get(input.TopicArn).subscriptions.values()], input.NextToken);
		},

		ListSubscriptions: (input: ListSubscriptionsCommandInput) => listed(everySubscription(), input.NextToken),

		Publish(input: PublishCommandInput): Output<PublishCommandOutput> {
			const { Message = '', Subject } = input;
			if (input.PhoneNumber !== undefined) throw invalid('PhoneNumber: the local AWS sends no text messages');
			const topic = topics.get(input.TopicArn ?? input.TargetArn);
			if (Message === '') throw invalid('Empty message');
			if (Buffer.byteLength(Message) > MOST_BYTES) throw invalid('Message too long');
			if (Subject !== undefined && !SUBJECT.test(Subject)) throw invalid('Subject');
			return { MessageId: topics.publish(topic, Message, Subject).messageId };
		},
	};
}

function invalid(what: string): AwsError {
	return new AwsError('InvalidParameterException', `Invalid parameter: ${what}`);
}
