/** What holds work back before it starts, for every kind of operation. Pure. */

import type { Effect } from '../operation/facts.ts';
import type { Brake, Operation } from '../operation/types.ts';
import type { HeldBack } from '../playbook/types.ts';

/**
 * The brake to ask next, or nothing where the work may start. The calendars are asked at every start, and before the slot is taken:
 * one that is held while a calendar is closed would be of use to nobody. A slot that was taken is kept.
 * @param passed the brake that has just let the operation go on.
 */
export function nextBrake({ brakes, slot }: Operation, passed?: Brake): Effect | undefined {
	if (brakes?.calendar !== undefined && passed === undefined) return { name: 'ask-calendar' };
	return brakes?.limits !== undefined && slot === undefined ? { name: 'take-slot' } : undefined;
}

/**
 * Who waits for longer than this waits in vain: a calendar that cannot be read never opens. No operation must be open for as long as
 * the ledger keeps the first of its subject (`keepFirst`). Milliseconds.
 */
const LONGEST_WAIT = 14 * 86_400_000;

/** Until when an operation waits whose work has not begun, and that nothing else bounds. A pause is nobody's time. */
export function waitsUntil({ openedAt, waiting }: Operation): number {
	return waiting === 'pause' ? Infinity : openedAt + LONGEST_WAIT;
}

/** What becomes of an operation that a brake does not let go on. */
export function heldBackBy({ brakes }: Operation, brake: Brake): HeldBack | undefined {
	return brake === 'limit' ? brakes?.limits?.beyond : brakes?.calendar?.closed;
}
