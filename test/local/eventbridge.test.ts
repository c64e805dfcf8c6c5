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
