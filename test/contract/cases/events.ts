/** EventBridge: PutEvents, and what a rule sends to a queue. */

import {
	DescribeRuleCommand,
	ListRulesCommand,
	ListTargetsByRuleCommand,
	PutEventsCommand,
	type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type Case, queueUrl, RULE, refusal, type System, some, until } from '../system.ts';

const ORDER: PutEventsRequestEntry = { Source: 'contract.shop', DetailType: 'Order', Detail: '{"number":7}', Resources: ['shelf'] };

async function put({ events }: System, ...Entries: PutEventsRequestEntry[]) {
	const { FailedEntryCount, Entries: results = [] } = await events.send(new PutEventsCommand({ Entries }));
	return { FailedEntryCount, results: results.map(({ EventId, ErrorCode }) => ErrorCode ?? (EventId ? 'taken' : 'nothing')) };
}

function without(name: keyof PutEventsRequestEntry): PutEventsRequestEntry {
	return Object.fromEntries(Object.entries(ORDER).filter(([key]) => key !== name));
}

export const EVENTS_CASES: readonly Case[] = [
	{
		name: 'events: an event gets an id',
		act: (system) => put(system, { ...ORDER, Source: 'contract.other' }),
		gives: { FailedEntryCount: 0, results: ['taken'] },
	},
	{
		name: 'events: an entry without Source, DetailType or Detail fails alone',
		act: (system) => put(system, without('Source'), without('DetailType'), without('Detail'), { ...ORDER, Source: 'contract.other' }),
		gives: { FailedEntryCount: 3, results: ['InvalidArgument', 'InvalidArgument', 'InvalidArgument', 'taken'] },
	},
	{
		name: 'events: a source that begins with aws. is not for callers',
		act: (system) => put(system, { ...ORDER, Source: 'aws.autoscaling' }),
		gives: { FailedEntryCount: 1, results: ['NotAuthorizedForSourceException'] },
	},
	{
		name: 'events: a detail that is not JSON is malformed',
		act: (system) => put(system, { ...ORDER, Source: 'contract.other', Detail: '{"number":' }),
		gives: { FailedEntryCount: 1, results: ['MalformedDetail'] },
	},
	{
		name: 'events: a detail that is not an object is malformed',
		act: (system) => put(system, { ...ORDER, Source: 'contract.other', Detail: '[1]' }),
		gives: { FailedEntryCount: 1, results: ['MalformedDetail'] },
	},
	{
		name: 'events: eleven entries are too many',
		act: (system) => refusal(put(system, ...Array<PutEventsRequestEntry>(11).fill({ ...ORDER, Source: 'contract.other' }))),
		gives: { refused: 'ValidationException', status: 400 },
	},
	{
		name: 'events: a rule sends what matches to its queue, in the envelope of EventBridge',
		async act(system) {
			const QueueUrl = await queueUrl(system, RULE.queue);
			await put(system, { ...ORDER, Source: 'contract.other' }, ORDER);
			const messages = await until(
				async () => (await system.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? [],
				(found) => found.length > 0,
			);
			return messages.map(({ Body = '{}' }) => {
				const { id, time, ...event } = JSON.parse(Body) as { id: string; time: string };
				return { ...event, id: /^[0-9a-f-]{36}$/.test(id), time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time) };
			});
		},
		gives: [
			{
				version: '0',
				'detail-type': 'Order',
				source: 'contract.shop',
				account: '111122223333',
				region: 'eu-west-1',
				resources: ['shelf'],
				detail: { number: 7 },
				id: true,
				time: true,
			},
		],
	},
	{
		name: 'events: a rule is described by name, with its pattern and state',
		async act({ events }) {
			const { EventPattern = '', ...rule } = await events.send(new DescribeRuleCommand({ Name: RULE.name }));
			return { ...some(rule, 'Name', 'State', 'EventBusName', 'Arn'), pattern: JSON.parse(EventPattern) };
		},
		gives: {
			Name: 'contract-orders',
			State: 'ENABLED',
			EventBusName: 'default',
			Arn: 'arn:aws:events:eu-west-1:111122223333:rule/contract-orders',
			pattern: { source: ['contract.shop'], 'detail-type': ['Order'] },
		},
	},
	{
		name: 'events: rules are listed by prefix',
		async act({ events }) {
			const list = async (NamePrefix: string) =>
				((await events.send(new ListRulesCommand({ NamePrefix }))).Rules ?? []).map(({ Name }) => Name);
			return [await list('contract-'), await list('other-')];
		},
		gives: [['contract-orders'], []],
	},
	{
		name: 'events: the targets of a rule are listed',
		async act({ events }) {
			const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: RULE.name }));
			return Targets.map(({ Arn }) => Arn);
		},
		gives: ['arn:aws:sqs:eu-west-1:111122223333:contract-orders'],
	},
	{
		name: 'events: a rule that is not there is not found',
		act: ({ events }) => refusal(events.send(new DescribeRuleCommand({ Name: 'contract-nothing' }))),
		gives: { refused: 'ResourceNotFoundException', status: 400 },
	},
];
