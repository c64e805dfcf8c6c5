import { describe, expect, it } from 'vitest';
import { lookAfter } from '../../../../shared/kinds/alarm/timers.ts';
import { anAlarm, MINUTE, OPENED_AT, RUNBOOK } from '../../../support/operations.ts';
import { hasNoData, inAlarm, isOk, life, looksGone, looksInAlarm, looksOk, notDone, told } from './life.ts';

const UNTIL = OPENED_AT + 60 * MINUTE;
const held = { until: UNTIL, why: 'muted by web-release' };
const muted = () => life({ alarm: { ...anAlarm().alarm, held } }).meets({ type: 'opened' });

describe('A muted or suppressed alarm', () => {
	it('opens nothing and runs nothing until its mute is over', () => {
		const alarm = muted();

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation).toMatchObject({ state: 'waiting', waiting: 'held', alarm: { held } });
		expect(alarm.told).toEqual(['held']);
		expect(alarm.after(60 * MINUTE).ticks().asked).toEqual(['look-at-alarm']);
	});

	it('is looked at now and then before the end of its mute: a person may end that early', () => {
		const alarm = muted();
		const looks: number[] = [];
		for (let minute = 1; minute < 60; minute += 1) {
			alarm.after(MINUTE);
			if ((alarm.operation.dueAt ?? 0) > alarm.now) continue;
			expect(alarm.ticks().asked).toEqual(['look-at-alarm']);
			alarm.meets(looksInAlarm(0, { held }));
			looks.push(minute);
		}

		expect(looks).toEqual([5, 10, 20, 40]);
		expect(alarm.told).toEqual(['held']);
		expect(alarm.meets(looksInAlarm(0)).asked).toEqual(['open-ops-item']);
	});

	it('goes on as if it had just gone off, where it outlasts its mute', () => {
		const alarm = life({ run: RUNBOOK, alarm: { ...anAlarm().alarm, held } })
			.meets({ type: 'opened' })
			.after(60 * MINUTE)
			.ticks()
			.meets(looksInAlarm(0));

		expect(alarm.asked).toEqual(['open-ops-item', 'start-work']);
		expect(alarm.operation.alarm).toMatchObject({ count: 1 });
		expect(alarm.operation.alarm).not.toHaveProperty('held');
	});

	it('is held again where it still is muted', () => {
		const again = { until: UNTIL + 5 * MINUTE, why: 'muted by web-release' };
		const alarm = muted()
			.after(60 * MINUTE)
			.ticks()
			.meets(looksInAlarm(0, { held: again }));

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation).toMatchObject({ waiting: 'held', dueAt: again.until });
	});

	it('is skipped where it is OK again before anybody had to hear of it', () => {
		expect(muted().after(MINUTE).meets(isOk(MINUTE)).operation).toMatchObject({
			state: 'skipped',
			result: { reason: 'it was held (muted by web-release), and is OK since 2026-03-02 09:01:00 UTC' },
		});
		expect(
			muted()
				.after(60 * MINUTE)
				.ticks()
				.meets(looksOk(MINUTE)).operation.state,
		).toBe('skipped');
	});

	it('is skipped where it is gone', () => {
		expect(
			muted()
				.after(60 * MINUTE)
				.ticks()
				.meets(looksGone(60 * MINUTE)).operation,
		).toMatchObject({
			state: 'skipped',
			result: { reason: 'it was held (muted by web-release), and the alarm does not exist any more' },
		});
	});

	it('is asked for again at the next tick, where CloudWatch does not answer', () => {
		const alarm = muted()
			.after(60 * MINUTE)
			.ticks()
			.meets(notDone('look-at-alarm'));

		expect(alarm.operation).toMatchObject({ waiting: 'held', dueAt: UNTIL + 45_000 });
		expect(alarm.after(MINUTE).ticks().asked).toEqual(['look-at-alarm']);
	});

	it('is skipped where it has no data when its mute is over: it is not in ALARM, and will say so when it is', () => {
		const alarm = muted()
			.after(60 * MINUTE)
			.ticks()
			.meets(hasNoData(30 * MINUTE, { from: 'look' }));

		expect(alarm.operation).toMatchObject({ state: 'skipped', alarm: { stateAt: OPENED_AT + 30 * MINUTE } });
		expect(alarm.operation.result?.reason).toContain('has no data since 2026-03-02 09:30:00 UTC');
	});

	it('with an OpsItem that is open waits for OK where it has no data when its mute is over', () => {
		const alarm = told()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(2 * MINUTE, { held }))
			.after(59 * MINUTE)
			.ticks()
			.meets(hasNoData(30 * MINUTE, { from: 'look' }));

		expect(alarm.operation).toMatchObject({ state: 'verifying', dueAt: lookAfter(alarm.operation.alarm, alarm.now) });
		expect(alarm.operation.alarm).not.toHaveProperty('held');
	});

	it('is held no longer when it goes off unmuted', () => {
		expect(muted().after(MINUTE).meets(inAlarm(MINUTE)).asked).toEqual(['open-ops-item']);
	});

	it('is told to nobody when it goes off muted while its OpsItem is open', () => {
		const alarm = told()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(2 * MINUTE, { held }));

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation).toMatchObject({ state: 'verifying', alarm: { count: 2, held } });
		expect(
			alarm
				.after(59 * MINUTE)
				.ticks()
				.meets(looksInAlarm(2 * MINUTE)).asked,
		).toEqual(['open-ops-item']);
	});

	it('with an OpsItem that an earlier operation left open resolves it', () => {
		const alarm = life({ alarm: { ...anAlarm().alarm, held }, result: { opsItemId: 'oi-0123456789ab', reason: '' } })
			.meets({ type: 'opened' })
			.after(MINUTE)
			.meets(isOk(MINUTE))
			.after(10 * MINUTE)
			.ticks();

		expect(alarm.asked).toEqual(['resolve-ops-item']);
	});
});

describe('An ALARM that comes late', () => {
	const late = () =>
		life({ openedAt: OPENED_AT, alarm: { ...anAlarm().alarm, stateAt: OPENED_AT - 6 * MINUTE, alarms: [OPENED_AT - 6 * MINUTE] } });

	it('is believed once CloudWatch has been asked', () => {
		const alarm = late().meets({ type: 'opened' });

		expect(alarm.asked).toEqual(['look-at-alarm']);
		expect(alarm.meets(looksInAlarm(-6 * MINUTE)).asked).toEqual(['open-ops-item']);
	});

	it('is skipped where it is over', () => {
		expect(late().meets({ type: 'opened' }, looksOk(-MINUTE)).operation.state).toBe('skipped');
	});

	it('is believed once CloudWatch has been asked, also where an operation is open', () => {
		const alarm = told()
			.after(20 * MINUTE)
			.meets(isOk(MINUTE), inAlarm(2 * MINUTE));

		expect(alarm.asked).toEqual(['look-at-alarm']);
		expect(alarm.meets(looksInAlarm(2 * MINUTE)).asked).toEqual(['open-ops-item']);
	});
});
