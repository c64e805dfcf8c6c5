import { CloudWatchClient, DescribeAlarmsCommand, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { clientOptions } from './support/sdk.ts';
import { errorOf, nodeId, START_AT, smallAws } from './support/small-aws.ts';

const CPU = {
	AlarmName: 'cpu-high',
	AlarmDescription: 'The processors are busy.',
	Namespace: 'AWS/EC2',
	MetricName: 'CPUUtilization',
	Dimensions: [{ Name: 'InstanceId', Value: nodeId(1) }],
	Statistic: 'Average' as const,
	Period: 300,
	EvaluationPeriods: 1,
	Threshold: 80,
	ComparisonOperator: 'GreaterThanThreshold' as const,
};
const CPU_ARN = 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cpu-high';
const STATE_CHANGE = 'CloudWatch Alarm State Change';
const CONFIGURATION_CHANGE = 'CloudWatch Alarm Configuration Change';

/** A small AWS with the alarm on the processors, which is OK. */
function withAlarm(settings: object = {}) {
	const aws = smallAws();
	const alarm = aws.cloudWatch.addMetricAlarm({ ...CPU, ...settings });
	return { ...aws, alarm };
}

describe('An alarm that goes off', () => {
	it('is told with its state, the one before, its metric and its description', async () => {
		const { alarm, events, advance } = withAlarm();
		await advance(60);

		alarm.set('ALARM', 'Threshold Crossed: 1 datapoint [99.5] was greater than the threshold (80.0).', { version: '1.0', threshold: 80 });

		expect(events).toMatchObject([{ source: 'aws.cloudwatch', detailType: STATE_CHANGE, resources: [CPU_ARN] }]);
		expect(events[0]?.detail).toEqual({
			alarmName: 'cpu-high',
			state: {
				value: 'ALARM',
				reason: 'Threshold Crossed: 1 datapoint [99.5] was greater than the threshold (80.0).',
				reasonData: '{"version":"1.0","threshold":80}',
				timestamp: '2026-03-02T09:01:00.000+0000',
			},
			previousState: { value: 'OK', reason: 'Unchecked: Initial alarm creation', timestamp: '2026-03-02T09:00:00.000+0000' },
			configuration: {
				description: 'The processors are busy.',
				metrics: [
					{
						id: expect.stringMatching(/^[0-9a-f-]{36}$/),
						metricStat: {
							metric: { namespace: 'AWS/EC2', name: 'CPUUtilization', dimensions: { InstanceId: nodeId(1) } },
							period: 300,
							stat: 'Average',
						},
						returnData: true,
					},
				],
			},
		});
	});

	it('is not told again while it stays', () => {
		const { alarm, details } = withAlarm();

		alarm.set('ALARM', 'Too much.');
		alarm.set('ALARM', 'Still too much.');

		expect(details(STATE_CHANGE)).toHaveLength(1);
	});

	it('has the expressions of its metrics where it has several, and no description where it was given none', () => {
		const { cloudWatch, details } = smallAws();
		const metric = { Namespace: 'AWS/EC2', MetricName: 'NetworkIn' };
		const alarm = cloudWatch.addMetricAlarm({
			AlarmName: 'traffic',
			Metrics: [
				{ Id: 'e1', Expression: 'SUM(METRICS())', Label: 'Total' },
				{ Id: 'm1', MetricStat: { Metric: metric, Period: 60, Stat: 'Maximum' }, ReturnData: false },
			],
			EvaluationPeriods: 1,
			ComparisonOperator: 'GreaterThanThreshold',
			Threshold: 1,
		});

		alarm.set('ALARM', 'Too much.');

		expect(details(STATE_CHANGE)[0]?.['configuration']).toEqual({
			metrics: [
				{ id: 'e1', expression: 'SUM(METRICS())', label: 'Total', returnData: true },
				{
					id: 'm1',
					metricStat: { metric: { namespace: 'AWS/EC2', name: 'NetworkIn', dimensions: {} }, period: 60, stat: 'Maximum' },
					returnData: false,
				},
			],
		});
	});

	it('on a log has the whole of its configuration', () => {
		const { cloudWatch, details } = smallAws();
		const alarm = cloudWatch.addLogAlarm({
			AlarmName: 'errors',
			ScheduledQueryConfiguration: {
				QueryString: 'filter @message like /ERROR/',
				LogGroupIdentifiers: ['/app'],
				AggregationExpression: 'count(*)',
				ScheduledQueryRoleARN: 'arn:aws:iam::111122223333:role/query',
				ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 300 },
			},
			QueryResultsToEvaluate: 5,
			QueryResultsToAlarm: 3,
			Threshold: 10,
			ComparisonOperator: 'GreaterThanThreshold',
		});

		alarm.set('ALARM', 'Too many.');

		expect(details(STATE_CHANGE)[0]?.['configuration']).toMatchObject({
			alarmName: 'errors',
			logGroupIdentifiers: ['/app'],
			schedule: { expression: 'rate(5 minutes)', startTimeOffset: 300 },
			queryResultsToAlarm: 3,
			alarmActions: [],
		});
	});

	it('on several time series tells of each of them, and is in ALARM while one is', () => {
		const { alarm, call, details } = withAlarm();

		alarm.contribute({ InstanceId: nodeId(1) }, 'ALARM', 'Too much.');
		alarm.contribute({ InstanceId: nodeId(2) }, 'ALARM', 'Too much.');
		alarm.contribute({ InstanceId: nodeId(1) }, 'OK', 'Less again.');
		const contributors = call('cloudwatch', 'DescribeAlarmContributors', { AlarmName: 'cpu-high' }).AlarmContributors;
		alarm.contribute({ InstanceId: nodeId(2) }, 'OK', 'Less again.');

		const changes = details('CloudWatch Alarm Contributor State Change');
		expect(changes).toMatchObject([
			{ alarmContributor: { attributes: { InstanceId: nodeId(1) } }, state: { value: 'ALARM', reason: 'Too much.' } },
			{ alarmContributor: { attributes: { InstanceId: nodeId(2) } }, state: { value: 'ALARM' } },
			{ alarmContributor: { attributes: { InstanceId: nodeId(1) } }, state: { value: 'OK' } },
			{ alarmContributor: { attributes: { InstanceId: nodeId(2) } }, state: { value: 'OK' } },
		]);
		expect(contributors).toMatchObject([{ ContributorAttributes: { InstanceId: nodeId(2) }, StateReason: 'Too much.' }]);
		expect(details(STATE_CHANGE).map(({ state }) => state)).toMatchObject([
			{ value: 'ALARM', reason: '1 out of 1 time series evaluated to ALARM' },
			{ value: 'OK', reason: '0 out of 2 time series evaluated to ALARM' },
		]);
	});
});

describe('SetAlarmState', () => {
	it('leaves no reason data in the state before the next change', () => {
		const { alarm, call, details } = withAlarm();

		call('cloudwatch', 'SetAlarmState', { AlarmName: 'cpu-high', StateValue: 'ALARM', StateReason: 'A test.' });
		alarm.set('OK', 'Fine.', { threshold: 80 });

		expect(details(STATE_CHANGE)[1]?.['previousState']).toEqual({
			value: 'ALARM',
			reason: 'A test.',
			timestamp: '2026-03-02T09:00:00.000+0000',
		});
	});

	it('is undone by the next evaluation, where the metric is known', async () => {
		const { alarm, call, advance, details } = withAlarm();
		alarm.set('OK', 'Fine.');

		call('cloudwatch', 'SetAlarmState', { AlarmName: 'cpu-high', StateValue: 'ALARM', StateReason: 'A test.' });
		const during = alarm.state;
		await advance(60);

		expect([during, alarm.state]).toEqual(['ALARM', 'OK']);
		expect(details(STATE_CHANGE)).toHaveLength(2);
	});

	it('refuses an alarm that is not there, and reason data that is no JSON', () => {
		const { call } = withAlarm();
		const set = (input: object) =>
			errorOf(() => call('cloudwatch', 'SetAlarmState', { StateValue: 'OK', StateReason: '-', ...input })).code;

		expect(set({ AlarmName: 'nobody' })).toBe('ResourceNotFound');
		expect(set({ AlarmName: 'cpu-high', StateReasonData: '{' })).toBe('InvalidFormatFault');
	});
});

describe('A change of an alarm', () => {
	it('is told when it is made, changed and deleted', async () => {
		const { call, details, advance } = smallAws();
		call('cloudwatch', 'PutMetricAlarm', CPU);
		await advance(60);
		call('cloudwatch', 'PutMetricAlarm', { ...CPU, Threshold: 90 });
		call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['cpu-high'] });

		expect(details(CONFIGURATION_CHANGE)).toMatchObject([
			{
				operation: 'create',
				state: { value: 'INSUFFICIENT_DATA', timestamp: '2026-03-02T09:00:00.000+0000' },
				configuration: { alarmName: 'cpu-high', threshold: 80, evaluationPeriods: 1, actionsEnabled: true, okActions: [] },
			},
			{ operation: 'update', configuration: { threshold: 90 }, previousConfiguration: { threshold: 80 } },
			{ operation: 'delete', configuration: { threshold: 90 } },
		]);
		expect(details(STATE_CHANGE)).toEqual([]);
	});

	it.each([
		['both a metric and metrics', { Metrics: [{ Id: 'm1' }] }, 'InvalidParameterCombinationException'],
		['no statistic', { Statistic: undefined }, 'InvalidParameterCombinationException'],
		['a period that is none', { Period: 45 }, 'ValidationException'],
		['no comparison', { ComparisonOperator: undefined }, 'MissingRequiredParameterException'],
		['more than a week to look back', { Period: 3600, EvaluationPeriods: 200 }, 'ValidationException'],
		['an action that is no ARN', { AlarmActions: ['pager'] }, 'ValidationException'],
	])('is refused with %s', (_, settings, code) => {
		const { call } = withAlarm();

		expect(errorOf(() => call('cloudwatch', 'PutMetricAlarm', { ...CPU, ...settings })).code).toBe(code);
	});

	it('is throttled beyond three a second', () => {
		const { call } = withAlarm();
		for (const AlarmName of ['a', 'b', 'c']) call('cloudwatch', 'PutMetricAlarm', { ...CPU, AlarmName });

		expect(errorOf(() => call('cloudwatch', 'PutMetricAlarm', CPU)).code).toBe('ThrottlingException');
	});

	it('deletes all of the named alarms or none', () => {
		const { call } = withAlarm();

		expect(errorOf(() => call('cloudwatch', 'DeleteAlarms', { AlarmNames: ['cpu-high', 'nobody'] })).code).toBe('ResourceNotFound');
		expect(call('cloudwatch', 'DescribeAlarms').MetricAlarms).toHaveLength(1);
	});
});

describe('DescribeAlarms', () => {
	it('gives metric alarms alone unless other types are asked for', () => {
		const { cloudWatch, call } = withAlarm();
		cloudWatch.addCompositeAlarm({ AlarmName: 'service', AlarmRule: 'ALARM(cpu-high)' });
		const names = (input: object) => {
			const found = call('cloudwatch', 'DescribeAlarms', input);
			return [...found.MetricAlarms, ...found.CompositeAlarms].map(({ AlarmName }: { AlarmName: string }) => AlarmName);
		};

		expect(names({ AlarmNames: ['cpu-high', 'service'] })).toEqual(['cpu-high']);
		expect(names({ AlarmNames: ['cpu-high', 'service'], AlarmTypes: ['CompositeAlarm', 'MetricAlarm'] })).toEqual(['cpu-high', 'service']);
		expect(names({ ChildrenOfAlarmName: 'service' })).toEqual(['cpu-high']);
		expect(names({ ParentsOfAlarmName: 'cpu-high' })).toEqual(['service']);
	});

	it('finds by prefix and state, in pages', () => {
		const { cloudWatch, call } = smallAws();
		for (const name of ['web-1', 'web-2', 'web-3', 'api-1']) cloudWatch.addMetricAlarm({ ...CPU, AlarmName: name });
		cloudWatch.alarm('web-2').set('ALARM', 'Too much.');

		const first = call('cloudwatch', 'DescribeAlarms', { AlarmNamePrefix: 'web-', MaxRecords: 2 });
		const second = call('cloudwatch', 'DescribeAlarms', { AlarmNamePrefix: 'web-', MaxRecords: 2, NextToken: first.NextToken });

		expect([first, second].map(({ MetricAlarms }) => MetricAlarms.length)).toEqual([2, 1]);
		expect(second.NextToken).toBeUndefined();
		expect(call('cloudwatch', 'DescribeAlarms', { StateValue: 'ALARM' }).MetricAlarms).toMatchObject([
			{ AlarmName: 'web-2', StateReason: 'Too much.', StateTransitionedTimestamp: new Date(START_AT) },
		]);
		const both = errorOf(() => call('cloudwatch', 'DescribeAlarms', { AlarmNamePrefix: 'web-', AlarmNames: ['web-1'] }));
		expect(both.code).toBe('InvalidParameterCombinationException');
	});
});

describe("An alarm's actions", () => {
	const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:pager';

	it('reach the people behind a topic, and the history', () => {
		const { alarm, sns, call } = withAlarm({ AlarmActions: [TOPIC, 'arn:aws:ssm:eu-west-1:111122223333:opsitem:3'] });
		sns.addTopic({ name: 'pager', emails: ['ops@example.com'] });

		alarm.set('ALARM', 'Too much.');

		expect(sns.emails).toMatchObject([{ to: 'ops@example.com', subject: 'ALARM: "cpu-high" in eu-west-1' }]);
		expect(JSON.parse(sns.emails[0]?.text ?? '')).toMatchObject({
			NewStateValue: 'ALARM',
			OldStateValue: 'OK',
			NewStateReason: 'Too much.',
		});
		const history = call('cloudwatch', 'DescribeAlarmHistory', { AlarmName: 'cpu-high', ScanBy: 'TimestampAscending' }).AlarmHistoryItems;
		expect(history.map(({ HistorySummary }: { HistorySummary: string }) => HistorySummary)).toEqual([
			'Alarm updated from OK to ALARM',
			`Successfully executed action ${TOPIC}`,
			'Failed to execute action arn:aws:ssm:eu-west-1:111122223333:opsitem:3',
		]);
	});

	it('are owed while the alarm is muted, though its event goes out and says so', async () => {
		const { alarm, cloudWatch, sns, details, advance } = withAlarm({ AlarmActions: [TOPIC] });
		sns.addTopic({ name: 'pager', emails: ['ops@example.com'] });
		cloudWatch.mute({ name: 'maintenance', alarms: ['cpu-high'], from: START_AT, until: START_AT + 3_600_000 });

		alarm.set('ALARM', 'Too much.');
		await advance(3_599);
		const muted = sns.emails.length;
		await advance(1);

		expect([muted, sns.emails.length]).toEqual([0, 1]);
		expect(details(STATE_CHANGE)).toMatchObject([
			{
				state: { value: 'ALARM' },
				muteDetail: {
					mutedByArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:maintenance',
					muteWindowStart: '2026-03-02T09:00:00.000+0000',
					muteWindowEnd: '2026-03-02T10:00:00.000+0000',
				},
			},
		]);
	});

	it('are no longer owed once the alarm is back before the mute ends', async () => {
		const { alarm, cloudWatch, sns, advance } = withAlarm({ AlarmActions: [TOPIC] });
		sns.addTopic({ name: 'pager', emails: ['ops@example.com'] });
		cloudWatch.mute({ name: 'maintenance', alarms: ['cpu-high'], from: START_AT, until: START_AT + 3_600_000 });

		alarm.set('ALARM', 'Too much.');
		alarm.set('OK', 'Fine.');
		await advance(7_200);

		expect(sns.emails).toEqual([]);
	});
});

describe('A mute rule', () => {
	it('is made by the API, listed by alarm, and passes through its states', async () => {
		const { call, advance } = withAlarm();
		const Rule = { Schedule: { Expression: 'at(2026-03-02T10:30)', Duration: 'PT1H', Timezone: 'Europe/Berlin' } };
		call('cloudwatch', 'PutAlarmMuteRule', { Name: 'night', Rule, MuteTargets: { AlarmNames: ['cpu-high'] } });
		const status = () => call('cloudwatch', 'GetAlarmMuteRule', { AlarmMuteRuleName: 'night' }).Status;

		const states = [status()];
		await advance(1_800);
		states.push(status());
		const listed = call('cloudwatch', 'ListAlarmMuteRules', { AlarmName: 'cpu-high', Statuses: ['ACTIVE'] }).AlarmMuteRuleSummaries;
		await advance(3_600);
		states.push(status());

		expect(states).toEqual(['SCHEDULED', 'ACTIVE', 'EXPIRED']);
		expect(listed).toHaveLength(1);
	});

	it('with a cron expression is refused', () => {
		const { call } = withAlarm();
		const Rule = { Schedule: { Expression: 'cron(0 2 * * SUN)', Duration: 'PT4H' } };

		expect(errorOf(() => call('cloudwatch', 'PutAlarmMuteRule', { Name: 'night', Rule })).code).toBe('ValidationException');
	});
});

describe('The SDK client of CloudWatch', () => {
	it('makes, sets and reads an alarm over the wire', async () => {
		const aws = smallAws();
		const client = new CloudWatchClient(clientOptions(aws));

		await client.send(new PutMetricAlarmCommand(CPU));
		await client.send(new SetAlarmStateCommand({ AlarmName: 'cpu-high', StateValue: 'ALARM', StateReason: 'A test.' }));
		const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['cpu-high'] }));

		expect(MetricAlarms).toMatchObject([
			{ AlarmArn: CPU_ARN, StateValue: 'ALARM', StateReason: 'A test.', Threshold: 80, StateUpdatedTimestamp: new Date(START_AT) },
		]);
		const unknown = client.send(new SetAlarmStateCommand({ AlarmName: 'nobody', StateValue: 'OK', StateReason: '-' }));
		await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFound', message: 'Alarm nobody does not exist.' });
	});
});
