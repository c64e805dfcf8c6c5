import { describe, expect, it } from 'vitest';
import type { CloudWatch } from '../../local/aws/cloudwatch/index.ts';
import { items, NAME, onAlarm, operation, operations, withAlarm } from './alarming.ts';
import { nodeId } from './deployment.ts';

const ABOVE = { EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold' } as const;
const query = (Id: string, MetricName: string, node: string) => ({
	Id,
	MetricStat: {
		Metric: { Namespace: 'AWS/EC2', MetricName, Dimensions: [{ Name: 'InstanceId', Value: node }] },
		Period: 60,
		Stat: 'Average',
	},
	ReturnData: false,
});

describe('An alarm of every type opens an OpsItem that says what it watches', () => {
	const math = (cloudWatch: CloudWatch) =>
		cloudWatch.addMetricAlarm({
			...{ ...ABOVE, AlarmName: 'web-errors', Threshold: 5 },
			Metrics: [
				{ Id: 'e1', Expression: 'm1 / m2', Label: 'Error rate' },
				query('m1', 'Errors', nodeId(1)),
				query('m2', 'Requests', nodeId(1)),
			],
		});
	const anomaly = (cloudWatch: CloudWatch) =>
		cloudWatch.addMetricAlarm({
			...{
				AlarmName: 'web-odd',
				EvaluationPeriods: 1,
				ComparisonOperator: 'LessThanLowerOrGreaterThanUpperThreshold',
				ThresholdMetricId: 'ad1',
			},
			Metrics: [
				{ ...query('m1', 'NetworkIn', nodeId(1)), ReturnData: true },
				{ Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1)' },
			],
		});
	const log = (cloudWatch: CloudWatch) =>
		cloudWatch.addLogAlarm({
			...{ AlarmName: 'web-log', Threshold: 10, ComparisonOperator: 'GreaterThanThreshold' },
			...{ QueryResultsToEvaluate: 1, QueryResultsToAlarm: 1 },
			ScheduledQueryConfiguration: {
				...{ LogGroupIdentifiers: ['/app/web'], QueryString: 'filter @message like /ERROR/', AggregationExpression: 'count(*)' },
				ScheduledQueryRoleARN: 'arn:aws:iam::111122223333:role/query',
				ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 300 },
			},
		});
	const bare = (cloudWatch: CloudWatch) =>
		cloudWatch.addMetricAlarm({
			...{ ...ABOVE, AlarmName: 'web-orders', Namespace: 'Shop', MetricName: 'Orders', Statistic: 'Sum', Period: 60, Threshold: 5 },
		});

	it.each([
		['of metric math', math, 'Error rate: m1 / m2; AWS/EC2 Errors', nodeId(1)],
		['on an anomaly', anomaly, 'ANOMALY_DETECTION_BAND(m1)', nodeId(1)],
		['on logs', log, 'filter @message like /ERROR/ in /app/web', ':alarm:web-log'],
		['without description, dimensions and reasonData', bare, 'Shop Orders', ':alarm:web-orders'],
	])('%s', async (_, add, watched, resource) => {
		const { flow } = await withAlarm();
		const alarm = add(flow.world.services.cloudWatch);
		alarm.set('ALARM', 'Threshold Crossed.');
		await flow.minutes(1);
		expect(items(flow)).toMatchObject([
			{ said: { metric: expect.stringContaining(watched), '/aws/resources': expect.stringContaining(resource) } },
		]);

		alarm.set('OK', 'Threshold Crossed.');
		await flow.minutes(12);
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
	});
});

describe('A multi-series alarm', () => {
	it('is one OpsItem, which names the series that are in ALARM', async () => {
		const { flow, alarm } = await withAlarm();
		for (const host of ['a', 'b', 'c']) alarm.contribute({ Host: host }, 'ALARM', 'too much');
		await flow.minutes(3);
		expect(items(flow)).toMatchObject([{ said: { inAlarm: 'Host a\nHost b\nHost c' } }]);

		alarm.contribute({ Host: 'b' }, 'OK', 'fine');
		await flow.minutes(2);
		expect(items(flow)).toMatchObject([{ said: { inAlarm: 'Host a\nHost c' } }]);

		for (const host of ['a', 'c']) alarm.contribute({ Host: host }, 'OK', 'fine');
		await flow.minutes(13);
		expect(items(flow)).toMatchObject([{ status: 'Resolved', said: { inAlarm: 'no series' } }]);
	});

	it('with a hundred series at once loses none', async () => {
		const { flow, alarm } = await withAlarm(onAlarm(), { pollers: 5 });
		for (let host = 0; host < 60; host += 1) alarm.contribute({ Host: `${host}` }, 'ALARM', 'too much');
		await flow.minutes(3);
		expect(Object.keys((await operation(flow)).alarm.contributors ?? {})).toHaveLength(60);
	});
});

describe('An alarm that target tracking made', () => {
	const scaling = (cloudWatch: CloudWatch) =>
		cloudWatch.addMetricAlarm({
			...{
				...ABOVE,
				AlarmName: 'TargetTracking-web-AlarmHigh-1',
				Namespace: 'AWS/EC2',
				MetricName: 'CPUUtilization',
				Statistic: 'Average',
			},
			...{ Period: 60, Threshold: 50 },
		});

	it.each([
		['is left alone by a playbook whose pattern it only happens to match', '{ suffix: "High-1" }', 0],
		['is an OpsItem where a playbook names it', '{ prefix: TargetTracking-web }', 1],
	])('%s', async (_, name, count) => {
		const { flow } = await withAlarm(onAlarm().replace('{ prefix: web- }', name));
		scaling(flow.world.services.cloudWatch).set('ALARM', 'Threshold Crossed.');
		await flow.minutes(1);
		expect(items(flow)).toHaveLength(count);
	});
});

describe('An alarm without data', () => {
	it.each([
		['is nothing where the playbook says nothing of it', '', [], [{ status: 'Open' }]],
		['is OK where the playbook says so', 'insufficientData: ok\n', [], [{ status: 'Resolved' }]],
		['is an ALARM where the playbook says so', 'insufficientData: alarm\n', [{ status: 'Open' }], [{ status: 'Open' }]],
	])('%s', async (_, more, before, after) => {
		const { flow, alarm, goesOff } = await withAlarm(onAlarm(more));
		alarm.set('INSUFFICIENT_DATA', 'Insufficient Data: 1 datapoint was unknown.');
		await flow.minutes(1);
		expect(items(flow)).toMatchObject(before);

		goesOff();
		await flow.minutes(1);
		alarm.set('INSUFFICIENT_DATA', 'Insufficient Data: 1 datapoint was unknown.');
		await flow.minutes(12);
		expect(items(flow)).toMatchObject(after);
		expect(await operations(flow)).toHaveLength(1);
		void NAME;
	});
});
