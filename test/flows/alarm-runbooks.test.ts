import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { items, mails, NAME, onAlarm, operation, operations, RESTART, starts, withAlarm } from './alarming.ts';
import { nodeId } from './deployment.ts';
import type { OurCall } from './support.ts';

describe('The runbook of an alarm', () => {
	it('runs at once, is noted in the OpsItem, and the alarm is waited for', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(RESTART));
		goesOff();
		await flow.until(() => flow.events('Operation State Change').some(({ detail }) => detail['state'] === 'verifying'));
		recovers();
		await flow.minutes(12);

		expect(starts(flow)).toMatchObject([{ input: { Parameters: { InstanceId: [nodeId(1)] } } }]);
		expect(items(flow)).toMatchObject([{ status: 'Resolved', said: { ran: expect.stringContaining('restart-node: Success') } }]);
		expect((await operation(flow)).history.map(({ what }) => what)).toEqual([
			...['opened', 'runbook started', 'OpsItem', 'work succeeded', 'OK', 'solved', 'OpsItem', 'closed'],
		]);
	});

	it('that fails makes the OpsItem more severe, and people are told', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(RESTART.replace('$.dimensions.InstanceId', 'i-0123456789abcdef0')));
		goesOff();
		await flow.minutes(10);

		expect(items(flow)).toMatchObject([{ status: 'Open', severity: '2', said: { status: expect.stringContaining('step ') } }]);
		expect(await operation(flow)).toMatchObject({ state: 'failed' });
		expect(mails(flow)).toHaveLength(1);
	});

	it('is not started any more while the alarm flaps', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(`${RESTART}flapping: { times: 3, within: 1h }\n`));
		for (let time = 0; time < 5; time += 1) {
			goesOff();
			await flow.minutes(7);
			recovers();
			await flow.minutes(1);
		}

		expect(starts(flow)).toHaveLength(2);
		expect(items(flow)).toMatchObject([{ said: { status: expect.stringContaining('it flaps') } }]);
	});

	it('is not started any more while the alarm flaps, also where it was solved in between, and again when that is over', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(`${RESTART}flapping: { times: 3, within: 1h }\ncalm: 1m\n`));
		const times = async (count: number, apart: number) => {
			for (let time = 0; time < count; time += 1) {
				goesOff();
				await flow.minutes(6);
				recovers();
				await flow.minutes(apart - 6);
			}
		};
		await times(4, 15);
		expect((await operations(flow)).map(({ state }) => state)).toEqual(Array(4).fill('succeeded'));
		expect(starts(flow)).toHaveLength(2);

		await flow.minutes(60);
		await times(1, 15);
		expect(starts(flow)).toHaveLength(3);
	});

	it('runs for what the alarm is about when it goes off, also where that has changed since it last did', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(RESTART), { nodes: 2 });
		goesOff();
		await flow.minutes(5);
		recovers();
		await flow.minutes(1);
		await flow.people((aws) =>
			aws.client(CloudWatchClient).send(
				new PutMetricAlarmCommand({
					...{
						AlarmName: NAME,
						Namespace: 'AWS/EC2',
						MetricName: 'CPUUtilization',
						Statistic: 'Average',
						Period: 60,
						EvaluationPeriods: 3,
					},
					...{ Threshold: 90, ComparisonOperator: 'GreaterThanThreshold', Dimensions: [{ Name: 'InstanceId', Value: nodeId(2) }] },
				}),
			),
		);
		goesOff();
		await flow.minutes(1);

		expect(starts(flow).map(({ input }) => input['Parameters'])).toMatchObject([{ InstanceId: [nodeId(1)] }, { InstanceId: [nodeId(2)] }]);
	});

	it('is only named where the playbook observes', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(`${RESTART}mode: observe\n`));
		goesOff();
		await flow.minutes(2);
		recovers();
		await flow.minutes(12);

		expect(starts(flow)).toEqual([]);
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
	});
});

describe('The command of an alarm', () => {
	const CLEAN = `run:
  command: restart-service
  node: $.dimensions.InstanceId
  parameters: { ServiceName: nginx }
  timeout: 10m
`;

	it('runs on the node among its dimensions', async () => {
		const group = { behaviours: { 'restart-service': { durationSeconds: 20, oncePer: 'WorkId' } } };
		const { flow, goesOff } = await withAlarm(onAlarm(CLEAN), { group });
		goesOff();
		await flow.minutes(2);

		expect(flow.sends()).toEqual([[nodeId(1)]]);
		expect(items(flow)).toMatchObject([
			{ status: 'Open', severity: '3', said: { ran: expect.stringContaining('restart-service: Success') } },
		]);
	});

	it('that cannot reach its node is told at once, and the OpsItem is more severe', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(CLEAN), { nodes: [{ id: nodeId(1), agent: 'lost' }] });
		goesOff();
		await flow.minutes(1);

		expect(flow.sends()).toEqual([]);
		expect(items(flow)).toMatchObject([
			{ status: 'Open', severity: '2', said: { status: expect.stringContaining('the node is unreachable') } },
		]);
		expect(mails(flow).map(({ message }) => message)).toEqual([expect.stringContaining('the node is unreachable')]);
	});
});

describe('The AWS calls of an alarm from ALARM to resolved', () => {
	/** What comes whether or not an alarm goes off: the clock's own, and what every function keeps. */
	const isIdle = ({ caller, operation, input }: OurCall) =>
		caller.includes('playbook-change') ||
		(caller.includes('reconcile') && !['BatchGetItem', 'UpdateOpsItem', 'PutEvents', 'PutItem'].includes(operation)) ||
		(operation === 'GetItem' && JSON.stringify(input).includes('playbooks'));

	/** By operation; another alarm has been so far before, so that every function is warm. */
	async function spent(playbook: string): Promise<Readonly<Record<string, number>>> {
		const { flow, goesOff, recovers } = await withAlarm(playbook);
		const warm = flow.world.services.cloudWatch.addMetricAlarm({
			...{ AlarmName: 'web-warm', Namespace: 'AWS/EC2', MetricName: 'NetworkIn', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1 },
			...{ Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', Dimensions: [{ Name: 'InstanceId', Value: nodeId(1) }] },
		});
		warm.set('ALARM', 'warm');
		await flow.minutes(4);
		warm.set('OK', 'warm');
		await flow.minutes(12);

		const before = flow.calls().length;
		goesOff();
		await flow.minutes(4);
		recovers();
		await flow.minutes(12);
		expect((await operations(flow)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
		const by: Record<string, number> = {};
		for (const call of flow.calls().slice(before)) if (!isIdle(call)) by[call.operation] = (by[call.operation] ?? 0) + 1;
		return by;
	}

	const sum = (by: Readonly<Record<string, number>>) => Object.values(by).reduce((total, count) => total + count, 0);

	// The alarms that are in ALARM are read once in half a minute, for all that go off in it.
	it.each([
		['are 12 with its context', '', 12],
		['are 18 with a runbook', RESTART, 18],
	])('%s, beside one reading of all alarms', async (_, run, most) => {
		const { DescribeAlarms = 0, ...by } = await spent(onAlarm(run));

		expect(DescribeAlarms).toBe(1);
		expect(sum(by), JSON.stringify(by)).toBeLessThanOrEqual(most);
	});
});
