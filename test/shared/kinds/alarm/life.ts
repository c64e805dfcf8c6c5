/** The life of an alarm's operation, and what CloudWatch says in the course of it. */

import { nextAlarm } from '../../../../shared/kinds/alarm/next.ts';
import type { AlarmFact, Effect, Fact } from '../../../../shared/operation/facts.ts';
import type { AlarmOperation } from '../../../../shared/operation/types.ts';
import { anAlarm, Life, OPENED_AT } from '../../../support/operations.ts';

export const ITEM = 'oi-0123456789ab';

export function life(changes: Partial<AlarmOperation> = {}): Life<AlarmOperation> {
	return new Life(anAlarm(changes), nextAlarm);
}

/** Opened, with its OpsItem. */
export function told(changes: Partial<AlarmOperation> = {}): Life<AlarmOperation> {
	return life(changes).meets({ type: 'opened' }, itemOpened);
}

export const itemOpened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: ITEM, opsItem: 'opened', note: `${ITEM} opened` };
export const itemTold: Fact = { type: 'done', effect: 'update-ops-item', note: `${ITEM} updated` };
/** Before it was decided how the operation ends. */
export const itemToldBefore: Fact = { type: 'done', effect: 'update-ops-item', undecided: true };
export const itemResolved: Fact = { type: 'done', effect: 'resolve-ops-item', note: `${ITEM} resolved` };
export const notDone = (effect: Effect['name']): Fact => ({ type: 'not-done', effect, why: 'retry', message: 'Rate exceeded' });

/** CloudWatch's news, of an instant in milliseconds after the opening. */
const says =
	(from: AlarmFact['from'], state: AlarmFact['state']) =>
	(after: number, changes: Partial<AlarmFact> = {}): AlarmFact => ({
		type: 'alarm',
		from,
		...(state && { state }),
		at: OPENED_AT + after,
		reason: `it is ${state ?? 'gone'}`,
		...changes,
	});

export const inAlarm = says('event', 'ALARM');
export const isOk = says('event', 'OK');
export const hasNoData = says('event', 'INSUFFICIENT_DATA');
export const isGone = says('event', undefined);
export const looksInAlarm = says('look', 'ALARM');
export const looksOk = says('look', 'OK');
export const looksGone = says('look', undefined);
