import { describe, expect, it } from 'vitest';
import { alarmItem } from '../../../../shared/kinds/alarm/item.ts';
import type { Occasion } from '../../../../shared/operation/types.ts';
import { smallAws } from '../../../local/support/small-aws.ts';
import { CPU, NODE, stateChange } from '../../../support/alarm-events.ts';
import { anAlarm, failed, MINUTE, notStarted, OPENED_AT, RUNBOOK, SECOND, startedAs } from '../../../support/operations.ts';
import { hasNoData, inAlarm, isOk, itemOpened, life, told } from './life.ts';

const occasion = (detail: Occasion['detail'] = {}): Occasion => ({ detail, account: '111122223333', region: 'eu-west-1' });
const item = (detail?: Occasion['detail'], changes: Parameters<typeof anAlarm>[0] = {}) =>
	alarmItem(anAlarm({ occasion: occasion(detail), ...changes }));

const METRIC = { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'InstanceId', Value: NODE }] };
const PLAIN = {
	...METRIC,
	Statistic: 'Average' as const,
	Period: 300,
	EvaluationPeriods: 1,
	Threshold: 80,
	ComparisonOperator: 'GreaterThanThreshold' as const,
};
const query = (Id: string, MetricName: string) => ({
	Id,
	MetricStat: { Metric: { ...METRIC, MetricName }, Period: 300, Stat: 'Maximum' },
	ReturnData: false,
});

/** The details of what the local CloudWatch sends when alarms of every type go off. */
function details(): Record<string, Occasion['detail']> {
	const { cloudWatch, events } = smallAws();
	const metric = cloudWatch.addMetricAlarm({ ...PLAIN, AlarmName: 'metric' });
	const { Namespace: _n, MetricName: _m, Dimensions: _d, Statistic: _s, Period: _p, ...rest } = PLAIN;
	const math = cloudWatch.addMetricAlarm({
		...rest,
		AlarmName: 'math',
		Metrics: [{ Id: 'e1', Expression: 'SUM(METRICS())', Label: 'Total' }, query('m1', 'NetworkIn'), query('m2', 'NetworkOut')],
	});
	const composite = cloudWatch.addCompositeAlarm({ AlarmName: 'composite', AlarmRule: 'ALARM(metric) OR ALARM(math)' });
	const log = cloudWatch.addLogAlarm({
		AlarmName: 'log',
		Threshold: 10,
		ComparisonOperator: 'GreaterThanThreshold',
		QueryResultsToEvaluate: 1,
		QueryResultsToAlarm: 1,
		ScheduledQueryConfiguration: {
			LogGroupIdentifiers: ['/app/web'],
			QueryString: 'filter @message like /ERROR/',
			AggregationExpression: 'count(*)',
			ScheduledQueryRoleARN: 'arn:aws:iam::111122223333:role/query',
			ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 300 },
		},
	});
	for (const alarm of [metric, math, log]) alarm.set('ALARM', 'Threshold Crossed', { version: '1.0', threshold: 80 });
	expect(composite.state).toBe('ALARM');
	return Object.fromEntries(events.map(({ detail }) => [String(detail['alarmName']), detail]));
}

describe('The OpsItem of an alarm', () => {
	it('says what the alarm watches, whatever type it is of', () => {
		const { metric, math, composite, log } = details();
		const watched = [metric, math, composite, log].map((detail) => item(detail).data['metric']);

		expect(watched).toEqual([
			`AWS/EC2 CPUUtilization (InstanceId ${NODE}, Average of 300 s)`,
			`Total: SUM(METRICS()); AWS/EC2 NetworkIn (InstanceId ${NODE}, Maximum of 300 s); AWS/EC2 NetworkOut (InstanceId ${NODE}, Maximum of 300 s)`,
			'ALARM(metric) OR ALARM(math)',
			'filter @message like /ERROR/ in /app/web',
		]);
	});

	it('says what was crossed, where the event does', () => {
		const { metric, composite, log } = details();
		const band = stateChange('ALARM', 0, {
			state: { reasonData: '{"version":"1.0","recentDatapoints":[0.0],"recentLowerThresholds":[0.2],"recentUpperThresholds":[0.8]}' },
		});
		const thresholds = [metric, composite, log, band.detail].map((detail) => item(detail).data['threshold']);

		expect(thresholds).toEqual(['80', undefined, 'GreaterThanThreshold 10', 'band from 0.2 to 0.8']);
	});

	it('is about the resources among the dimensions, and about the alarm', () => {
		expect(item(details()['math']).resources).toEqual([
			`arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}`,
			'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:web-1-unresponsive',
		]);
	});

	it('is opened by an event that says next to nothing', () => {
		for (const detail of [{}, { configuration: null }, { configuration: { metrics: 'none' }, state: { reasonData: '{' } }]) {
			expect(item(detail)).toMatchObject({
				title: 'web-1-unresponsive is in ALARM',
				resources: ['arn:aws:cloudwatch:eu-west-1:111122223333:alarm:web-1-unresponsive'],
				data: { reason: expect.stringContaining('Threshold Crossed') },
			});
		}
	});

	it('quotes the description, and leads to the console', () => {
		expect(item({ configuration: CPU }).intro).toMatch(/^A web node has been busy[\s\S]*Console: https:\/\/eu-west-1\.console/);
	});

	it('is the same for all occurrences of an alarm under a playbook', () => {
		expect(item().key).toBe('alarm:web-alarms:web-1-unresponsive');
	});

	it('says in one line how it stands', () => {
		const status = (alarm: ReturnType<typeof life>) => alarmItem(alarm.operation).own['status'];
		const running = life({ run: RUNBOOK }).meets({ type: 'opened' }, startedAs('execution-1'), itemOpened);

		expect(status(told())).toBe('in ALARM; this is resolved once it has been OK for 10 min');
		expect(status(running)).toBe('in ALARM; automation restart-node runs');
		expect(status(told({ run: RUNBOOK }).meets(notStarted('paused', 'all starting of work is paused')))).toBe(
			'in ALARM; automation restart-node waits: all starting of work is paused',
		);
		expect(status(running.after(MINUTE).meets(failed))).toMatch(/^in ALARM; failed: restart-node: Failed/);
		expect(status(told().after(MINUTE).meets(isOk(MINUTE)))).toBe(
			'OK since 2026-03-02 09:01:00 UTC; this is resolved once it has been OK for 10 min',
		);
		expect(status(told({ run: RUNBOOK, brakes: { observe: true } }))).toBe(
			'in ALARM; observed only: would run automation restart-node with {"InstanceId":["i-0123456789abcdef0"]}',
		);
		expect(
			status(
				told()
					.after(25 * 60 * MINUTE)
					.ticks(),
			),
		).toBe('not OK within 24 h: a later OK still resolves this');
	});

	it('does not say that it is OK where the playbook only takes missing data for that', () => {
		const timers = { ...anAlarm().timers, insufficientData: 'ok' } as const;
		const alarm = told({ timers }).after(MINUTE).meets(hasNoData(MINUTE));

		expect(alarm.notes[0]).toMatchObject({ what: 'no data' });
		expect(alarmItem(alarm.operation).own['status']).toMatch(/^without data since 2026-03-02 09:01:00 UTC; /);
	});

	it('does not say that it is in ALARM where the playbook takes missing data for that', () => {
		const alarm = { ...anAlarm().alarm, state: 'INSUFFICIENT_DATA' } as const;

		expect(item({}, { alarm })).toMatchObject({
			title: 'web-1-unresponsive has no data',
			own: { status: expect.stringMatching(/^without data; /) },
		});
	});

	it('leaves room for the console link whatever it quotes', () => {
		const long = 'ALARM(a) OR '.repeat(800);
		const { intro, data } = item({ configuration: { description: 'd'.repeat(1_024), alarmRule: long } });

		expect(intro.length).toBeLessThan(2_048);
		expect(intro).toContain('Console: https://');
		expect(data['metric']).toBe(long);
	});

	it('says since when it lasts, and in the end how long that was', () => {
		const again = told()
			.after(MINUTE)
			.meets(isOk(MINUTE))
			.after(MINUTE)
			.meets(inAlarm(2 * MINUTE));

		expect(alarmItem(again.operation).own['lasted']).toBe('since 2026-03-02 09:00:00 UTC');
	});

	it('counts how often it went off, and for how long it lasted', () => {
		const alarms = [OPENED_AT, OPENED_AT + 30 * SECOND, OPENED_AT + 90 * MINUTE];
		const alarm = { ...anAlarm().alarm, alarms, count: 3, stateAt: OPENED_AT + 125 * MINUTE, calmAt: OPENED_AT + 130 * MINUTE };

		expect(item({}, { alarm }).own).toMatchObject({
			occurrences: '3: from 2026-03-02 09:00:00 UTC to 2026-03-02 10:30:00 UTC',
			lasted: 'it lasted 2 h 5 min and went off 3 times',
		});
	});

	it('names no more series than a person reads', () => {
		const contributors = Object.fromEntries(
			Array.from({ length: 80 }, (_, n) => [`${n}`, { name: `Host ${n}`, inAlarm: true, at: OPENED_AT }]),
		);
		const { inAlarm = '' } = item({}, { alarm: { ...anAlarm().alarm, contributors } }).own;

		expect(inAlarm.split('\n')).toHaveLength(31);
		expect(inAlarm).toContain('and 50 more');
	});
});
