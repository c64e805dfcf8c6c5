/** Slots that nobody uses any more, taken back by the sweep. */

import { getItem, tableOf, updateItem } from '../aws/table.ts';
import { describeError } from '../errors.ts';
import type { Services } from '../operation/services.ts';
import type { Playbook } from '../playbook/types.ts';
import { hourOf, idsIn, type Slots, slotsKey, unchanged } from './slots.ts';

/** An invocation that takes a slot has its operation on record within its own timeout of a minute, or is dead. Milliseconds. */
const OPENING_TAKES = 120_000;

/**
 * Takes back the slots of operations that have closed, and those of which no operation knows, now and at an earlier sweep: so that they
 * are not of one that is just taking its own. Forgets the hours that are over.
 */
export async function reclaimSlots(services: Services, playbooks: readonly Playbook[]): Promise<void> {
	for (const { name } of playbooks.filter(({ brakes }) => brakes?.limits !== undefined)) {
		try {
			await reclaim(services, name);
		} catch (error) {
			services.log.error('Slots could not be looked at; the next sweep does', { playbook: name, why: describeError(error) });
		}
	}
}

async function reclaim(services: Services, playbook: string): Promise<void> {
	const slots: Slots = await getItem(tableOf(services), slotsKey(playbook));
	if (slots === undefined) return;
	const now = services.now();
	const held = [...idsIn(slots, 'held')];
	const operations = new Map((await services.ledger.load(held)).map((operation) => [operation.id, operation]));
	const closed = held.filter((id) => operations.get(id)?.closedAt !== undefined);
	const missing = held.filter((id) => !closed.includes(id) && !operations.get(id)?.slot);
	const marked = idsIn(slots, 'orphans');
	const mayBeOpening = marked.size > 0 && now - Number(slots['orphansAt']) < OPENING_TAKES;
	const free = [...closed, ...missing.filter((id) => !mayBeOpening && marked.has(id))];
	const orphans = missing.filter((id) => !marked.has(id));
	// An hour's count is kept for another: clocks of two functions differ by seconds.
	const over = Object.keys(slots).filter((name) => /^hour\d+$/.test(name) && Number(name.slice(4)) < hourOf(now) - 1);
	const remark = !mayBeOpening && orphans.length + marked.size > 0;
	if (free.length + over.length === 0 && !remark) return;
	const mark = remark && orphans.length > 0;
	const removed = [...over, ...(remark && !mark ? ['orphans', 'orphansAt'] : [])];
	const parts = [
		'ADD revision :one',
		...(free.length > 0 ? ['DELETE held :free'] : []),
		...(mark ? ['SET orphans = :orphans, orphansAt = :now'] : []),
		...(removed.length > 0 ? [`REMOVE ${removed.join(', ')}`] : []),
	];
	const values = {
		':one': 1,
		':seen': slots['revision'],
		...(free.length > 0 && { ':free': new Set(free) }),
		...(mark && { ':orphans': new Set(orphans), ':now': now }),
	};
	const expressions = { UpdateExpression: parts.join(' '), ConditionExpression: unchanged(slots) };
	const done = await updateItem(tableOf(services), slotsKey(playbook), expressions, values);
	if (done !== undefined && free.length > 0) services.log.warn('Slots taken back from what no longer runs', { playbook, operations: free });
}
