import { describe, expect, it } from 'vitest';
import { errorOf, START_AT, smallAws } from './support/small-aws.ts';

describe('A trail', () => {
	it('logs from when it is started until it is stopped, management events at first', async () => {
		const { call, advance } = smallAws();
		const status = () => call('cloudtrail', 'GetTrailStatus', { Name: 'all' });

		const { TrailARN } = call('cloudtrail', 'CreateTrail', { Name: 'all', S3BucketName: 'trails' });
		expect(status()).toEqual({ IsLogging: false });
		call('cloudtrail', 'StartLogging', { Name: TrailARN });
		expect(status()).toEqual({ IsLogging: true, StartLoggingTime: new Date(START_AT) });
		await advance(60);
		call('cloudtrail', 'StopLogging', { Name: 'all' });

		expect(status()).toEqual({ IsLogging: false, StopLoggingTime: new Date(START_AT + 60_000) });
		expect(call('cloudtrail', 'DescribeTrails').trailList).toMatchObject([{ Name: 'all', TrailARN, S3BucketName: 'trails' }]);
		expect(call('cloudtrail', 'GetEventSelectors', { TrailName: 'all' }).EventSelectors).toMatchObject([{ IncludeManagementEvents: true }]);
	});

	it('is refused twice, and where it is not there', () => {
		const { call } = smallAws();
		call('cloudtrail', 'CreateTrail', { Name: 'all', S3BucketName: 'trails' });

		expect(errorOf(() => call('cloudtrail', 'CreateTrail', { Name: 'all' })).code).toBe('TrailAlreadyExistsException');
		expect(errorOf(() => call('cloudtrail', 'StartLogging', { Name: 'none' })).code).toBe('TrailNotFoundException');
	});
});

describe('A metric', () => {
	const asked = { Namespace: 'Queue', MetricName: 'Age', Statistics: ['Sum', 'Maximum', 'SampleCount'] };

	it('is told by period, for the dimensions that are asked for alone', async () => {
		const { call, advance, cloudWatch } = smallAws();
		for (const value of [3, 5]) cloudWatch.record('Queue', 'Age', { name: 'a', stage: 'x' }, value);
		cloudWatch.record('Queue', 'Age', { name: 'b' }, 100);
		await advance(120);
		cloudWatch.record('Queue', 'Age', { stage: 'x', name: 'a' }, 7);
		const Dimensions = [
			{ Name: 'stage', Value: 'x' },
			{ Name: 'name', Value: 'a' },
		];
		const statistics = (Period: number, EndTime = new Date(START_AT + 300_000)) =>
			call('cloudwatch', 'GetMetricStatistics', { ...asked, Dimensions, StartTime: new Date(START_AT), EndTime, Period }).Datapoints;

		expect(statistics(60)).toEqual([
			{ Timestamp: new Date(START_AT), Sum: 8, Maximum: 5, SampleCount: 2 },
			{ Timestamp: new Date(START_AT + 120_000), Sum: 7, Maximum: 7, SampleCount: 1 },
		]);
		expect(statistics(300)).toEqual([{ Timestamp: new Date(START_AT), Sum: 15, Maximum: 7, SampleCount: 3 }]);
		expect(statistics(60, new Date(START_AT + 60_000))).toHaveLength(1);
	});

	it('is refused for a period that CloudWatch does not know', () => {
		const { call } = smallAws();
		const input = { ...asked, StartTime: new Date(START_AT), EndTime: new Date(START_AT + 60_000), Period: 90 };

		expect(errorOf(() => call('cloudwatch', 'GetMetricStatistics', input)).code).toBe('InvalidParameterValueException');
	});
});

describe('A quota', () => {
	it('is AWS’s default until it is raised, and knows what measures its use', () => {
		const { call, serviceQuotas } = smallAws();
		const lambda = () => call('servicequotas', 'GetServiceQuota', { ServiceCode: 'lambda', QuotaCode: 'L-B99A9384' }).Quota;

		expect(lambda()).toMatchObject({ Value: 1_000, UsageMetric: { MetricName: 'ConcurrentExecutions' } });
		serviceQuotas.setQuota('L-B99A9384', 5_000);
		expect(lambda().Value).toBe(5_000);
		expect(call('servicequotas', 'ListServiceQuotas', { ServiceCode: 'events' }).Quotas).toMatchObject([{ QuotaName: 'Number of rules' }]);
		expect(errorOf(() => call('servicequotas', 'GetServiceQuota', { ServiceCode: 'sqs', QuotaCode: 'L-1' })).code).toBe(
			'NoSuchResourceException',
		);
	});
});
