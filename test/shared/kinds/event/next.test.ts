import { describe, expect, it } from 'vitest';
import { nextEvent } from '../../../../shared/kinds/event/next.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import type { EventOperation, Run } from '../../../../shared/operation/types.ts';
import {
	anEvent,
	DRAIN,
	failed,
	Life,
	lost,
	MINUTE,
	notStarted,
	online,
	RUNBOOK,
	SECOND,
	startedAs,
	succeeded,
} from '../../../support/operations.ts';

const NODE = 'i-0123456789abcdef0';
const OPENED: Fact = { type: 'opened' };
const item: Fact = {
	type: 'done',
	effect: 'open-ops-item',
	opsItemId: 'oi-000000000001',
	opsItem: 'opened',
	note: 'oi-000000000001 opened',
};
const refused: Fact = { type: 'done', effect: 'open-ops-item', opsItem: 'refused', note: 'not opened: the quota is reached' };
const told: Fact = { type: 'done', effect: 'update-ops-item' };
const busy = (effect: 'open-ops-item' | 'update-ops-item' | 'check-node'): Fact => ({
	type: 'not-done',
	effect,
	why: 'retry',
	message: 'Rate exceeded',
});
const another = (eventId: string): Fact => ({ type: 'seen', eventId });

const DRAIN_NODE: Run = { ...DRAIN, node: '$.detail.instance-id' };
const OCCASION = { detail: { 'instance-id': NODE }, account: '111122223333', region: 'eu-west-1' };
const OPS_ITEM = { opsItem: { severity: '3' } };

const life = (changes: Partial<EventOperation> = {}) => new Life(anEvent({ occasion: OCCASION, ...changes }), nextEvent);

describe('a playbook that only opens an OpsItem', () => {
	it('ends well with it, and leaves it to people', () => {
		const it = life(OPS_ITEM).meets(OPENED);
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets(item);
		expect(it.operation).toMatchObject({ state: 'succeeded', result: { opsItemId: 'oi-000000000001', opsItem: 'opened' } });
		expect(it.asked).toEqual([]);
		expect(it.told).toEqual(['OpsItem', 'nothing to run', 'closed']);
	});

	it('fails where OpsCenter refuses it, so that people hear otherwise', () => {
		const { operation } = life(OPS_ITEM).meets(OPENED, refused);
		expect(operation).toMatchObject({ state: 'failed', result: { opsItem: 'refused', reason: 'OpsCenter does not take the OpsItem' } });
	});

	it('asks again every minute while OpsCenter is busy, and says so once', () => {
		const it = life({ ...OPS_ITEM, deadlineAt: Infinity })
			.meets(OPENED, busy('open-ops-item'))
			.after(MINUTE)
			.ticks();
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets(busy('open-ops-item'));
		expect(it.told).toEqual(['OpsItem not opened']);
		expect(it.operation.dueAt).toBeLessThan(it.now + MINUTE);
		expect(it.after(MINUTE).ticks().meets(item).operation.state).toBe('succeeded');
	});

	it('gives up in the end', () => {
		const it = life({ ...OPS_ITEM, deadlineAt: anEvent().openedAt + 60 * MINUTE }).meets(OPENED, busy('open-ops-item'));
		expect(
			it
				.after(61 * MINUTE)
				.ticks()
				.meets(busy('open-ops-item')).operation,
		).toMatchObject({ state: 'failed' });
	});
});

describe('a playbook that runs something', () => {
	it('finds the node of a command in the event, and checks it before the work', () => {
		const it = life({ run: DRAIN_NODE }).meets(OPENED);
		expect(it.asked).toEqual(['check-node']);
		it.meets(online);
		expect(it.asked).toEqual(['start-work']);
		expect(it.operation).toMatchObject({ state: 'starting', node: NODE, work: { document: 'drain-node', type: 'command' } });
		expect(it.meets(startedAs('command-1'), succeeded).operation.state).toBe('succeeded');
	});

	it('fails where the event names no node', () => {
		const { operation } = life({ run: DRAIN_NODE, occasion: { ...OCCASION, detail: { 'instance-id': 'web-1' } } }).meets(OPENED);
		expect(operation).toMatchObject({ state: 'failed', result: { reason: expect.stringContaining("'web-1', which is no managed node") } });
	});

	it('fails where the node cannot be reached, and tells what the playbook wants told', () => {
		const it = life({ run: DRAIN_NODE, then: { onFailure: { opsItem: {} } } }).meets(OPENED, lost);
		expect(it.asked).toEqual(['open-ops-item']);
		expect(it.meets(item).operation).toMatchObject({ state: 'failed', result: { opsItemId: 'oi-000000000001' } });
	});

	it('starts a runbook at once, with parameters from the event', () => {
		const run: Run = { ...RUNBOOK, parameters: { InstanceId: ['$.detail.instance-id'] } };
		const it = life({ run }).meets(OPENED);
		expect(it.asked).toEqual(['start-work']);
		expect(it.operation.work?.parameters).toEqual({ InstanceId: [NODE] });
	});

	it('opens the OpsItem first, then works, and tells it what was run; resolving it is for people', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED);
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets(item);
		expect(it.asked).toEqual(['start-work']);
		it.meets(startedAs('execution-1'), succeeded);
		expect(it.asked).toEqual(['update-ops-item']);
		it.meets(told);
		expect(it.operation).toMatchObject({ state: 'succeeded', result: { opsItemId: 'oi-000000000001' } });
		expect(it.operation.result).not.toHaveProperty('resolved');
	});

	it('does not wait for OpsCenter, and opens the OpsItem as soon as it can', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED, busy('open-ops-item'));
		expect(it.asked).toEqual(['start-work']);
		it.meets(startedAs('execution-1'))
			.after(5 * MINUTE)
			.ticks();
		expect(it.asked).toEqual(['open-ops-item']);
		expect(it.meets(item).asked).toEqual(['look-up-work']);
	});

	it('opens the OpsItem at its end where that was not possible before', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED, busy('open-ops-item'), startedAs('execution-1'), succeeded);
		expect(it.asked).toEqual(['open-ops-item']);
		expect(it.meets(item).operation.state).toBe('succeeded');
	});

	it('tells the OpsItem which step failed and why', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED, item, startedAs('execution-1'), failed);
		expect(it.asked).toEqual(['update-ops-item']);
		expect(it.operation.ending?.reason).toContain('nginx did not stop');
		expect(it.meets(told).operation.state).toBe('failed');
	});

	it('ends all the same where the OpsItem is told later', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED, item, startedAs('execution-1'), succeeded, busy('update-ops-item'));
		expect(it.operation.closedAt).toBeUndefined();
		expect(it.after(MINUTE).ticks().meets(told).operation.state).toBe('succeeded');
	});

	it('is stopped at its timeout', () => {
		const it = life({ run: RUNBOOK })
			.meets(OPENED, startedAs('execution-1'))
			.after(RUNBOOK.timeoutSeconds * SECOND + MINUTE)
			.ticks();
		expect(it.asked).toEqual(['look-up-work']);
		it.meets({ type: 'work', status: 'running', details: 'InProgress' });
		expect(it.asked).toEqual(['cancel-work']);
		expect(it.meets({ type: 'done', effect: 'cancel-work' }).operation.state).toBe('timed-out');
	});

	it('waits where a look is not granted, and looks again', () => {
		const it = life({ run: DRAIN_NODE }).meets(OPENED, busy('check-node'));
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'throttle' });
		expect(it.after(MINUTE).ticks().asked).toEqual(['start-work']);
	});

	it('loses no time to a pause', () => {
		const it = life({ run: RUNBOOK }).meets(OPENED, notStarted('paused', 'paused by anna'));
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'pause' });
		it.after(24 * 60 * MINUTE).ticks();
		expect(it.asked).toEqual(['start-work']);
		expect(it.operation.deadlineAt).toBe(it.now + RUNBOOK.timeoutSeconds * SECOND);
	});
});

describe('brakes', () => {
	const CALENDAR = { calendar: { names: ['freeze'], closed: 'wait' } } as const;
	const brake = (free: boolean): Fact => ({ type: 'brake', brake: 'calendar', free, why: 'calendar freeze is CLOSED' });

	it('hold the work back, not the OpsItem', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK, brakes: CALENDAR }).meets(OPENED, item);
		expect(it.asked).toEqual(['ask-calendar']);
		it.meets(brake(false));
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'calendar' });
		it.after(MINUTE).ticks();
		expect(it.asked).toEqual(['ask-calendar']);
		// After a wait everything is looked at anew, the calendar included.
		expect(it.meets(brake(true), brake(true)).asked).toEqual(['start-work']);
	});

	it('skip the work where the playbook says so, and say it in the OpsItem', () => {
		const brakes = { calendar: { names: ['freeze'], closed: 'skip' } } as const;
		const it = life({ ...OPS_ITEM, run: RUNBOOK, brakes }).meets(OPENED, item, brake(false));
		expect(it.asked).toEqual(['update-ops-item']);
		expect(it.meets(told).operation).toMatchObject({ state: 'skipped', result: { reason: 'calendar freeze is CLOSED' } });
	});

	it('let nothing happen where the playbook observes, but say what would have', () => {
		const it = life({ ...OPS_ITEM, run: DRAIN_NODE, brakes: { observe: true } }).meets(OPENED);
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets(item);
		expect(it.operation).toMatchObject({ state: 'skipped', result: { observed: true } });
		expect(it.operation.result?.reason).toBe(
			`observed only: would open an OpsItem, and run command drain-node on ${NODE} with {"GraceSeconds":["120"]}`,
		);
	});

	it('observing without an OpsItem is recorded, and that is all', () => {
		const it = life({ run: RUNBOOK, brakes: { observe: true } }).meets(OPENED);
		expect(it.asked).toEqual([]);
		expect(it.operation).toMatchObject({ state: 'skipped', result: { observed: true } });
	});
});

describe('another event about the same subject', () => {
	const running = (changes: Partial<EventOperation> = {}) => life({ run: RUNBOOK, ...changes }).meets(OPENED, startedAs('execution-1'));

	it('is counted once, however often it comes', () => {
		const it = running().meets(another('event-2'), another('event-2'), another('event-1'), another('event-3'));
		expect(it.operation).toMatchObject({ events: 3, eventIds: ['event-1', 'event-2', 'event-3'] });
	});

	it('is told to the OpsItem', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED, item, startedAs('execution-1'), another('event-2'));
		expect(it.asked).toEqual(['update-ops-item']);
		expect(it.meets(busy('update-ops-item')).operation.state).toBe('running');
	});

	it('does not put off the look of the clock, nor fill the story', () => {
		const it = running();
		const { dueAt } = it.operation;
		for (let event = 2; event <= 1_000; event += 1) it.after(SECOND).meets(another(`event-${event}`));
		expect(it.operation.dueAt).toBe(dueAt);
		expect(it.operation.history.length).toBeLessThan(15);
		expect(it.operation.eventIds).toHaveLength(50);
		expect(it.operation.events).toBe(1_000);
	});
});

describe('a person', () => {
	const operator = (verb: 'retry' | 'extend' | 'cancel' | 'complete', seconds?: number): Fact => ({
		type: 'operator',
		verb,
		by: 'anna',
		...(seconds !== undefined && { seconds }),
	});

	it('cancels: the work is stopped, and the failure is told', () => {
		const it = life({ ...OPS_ITEM, run: RUNBOOK }).meets(OPENED, item, startedAs('execution-1'), operator('cancel'));
		expect(it.asked).toEqual(['cancel-work']);
		it.meets({ type: 'done', effect: 'cancel-work' }, told);
		expect(it.operation).toMatchObject({ state: 'failed', result: { reason: 'cancelled by anna' } });
	});

	it('completes: the work is stopped, and nothing has failed', () => {
		const it = life({ run: RUNBOOK, then: { onFailure: OPS_ITEM } }).meets(OPENED, startedAs('execution-1'), operator('complete'));
		expect(it.meets({ type: 'done', effect: 'cancel-work' }).operation.state).toBe('skipped');
		expect(it.operation.result).not.toHaveProperty('opsItem');
	});

	it('extends the deadline', () => {
		const it = life({ run: RUNBOOK }).meets(OPENED, startedAs('execution-1'));
		const { deadlineAt } = it.operation;
		expect(it.meets(operator('extend', 600)).operation.deadlineAt).toBe(deadlineAt + 600 * SECOND);
	});

	it('retries what waits, and leaves alone what runs', () => {
		const it = life({ run: RUNBOOK }).meets(OPENED, notStarted('throttled'), operator('retry'));
		expect(it.asked).toEqual(['start-work']);
		expect(it.meets(startedAs('execution-1'), operator('retry')).asked).toEqual([]);
	});
});

it('what has closed is not moved any more', () => {
	const it = life(OPS_ITEM).meets(OPENED, item);
	const { operation } = it;
	expect(it.meets({ type: 'tick' }, another('event-2'), succeeded).operation).toEqual(operation);
});
