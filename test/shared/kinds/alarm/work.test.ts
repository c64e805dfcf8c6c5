import { describe, expect, it } from 'vitest';
import type { Brake } from '../../../../shared/operation/types.ts';
import {
	anAlarm,
	failed,
	lost,
	MINUTE,
	notStarted,
	OPENED_AT,
	online,
	RUNBOOK,
	SECOND,
	startedAs,
	succeeded,
	workStopped,
} from '../../../support/operations.ts';
import {
	inAlarm,
	isGone,
	isOk,
	itemOpened,
	itemResolved,
	itemTold,
	itemToldBefore,
	life,
	looksGone,
	looksInAlarm,
	looksOk,
	notDone,
	told,
} from './life.ts';

const CALM = 10 * MINUTE;
const running = (changes: Parameters<typeof life>[0] = {}) =>
	life({ run: RUNBOOK, ...changes }).meets({ type: 'opened' }, startedAs('execution-1'), itemOpened);
const brake = (brake: Brake, free: boolean) => ({ type: 'brake', brake, free, why: `the ${brake} says ${free ? 'yes' : 'no'}` }) as const;

describe('The work of an alarm', () => {
	it('starts at once, beside its OpsItem', () => {
		expect(life({ run: RUNBOOK }).meets({ type: 'opened' }).asked).toEqual(['open-ops-item', 'start-work']);
		expect(running().operation).toMatchObject({ state: 'running', deadlineAt: OPENED_AT + RUNBOOK.timeoutSeconds * SECOND });
	});

	it('is begun by the clock, where whoever opened it never came to that, only if the alarm is there and in ALARM', () => {
		const left = () => life({ run: RUNBOOK }).after(MINUTE).ticks();
		expect(left().asked).toEqual(['look-at-alarm', 'open-ops-item']);
		expect(left().meets(looksInAlarm(0)).asked).toContain('start-work');
		expect(left().meets(itemOpened, looksGone(MINUTE)).asked).not.toContain('start-work');
	});

	it('is told to the OpsItem when it succeeds, which then waits for OK', () => {
		const alarm = running()
			.after(2 * MINUTE)
			.meets(succeeded);

		expect(alarm.asked).toEqual(['update-ops-item']);
		expect(alarm.operation).toMatchObject({ state: 'verifying', alarm: { ran: ['2026-03-02 09:02:00 UTC restart-node: Success'] } });
		expect(alarm.operation.deadlineAt).toBe(OPENED_AT + 2 * MINUTE + 24 * 60 * MINUTE);
	});

	it('is left to end where it is OK meanwhile, and the calm counts from its end', () => {
		const alarm = running().after(MINUTE).meets(isOk(MINUTE));
		expect(alarm.operation.state).toBe('running');

		alarm.after(4 * MINUTE).meets(succeeded, itemTold);
		expect(alarm.operation.dueAt).toBe(OPENED_AT + 5 * MINUTE + CALM);
		expect(alarm.after(CALM).ticks().meets(itemResolved).operation.state).toBe('succeeded');
	});

	it('that had ended before the alarm went off again, which was known only later, is begun anew once CloudWatch has been asked', () => {
		const alarm = running()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(MINUTE + 30 * SECOND));
		expect(alarm.asked).toEqual(['open-ops-item']);

		alarm.after(MINUTE).meets({ ...succeeded, endedAt: OPENED_AT + MINUTE + SECOND });
		expect(alarm.asked).toEqual(['update-ops-item', 'look-at-alarm']);
		expect(alarm.meets(looksInAlarm(MINUTE + 30 * SECOND)).asked).toEqual(['open-ops-item', 'start-work']);
	});

	it('that ends after the alarm went off again is not begun anew', () => {
		const alarm = running()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(MINUTE + 30 * SECOND));

		expect(alarm.after(MINUTE).meets({ ...succeeded, endedAt: OPENED_AT + 2 * MINUTE }).asked).toEqual(['update-ops-item']);
	});

	it('that ends after its alarm was deleted resolves the OpsItem at once', () => {
		expect(running().after(MINUTE).meets(isGone(MINUTE), succeeded).asked).toEqual(['resolve-ops-item']);
	});

	it('that fails raises the severity, and leaves the OpsItem open', () => {
		const alarm = running()
			.after(MINUTE)
			.meets({ ...failed, output: 'step restart: the node did not stop' });

		expect(alarm.asked).toEqual(['update-ops-item']);
		expect(alarm.operation.ending).toMatchObject({ then: { opsItem: { severity: '1', category: 'Availability' } } });
		expect(alarm.meets(itemTold).operation).toMatchObject({ state: 'failed', result: { opsItem: 'opened' } });
		expect(alarm.operation.result?.reason).toContain('step restart: the node did not stop');
	});

	it('makes an OpsItem without a severity important when it fails', () => {
		const severity = (opsItem: object) => running({ opsItem }).meets(failed).operation.ending?.then.opsItem?.severity;

		expect([severity({}), severity({ severity: '4' }), severity({ severity: '1' })]).toEqual(['2', '3', '1']);
	});

	it('that fails after it is OK has its OpsItem resolved once the calm is over', () => {
		const alarm = running().after(MINUTE).meets(isOk(MINUTE), failed, itemTold);

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation.dueAt).toBe(OPENED_AT + MINUTE + CALM);
		expect(alarm.after(CALM).ticks().meets(itemResolved).operation).toMatchObject({ state: 'failed', result: { resolved: true } });
	});

	it('that fails while its OpsItem is told something else has it told of the failure too', () => {
		const alarm = running().after(MINUTE).meets(failed, itemToldBefore);

		expect(alarm.asked).toEqual(['update-ops-item']);
		expect(alarm.meets(itemTold).operation.state).toBe('failed');
	});

	it('that fails anew, where the OpsItem may have been resolved already, has it looked at whether one is open', () => {
		const node = '$.dimensions.None';
		const alarm = life({ run: { ...RUNBOOK, type: 'command', node } })
			.meets({ type: 'opened' }, itemOpened)
			.after(MINUTE)
			.meets(isOk(MINUTE), itemTold)
			.after(CALM)
			.ticks();
		expect(alarm.asked).toEqual(['resolve-ops-item']);

		alarm.after(SECOND).meets(inAlarm(MINUTE + CALM));
		expect(alarm.operation.ending?.pending).toEqual(['open-ops-item', 'update-ops-item']);
	});

	it('that fails before it is OK has its OpsItem resolved too, while the operation is open', () => {
		const alarm = running().after(MINUTE).meets(failed, isOk(MINUTE), itemTold);

		expect(alarm.operation).toMatchObject({ ending: { state: 'failed', pending: ['resolve-ops-item'] } });
	});

	it('is begun anew when it goes off in the calm after a failure', () => {
		const alarm = running()
			.after(MINUTE)
			.meets(isOk(MINUTE), failed, itemTold, inAlarm(MINUTE + SECOND));

		expect(alarm.asked).toEqual(['open-ops-item', 'start-work']);
		expect(alarm.operation.work?.id).toBe(`${alarm.operation.id}.2`);
		expect(alarm.operation).not.toHaveProperty('ending');
	});

	it('is begun anew when it goes off before its failure is told', () => {
		const alarm = running()
			.after(MINUTE)
			.meets(failed, notDone('update-ops-item'), inAlarm(MINUTE + SECOND));

		expect(alarm.asked).toEqual(['open-ops-item', 'start-work']);
		expect(alarm.operation).not.toHaveProperty('ending');
	});

	it('is begun anew when it goes off again', () => {
		const alarm = running()
			.meets(succeeded)
			.after(MINUTE)
			.meets(isOk(MINUTE))
			.after(MINUTE)
			.meets(inAlarm(2 * MINUTE));

		expect(alarm.asked).toEqual(['open-ops-item', 'start-work']);
		expect(alarm.operation.work?.id).toBe(`${alarm.operation.id}.2`);
		expect(alarm.operation.deadlineAt).toBe(OPENED_AT + 2 * MINUTE + RUNBOOK.timeoutSeconds * SECOND);
	});

	it('is not begun a second time while it runs', () => {
		const alarm = running()
			.after(MINUTE)
			.meets(isOk(MINUTE), inAlarm(MINUTE + SECOND));

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.operation.state).toBe('running');
	});

	it('that is not over in time is stopped, and has failed', () => {
		const late = OPENED_AT + RUNBOOK.timeoutSeconds * SECOND;
		const alarm = running()
			.after(16 * MINUTE)
			.ticks()
			.meets({ type: 'work', status: 'running', details: 'InProgress' });

		expect(alarm.now).toBeGreaterThan(late);
		expect(alarm.asked).toEqual(['cancel-work']);
		expect(alarm.meets(workStopped, itemTold).operation.state).toBe('timed-out');
	});

	it('that AWS refuses while its OpsItem is opened is told to that', () => {
		const alarm = life({ run: RUNBOOK }).meets({ type: 'opened' }, notStarted('refused', 'no such document'), itemOpened);

		expect(alarm.asked).toEqual(['update-ops-item']);
		expect(alarm.meets(itemTold).operation).toMatchObject({ state: 'failed', result: { opsItemId: 'oi-0123456789ab' } });
	});

	it('whose parameters lead nowhere fails, and says so in the OpsItem', () => {
		const run = { ...RUNBOOK, parameters: { InstanceId: ['$.dimensions.InstanceId'] } };
		const alarm = life({ run }).meets({ type: 'opened' });

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.meets(itemOpened, itemTold).operation.result?.reason).toContain('$.dimensions.InstanceId leads nowhere');
	});
});

describe('A command for an alarm', () => {
	const run = { ...RUNBOOK, type: 'command', document: 'restart-service', parameters: {}, node: '$.dimensions.InstanceId' } as const;
	const occasion = { detail: {}, account: '111122223333', region: 'eu-west-1', dimensions: { InstanceId: 'i-0123456789abcdef0' } };

	it('runs on the node among its dimensions, once that is found online', () => {
		const alarm = life({ run, occasion }).meets({ type: 'opened' });

		expect(alarm.asked).toEqual(['open-ops-item', 'check-node']);
		expect(alarm.meets(itemOpened, online).asked).toEqual(['start-work']);
		expect(alarm.operation.node).toBe('i-0123456789abcdef0');
	});

	it('fails where its node cannot be reached', () => {
		expect(life({ run, occasion }).meets({ type: 'opened' }, itemOpened, lost).operation.ending?.reason).toContain('connection is lost');
	});

	it('fails where its dimensions name no node', () => {
		expect(life({ run }).meets({ type: 'opened' }).operation.ending?.reason).toContain('run.node: $.dimensions.InstanceId leads nowhere');
	});

	it('is not begun by an answer that comes after OK', () => {
		const alarm = life({ run, occasion }).meets({ type: 'opened' }, itemOpened).after(SECOND).meets(isOk(SECOND), online);

		expect(alarm.asked).toEqual([]);
		expect(alarm.operation.state).toBe('verifying');
	});
});

describe('Work that a brake holds back', () => {
	const brakes = { calendar: { names: ['freeze'], closed: 'wait' }, limits: { concurrent: 1, beyond: 'wait' } } as const;
	const waiting = () => life({ run: RUNBOOK, brakes }).meets({ type: 'opened' }, brake('calendar', false), itemOpened);

	it('waits, and its OpsItem is open', () => {
		expect(life({ run: RUNBOOK, brakes }).meets({ type: 'opened' }).asked).toEqual(['open-ops-item', 'ask-calendar']);
		expect(waiting().operation).toMatchObject({ state: 'waiting', waiting: 'calendar', result: { opsItem: 'opened' } });
	});

	it('starts after the wait if it still is in ALARM, with all of its time', () => {
		const alarm = waiting()
			.after(120 * MINUTE)
			.ticks()
			.meets(brake('calendar', true));
		expect(alarm.asked).toEqual(['look-at-alarm']);

		alarm.meets(looksInAlarm(0), brake('calendar', true), brake('limit', true));
		expect(alarm.asked).toEqual(['start-work']);
		expect(alarm.operation.deadlineAt).toBe(alarm.now + RUNBOOK.timeoutSeconds * SECOND);
	});

	it('does not start where it is OK by then, and its slot is given back', () => {
		const alarm = life({ run: RUNBOOK, brakes: { limits: brakes.limits } })
			.meets({ type: 'opened' }, brake('limit', false), itemOpened)
			.after(30 * MINUTE)
			.ticks()
			.meets(brake('limit', true), looksOk(29 * MINUTE));

		expect(alarm.asked).toEqual(['release-slot']);
		expect(alarm.operation).toMatchObject({ state: 'verifying' });
		expect(alarm.operation).not.toHaveProperty('slot');
	});

	it('gives its slot back when it has ended, while the alarm is waited for', () => {
		const alarm = life({ run: RUNBOOK, brakes: { limits: brakes.limits } }).meets(
			{ type: 'opened' },
			brake('limit', true),
			itemOpened,
			startedAs('execution-1'),
			succeeded,
		);

		expect(alarm.asked).toEqual(['release-slot', 'update-ops-item']);
	});

	it('is left out where the playbook skips it, and the OpsItem says why', () => {
		const skip = { calendar: { names: ['freeze'], closed: 'skip' } } as const;
		const alarm = life({ run: RUNBOOK, brakes: skip }).meets({ type: 'opened' }, itemOpened, brake('calendar', false));

		expect(alarm.asked).toEqual(['update-ops-item']);
		expect(alarm.operation).toMatchObject({
			state: 'verifying',
			alarm: { ran: [expect.stringContaining('not run: the calendar says no')] },
		});
	});

	it('is looked at by the next tick, whatever news comes before that', () => {
		const alarm = waiting();
		const { dueAt = 0 } = alarm.operation;
		alarm.after(dueAt - alarm.now + SECOND).meets(inAlarm(30 * SECOND), isOk(20 * SECOND));

		expect(alarm.operation).toMatchObject({ waiting: 'calendar', dueAt });
	});

	it('is not begun twice where it goes off again meanwhile', () => {
		const alarm = waiting().after(MINUTE).meets(inAlarm(MINUTE));

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.operation).toMatchObject({ waiting: 'calendar', alarm: { count: 2 } });
	});
});

describe('An alarm that flaps', () => {
	const timers = { ...anAlarm().timers, flapping: { times: 3, withinSeconds: 3_600 } };

	/** Goes off and is OK again, `times` times, two minutes apart. */
	function flaps(times: number, apart = 2 * MINUTE) {
		const alarm = running({ timers }).meets(succeeded, itemTold);
		for (let time = 1; time < times; time += 1) {
			alarm
				.after(apart - SECOND)
				.meets(isOk(time * apart - SECOND))
				.after(SECOND)
				.meets(inAlarm(time * apart));
			if (alarm.asked.includes('start-work')) alarm.meets(itemOpened, startedAs(`execution-${time + 1}`), succeeded, itemTold);
		}
		return alarm;
	}

	it('starts no work any more', () => {
		expect(flaps(2).operation.attempts.start).toBe(2);
		expect(flaps(3).asked).toEqual(['open-ops-item']);
		expect(flaps(6).operation).toMatchObject({ state: 'verifying', attempts: { start: 2 }, alarm: { flapping: true, count: 6 } });
	});

	it('says so once', () => {
		expect(flaps(6).told.filter((what) => what === 'flapping')).toHaveLength(1);
	});

	it.each([
		['at once', [2, 4]],
		['late, and in another order', [4, 2]],
	])('has no work any more that still waits for its turn, where it is heard of %s', (_, minutes) => {
		const brakes = { limits: { concurrent: 1, beyond: 'wait' } } as const;
		const alarm = life({ run: RUNBOOK, brakes, timers })
			.meets({ type: 'opened' }, brake('limit', false), itemOpened)
			.after(4 * MINUTE);
		for (const minute of minutes) alarm.meets(inAlarm(minute * MINUTE));

		expect(alarm.operation).toMatchObject({ state: 'verifying', alarm: { flapping: true, count: 3 } });
		expect(alarm.operation).not.toHaveProperty('waiting');
		expect(alarm.told).toContain('flapping');
		expect(alarm.after(MINUTE).ticks().asked).not.toContain('take-slot');
	});

	it('does not, where it goes off as often in a longer time', () => {
		const slow = { ...timers, calmSeconds: 7_200 };
		const alarm = running({ timers: slow }).meets(succeeded, itemTold);
		for (const time of [1, 2, 3])
			alarm.after(40 * MINUTE).meets(inAlarm(time * 40 * MINUTE), startedAs(`execution-${time + 1}`), succeeded);

		expect(alarm.operation.attempts.start).toBe(4);
	});

	it('has a story that stays short', () => {
		expect(flaps(400).operation.history.length).toBeLessThanOrEqual(105);
	});
});

describe('A playbook that observes', () => {
	const brakes = { observe: true } as const;

	it('opens the OpsItem that says what would have been run, and runs nothing', () => {
		const alarm = life({ run: RUNBOOK, brakes }).meets({ type: 'opened' });

		expect(alarm.asked).toEqual(['open-ops-item']);
		expect(alarm.operation.result?.observed).toBe(true);
		expect(alarm.told).toContain('observed');
	});

	it('resolves it on OK', () => {
		expect(told({ run: RUNBOOK, brakes }).after(MINUTE).meets(isOk(MINUTE)).after(CALM).ticks().asked).toEqual(['resolve-ops-item']);
	});
});
