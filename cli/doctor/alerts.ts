/** The alert topic: is anybody told. */

import { paginateListSubscriptionsByTopic, SNSClient, type Subscription } from '@aws-sdk/client-sns';
import { SERVICE } from '../../shared/settings.ts';
import { type Check, named, note, ok, toDo } from './check.ts';

const PENDING = 'PendingConfirmation';

export const alerts: Check = {
	name: 'alerts',
	async look({ aws, stage, place }) {
		const { partition, region, account } = await place();
		const TopicArn = `arn:${partition}:sns:${region}:${account}:${SERVICE}-${stage}-alerts`;
		const subscriptions: Subscription[] = [];
		try {
			const pages = paginateListSubscriptionsByTopic({ client: aws.client(SNSClient) }, { TopicArn });
			for await (const page of pages) subscriptions.push(...(page.Subscriptions ?? []));
		} catch (error) {
			if (!/^NotFound/.test((error as Error).name)) throw error;
			return [toDo(`there is no topic ${TopicArn}: nobody is told of failures`, `npx sls deploy --stage ${stage}`)];
		}
		const are = (isPending: boolean) =>
			subscriptions.filter(({ SubscriptionArn }) => (SubscriptionArn === PENDING) === isPending).map(({ Endpoint = '' }) => Endpoint);
		const [told, pending] = [are(false), are(true)];
		const again = (endpoint: string) => `aws sns subscribe --topic-arn ${TopicArn} --protocol email --notification-endpoint ${endpoint}`;
		if (told.length > 0) {
			return [
				ok(`${named(told)} is told of failures`),
				...pending.map((each) => note(`${each} has not confirmed yet`, `the mail comes again with ${again(each)}`)),
			];
		}
		if (pending.length > 0) {
			const remedy = `follow the link in SNS's mail; it comes again with ${again(pending[0] as string)}`;
			return [toDo(`nobody is told of failures: ${named(pending)} has not confirmed`, remedy)];
		}
		return [toDo('nobody is told of failures: the topic has no subscription', `set alertEmail, or ${again('ops@example.com')}`)];
	},
};
