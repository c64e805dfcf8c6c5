import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../shared/operation/facts.ts';
import {
	CONTINUE,
	CONTINUE_AND_TELL,
	completed,
	failed,
	gone,
	LAUNCHING,
	life,
	MINUTE,
	notStarted,
	OPENED_AT,
	online,
	SECOND,
	startedAs,
	succeeded,
	unknown,
	waitsIn,
	workStopped,
} from '../../../support/operations.ts';

describe('heartbeats', () => {
	it('begin at half the HeartbeatTimeout of the hook, and come again after as long', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } }).runs();
		drain.after(15 * MINUTE - SECOND).ticks();
		expect(drain.asked).not.toContain('heartbeat');
		drain.after(SECOND).ticks();
		expect(drain.asked).toContain('heartbeat');
		drain.meets({ type: 'heartbeat-sent' });
		expect(drain.operation.heartbeat).toEqual({ nextAt: OPENED_AT + 30 * MINUTE, count: 1 });
	});

	it.each([
		['registers', [unknown], { subject: LAUNCHING, run: { registerWithinSeconds: 3_600, timeoutSeconds: 7_200 } }],
		['is throttled', [online, notStarted('throttled')], { run: { timeoutSeconds: 7_200 } }],
		['is paused', [online, notStarted('paused', 'paused by operator')], {}],
	] as const)('go out while the operation %s', (_, facts, changes) => {
		const drain = life(changes).meets({ type: 'opened' }, ...facts);
		drain.after(15 * MINUTE).ticks();
		expect(drain.asked).toContain('heartbeat');
	});

	it('go out while the lifecycle action cannot be completed', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } })
			.runs()
			.meets(succeeded);
		drain.meets({ type: 'not-done', effect: 'complete-lifecycle', why: 'retry', message: 'Rate exceeded' });
		drain.after(15 * MINUTE).ticks();
		expect(drain.asked).toEqual(['heartbeat', 'complete-lifecycle']);
	});

	it('end at the timeout of the playbook', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 180 }, run: { timeoutSeconds: 900 } }).runs();
		drain.after(15 * MINUTE - SECOND).ticks();
		expect(drain.asked).toContain('heartbeat');
		drain.after(SECOND).ticks();
		expect(drain.asked).not.toContain('heartbeat');
	});

	it("end before the hook's global timeout where that comes first", () => {
		const drain = life({
			hookTimers: { heartbeatTimeoutSeconds: 300, globalTimeoutSeconds: 3_600 },
			run: { timeoutSeconds: 7_200 },
		}).runs();
		drain.after(57 * MINUTE).ticks();
		expect(drain.asked).toContain('heartbeat');
		drain.after(MINUTE).ticks();
		expect(drain.asked).not.toContain('heartbeat');
		expect(drain.operation.deadlineAt).toBe(OPENED_AT + 58 * MINUTE);
	});

	it('are never sent for a hook whose timeout is under 180 seconds', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 179 } }).runs();
		drain.after(100 * SECOND).ticks();
		expect(drain.asked).not.toContain('heartbeat');
		expect(drain.operation.deadlineAt).toBe(OPENED_AT + 164 * SECOND);
	});

	it('that were throttled stay due', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } })
			.runs()
			.after(15 * MINUTE)
			.ticks();
		drain.meets({ type: 'not-done', effect: 'heartbeat', why: 'retry', message: 'Rate exceeded' });
		expect(drain.operation.dueAt).toBeLessThanOrEqual(drain.now);
		expect(drain.after(MINUTE).ticks().asked).toContain('heartbeat');
	});

	it.each(['waiting', 'running', 'closing'])('are no later than the clock looks at a %s operation again', (stage) => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 180 } }).meets({ type: 'opened' }, online);
		if (stage === 'waiting') drain.meets(notStarted('throttled'));
		else drain.meets(startedAs('command-1'));
		if (stage === 'closing')
			drain.meets(succeeded, { type: 'not-done', effect: 'complete-lifecycle', why: 'retry', message: 'Rate exceeded' });
		drain
			.after(45 * SECOND)
			.meets({ type: 'seen' })
			.ticks();
		expect(drain.operation.dueAt).toBeGreaterThan(drain.now);
		expect(drain.operation.dueAt).toBeLessThanOrEqual(OPENED_AT + 90 * SECOND);
	});

	it('that meet no action look at the instance before they believe it', () => {
		const drain = life({ run: { timeoutSeconds: 7_200 } })
			.runs()
			.after(15 * MINUTE)
			.ticks()
			.meets(gone('heartbeat'));
		expect(drain.asked).toEqual(['look-at-instance']);
		drain.meets(waitsIn('Terminating:Wait'));
		expect(drain.operation).toMatchObject({ state: 'running' });
		drain.meets(waitsIn('Terminating:Proceed'));
		expect(drain.operation.ending).toMatchObject({ state: 'failed', pending: ['cancel-work'] });
	});
});

describe('the timeout', () => {
	it('counts from the opening, time in the queue of Run Command included', () => {
		const drain = life({ run: { timeoutSeconds: 900 } }).meets({ type: 'opened' }, online, notStarted('throttled'));
		drain
			.after(10 * MINUTE)
			.ticks()
			.meets(startedAs('command-1'));
		drain
			.after(5 * MINUTE + 30 * SECOND)
			.ticks()
			.meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(drain.operation.ending?.state).toBe('timed-out');
	});

	it('cancels the work, then completes the action, then opens the OpsItem', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).runs();
		drain
			.after(15 * MINUTE + 30 * SECOND)
			.ticks()
			.meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(drain.operation.ending).toMatchObject({ state: 'timed-out', pending: ['cancel-work', 'complete-lifecycle', 'open-ops-item'] });
		expect(drain.asked).toEqual(['cancel-work']);
		expect(drain.meets(workStopped).asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(completed).asked).toEqual(['open-ops-item']);
		expect(drain.meets({ type: 'done', effect: 'open-ops-item' }).operation.state).toBe('timed-out');
	});

	it('does not overrule work that ended in time and was never reported', () => {
		const drain = life()
			.runs()
			.after(15 * MINUTE + 30 * SECOND)
			.ticks();
		expect(drain.asked).toEqual(['look-up-work']);
		drain.meets({ ...succeeded, endedAt: OPENED_AT + 14 * MINUTE }, completed);
		expect(drain.operation.state).toBe('succeeded');
	});

	it('overrules work that ended after it, whenever that becomes known', () => {
		const late = { ...succeeded, endedAt: OPENED_AT + 15 * MINUTE + SECOND };
		const reported = life()
			.runs()
			.after(15 * MINUTE + 2 * SECOND)
			.meets(late);
		const found = life()
			.runs()
			.after(16 * MINUTE)
			.ticks()
			.meets(late);
		expect(reported.operation.ending?.state).toBe('timed-out');
		expect(found.operation.ending?.state).toBe('timed-out');
	});

	it('ends work whose state AWS does not tell', () => {
		const drain = life()
			.runs()
			.after(16 * MINUTE)
			.ticks()
			.meets({ type: 'work', status: 'unknown', details: 'Rate exceeded' });
		expect(drain.operation.ending?.state).toBe('timed-out');
	});

	it('completes before it stops the work where AWS does not take the stop, and gives up stopping after three tries', () => {
		const notStopped: Fact = { type: 'not-done', effect: 'cancel-work', why: 'retry', message: 'Rate exceeded' };
		const drain = life()
			.runs()
			.after(16 * MINUTE)
			.ticks()
			.meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(drain.meets(notStopped).asked).toEqual(['complete-lifecycle']);
		expect(drain.meets(completed).asked).toEqual(['cancel-work']);
		drain.meets(notStopped).after(MINUTE).ticks().meets(notStopped).after(MINUTE).ticks();
		expect(drain.operation.closedAt).toBeUndefined();
		drain.meets(notStopped);
		expect(drain.operation).toMatchObject({ state: 'timed-out', result: { lifecycle: 'CONTINUE' } });
	});

	it('ends an operation that waits for a node to register', () => {
		const launch = life({ subject: LAUNCHING, run: { registerWithinSeconds: 1_800, timeoutSeconds: 900 } }).meets(
			{ type: 'opened' },
			unknown,
		);
		launch.after(15 * MINUTE + 30 * SECOND).ticks();
		expect(launch.operation.ending).toMatchObject({
			state: 'timed-out',
			reason: expect.stringContaining('did not register'),
			pending: ['complete-lifecycle'],
		});
	});
});

describe("'No active Lifecycle Action'", () => {
	const ending = () => life().runs().meets(succeeded);

	it('is looked into before it is believed', () => {
		expect(ending().meets(gone('complete-lifecycle')).asked).toEqual(['look-at-instance']);
	});

	it('is the end where the instance does not wait any more', () => {
		const drain = ending().meets(gone('complete-lifecycle'), waitsIn('Terminating:Proceed'));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});

	it('is the end where the instance has left its group', () => {
		const drain = ending().meets(gone('complete-lifecycle'), waitsIn(undefined));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});

	it('is a race while the instance waits at its only hook: tried again until the hook is over', () => {
		const drain = ending();
		for (let tries = 0; tries < 10; tries += 1) {
			drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait'));
			expect(drain.operation.closedAt).toBeUndefined();
			expect(drain.after(MINUTE).ticks().asked).toEqual(expect.arrayContaining(['complete-lifecycle']));
		}
		expect(drain.meets(completed).operation).toMatchObject({ result: { lifecycle: 'CONTINUE' } });
	});

	it('is believed after three tries where another hook may be what holds the instance', () => {
		const drain = ending();
		drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait', true)).after(MINUTE).ticks();
		drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait', true)).after(MINUTE).ticks();
		expect(drain.operation.closedAt).toBeUndefined();
		drain.meets(gone('complete-lifecycle'), waitsIn('Terminating:Wait', true));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
		expect(drain.operation.history.find(({ what }) => what === 'hook is over')?.why).toContain('not for this hook');
	});

	it('still opens the OpsItem of a failure', () => {
		const drain = life({ then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } })
			.runs()
			.meets(failed);
		drain.meets(gone('complete-lifecycle'), waitsIn(undefined));
		expect(drain.asked).toEqual(['open-ops-item']);
	});
});

describe('a complete call that AWS does not take', () => {
	const refused: Fact = { type: 'not-done', effect: 'complete-lifecycle', why: 'retry', message: 'Rate exceeded' };

	it('is made again by every tick, and told once', () => {
		const drain = life().runs().meets(succeeded);
		for (let tries = 0; tries < 5; tries += 1) {
			drain.meets(refused);
			expect(drain.operation.closedAt).toBeUndefined();
			expect(drain.after(MINUTE).ticks().asked).toContain('complete-lifecycle');
		}
		expect(drain.told.filter((what) => what === 'complete-lifecycle not done')).toHaveLength(1);
	});

	it('is not made for ever: once the hook is over the instance is looked at', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 180, globalTimeoutSeconds: 3_600 } })
			.runs()
			.meets(succeeded, refused);
		expect(drain.asked).toEqual([]);
		drain
			.after(60 * MINUTE)
			.ticks()
			.meets(refused);
		expect(drain.asked).toEqual(['look-at-instance']);
		drain.meets(waitsIn(undefined));
		expect(drain.operation).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});
});
