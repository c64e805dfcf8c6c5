import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import type { Call, CallFault } from '../../local/aws/wire.ts';
import { items, mails, NAME, onAlarm, operations, RESTART, withAlarm } from './alarming.ts';
import { MINUTE, nodeId, SECOND } from './deployment.ts';
import { first, SERVER_ERROR, throttling } from './faults.ts';

const FULL = new AwsError('OpsItemLimitExceededException', 'The request caused OpsItems to exceed one or more quotas.');

/** Goes off, its runbook runs, is OK. */
async function solved(setup: Parameters<typeof withAlarm>[1]) {
	const alarmed = await withAlarm(onAlarm(RESTART), setup);
	const { flow } = alarmed;
	alarmed.goesOff();
	await flow.minutes(14);
	alarmed.recovers();
	await flow.minutes(14);
	return alarmed;
}

async function expectSolved({ flow }: Awaited<ReturnType<typeof withAlarm>>) {
	expect(await operations(flow)).toMatchObject([
		{ state: 'succeeded', alarm: { count: 1 }, result: { resolved: true, opsItem: 'opened' } },
	]);
	expect(items(flow)).toMatchObject([{ status: 'Resolved', said: { ran: expect.stringContaining('restart-node: Success') } }]);
	expect(flow.world.services.ssm.executions()).toHaveLength(1);
	expect(mails(flow)).toEqual([]);
	expect(flow.deadLetters('alarm-state')).toEqual([]);
}

describe('An alarm whose function is killed', () => {
	it.for(
		[
			'GetItem',
			'PutItem',
			'StartAutomationExecution',
			'CreateOpsItem',
			'UpdateOpsItem',
			'PutEvents',
			'LookupEvents',
			'BatchGetItem',
		].flatMap(
			(call) =>
				[
					['before', call],
					['after', call],
				] as const,
		),
	)('%s its first %s is solved all the same, once', async ([when, call]) => {
		await expectSolved(await solved({ kill: { operation: call, when } }));
	});
});

describe('An alarm is solved all the same, once, where', () => {
	const twice = () => 'duplicate' as const;
	it.for([
		['the reply to StartAutomationExecution is lost', { call: first(1, 'StartAutomationExecution', { loseReply: true }) }],
		['the reply to CreateOpsItem is lost', { call: first(3, 'CreateOpsItem', { loseReply: true }) }],
		['the reply to UpdateOpsItem is lost', { call: first(3, 'UpdateOpsItem', { loseReply: true }) }],
		['the reply to PutItem is lost', { call: first(2, 'PutItem', { loseReply: true }) }],
		['the reply to PutEvents is lost', { call: first(3, 'PutEvents', { loseReply: true }) }],
		['OpsCenter is throttled', { call: first(6, 'CreateOpsItem', throttling('ssm')) }],
		['OpsCenter has an outage', { call: first(12, 'UpdateOpsItem', SERVER_ERROR) }],
		['CloudWatch is throttled', { call: first(12, 'DescribeAlarms', throttling('cloudwatch')) }],
		['every event comes twice', { event: twice }],
		['five pollers read and two clocks tick', { pollers: 5, clocks: 2, event: twice }],
	] as const)('%s', async ([, setup]) => {
		await expectSolved(await solved(setup as Parameters<typeof solved>[0]));
	});
});

describe('Where OpsCenter takes no more items, people are told of an alarm by mail, once', () => {
	const full =
		(from = 0) =>
		(call: Call, at: number): CallFault | undefined =>
			call.operation === 'CreateOpsItem' && at >= from ? FULL : undefined;

	it('also where it was throttled before', async () => {
		let calls = 0;
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(), {
			call: ({ operation: name }) => (name === 'CreateOpsItem' ? (calls++ < 3 ? throttling('ssm') : FULL) : undefined),
		});
		goesOff();
		await flow.minutes(4);
		expect(mails(flow)).toHaveLength(1);
		recovers();
		await flow.minutes(12);
		expect(mails(flow)).toHaveLength(1);
	});

	it('also where it was muted before', async () => {
		const { flow, goesOff } = await withAlarm(onAlarm(), { call: full() });
		flow.world.services.cloudWatch.mute({ name: 'release', alarms: [NAME], from: flow.now, until: flow.now + 5 * MINUTE });
		goesOff();
		await flow.minutes(4);
		expect(mails(flow)).toEqual([]);
		await flow.minutes(4);
		expect(mails(flow)).toHaveLength(1);
		expect(mails(flow)[0]?.message).toContain('exceed one or more quotas');
	});

	it('also where it could not be published at first', async () => {
		let calls = 0;
		const { flow, goesOff } = await withAlarm(onAlarm(), {
			call: ({ operation: name }) =>
				name === 'CreateOpsItem' ? FULL : name === 'PutEvents' && calls++ < 3 ? throttling('events') : undefined,
		});
		goesOff();
		await flow.minutes(3);
		expect(mails(flow)).toHaveLength(1);
	});

	it('however often it flaps, and once more of work that fails', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(), { call: full() });
		for (let time = 0; time < 5; time += 1) {
			goesOff();
			await flow.minutes(1);
			recovers();
			await flow.minutes(1);
		}
		expect(mails(flow)).toHaveLength(1);
	});

	it('and has an item again as soon as OpsCenter takes one', async () => {
		let closed = true;
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(), {
			call: ({ operation: name }) => (name === 'CreateOpsItem' && closed ? FULL : undefined),
		});
		goesOff();
		await flow.minutes(1);
		recovers();
		closed = false;
		await flow.minutes(1);
		goesOff();
		await flow.minutes(1);
		expect(items(flow)).toMatchObject([{ status: 'Open', said: { occurrences: expect.stringMatching(/^2: /) } }]);
	});
});

describe('A storm of a hundred alarms', () => {
	/** A hundred alarms on one node; CloudTrail never answers. */
	const withHundred = async () => {
		const { flow } = await withAlarm(onAlarm(), {
			pollers: 1,
			call: ({ operation: name }) => (name === 'LookupEvents' ? { repliesAfterMs: Infinity } : undefined),
		});
		const { cloudWatch } = flow.world.services;
		const alarms = Array.from({ length: 100 }, (_, n) =>
			cloudWatch.addMetricAlarm({
				...{ AlarmName: `web-${n}`, Namespace: 'AWS/EC2', MetricName: 'CPUUtilization', Statistic: 'Average', Period: 60 },
				...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
				Dimensions: [{ Name: 'InstanceId', Value: nodeId(1) }],
			}),
		);
		return { flow, alarms };
	};
	const expectTold = async (flow: Awaited<ReturnType<typeof withHundred>>['flow']) => {
		expect(items(flow)).toHaveLength(100);
		expect((await operations(flow)).filter(({ result }) => result?.opsItemId === undefined)).toEqual([]);
		expect(flow.world.invocations.filter(({ result }) => !result.ok)).toEqual([]);
	};

	it('has its OpsItems within a minute', async () => {
		const { flow, alarms } = await withHundred();
		for (const alarm of alarms) alarm.set('ALARM', 'too much');
		await flow.until(flow.now + 60 * SECOND);
		await expectTold(flow);
	});

	it('that one mute rule held back has them within two minutes of its end', async () => {
		const { flow, alarms } = await withHundred();
		const [from, until] = [flow.now, flow.now + 5 * MINUTE];
		flow.world.services.cloudWatch.mute({ name: 'release', alarms: alarms.map(({ name }) => name), from, until });
		for (const alarm of alarms) alarm.set('ALARM', 'too much');
		await flow.until(until + 120 * SECOND);
		await expectTold(flow);
	});
});
