import { describe, expect, it } from 'vitest';
import { anAlarm, MINUTE, OPENED_AT, SECOND } from '../../../support/operations.ts';
import {
	hasNoData,
	ITEM,
	inAlarm,
	isGone,
	isOk,
	itemOpened,
	itemResolved,
	life,
	looksGone,
	looksInAlarm,
	looksOk,
	notDone,
	told,
} from './life.ts';

const HOUR = 60 * MINUTE;
const CALM = 10 * MINUTE;

describe('An alarm without work', () => {
	it('opens its OpsItem, and waits for OK', () => {
		const alarm = life().meets({ type: 'opened' });

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.meets(itemOpened).operation).toMatchObject({ state: 'verifying', result: { opsItem: 'opened' } });
		expect(alarm.operation.dueAt).toBe(OPENED_AT + 5 * MINUTE);
	});

	it('is solved once it has been OK for the calm time', () => {
		const alarm = told()
			.after(3 * MINUTE)
			.meets(isOk(3 * MINUTE));

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation.dueAt).toBe(OPENED_AT + 3 * MINUTE + CALM);
		expect(alarm.after(CALM).ticks().asked).toEqual(['resolve-ops-item']);
		expect(alarm.meets(itemResolved).operation).toMatchObject({
			state: 'succeeded',
			result: { resolved: true, reason: 'OK since 2026-03-02 09:03:00 UTC: it lasted 3 min and went off once' },
		});
	});

	it('is solved at once where the playbook asks for no calm', () => {
		const timers = { ...anAlarm().timers, calmSeconds: 0 };

		expect(told({ timers }).after(MINUTE).meets(isOk(MINUTE)).asked).toEqual(['resolve-ops-item']);
	});

	it('stays open when it goes off again before it was calm', () => {
		const alarm = told()
			.after(MINUTE)
			.meets(isOk(MINUTE))
			.after(MINUTE)
			.meets(inAlarm(2 * MINUTE), itemOpened);

		expect(alarm.operation).toMatchObject({ state: 'verifying', alarm: { state: 'ALARM', count: 2 } });
		expect(alarm.operation.alarm).not.toHaveProperty('calmAt');
		expect(alarm.after(CALM).ticks().asked).not.toContain('resolve-ops-item');
	});

	it('opens another OpsItem in the place of one that is not open any more, once it is on record that it has none', () => {
		const closed = { type: 'not-done', effect: 'open-ops-item', why: 'gone', message: `${ITEM} is not open any more` } as const;
		const alarm = told()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(MINUTE + SECOND), closed);

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.operation.result).not.toHaveProperty('opsItemId');
		expect(
			alarm
				.meets(isOk(2 * MINUTE))
				.after(CALM)
				.after(MINUTE)
				.ticks().asked,
		).toEqual(['open-ops-item']);
	});

	it('has its OpsItem looked at where a run that had not heard of it has resolved that', () => {
		const alarm = told()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(MINUTE + SECOND), itemOpened, itemResolved);

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.meets(notDone('open-ops-item')).after(MINUTE).ticks().asked).toEqual(['open-ops-item']);
	});

	it('tells its OpsItem each time it goes off', () => {
		expect(
			told()
				.after(MINUTE)
				.meets(isOk(MINUTE), inAlarm(MINUTE + SECOND)).asked,
		).toEqual(['open-ops-item']);
	});

	it('is solved at once when it is deleted', () => {
		const alarm = told().after(MINUTE).meets(isGone(MINUTE));

		expect(alarm.asked).toEqual(['resolve-ops-item']);
		expect(alarm.meets(itemResolved).operation.result).toMatchObject({ reason: 'the alarm was deleted', resolved: true });
	});

	it('is not deleted by news that is older than its last ALARM: it was made anew', () => {
		expect(told().after(MINUTE).meets(isGone(-MINUTE)).operation.alarm).not.toHaveProperty('deleted');
	});

	it('is waited for no longer than the playbook says, and its OpsItem stays open', () => {
		const alarm = told()
			.after(24 * HOUR)
			.ticks();

		expect(alarm.asked).toEqual(['update-ops-item']);
		expect(alarm.operation.ending).toMatchObject({ state: 'timed-out', reason: 'not OK within 24 h' });
	});

	it('ends without an OpsItem where OpsCenter takes none', () => {
		const refused = { type: 'done', effect: 'open-ops-item', opsItem: 'refused', note: 'limit exceeded' } as const;
		const alarm = life().meets({ type: 'opened' }, refused).after(MINUTE).meets(isOk(MINUTE)).after(CALM).ticks();

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation.state).toBe('succeeded');
	});

	it('finds the OpsItem that a call may have opened whose reply nobody heard, and resolves it', () => {
		const alarm = life().meets({ type: 'opened' }, notDone('open-ops-item')).after(MINUTE).meets(isOk(MINUTE)).after(CALM).ticks();
		expect(alarm.asked).toEqual(['open-ops-item']);

		expect(alarm.meets(itemOpened).asked).toEqual(['resolve-ops-item']);
		expect(alarm.meets(itemResolved).operation).toMatchObject({ state: 'succeeded', result: { resolved: true } });
	});

	it('that may have an OpsItem has it told when nobody waits any longer: a later OK is to find it', () => {
		const alarm = life()
			.meets({ type: 'opened' }, notDone('open-ops-item'))
			.after(25 * HOUR)
			.ticks();

		expect(alarm.operation.ending).toMatchObject({ state: 'timed-out', pending: ['open-ops-item', 'update-ops-item'] });
	});

	it('asks again for an OpsItem that OpsCenter did not open now', () => {
		const alarm = life().meets({ type: 'opened' }, notDone('open-ops-item'));

		expect(alarm.operation.dueAt).toBe(OPENED_AT + 45 * SECOND);
		expect(alarm.after(MINUTE).ticks().asked).toEqual(['open-ops-item']);
	});
});

describe('An alarm without data', () => {
	const timers = (insufficientData: 'ignore' | 'ok' | 'alarm') => ({ timers: { ...anAlarm().timers, insufficientData } });

	it('stands as it stood, where the playbook ignores that', () => {
		const alarm = told(timers('ignore')).after(MINUTE).meets(hasNoData(MINUTE));

		expect(alarm.operation.alarm).toMatchObject({ state: 'ALARM', stateAt: OPENED_AT });
	});

	it('is calm, where the playbook takes that for OK', () => {
		expect(told(timers('ok')).after(MINUTE).meets(hasNoData(MINUTE)).operation.dueAt).toBe(OPENED_AT + MINUTE + CALM);
	});

	it('has gone off again, where the playbook takes that for ALARM', () => {
		const alarm = told(timers('alarm'))
			.after(MINUTE)
			.meets(isOk(MINUTE), hasNoData(2 * MINUTE));

		expect(alarm.operation.alarm).toMatchObject({ count: 2 });
		expect(alarm.asked).toEqual(['open-ops-item']);
	});
});

describe('Old news of an alarm', () => {
	it('changes nothing where it is a copy', () => {
		const alarm = told().after(MINUTE).meets(isOk(MINUTE));
		const before = alarm.operation;

		expect(alarm.after(SECOND).meets(isOk(MINUTE), inAlarm(0)).operation).toEqual(before);
	});

	it('of another ALARM only adds to the count', () => {
		const alarm = told()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(-20 * SECOND));

		expect(alarm.operation.alarm).toMatchObject({ state: 'OK', count: 2, alarms: [OPENED_AT - 20 * SECOND, OPENED_AT] });
	});

	it('that an earlier operation knew of is not counted', () => {
		const { alarm } = anAlarm();

		expect(told({ alarm: { ...alarm, after: OPENED_AT - MINUTE } }).meets(inAlarm(-2 * MINUTE)).operation.alarm.count).toBe(1);
	});

	it('of OK before the last ALARM does not calm it', () => {
		expect(told().meets(isOk(-SECOND)).operation.alarm.state).toBe('ALARM');
	});
});

describe('While an alarm is in ALARM, CloudWatch', () => {
	it('is asked the more rarely the longer that lasts', () => {
		const alarm = told();
		const looks: number[] = [];
		for (let minute = 1; minute <= 240; minute += 1) {
			alarm.after(MINUTE);
			if ((alarm.operation.dueAt ?? 0) > alarm.now) continue;
			if (alarm.ticks().asked.includes('look-at-alarm')) looks.push(minute);
			alarm.meets(looksInAlarm(0));
		}

		expect(looks).toEqual([5, 10, 20, 40, 80, 140, 200]);
	});

	it('may know that it is OK although no event said so', () => {
		const alarm = told()
			.after(5 * MINUTE)
			.ticks()
			.meets(looksOk(2 * MINUTE));

		expect(alarm.operation.dueAt).toBe(OPENED_AT + 2 * MINUTE + CALM);
	});

	it('may know that it is gone', () => {
		expect(
			told()
				.after(5 * MINUTE)
				.ticks()
				.meets(looksGone(5 * MINUTE)).asked,
		).toEqual(['resolve-ops-item']);
	});

	it('is not believed where it answers with what was before the last event', () => {
		const alarm = told()
			.after(5 * MINUTE)
			.meets(isOk(3 * MINUTE), inAlarm(5 * MINUTE), looksOk(3 * MINUTE));

		expect(alarm.operation.alarm).toMatchObject({ state: 'ALARM', stateAt: OPENED_AT + 5 * MINUTE });
	});
});

describe('A series of a multi-series alarm', () => {
	const series = (id: string, state: 'ALARM' | 'OK' = 'ALARM', after = 0) =>
		inAlarm(after, { state, contributor: { id, name: `InstanceId ${id}` } });
	const inAlarmNow = ({ operation }: ReturnType<typeof told>) =>
		Object.values(operation.alarm.contributors ?? {}).flatMap((each) => (each.inAlarm ? each.name : []));

	it('is told to the OpsItem with others, within a minute', () => {
		const alarm = told()
			.after(SECOND)
			.meets(series('i-1'), series('i-2'), series('i-1'), series('i-2', 'OK', SECOND));

		expect(alarm.asked).toEqual([]);
		expect(inAlarmNow(alarm)).toEqual(['InstanceId i-1']);
		expect(alarm.operation.dueAt).toBe(OPENED_AT + 46 * SECOND);
		expect(alarm.after(MINUTE).ticks().asked).toEqual(['update-ops-item']);
	});

	it('stands as its latest event says, whatever their order', () => {
		const alarm = told().meets(series('i-1', 'OK', MINUTE), series('i-2', 'ALARM', 2 * MINUTE), series('i-1'), series('i-2', 'OK', MINUTE));

		expect(inAlarmNow(alarm)).toEqual(['InstanceId i-2']);
	});

	it('does not put off what others wait for, however many there are', () => {
		const alarm = told();
		for (let second = 1; second <= 40; second += 1) alarm.after(SECOND).meets(series(`i-${second}`));

		expect(alarm.operation.dueAt).toBe(OPENED_AT + 46 * SECOND);
	});
});
