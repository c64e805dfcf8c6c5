import { describe, expect, it } from 'vitest';
import { alarmsOf, holds, parseAlarmRule } from '../../local/aws/cloudwatch/alarm-rule.ts';
import { errorOf, smallAws } from './support/small-aws.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:pager';
const METRIC = { Namespace: 'App', MetricName: 'Errors', Statistic: 'Sum' as const, Period: 60, EvaluationPeriods: 1, Threshold: 1 };

/** Two alarms that are OK, a suppressor, and a composite of the two. */
function withComposite(suppression: object = {}) {
	const aws = smallAws();
	const { cloudWatch, sns } = aws;
	sns.addTopic({ name: 'pager', emails: ['ops@example.com'] });
	const [cpu, traffic, maintenance] = ['cpu', 'traffic', 'maintenance'].map((AlarmName) =>
		cloudWatch.addMetricAlarm({ ...METRIC, AlarmName, ComparisonOperator: 'GreaterThanThreshold' }),
	);
	if (!cpu || !traffic || !maintenance) throw new Error('The alarms are there.');
	const composite = cloudWatch.addCompositeAlarm({
		AlarmName: 'service',
		AlarmRule: 'ALARM(cpu) OR ALARM(traffic)',
		AlarmActions: [TOPIC],
		...suppression,
	});
	return { ...aws, cpu, traffic, maintenance, composite };
}

const SUPPRESSED = { ActionsSuppressor: 'maintenance', ActionsSuppressorWaitPeriod: 120, ActionsSuppressorExtensionPeriod: 180 };

/** The state changes of the composite. */
const changesOf = ({ details }: Pick<ReturnType<typeof smallAws>, 'details'>) =>
	details('CloudWatch Alarm State Change').filter(({ alarmName }) => alarmName === 'service');

describe('A composite alarm', () => {
	it('follows its rule, and says which alarm made it', async () => {
		const aws = withComposite();
		await aws.advance(60);

		aws.cpu.set('ALARM', 'Too much.');
		aws.traffic.set('ALARM', 'Too much.');
		aws.cpu.set('OK', 'Fine.');

		expect(changesOf(aws)).toHaveLength(1);
		expect(changesOf(aws)[0]).toMatchObject({
			state: {
				value: 'ALARM',
				reason: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu transitioned to ALARM at Monday 02 March, 2026 09:01:00 UTC',
				reasonData:
					'{"triggeringAlarms":[{"arn":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu","state":{"value":"ALARM","timestamp":"2026-03-02T09:01:00.000+0000"}}]}',
			},
			previousState: { value: 'OK' },
			configuration: { alarmRule: 'ALARM(cpu) OR ALARM(traffic)' },
		});
		expect(changesOf(aws)[0]?.['state']).not.toHaveProperty('actionsSuppressedBy');
	});

	it('that is made is evaluated at once', () => {
		const aws = withComposite();
		aws.cpu.set('ALARM', 'Too much.');

		aws.call('cloudwatch', 'PutCompositeAlarm', { AlarmName: 'late', AlarmRule: 'ALARM("cpu") AND NOT ALARM(traffic)' });

		expect(aws.details('CloudWatch Alarm State Change').at(-1)).toMatchObject({
			alarmName: 'late',
			state: {
				value: 'ALARM',
				reason: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:late was created and its alarm rule evaluates to ALARM',
			},
			previousState: { value: 'INSUFFICIENT_DATA' },
		});
	});

	it('keeps its children from being deleted', () => {
		const { call } = withComposite();

		const error = errorOf(() => call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['cpu'] }));

		expect(error).toMatchObject({ code: 'ValidationException', message: expect.stringContaining('depending on it') });
		call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['cpu', 'service'] });
	});

	it.each([
		['alarms that are not there', { AlarmRule: 'ALARM(nobody)' }, '[nobody] in the alarm rule do not exist'],
		['a rule that leads back to it', { AlarmName: 'service', AlarmRule: 'ALARM(service)' }, 'leads back'],
		['a period and no suppressor', { AlarmRule: 'ALARM(cpu)', ActionsSuppressorWaitPeriod: 60 }, 'needs an ActionsSuppressor'],
		['a rule that ends too soon', { AlarmRule: 'ALARM(cpu) AND' }, 'must be a valid expression'],
	])('is refused with %s', (_, settings, message) => {
		const { call } = withComposite();

		const error = errorOf(() => call('cloudwatch', 'PutCompositeAlarm', { AlarmName: 'other', ...settings }));

		expect(error.message).toContain(message);
	});
});

describe('A composite alarm with a suppressor', () => {
	it('waits for it, and acts when it stays OK', async () => {
		const aws = withComposite(SUPPRESSED);

		aws.cpu.set('ALARM', 'Too much.');
		const described = aws.call('cloudwatch', 'DescribeAlarms', { AlarmTypes: ['CompositeAlarm'] }).CompositeAlarms;
		await aws.advance(119);
		const during = [aws.composite.suppressedBy, aws.sns.emails.length];
		await aws.advance(1);

		expect(changesOf(aws)).toMatchObject([
			{
				state: { value: 'ALARM', actionsSuppressedBy: 'WaitPeriod', actionsSuppressedReason: 'Actions suppressed by WaitPeriod' },
				configuration: { actionsSuppressor: 'maintenance', actionsSuppressorWaitPeriod: 120, actionsSuppressorExtensionPeriod: 180 },
			},
		]);
		expect(described).toMatchObject([{ ActionsSuppressedBy: 'WaitPeriod' }]);
		expect(during).toEqual(['WaitPeriod', 0]);
		expect([aws.composite.suppressedBy, aws.sns.emails.length]).toEqual([undefined, 1]);
	});

	it('is suppressed by it once it follows, and acts an extension period after it is over', async () => {
		const aws = withComposite(SUPPRESSED);

		aws.cpu.set('ALARM', 'Too much.');
		await aws.advance(60);
		aws.maintenance.set('ALARM', 'Work under way.');
		await aws.advance(600);
		const suppressed = aws.composite.suppressedBy;
		aws.maintenance.set('OK', 'Work done.');
		await aws.advance(179);
		const extended = [aws.composite.suppressedBy, aws.sns.emails.length];
		await aws.advance(1);

		expect(suppressed).toBe('Alarm');
		expect(extended).toEqual(['ExtensionPeriod', 0]);
		expect([aws.composite.suppressedBy, aws.sns.emails.length]).toEqual([undefined, 1]);
		expect(changesOf(aws)).toHaveLength(1);
	});

	it('begins a new wait when it changes back, and never acts on the alarm', async () => {
		const aws = withComposite(SUPPRESSED);

		aws.cpu.set('ALARM', 'Too much.');
		await aws.advance(60);
		aws.cpu.set('OK', 'Fine.');
		await aws.advance(600);

		expect(changesOf(aws)).toMatchObject([
			{ state: { value: 'ALARM', actionsSuppressedBy: 'WaitPeriod' } },
			{ state: { value: 'OK', actionsSuppressedBy: 'WaitPeriod' }, previousState: { actionsSuppressedBy: 'WaitPeriod' } },
		]);
		expect(aws.sns.emails).toEqual([]);
	});

	it('that is in ALARM from the start suppresses the change itself', () => {
		const aws = withComposite(SUPPRESSED);
		aws.maintenance.set('ALARM', 'Work under way.');

		aws.cpu.set('ALARM', 'Too much.');

		expect(changesOf(aws)).toMatchObject([{ state: { actionsSuppressedBy: 'Alarm' } }]);
	});
});

describe('An alarm rule', () => {
	const states = { a: 'ALARM', b: 'OK', c: 'INSUFFICIENT_DATA' } as const;
	const judge = (rule: string) => holds(parseAlarmRule(rule), (name) => states[name as keyof typeof states]);

	it.each([
		['ALARM(a)', true],
		['OK(a) OR ALARM(b) OR INSUFFICIENT_DATA(c)', true],
		['ALARM(a) AND ALARM(b) OR TRUE', true],
		['ALARM(a) AND (ALARM(b) OR FALSE)', false],
		['NOT ALARM(b) AND NOT OK(a)', true],
		['AT_LEAST(2, ALARM, (a, b, c))', false],
		['AT_LEAST(2, NOT ALARM, (a, b, c))', true],
		['AT_LEAST(33%, ALARM, (a, b, c))', true],
		['ALARM(nobody)', false],
	])('%s is %s', (rule, expected) => {
		expect(judge(rule)).toBe(expected);
	});

	it('names alarms by name, quoted name or ARN', () => {
		const rule = 'ALARM("with (odd) name") OR OK(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:b) OR ALARM(b)';

		expect(alarmsOf(parseAlarmRule(rule))).toEqual(['with (odd) name', 'b']);
	});

	it.each(['', 'ALARM(a', 'ALARM()', 'BROKEN(a)', 'ALARM(a) ALARM(b)', 'ALARM("a)'])('%j cannot be read', (rule) => {
		expect(errorOf(() => parseAlarmRule(rule)).code).toBe('ValidationException');
	});
});
