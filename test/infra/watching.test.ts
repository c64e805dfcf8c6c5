import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Resolver } from '../../local/template/intrinsics.ts';
import { functionNames, ROOT } from '../../scripts/bundle.ts';
import { STACK } from '../../scripts/costs/tables.ts';
import { matches } from '../../shared/event-pattern.ts';
import { matchEvent } from '../../shared/playbook/match.ts';
import { parsePlaybook } from '../../shared/playbook/parse.ts';
import { PARTS } from '../../shared/settings.ts';
import { ofType, type PackagedTemplate, packageService } from './package.ts';

/** A stage whose name could be taken for the beginning of what `restart-unresponsive` is for. */
const STAGE = 'restart';

let template: PackagedTemplate;
let resolver: Resolver;

beforeAll(async () => {
	template = await packageService(STAGE, { oldestOpenHours: '3', parts: PARTS.join() });
	resolver = new Resolver(template, { account: '111122223333', region: 'eu-west-1', name: 'stack' });
}, 60_000);

interface Alarm {
	readonly AlarmName: string;
	readonly AlarmDescription: string;
	readonly Namespace: string;
	readonly MetricName: string;
	readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
	readonly Period: number;
	readonly EvaluationPeriods: number;
	readonly Threshold: number;
	readonly TreatMissingData: string;
	readonly AlarmActions: unknown;
	readonly OKActions: unknown;
}

const alarms = (): Alarm[] => ofType(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
const on = (metric: string) => alarms().filter(({ MetricName }) => MetricName === metric);
const values = (of: readonly Alarm[]) => of.flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => Value)).sort();
const names = (type: string, property: string): string[] =>
	ofType(template, type).map(([, { Properties }]) => Properties[property] as string);

describe('the alarms', () => {
	it('are told to people when they go off, and when it is over', () => {
		for (const { AlarmActions, OKActions } of alarms()) {
			expect([AlarmActions, OKActions]).toEqual([[{ Ref: 'AlertTopic' }], [{ Ref: 'AlertTopic' }]]);
		}
	});

	it.each(['Errors', 'Throttles'])('watch the %s of every function', (metric) => {
		expect(values(on(metric))).toEqual(names('AWS::Lambda::Function', 'FunctionName').sort());
	});

	it('watch every dead-letter queue', () => {
		const dead = names('AWS::SQS::Queue', 'QueueName').filter((name) => name.endsWith('-dead-letters'));
		expect(dead).toHaveLength(functionNames().length + 1);
		expect(values(on('ApproximateNumberOfMessagesVisible'))).toEqual(dead.sort());
		for (const { Threshold } of on('ApproximateNumberOfMessagesVisible')) expect(Threshold).toBe(0);
	});

	it('go off when a clock has been silent for five minutes, and stay calm while nothing else is heard', () => {
		const clocks = on('SecondsBehind');
		const own = clocks.map(({ Dimensions }) => Dimensions.map(({ Name, Value }) => (Name === 'service' ? '' : Value)).join(''));
		expect(own.sort()).toEqual(['', 'agent', 'inventory', 'patch', 'session', 'state']);
		for (const clock of clocks) expect(clock).toMatchObject({ Period: 60, EvaluationPeriods: 5, TreatMissingData: 'breaching' });
		const rest = alarms().filter((alarm) => !clocks.includes(alarm));
		expect(new Set(rest.map(({ TreatMissingData }) => TreatMissingData))).toEqual(new Set(['notBreaching']));
	});

	it('hold the age of the oldest open operation against the setting', () => {
		expect(on('OldestOpenSeconds')).toMatchObject([{ Threshold: 3 * 3_600 }]);
	});

	it('are as many as the costs count where no part has a clock of its own, and so are the queues that Lambda polls', () => {
		const counted = alarms().filter(({ Dimensions }) => !Dimensions.some(({ Name }) => Name === 'clock'));
		expect({ alarms: counted.length, queues: ofType(template, 'AWS::Lambda::EventSourceMapping').length }).toEqual(STACK);
	});

	it('are each explained in the docs, with what to do', () => {
		const docs = readFileSync(join(ROOT, 'docs', 'operating.md'), 'utf8');
		for (const { AlarmName } of alarms()) {
			const name = AlarmName.replace(`fleetkeeper-watch-${STAGE}-`, '').replace(/^.*-(errors|throttles|dead-letters)$/, '<function>-$1');
			expect(docs).toContain(`| \`${name}\` |`);
		}
	});
});

describe('an alarm of its own', () => {
	const event = (alarmName: string) => ({
		source: 'aws.cloudwatch',
		'detail-type': 'CloudWatch Alarm State Change',
		detail: { alarmName, state: { value: 'ALARM' } },
	});
	const taken = (sample: unknown) =>
		ofType(template, 'AWS::Events::Rule').some(([, { Properties }]) => Properties.EventPattern && matches(Properties.EventPattern, sample));

	it('never triggers it, of this stage and of others', () => {
		for (const { AlarmName } of alarms()) {
			expect(taken(event(AlarmName))).toBe(false);
			expect(taken(event(AlarmName.replace(`-${STAGE}-`, '-prod-')))).toBe(false);
			expect(
				taken({
					...event(AlarmName),
					'detail-type': 'CloudWatch Alarm Configuration Change',
					detail: { alarmName: AlarmName, operation: 'delete' },
				}),
			).toBe(false);
		}
		expect(taken(event(`fleetkeeper-${STAGE}-web-1`))).toBe(true);
	});

	it('is for no playbook that is packaged, whatever the stage is called', () => {
		const playbooks = readdirSync(join(ROOT, 'playbooks')).filter((file) => file.endsWith('.yaml'));
		for (const file of playbooks) {
			const parsed = parsePlaybook(readFileSync(join(ROOT, 'playbooks', file), 'utf8'), file.replace('.yaml', ''));
			if (!parsed.ok || parsed.playbook.on !== 'alarm') continue;
			for (const { AlarmName } of alarms()) expect(matches(parsed.playbook.when.detail, { alarmName: AlarmName })).toBe(false);
		}
	});

	it('is for no playbook even where one names it', () => {
		const playbook = { name: 'greedy', on: 'alarm', priority: 1, when: { detail: { alarmName: [{ prefix: 'fleetkeeper-' }] } } };
		const set = { playbooks: [{ playbook, parameterVersion: 1 }], compiledAt: '' } as never;
		const [{ AlarmName }] = alarms() as [Alarm];
		expect(matchEvent('alarm', event(AlarmName), set)).toEqual({ none: "it is an alarm of Fleetkeeper's own" });
		expect(matchEvent('alarm', event('fleetkeeper-other'), set)).toMatchObject({ playbook: { playbook } });
	});
});

describe('the dashboard', () => {
	interface Widget {
		readonly type: string;
		readonly x: number;
		readonly width: number;
		readonly properties: { readonly metrics?: readonly unknown[][]; readonly alarms?: readonly string[]; readonly query?: string };
	}
	const widgets = (): Widget[] => {
		const bodies = ofType(template, 'AWS::CloudWatch::Dashboard').map(([id, { Properties }]) =>
			resolver.resolve(Properties.DashboardBody, id),
		);
		expect(bodies).toHaveLength(1);
		return JSON.parse(String(bodies[0])).widgets;
	};
	it('shows every alarm, by its ARN', () => {
		const shown = widgets().flatMap(({ properties }) => properties.alarms ?? []);
		expect(shown).toEqual(alarms().map(({ AlarmName }) => `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${AlarmName}`));
	});

	it('stays within the grid', () => {
		for (const { x, width } of widgets()) expect([Number.isInteger(width), x + width <= 24]).toEqual([true, true]);
	});

	it('and the alarms are about queues, functions and logs of this stage', () => {
		const known = [
			...names('AWS::Lambda::Function', 'FunctionName'),
			...names('AWS::SQS::Queue', 'QueueName'),
			...names('AWS::Logs::LogGroup', 'LogGroupName'),
		];
		const named = widgets().flatMap(({ properties: { metrics = [], query = '' } }) => [
			...metrics.filter(([namespace]) => String(namespace).startsWith('AWS/')).map(([, , , value]) => String(value)),
			...[...query.matchAll(/SOURCE '([^']+)'/g)].map(([, group]) => String(group)),
		]);
		expect(named.length).toBeGreaterThan(0);
		expect([...new Set([...named, ...values(on('Errors'))])].filter((name) => !known.includes(name))).toEqual([]);
	});

	/** What the functions count: metrics with the dimensions that they are counted with, some with more than one set of them. */
	function counted(): string[] {
		const sources = readdirSync(join(ROOT, 'shared'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
		const calls = sources.flatMap((file) => [
			...readFileSync(join(ROOT, 'shared', file), 'utf8').matchAll(/count\('(\w+)'(?:, (\w+ === undefined \? \{\} : )?\{([^}]*)\})?/g),
		]);
		const keys = (dimensions = '') => dimensions.split(',').map((part) => part.split(':')[0]?.trim());
		return calls.flatMap(([, name, without, dimensions]) =>
			[['service', ...keys(dimensions)], ...(without ? [['service']] : [])].map((set) => `${name} ${set.filter(Boolean).sort()}`),
		);
	}

	it('and the alarms ask for metrics that the functions count, with the dimensions that those have', () => {
		const asked = [
			...alarms()
				.filter(({ Namespace }) => Namespace === 'Fleetkeeper')
				.map(({ MetricName, Dimensions }) => [MetricName, Dimensions.map(({ Name }) => Name)] as const),
			...widgets().flatMap(({ properties: { metrics = [] } }) =>
				metrics.flatMap(([first, metric, ...dimensionsAndLabel]): (readonly [string, string[]])[] => {
					const texts = dimensionsAndLabel.filter((each) => typeof each === 'string');
					if (first === 'Fleetkeeper') return [[String(metric), texts.filter((_, index) => index % 2 === 0)]];
					const { expression = '' } = first as { readonly expression?: string };
					const [, dimensions = '', name = ''] = /\{Fleetkeeper,([\w,]+)\}.*MetricName="(\w+)"/.exec(expression) ?? [];
					return name === '' ? [] : [[name, dimensions.split(',')]];
				}),
			),
		];
		expect(asked.length).toBeGreaterThan(10);
		const known = counted();
		for (const [metric, dimensions] of asked) expect(known).toContain(`${metric} ${[...dimensions].sort()}`);
	});
});

describe('the topic', () => {
	it('takes messages of our alarms alone from CloudWatch, under a key that it may use for this account', () => {
		const cloudWatch = { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' } };
		const key = template.Resources['AlertKey']?.Properties.KeyPolicy.Statement;
		const topic = resolver.resolve(template.Resources['AlertTopicPolicy']?.Properties.PolicyDocument.Statement, 'AlertTopicPolicy');
		expect(key).toContainEqual({
			...cloudWatch,
			Sid: 'AlarmsWriteToTheTopic',
			Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
			Resource: '*',
			Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
		});
		expect(topic).toContainEqual({
			...cloudWatch,
			Action: 'sns:Publish',
			Resource: expect.stringContaining(`fleetkeeper-${STAGE}-alerts`),
			Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:fleetkeeper-watch-${STAGE}-*` } },
		});
	});
});
