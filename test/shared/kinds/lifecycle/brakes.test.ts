import { describe, expect, it } from 'vitest';
import type { BrakeFact } from '../../../../shared/operation/facts.ts';
import type { Brake, Operation } from '../../../../shared/operation/types.ts';
import type { Brakes } from '../../../../shared/playbook/types.ts';
import {
	ABANDON,
	CONTINUE,
	CONTINUE_AND_TELL,
	completed,
	LAUNCHING,
	life,
	MINUTE,
	notStarted,
	online,
	SECOND,
	startedAs,
	succeeded,
	unknown,
} from '../../../support/operations.ts';

const LIMITS: Brakes = { limits: { concurrent: 5, beyond: 'wait' } };
const CALENDAR: Brakes = { calendar: { names: ['freeze'], closed: 'wait' } };
const SKIPPING: Brakes = { limits: { concurrent: 5, beyond: 'skip' }, calendar: { names: ['freeze'], closed: 'skip' } };
const OBSERVING: Brakes = { observe: true };

const lets = (brake: Brake): BrakeFact => ({ type: 'brake', brake, free: true, why: '' });
const holds = (brake: Brake, why = `${brake} holds it back`): BrakeFact => ({ type: 'brake', brake, free: false, why });
const waits = (operation: Operation) => ({ state: operation.state, waiting: operation.waiting });

describe('a playbook without brakes', () => {
	it('asks nobody before its work starts', () => {
		expect(life().meets({ type: 'opened' }, online).asked).toEqual(['start-work']);
	});
});

describe('a playbook with limits', () => {
	it('has a slot taken once the node can be reached, and before the work starts', () => {
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online);
		expect(drain.asked).toEqual(['take-slot']);
		expect(drain.operation.work).toBeUndefined();
		expect(drain.meets(lets('limit')).asked).toEqual(['start-work']);
		expect(drain.operation).toMatchObject({ state: 'starting', slot: true });
	});

	it('lets an operation wait its turn, and says so once', () => {
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online, holds('limit', '5 at once are under way'));
		expect(waits(drain.operation)).toEqual({ state: 'waiting', waiting: 'limit' });
		for (let minute = 0; minute < 5; minute += 1) drain.after(MINUTE).ticks().meets(holds('limit', '5 at once are under way'));
		expect(drain.operation.history).toMatchObject([{ what: 'waiting', why: '5 at once are under way' }]);
	});

	it('is looked at every minute while it waits, with the limit asked before the node', () => {
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online, holds('limit'));
		expect(drain.operation.dueAt).toBeLessThanOrEqual(drain.now + MINUTE);
		expect(drain.after(MINUTE).ticks().asked).toEqual(['take-slot']);
	});

	it('has the node looked at again when its turn comes: it may be gone by then', () => {
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online, holds('limit'));
		drain
			.after(8 * MINUTE)
			.ticks()
			.meets(lets('limit'));
		expect(drain.asked).toEqual(['check-node']);
		expect(drain.meets(unknown).operation.ending).toMatchObject({ state: 'failed' });
	});

	it('starts the work of one whose turn has come with the slot it has', () => {
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online, holds('limit'));
		drain.after(MINUTE).ticks().meets(lets('limit'), online);
		expect(drain.asked).toEqual(['start-work']);
		expect(drain.meets(startedAs('command-1'), succeeded, completed).operation).toMatchObject({ state: 'succeeded', slot: true });
	});

	it('keeps the slot of one that is throttled at the start', () => {
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online, lets('limit'), notStarted('throttled'));
		expect(drain.after(MINUTE).ticks().asked).toEqual(['start-work']);
	});

	it('keeps the hook alive meanwhile, and times out by the failure rule at the deadline', () => {
		const then = { onSuccess: CONTINUE, onFailure: ABANDON };
		const drain = life({ brakes: LIMITS, then, run: { timeoutSeconds: 1_800 } }).meets({ type: 'opened' }, online, holds('limit'));
		expect(
			drain
				.after(15 * MINUTE)
				.ticks()
				.asked.sort(),
		).toEqual(['heartbeat', 'take-slot']);
		drain.meets(holds('limit'));
		drain
			.after(15 * MINUTE + 30 * SECOND)
			.ticks()
			.meets(completed);
		expect(drain.operation).toMatchObject({
			state: 'timed-out',
			result: { lifecycle: 'ABANDON', reason: expect.stringContaining('turn') },
		});
	});

	it('is tried again where it cannot be told whether there is a slot', () => {
		const failure = { type: 'not-done', effect: 'take-slot', why: 'retry', message: 'Rate exceeded' } as const;
		const drain = life({ brakes: LIMITS }).meets({ type: 'opened' }, online, failure);
		expect(waits(drain.operation)).toEqual({ state: 'waiting', waiting: 'throttle' });
		expect(drain.after(MINUTE).ticks().asked).toEqual(['take-slot']);
	});
});

describe('a playbook with a calendar', () => {
	it('has it asked at every start, before a slot is taken', () => {
		const drain = life({ brakes: { ...LIMITS, ...CALENDAR } }).meets({ type: 'opened' }, online);
		expect(drain.asked).toEqual(['ask-calendar']);
		expect(drain.meets(lets('calendar')).asked).toEqual(['take-slot']);
		drain.meets(lets('limit'), notStarted('throttled')).after(MINUTE).ticks();
		expect(drain.asked).toEqual(['ask-calendar']);
		expect(drain.meets(lets('calendar')).asked).toEqual(['start-work']);
	});

	it('waits while it is closed, and goes on when it opens', () => {
		const why = 'calendar freeze is CLOSED until 2026-03-02T10:00:00Z';
		const drain = life({ brakes: CALENDAR, run: { timeoutSeconds: 7_200 } }).meets({ type: 'opened' }, online, holds('calendar', why));
		expect(waits(drain.operation)).toEqual({ state: 'waiting', waiting: 'calendar' });
		expect(drain.operation.history.at(-1)).toMatchObject({ what: 'waiting', why });
		drain.after(60 * MINUTE).ticks();
		expect(drain.meets(lets('calendar'), online).asked).toEqual(['ask-calendar']);
		expect(drain.meets(lets('calendar')).asked).toEqual(['start-work']);
	});

	it('waits where it cannot be read, even if its playbook would skip', () => {
		const message = 'calendar freeze cannot be read: InvalidDocument';
		const failure = { type: 'not-done', effect: 'ask-calendar', why: 'retry', message } as const;
		const drain = life({ brakes: SKIPPING }).meets({ type: 'opened' }, online, failure);
		expect(waits(drain.operation)).toEqual({ state: 'waiting', waiting: 'calendar' });
		expect(drain.operation.history.at(-1)?.why).toBe(message);
	});

	it('times out at its deadline, which does not move', () => {
		const drain = life({ brakes: CALENDAR }).meets({ type: 'opened' }, online, holds('calendar'));
		drain
			.after(15 * MINUTE + 30 * SECOND)
			.ticks()
			.meets(completed);
		expect(drain.operation).toMatchObject({ state: 'timed-out', result: { reason: expect.stringContaining('calendar') } });
	});

	it('leaves an operation that waited for an operator all of its time', () => {
		const drain = life({ brakes: CALENDAR }).meets({ type: 'opened' }, online, lets('calendar'), notStarted('paused'));
		drain
			.after(60 * MINUTE)
			.ticks()
			.meets(holds('calendar'));
		expect(drain.operation).toMatchObject({ waiting: 'calendar', deadlineAt: drain.now + 15 * MINUTE });
	});
});

describe('work that is skipped', () => {
	const then = { onSuccess: CONTINUE, onFailure: { ...ABANDON, opsItem: {} } };

	it.each(['limit', 'calendar'] as const)(
		'for its %s lets a terminating instance go as after success, with the reason on record',
		(brake) => {
			const drain = life({ brakes: SKIPPING, then }).meets({ type: 'opened' }, online, lets('calendar'), holds(brake), completed);
			expect(drain.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'CONTINUE', reason: `${brake} holds it back` } });
			expect(drain.operation.work).toBeUndefined();
		},
	);

	it('treats a new instance as one that could not be prepared', () => {
		const launch = life({ subject: LAUNCHING, brakes: SKIPPING, then }).meets({ type: 'opened' }, online, holds('calendar'), completed);
		expect(launch.operation).toMatchObject({ state: 'skipped', result: { lifecycle: 'ABANDON' } });
	});
});

describe('a playbook that observes', () => {
	it('closes as skipped at once, with what would have been run and how it would have ended', () => {
		const then = { onSuccess: CONTINUE, onFailure: ABANDON };
		const drain = life({ brakes: OBSERVING, then }).meets({ type: 'opened' });
		expect(drain.asked).toEqual([]);
		expect(drain.operation).toMatchObject({ state: 'skipped', closedAt: drain.now, result: { observed: true } });
		expect(drain.operation.result).not.toHaveProperty('lifecycle');
		expect(drain.operation.result?.reason).toBe(
			'observed only: would run command drain-node with {"GraceSeconds":["120"]}, and complete the action with CONTINUE, after a failure with ABANDON',
		);
	});

	it('says of parameters that lead nowhere that the work would fail', () => {
		const run = { parameters: { Token: ['$.detail.LifecycleActionToken'] } };
		const drain = life({ brakes: OBSERVING, run, then: { onSuccess: CONTINUE, onFailure: ABANDON } }).meets({ type: 'opened' });
		expect(drain.operation.result?.reason).toMatch(/would fail and complete the action with ABANDON: .*LifecycleActionToken/);
	});

	it('asks for an OpsItem at most, and where its playbook has one', () => {
		const drain = life({ brakes: OBSERVING, then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }).meets({ type: 'opened' });
		expect(drain.asked).toEqual(['open-ops-item']);
		drain.meets({ type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001' });
		expect(drain.operation).toMatchObject({ state: 'skipped', result: { observed: true, opsItemId: 'oi-000000000001' } });
		expect(drain.operation.result).not.toHaveProperty('lifecycle');
	});
});
