import { CloudWatchClient, DeleteAlarmMuteRuleCommand, DeleteAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { AwsError } from '../../local/aws/types.ts';
import { items, mails, NAME, onAlarm, operation, operations, RESTART, starts, withAlarm } from './alarming.ts';
import { MINUTE, nodeId } from './deployment.ts';
import type { Flow } from './support.ts';

const isStateChange = (event: BusEvent) => event['detail-type'] === 'CloudWatch Alarm State Change';
const says = (event: BusEvent, value: string) => isStateChange(event) && (event.detail['state'] as { value: string }).value === value;

describe('An alarm that goes off and is OK again', () => {
	it('is one OpsItem, which is resolved after the calm and says how long it lasted', async () => {
		const { flow, goesOff, recovers } = await withAlarm();
		goesOff();
		await flow.minutes(3);
		expect(items(flow)).toMatchObject([{ status: 'Open', severity: '3', said: { metric: expect.stringContaining(nodeId(1)) } }]);

		recovers();
		await flow.minutes(8);
		expect(items(flow)).toMatchObject([{ status: 'Open' }]);
		await flow.minutes(4);

		expect(items(flow)).toMatchObject([{ status: 'Resolved', said: { lasted: 'it lasted 3 min and went off once' } }]);
		expect(await operation(flow)).toMatchObject({ state: 'succeeded', result: { resolved: true } });
		expect(flow.events('Operation State Change').map(({ detail }) => detail['state'])).toEqual(['verifying', 'succeeded']);
		expect(mails(flow)).toEqual([]);
	});

	it.each([
		['come twice', () => 'duplicate' as const],
		['overtake each other', (event: BusEvent) => ({ delayMs: says(event, 'ALARM') ? 3 * MINUTE : 0 })],
		['come again later', () => ({ delayMs: 6 * MINUTE, copy: true as const })],
		['leave out that it is OK', (event: BusEvent) => (says(event, 'OK') ? ('drop' as const) : ('deliver' as const))],
	])('ends the same where its events %s', async (_, fate) => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(), { event: (event) => (isStateChange(event) ? fate(event) : 'deliver') });
		goesOff();
		await flow.minutes(2);
		recovers();
		await flow.minutes(30);

		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
		expect(await operation(flow)).toMatchObject({ state: 'succeeded', alarm: { count: 1 } });
	});

	it('is one OpsItem however often it flaps, which counts', async () => {
		const { flow, goesOff, recovers } = await withAlarm();
		for (let time = 0; time < 40; time += 1) {
			goesOff();
			await flow.minutes(1);
			recovers();
			await flow.minutes(1);
		}
		await flow.minutes(11);

		expect(items(flow)).toMatchObject([{ status: 'Resolved', said: { occurrences: expect.stringMatching(/^40: /) } }]);
	});

	it('opens another OpsItem where a person has resolved the first, and it goes off again', async () => {
		const { flow, goesOff, recovers } = await withAlarm();
		goesOff();
		await flow.minutes(1);
		const [{ id: OpsItemId } = { id: '' }] = items(flow);
		await flow.people(({ ssm }) => ssm.send(new UpdateOpsItemCommand({ OpsItemId, Status: 'Resolved' })));
		recovers();
		await flow.minutes(1);
		goesOff();
		await flow.minutes(1);

		expect(items(flow).map(({ status }) => status)).toEqual(expect.arrayContaining(['Resolved', 'Open']));
		expect(await operation(flow)).toMatchObject({ alarm: { count: 2 }, result: { opsItem: 'opened' } });
		expect(items(flow).map(({ said }) => said['recentCalls'])).toEqual([expect.any(String), expect.any(String)]);
	});

	it('is solved when it is deleted', async () => {
		const { flow, goesOff } = await withAlarm();
		goesOff();
		await flow.minutes(1);
		await flow.people((aws) => aws.client(CloudWatchClient).send(new DeleteAlarmsCommand({ AlarmNames: [NAME] })));
		await flow.minutes(1);

		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
		expect((await operation(flow)).result?.reason).toBe('the alarm was deleted');
	});

	it('is resolved by an OK that comes after nobody waited for it any more, and people were told once', async () => {
		const { flow, goesOff, recovers } = await withAlarm(onAlarm('waitForOk: 10m\n'));
		goesOff();
		await flow.minutes(30);
		expect(items(flow)).toMatchObject([{ status: 'Open', said: { status: 'not OK within 10 min: a later OK still resolves this' } }]);
		expect(mails(flow)).toHaveLength(1);

		recovers();
		await flow.minutes(12);
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
		expect((await operations(flow)).map(({ state }) => state)).toEqual(['timed-out', 'succeeded']);
		expect(mails(flow)).toHaveLength(1);
	});

	it('is told to people by mail where OpsCenter takes no item', async () => {
		const full = new AwsError('OpsItemLimitExceededException', 'The limit of 10000 OpsItems has been reached.');
		const { flow, goesOff, recovers } = await withAlarm(onAlarm(), {
			call: ({ operation }) => (operation === 'CreateOpsItem' ? full : undefined),
		});
		goesOff();
		await flow.minutes(1);
		expect(mails(flow)).toHaveLength(1);

		recovers();
		await flow.minutes(12);
		expect((await operation(flow)).state).toBe('succeeded');
	});
});

describe('A muted alarm', () => {
	const muted = async () => {
		const alarmed = await withAlarm(onAlarm(RESTART));
		const { now } = alarmed.flow;
		alarmed.flow.world.services.cloudWatch.mute({ name: 'release', alarms: [NAME], from: now - MINUTE, until: now + 20 * MINUTE });
		return alarmed;
	};

	it('that outlasts its mute is opened then, and its runbook runs', async () => {
		const { flow, goesOff } = await muted();
		goesOff();
		await flow.minutes(18);
		expect(items(flow)).toEqual([]);
		expect(await operation(flow)).toMatchObject({ state: 'waiting', waiting: 'held' });

		await flow.minutes(4);
		expect(items(flow)).toMatchObject([{ status: 'Open' }]);
		expect(starts(flow)).toHaveLength(1);
	});

	it('that is OK before that opens nothing', async () => {
		const { flow, goesOff, recovers } = await muted();
		goesOff();
		await flow.minutes(5);
		recovers();
		await flow.minutes(30);

		expect(items(flow)).toEqual([]);
		expect(await operation(flow)).toMatchObject({ state: 'skipped' });
	});
});

describe('A muted alarm', () => {
	/** Mutes it from now on. */
	const mute = ({ world, now }: Flow, minutes: number, name = 'release') =>
		world.services.cloudWatch.mute({ name, alarms: [NAME], from: now, until: now + minutes * MINUTE });

	it('whose mute is made longer is held on', async () => {
		const { flow, goesOff } = await withAlarm();
		mute(flow, 20);
		goesOff();
		await flow.minutes(15);
		mute(flow, 30);
		await flow.minutes(20);
		expect(items(flow)).toEqual([]);

		await flow.minutes(20);
		expect(items(flow)).toMatchObject([{ status: 'Open' }]);
	});

	it('whose mute a person ends early is opened long before its end', async () => {
		const { flow, goesOff } = await withAlarm();
		mute(flow, 12 * 60);
		goesOff();
		await flow.minutes(15);
		expect(items(flow)).toEqual([]);
		await flow.people((aws) => aws.client(CloudWatchClient).send(new DeleteAlarmMuteRuleCommand({ AlarmMuteRuleName: 'release' })));
		await flow.minutes(15);
		expect(items(flow)).toMatchObject([{ status: 'Open' }]);
	});

	it('that is deleted opens nothing', async () => {
		const { flow, goesOff } = await withAlarm();
		mute(flow, 20);
		goesOff();
		await flow.minutes(1);
		await flow.people((aws) => aws.client(CloudWatchClient).send(new DeleteAlarmsCommand({ AlarmNames: [NAME] })));
		await flow.minutes(1);
		expect(items(flow)).toEqual([]);
		expect(await operation(flow)).toMatchObject({
			state: 'skipped',
			result: { reason: 'it was held (muted by release), and the alarm does not exist any more' },
		});
	});

	it('whose OpsItem is open is resolved by an OK within its mute', async () => {
		const { flow, goesOff, recovers } = await withAlarm();
		goesOff();
		await flow.minutes(1);
		mute(flow, 60);
		recovers();
		await flow.minutes(12);
		expect(items(flow)).toMatchObject([{ status: 'Resolved' }]);
	});
});

describe('A composite alarm', () => {
	const compose = (flow: Flow) => {
		const { cloudWatch } = flow.world.services;
		const { addMetricAlarm } = cloudWatch;
		const suppressor = addMetricAlarm({
			...{ AlarmName: 'release-running', Namespace: 'App', MetricName: 'Releases', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1 },
			...{ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
		});
		const composite = cloudWatch.addCompositeAlarm({
			...{ AlarmName: 'web-unwell', AlarmRule: `ALARM(${NAME})`, ActionsSuppressor: 'release-running' },
			...{ ActionsSuppressorWaitPeriod: 120, ActionsSuppressorExtensionPeriod: 180 },
		});
		return { suppressor, composite };
	};
	const unwell = onAlarm().replace('{ prefix: web- }', 'web-unwell');

	it('waits as long as its actions do, and is opened where nothing suppresses them', async () => {
		const { flow, goesOff } = await withAlarm(unwell);
		compose(flow);
		goesOff();
		await flow.minutes(1);
		expect(items(flow)).toEqual([]);

		await flow.minutes(4);
		expect(items(flow)).toMatchObject([{ status: 'Open', said: { metric: `ALARM(${NAME})` } }]);
	});

	it('is opened only after its suppressor is OK again', async () => {
		const { flow, goesOff } = await withAlarm(unwell);
		const { suppressor, composite } = compose(flow);
		suppressor.set('ALARM', 'a release is running');
		goesOff();
		await flow.minutes(20);
		expect(items(flow)).toEqual([]);
		expect(composite.suppressedBy).toBe('Alarm');

		suppressor.set('OK', 'no release is running');
		await flow.minutes(10);
		expect(items(flow)).toMatchObject([{ status: 'Open' }]);
	});
});
