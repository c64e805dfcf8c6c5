import { describe, expect, it } from 'vitest';
import { Drop, Fail, Retry } from '../../../shared/errors.ts';
import { openFromAlarms } from '../../../shared/opening/alarm.ts';
import { data, hears, latest, stands, webAlarms, withAlarm } from '../../support/alarm-core.ts';
import { configurationChange, NAME, NODE, seriesChange, stamp, stateChange } from '../../support/alarm-events.ts';
import { awsError, type Core, throttled, tickDue, tickEvery } from '../../support/core.ts';
import { anAlarm, MINUTE, OPENED_AT, SECOND } from '../../support/operations.ts';

describe('A muted or suppressed alarm', () => {
	const muteDetail = {
		mutedByArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:release',
		muteWindowStart: stamp(OPENED_AT - MINUTE),
		muteWindowEnd: stamp(OPENED_AT + 30 * MINUTE),
	};

	it('is opened when it outlasts its mute', async () => {
		const core = await withAlarm();
		expect(await hears(core, stateChange('ALARM', 0, { muteDetail }))).toMatchObject([
			{ operation: { state: 'waiting', waiting: 'held' } },
		]);
		expect(core.called()).toEqual(['PutEvents']);

		await tickEvery(core, 31);
		expect(core.calls('ListAlarmMuteRules')).toMatchObject([{ AlarmName: NAME, Statuses: ['ACTIVE'] }]);
		expect(core.calls('CreateOpsItem')).toHaveLength(1);
		expect(await latest(core)).toMatchObject({ occurrence: 1, state: 'verifying' });
	});

	it('is held on while another rule mutes it', async () => {
		const core = await withAlarm();
		core.on('ListAlarmMuteRules', () => ({ AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn: 'arn:other', Status: 'ACTIVE' }] }));
		await hears(core, stateChange('ALARM', 0, { muteDetail }));
		await tickEvery(core, 31);

		expect(core.calls('CreateOpsItem')).toHaveLength(0);
		expect(await latest(core)).toMatchObject({ waiting: 'held', alarm: { held: { why: 'muted by other' } } });
	});

	it('is held on while it has no data, where the playbook takes that for ALARM', async () => {
		const core = await withAlarm(webAlarms({ alarm: { ...anAlarm().timers, insufficientData: 'alarm' } }));
		core.on('ListAlarmMuteRules', () => ({ AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn: 'arn:release', Status: 'ACTIVE' }] }));
		stands(core, 'INSUFFICIENT_DATA', 0);
		await hears(core, stateChange('INSUFFICIENT_DATA', 0, { muteDetail }));
		await tickEvery(core, 6);

		expect(core.calls('CreateOpsItem')).toHaveLength(0);
	});

	it('is opened where nobody may ask for its mute', async () => {
		const core = await withAlarm();
		core.on('ListAlarmMuteRules', () => Promise.reject(awsError('AccessDeniedException', 'not you', 403)));
		await hears(core, stateChange('ALARM', 0, { muteDetail }));
		await tickEvery(core, 31);

		expect(core.calls('CreateOpsItem')).toHaveLength(1);
	});

	it('is held for the period that suppresses it, and for as long as its suppressor is in ALARM', async () => {
		const core = await withAlarm();
		const configuration = { alarmRule: 'ALARM(a)', actionsSuppressorWaitPeriod: 120, actionsSuppressorExtensionPeriod: 180 };
		const state = { actionsSuppressedBy: 'WaitPeriod', actionsSuppressedReason: 'Actions suppressed by WaitPeriod' };
		await hears(core, stateChange('ALARM', 0, { state, configuration }));
		expect((await latest(core)).dueAt).toBe(OPENED_AT + 2 * MINUTE);

		stands(core, 'ALARM', 0, { ActionsSuppressedBy: 'Alarm', ActionsSuppressedReason: 'Actions suppressed by Alarm' });
		core.pass(2 * MINUTE);
		await tickDue(core.services);
		expect((await latest(core)).dueAt).toBe(OPENED_AT + 5 * MINUTE);

		stands(core, 'ALARM', 0);
		core.pass(5 * MINUTE);
		await tickDue(core.services);
		expect(core.calls('CreateOpsItem')).toHaveLength(1);
	});
});

describe('The clock', () => {
	it('finds out that an alarm is OK, or gone, whose event was lost', async () => {
		const core = await withAlarm();
		await hears(core, stateChange('ALARM', 0));
		core.on('DescribeAlarms', () => ({}));
		await tickEvery(core, 5);

		expect(core.calls('UpdateOpsItem')).toMatchObject([{ Status: 'Resolved' }]);
		expect(await latest(core)).toMatchObject({ state: 'succeeded', result: { reason: 'the alarm was deleted' } });
	});

	it('asks CloudWatch again where it does not answer', async () => {
		const core = await withAlarm();
		core.on('DescribeAlarms', () => Promise.reject(throttled()));
		await hears(core, stateChange('ALARM', 0));
		await tickEvery(core, 5);
		stands(core, 'OK', MINUTE);
		await tickEvery(core, 10);

		expect(await latest(core)).toMatchObject({ alarm: { state: 'OK' } });
	});
});

describe('What is no news', () => {
	const dropped = async (core: Core, event: unknown) => {
		const [error] = await hears(core, event);
		expect(error).toBeInstanceOf(Drop);
		return (error as Drop).reason;
	};

	it('is dropped with its reason', async () => {
		const core = await withAlarm();

		expect(await dropped(core, stateChange('OK', 0))).toBe('nothing-open');
		expect(await dropped(core, seriesChange('OK', 0, 'a'))).toBe('nothing-open');
		expect(await dropped(core, configurationChange('delete', 0))).toBe('nothing-open');
		expect(await dropped(core, stateChange('INSUFFICIENT_DATA', 0))).toBe('nothing-open');
		expect(await dropped(core, configurationChange('update', 0))).toBe('not-a-deletion');
	});

	it('is a series that goes off where its alarm does not follow; until then it comes back', async () => {
		const core = await withAlarm();

		expect(await hears(core, seriesChange('ALARM', 0, 'a'))).toMatchObject([{ name: 'Retry' }]);
		core.pass(3 * MINUTE);
		expect(await dropped(core, seriesChange('ALARM', 0, 'a'))).toBe('nothing-open');
	});

	it('costs no look into the ledger where no playbook is for the alarm', async () => {
		const core = await withAlarm(webAlarms({ when: { detail: { alarmName: [{ prefix: 'batch-' }] } } }));
		const before = core.requestLog.entries.length;

		expect(await dropped(core, stateChange('ALARM', 0))).toBe('no-playbook');
		expect(await dropped(core, stateChange('OK', MINUTE))).toBe('no-playbook');
		expect(core.requestLog.entries.slice(before).map(({ operation }) => operation)).toEqual(['GetItem']);
	});

	it('is what an operation knew before it closed', async () => {
		const core = await withAlarm();
		await hears(core, stateChange('ALARM', 0));
		core.pass(3 * MINUTE);
		await hears(core, stateChange('OK', 3 * MINUTE));
		await tickEvery(core, 11);

		expect(await dropped(core, stateChange('ALARM', 0))).toBe('old-news');
		expect(await dropped(core, stateChange('ALARM', MINUTE))).toBe('old-news');
		expect(await dropped(core, stateChange('OK', 5 * MINUTE))).toBe('nothing-open');
		expect(await hears(core, stateChange('ALARM', 14 * MINUTE))).toMatchObject([{ operation: { occurrence: 2, alarm: { count: 1 } } }]);
	});
});

describe('An event of an alarm', () => {
	it('that is malformed fails with what is wrong', async () => {
		const core = await withAlarm();
		const failures = await hears(
			core,
			stateChange('ALARMING', 0),
			{ ...stateChange('ALARM', 0), source: 'fleet.test' },
			stateChange('ALARM', 0, { state: { timestamp: '2026-13-45T09:00:00.000+0000' } }),
			{ ...stateChange('ALARM', 0), 'detail-type': 'Scheduled Event' },
		);

		for (const failure of failures) expect(failure).toBeInstanceOf(Fail);
		expect(failures.map((failure) => (failure as Fail).message)).toEqual([
			expect.stringContaining('detail.state.value: expected "OK" or "ALARM" or "INSUFFICIENT_DATA"'),
			expect.stringContaining('source: expected "aws.cloudwatch"'),
			expect.stringContaining('2026-13-45T09:00:00.000+0000 is no time'),
			expect.stringContaining('detail-type'),
		]);
	});

	it('waits until the playbooks are compiled', async () => {
		const core = await withAlarm();
		core.services.playbooks.load = async () => ({ set: { playbooks: [], compiledAt: '' }, reason: 'no playbooks compiled yet' });
		const results = await openFromAlarms(core.services, [stateChange('ALARM', 0)]);

		expect(results).toMatchObject([{ ok: false, error: expect.any(Retry) }]);
	});

	it('of a series is told to the item with others', async () => {
		const core = await withAlarm();
		await hears(core, stateChange('ALARM', 0));
		core.pass(SECOND);
		await hears(core, seriesChange('ALARM', SECOND, 'a'), seriesChange('ALARM', SECOND, 'b'));
		expect(core.calls('UpdateOpsItem')).toHaveLength(0);

		await tickEvery(core, 1);
		expect(data(core, 'UpdateOpsItem')['inAlarm']).toBe(`InstanceId ${NODE}\nInstanceId ${NODE}`);
	});

	it('that deletes the alarm resolves its item', async () => {
		const core = await withAlarm();
		await hears(core, stateChange('ALARM', 0));
		core.pass(MINUTE);
		await hears(core, configurationChange('delete', MINUTE));

		expect(core.calls('UpdateOpsItem')).toMatchObject([{ Status: 'Resolved' }]);
	});
});
