/** When all agents were looked at last, and whether somebody has asked for it since: one item of the ledger's table. */

import { getItem, tableOf, updateItem } from '../aws/table.ts';
import type { Services } from '../operation/services.ts';

const KEY = { pk: 'agents', sk: 'check' } as const;
/** Nodes register by the hundred: one check for all that do within this. Milliseconds. */
export const CHECKS_APART = 5 * 60_000;

type Ledger = Pick<Services, 'aws' | 'settings' | 'now'>;

/** A check is to begin, as soon as it may: one that has begun by `at` will do. */
export async function askForCheck(services: Ledger, at: number): Promise<void> {
	await updateItem(tableOf(services), KEY, { UpdateExpression: 'SET askedAt = :at' }, { ':at': at });
}

/** Puts on record that a check begins now. False: another has begun lately. */
export async function beginCheck(services: Ledger): Promise<boolean> {
	const now = services.now();
	const expressions = {
		UpdateExpression: 'SET beganAt = :now',
		ConditionExpression: 'attribute_not_exists(beganAt) OR beganAt <= :before',
	};
	return (await updateItem(tableOf(services), KEY, expressions, { ':now': now, ':before': now - CHECKS_APART })) !== undefined;
}

/** Whether somebody has asked since the last check began. */
export async function isAskedFor(services: Ledger): Promise<boolean> {
	const { askedAt, beganAt = 0 } = (await getItem(tableOf(services), KEY)) ?? {};
	return askedAt !== undefined && Number(askedAt) > Number(beganAt);
}
