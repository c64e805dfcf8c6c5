/** CloudTrail: does a trail bring API calls to EventBridge, and does the event history answer. */

import {
	CloudTrailClient,
	DescribeTrailsCommand,
	GetEventSelectorsCommand,
	GetTrailStatusCommand,
	LookupEventsCommand,
	type Trail,
} from '@aws-sdk/client-cloudtrail';
import { type Check, type Finding, found, named, ok, type Site, toDo } from './check.ts';

export const trail: Check = {
	name: 'trail',
	async look(site) {
		return [
			...(await found(() => trails(site), 'the trails')),
			...(await found(async () => {
				await site.aws.client(CloudTrailClient).send(new LookupEventsCommand({ MaxResults: 1 }));
				return [ok('the event history answers')];
			}, 'the event history')),
		];
	},
};

async function trails({ aws }: Site): Promise<Finding[]> {
	const client = aws.client(CloudTrailClient);
	const { trailList = [] } = await client.send(new DescribeTrailsCommand({}));
	const why = 'without one EventBridge has no events of API calls, and who did what is known for 90 days';
	if (trailList.length === 0) {
		return [toDo(`no trail records this Region: ${why}`, 'aws cloudtrail create-trail --is-multi-region-trail …, then start-logging')];
	}
	const logging: string[] = [];
	const stopped: string[] = [];
	for (const one of trailList) {
		const { IsLogging } = await client.send(new GetTrailStatusCommand({ Name: one.TrailARN }));
		if (!IsLogging) stopped.push(one.Name ?? '');
		else if (await hasManagementEvents(client, one)) logging.push(one.Name ?? '');
	}
	if (logging.length > 0) return [ok(`trail ${named(logging)} records what is called`)];
	if (stopped.length > 0)
		return [toDo(`trail ${named(stopped)} does not log: ${why}`, `aws cloudtrail start-logging --name ${stopped[0]}`)];
	return [toDo(`no trail takes management events that write: ${why}`, 'aws cloudtrail put-event-selectors: IncludeManagementEvents, All')];
}

async function hasManagementEvents(client: CloudTrailClient, { TrailARN }: Trail): Promise<boolean> {
	const { EventSelectors = [], AdvancedEventSelectors = [] } = await client.send(new GetEventSelectorsCommand({ TrailName: TrailARN }));
	return (
		EventSelectors.some(({ IncludeManagementEvents, ReadWriteType }) => IncludeManagementEvents && ReadWriteType !== 'ReadOnly') ||
		AdvancedEventSelectors.some(({ FieldSelectors = [] }) =>
			FieldSelectors.some(({ Field, Equals = [] }) => Field === 'eventCategory' && Equals.includes('Management')),
		)
	);
}
