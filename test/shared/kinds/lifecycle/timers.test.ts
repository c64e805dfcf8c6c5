import { describe, expect, it } from 'vitest';
import { canBeKeptAlive, deadline, hookIsOver, hookLimit, nextLook } from '../../../../shared/kinds/lifecycle/timers.ts';
import { anOperation, HALF_HOUR_HOOK, life, MINUTE, OPENED_AT, SECOND, succeeded } from '../../../support/operations.ts';

const HOUR = 60 * MINUTE;

describe('the deadline', () => {
	it('is the timeout of the playbook, counted from the opening', () => {
		expect(deadline(900, HALF_HOUR_HOOK, OPENED_AT - 10 * MINUTE, OPENED_AT)).toBe(OPENED_AT + 15 * MINUTE);
	});

	it("is two minutes before the hook's global timeout where that is first: the result must come before the default", () => {
		const timers = { ...HALF_HOUR_HOOK, globalTimeoutSeconds: 3_600 };
		expect(deadline(7_200, timers, OPENED_AT - 10 * MINUTE, OPENED_AT)).toBe(OPENED_AT + 48 * MINUTE);
	});

	it('of a hook too short for heartbeats is its one HeartbeatTimeout, less a moment', () => {
		const timers = { ...HALF_HOUR_HOOK, heartbeatTimeoutSeconds: 120 };
		expect(canBeKeptAlive(timers)).toBe(false);
		expect(hookLimit(timers, OPENED_AT)).toBe(OPENED_AT + 105 * SECOND);
	});
});

describe('the next look', () => {
	it('at running work comes no later than its heartbeat and its deadline', () => {
		const drain = life({ hookTimers: { heartbeatTimeoutSeconds: 480 } }).runs().operation;
		expect(nextLook(drain, OPENED_AT)).toBe(OPENED_AT + 4 * MINUTE);
		expect(nextLook({ ...drain, heartbeat: { nextAt: OPENED_AT + HOUR, count: 1 } }, OPENED_AT + 14 * MINUTE)).toBe(
			OPENED_AT + 15 * MINUTE + 30 * SECOND,
		);
	});

	it('at work that ended, and whose end is not done yet, comes with the next tick, however late this one decides', () => {
		expect(nextLook(life().runs().meets(succeeded).operation, OPENED_AT + 10 * SECOND)).toBeLessThan(OPENED_AT + MINUTE);
	});
});

it('a hook is over at its global timeout', () => {
	const operation = anOperation({ hookTimers: { globalTimeoutSeconds: 3_600 } });
	expect(hookIsOver(operation, OPENED_AT + HOUR - 1)).toBe(false);
	expect(hookIsOver(operation, OPENED_AT + HOUR)).toBe(true);
});
