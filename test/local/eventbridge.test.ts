import { DescribeRuleCommand, ListRulesCommand, ListTargetsByRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { targetInput } from '../../local/target-input.ts';
import { TEMPLATE, worldWith } from './fixture.ts';

const entry = (changes: object = {}) => ({ Source: 'my.app', DetailType: 'Thing Happened', Detail: '{"a":1}', ...changes });

describe('PutEvents', () => {
	it('puts what it can, and says of each entry what became of it', async () => {
		const events: BusEvent[] = [];
		const world = await worldWith({
			faults: {
				event: (event) => {
					events.push(event);
					return 'deliver';
				},
			},
		});

		const result = await world.aws.events.send(
			new PutEventsCommand({
				Entries: [
					entry({ Resources: ['arn:x'], Time: new Date('2026-01-01T00:00:00.900Z') }),
					entry({ Detail: '[1]' }),
					entry({ Detail: '{' }),
					entry({ DetailType: '' }),
					entry({ Source: 'aws.ssm' }),
				],
			}),
		);

		expect(result.FailedEntryCount).toBe(4);
		expect(result.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
			undefined,
			'MalformedDetail',
			'MalformedDetail',
			'InvalidArgument',
			'NotAuthorizedForSourceException',
		]);
		expect(events).toEqual([
			{
				version: '0',
				id: result.Entries?.[0]?.EventId,
				'detail-type': 'Thing Happened',
				source: 'my.app',
				account: '111122223333',
				time: '2026-01-01T00:00:00Z',
				region: 'eu-west-1',
				resources: ['arn:x'],
				detail: { a: 1 },
			},
		]);
	});

	it.each([
		['no entry', []],
		['eleven entries', Array.from({ length: 11 }, () => entry())],
		['over a megabyte', [entry({ Detail: JSON.stringify({ long: 'x'.repeat(1_048_576) }) })]],
	])('refuses %s', async (_, Entries) => {
		const world = await worldWith();

		await expect(world.aws.events.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({ name: 'ValidationException' });
	});
});

describe('A bus beside the default one', () => {
	const ORDERS = { name: 'orders', arn: 'arn:aws:events:eu-west-1:111122223333:event-bus/orders' };
	const [opener, ticker] = TEMPLATE.rules;
	if (!opener || !ticker) throw new Error('The fixture has two rules.');
	/** The fixture's rule for any event of `my.app`: on the default bus or on the other, each with a target of its own. */
	const onBus = (busName: string) => ({ ...opener, busName, pattern: { source: ['my.app'] }, targets: [{ arn: `arn:of-${busName}` }] });
	const world = () => worldWith({ template: { ...TEMPLATE, buses: [ORDERS], rules: [onBus('default'), onBus('orders'), ticker] } });

	it.each([
		['no bus', undefined, ['arn:of-default']],
		['the default bus', 'default', ['arn:of-default']],
		['its name', ORDERS.name, ['arn:of-orders']],
		['its ARN', ORDERS.arn, ['arn:of-orders']],
		['a bus that is not there', 'none', []],
		['a bus of another account', ORDERS.arn.replace('111122223333', '444455556666'), []],
	])('or the default one gets an event that names %s (%s): %j', async (_, EventBusName, targets) => {
		const { aws, runFor, otherDeliveries } = await world();

		const { FailedEntryCount, Entries } = await aws.events.send(new PutEventsCommand({ Entries: [entry({ EventBusName })] }));
		await runFor(1_000);

		expect(FailedEntryCount).toBe(0);
		expect(Entries).toEqual([{ EventId: expect.any(String) }]);
		expect(otherDeliveries.map(({ targetArn }) => targetArn)).toEqual(targets);
	});

	it('gives its events the account, the Region and the time as the default one does', async () => {
		const { aws, runFor, otherDeliveries } = await world();

		const { Entries } = await aws.events.send(new PutEventsCommand({ Entries: [entry({ EventBusName: 'orders' })] }));
		await runFor(1_000);

		expect(JSON.parse(otherDeliveries[0]?.input ?? '')).toEqual({
			version: '0',
			id: Entries?.[0]?.EventId,
			'detail-type': 'Thing Happened',
			source: 'my.app',
			account: '111122223333',
			time: '2026-03-02T08:00:00Z',
			region: 'eu-west-1',
			resources: [],
			detail: { a: 1 },
		});
	});

	it('is not where the events of AWS services go', async () => {
		const { putEvent, runFor, otherDeliveries } = await world();

		putEvent({ source: 'my.app', detailType: 'Thing Happened', detail: {} });
		await runFor(1_000);

		expect(otherDeliveries.map(({ targetArn }) => targetArn)).toEqual(['arn:of-default']);
	});

	it('has rules of its own', async () => {
		const { aws } = await world();

		const { Rules = [] } = await aws.events.send(new ListRulesCommand({ EventBusName: ORDERS.arn }));

		expect(Rules.map(({ Name, EventBusName }) => [Name, EventBusName])).toEqual([[opener.name, 'orders']]);
		await expect(aws.events.send(new ListRulesCommand({ EventBusName: 'none' }))).rejects.toMatchObject({
			name: 'ResourceNotFoundException',
			message: 'Event bus none does not exist.',
		});
	});

	it('has to be there for a rule to be on it', async () => {
		const template = { ...TEMPLATE, rules: [onBus('orders')] };

		await expect(worldWith({ template })).rejects.toThrow(`Rule ${opener.name} is on event bus orders, which is not in the template`);
	});
});

describe('Rules', () => {
	it('can be listed and described', async () => {
		const { aws } = await worldWith();
		const Name = 'fleetkeeper-local-OpenerRule';

		const { Rules = [] } = await aws.events.send(new ListRulesCommand({}));
		const rule = await aws.events.send(new DescribeRuleCommand({ Name }));
		const { Targets } = await aws.events.send(new ListTargetsByRuleCommand({ Rule: Name }));

		expect(Rules.map((one) => one.Name)).toEqual([Name, 'fleetkeeper-local-TickerRule']);
		expect(JSON.parse(rule.EventPattern ?? '')).toEqual(TEMPLATE.rules[0]?.pattern);
		expect(Targets).toMatchObject([{ Arn: 'arn:aws:sqs:eu-west-1:111122223333:fleetkeeper-local-opener' }]);
		await expect(aws.events.send(new DescribeRuleCommand({ Name: 'none' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
	});

	it('with a pattern that EventBridge would refuse end the start, by name', async () => {
		const template = { ...TEMPLATE, rules: TEMPLATE.rules.map((rule) => ({ ...rule, pattern: { source: 'aws.ssm' } })) };

		await expect(worldWith({ template })).rejects.toThrow('Event pattern of rule fleetkeeper-local-OpenerRule is not valid');
	});
});

describe('The input of a target', () => {
	const event: BusEvent = {
		version: '0',
		id: 'e-1',
		'detail-type': 'T',
		source: 's',
		account: 'a',
		time: '2026-01-01T00:00:00Z',
		region: 'r',
		resources: ['arn:1', 'arn:2'],
		detail: { name: 'say "hi"', count: 3, list: [{ id: 'x' }] },
	};
	const input = (target: object) => targetInput({ arn: 'arn', ...target }, event, { name: 'rule', arn: 'arn:rule' });
	const paths = {
		name: '$.detail.name',
		count: '$.detail.count',
		second: '$.resources[1]',
		id: '$.detail.list[0].id',
		none: '$.detail.none',
	};
	const made = (template: string) => input({ inputTransformer: { paths, template } });

	it('is the event, a constant, or a part of the event', () => {
		expect(JSON.parse(input({}))).toEqual(event);
		expect(input({ input: '{"tick":true}' })).toBe('{"tick":true}');
		expect(input({ inputPath: '$.detail.list' })).toBe('[{"id":"x"}]');
	});

	it('is made of variables by a transformer, quoted where they stand outside a string', () => {
		const text = made('{"a": <name>, "b": <count>, "c": "<name> <count> <second> <id>", "none": <none>, "rule": "<aws.events.rule-name>"}');

		expect(JSON.parse(text)).toEqual({ a: 'say "hi"', b: 3, c: 'say "hi" 3 arn:2 x', none: '', rule: 'rule' });
		expect(JSON.parse(made('{"event": <aws.events.event.json>}'))).toEqual({ event });
	});
});
