/**
 * Slots under the limits of playbooks. A slot is held by the operation's id: taking it twice is taking it once, and one that a crash
 * left behind is known by its name. One item a playbook, `limits#<playbook>` / `slots`:
 *
 * | attribute | |
 * | --- | --- |
 * | `held` | ids of the operations that are under way |
 * | `hour<n>` | ids of those that began in the nth hour since 1970 |
 * | `queuedAt` | when an operation last had to wait: newcomers go behind those that wait |
 * | `orphans`, `orphansAt` | ids in `held` without an operation, as a sweep saw it, and when |
 * | `revision` | counts whatever adds to these |
 */

import { getItem, tableOf, updateItem } from '../aws/table.ts';
import { describeError } from '../errors.ts';
import type { Fact } from '../operation/facts.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { Operation } from '../operation/types.ts';
import { groupBy } from '../parallel.ts';
import type { Limits } from '../playbook/types.ts';

/** Whoever waits asks once a minute: where nobody had to wait for that long, nobody waits. Milliseconds. */
const QUEUE_LASTS = 120_000;
/** That somebody waits is not written again within this. Milliseconds. */
const QUEUE_KNOWN = 30_000;
/** How often it is tried again because another run took slots meanwhile. */
const ROUNDS = 5;

export type Slots = Readonly<Record<string, unknown>> | undefined;
/** A set, how many it may hold, and what it means that it is full. */
type Bound = readonly [name: string, limit: number, full: string];

export const slotsKey = (playbook: string) => ({ pk: `limits#${playbook}`, sk: 'slots' });
/** Full clock hours since 1970. */
export const hourOf = (at: number) => Math.floor(at / 3_600_000);

/** The ids in one of the sets. */
export function idsIn(slots: Slots, name: string): ReadonlySet<string> {
	return (slots?.[name] as ReadonlySet<string> | undefined) ?? new Set();
}

function boundsOf({ concurrent, perHour }: Limits, now: number): Bound[] {
	const bounds: Bound[] = [];
	if (concurrent !== undefined) bounds.push(['held', concurrent, `${concurrent} at once are under way`]);
	if (perHour !== undefined) bounds.push([`hour${hourOf(now)}`, perHour, `${perHour} have begun within this hour`]);
	return bounds;
}

/** Operations of one playbook that want slots, and what there is for them. */
interface Demand {
	readonly playbook: string;
	readonly bounds: readonly Bound[];
	/** Oldest first. */
	readonly ids: readonly string[];
	/** None of them has had to wait. */
	readonly newcomers: boolean;
	/** Beyond the limits they wait, and so do newcomers while others wait. */
	readonly queueing: boolean;
}

export const takeSlots: Perform = async (services, operations) => {
	const facts = new Map<string, Fact>();
	const groups = groupBy(operations, ({ playbook, brakes }) => JSON.stringify([playbook.name, brakes?.limits]));
	for (const group of groups.values()) for (const [id, fact] of await takeFor(services, group)) facts.set(id, fact);
	return facts;
};

async function takeFor(services: Services, group: readonly Operation[]): Promise<[string, Fact][]> {
	const [{ playbook, brakes }] = group as [Operation];
	const limits = brakes?.limits as Limits;
	const demand: Demand = {
		playbook: playbook.name,
		bounds: boundsOf(limits, services.now()),
		ids: group.toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1)).map(({ id }) => id),
		newcomers: group.every(({ waiting }) => waiting !== 'limit'),
		queueing: limits.beyond === 'wait',
	};
	try {
		const { taken, why } = await take(services, demand);
		return demand.ids.map((id) => [id, { type: 'brake', brake: 'limit', free: taken.includes(id), why }]);
	} catch (error) {
		const message = `no slot can be taken: ${describeError(error)}`;
		return demand.ids.map((id) => [id, { type: 'not-done', effect: 'take-slot', why: 'retry', message }]);
	}
}

async function take(services: Services, demand: Demand): Promise<{ readonly taken: readonly string[]; readonly why: string }> {
	const { ids, newcomers, queueing, bounds, playbook } = demand;
	if (newcomers && (await takeAtOnce(services, demand))) return { taken: ids, why: '' };
	for (let round = 0; round < ROUNDS; round += 1) {
		const now = services.now();
		const slots: Slots = await getItem(tableOf(services), slotsKey(playbook));
		const free = bounds.map(([name, limit, full]): [number, string] => [limit - idsIn(slots, name).size, full]);
		const [room, full] = free.reduce((least, each) => (each[0] < least[0] ? each : least));
		// A crash may have left it after the slot was taken.
		const own = ids.filter((id) => idsIn(slots, bounds[0]?.[0] ?? '').has(id));
		const fresh = ids.filter((id) => !own.includes(id));
		const sinceQueued = now - Number(slots?.['queuedAt'] ?? 0);
		const behind = newcomers && queueing && sinceQueued < QUEUE_LASTS;
		const granted = behind ? [] : fresh.slice(0, Math.max(0, room));
		const taken = [...own, ...granted];
		const why = behind ? 'others have waited longer' : full;
		const waits = queueing && !behind && granted.length < fresh.length;
		if (taken.length === 0 && (!waits || sinceQueued < QUEUE_KNOWN)) return { taken, why };
		const queue = waits ? 'SET queuedAt = :now' : !newcomers && room > fresh.length ? 'REMOVE queuedAt' : '';
		const values = { ':seen': slots?.['revision'], ':now': waits ? now : undefined };
		if (await add(services, demand, granted, unchanged(slots), values, queue)) return { taken, why };
	}
	throw new Error('other runs keep taking slots');
}

/** Mostly there is room for all: then one call does. */
async function takeAtOnce(services: Services, demand: Demand): Promise<boolean> {
	const { ids, bounds, queueing } = demand;
	const rooms = bounds.map(([, limit]) => limit - ids.length);
	if (rooms.some((room) => room < 0)) return false;
	const conditions = rooms.map((_, i) => `(attribute_not_exists(#${i}) OR size(#${i}) <= :${i})`);
	if (queueing) conditions.push('(attribute_not_exists(queuedAt) OR queuedAt <= :lapsed)');
	const values = {
		...Object.fromEntries(rooms.map((room, i) => [`:${i}`, room])),
		...(queueing && { ':lapsed': services.now() - QUEUE_LASTS }),
	};
	return add(services, demand, ids, conditions.join(' AND '), values);
}

/** That nothing was added since the slots were read, as a condition; `:seen` is their revision. */
export function unchanged(slots: Slots): string {
	return slots?.['revision'] === undefined ? 'attribute_not_exists(revision)' : 'revision = :seen';
}

/** Puts ids into all sets where the condition holds. */
async function add(
	services: Services,
	{ playbook, bounds }: Demand,
	ids: readonly string[],
	ConditionExpression: string,
	values: object,
	rest = '',
) {
	const sets = ids.length > 0 ? bounds : [];
	const expressions = {
		UpdateExpression: `ADD revision :one${sets.map((_, i) => `, #${i} :ids`).join('')} ${rest}`,
		ConditionExpression,
		...(sets.length > 0 && { ExpressionAttributeNames: Object.fromEntries(sets.map(([name], i) => [`#${i}`, name])) }),
	};
	const all = { ...values, ':one': 1, ...(sets.length > 0 && { ':ids': new Set(ids) }) };
	return (await updateItem(tableOf(services), slotsKey(playbook), expressions, all)) !== undefined;
}

/** Gives back what operations hold: one call a playbook. */
export const releaseSlots: Perform = async (services, operations) => {
	const holding = operations.filter(({ brakes }) => brakes?.limits?.concurrent !== undefined);
	for (const [playbook, group] of groupBy(holding, ({ playbook }) => playbook.name)) await remove(services, playbook, [['held', group]]);
	return new Map();
};

/**
 * Gives back what was taken for operations that could not be opened, for their ids are taken. An occurrence that has closed needs no
 * slot, nor a place in an hour in which it did not begin; one that is open keeps them, for it may be about to use them.
 */
export async function returnSlots(services: Services, operations: readonly Operation[]): Promise<void> {
	if (operations.length === 0) return;
	const existing = new Map((await services.ledger.load(operations.map(({ id }) => id))).map((operation) => [operation.id, operation]));
	const closed = operations.flatMap(({ id, playbook }) => {
		const found = existing.get(id);
		return found?.closedAt === undefined ? [] : [{ id, playbook, begunAt: found.work?.recordedAt ?? 0 }];
	});
	const hour = hourOf(services.now());
	for (const [playbook, group] of groupBy(closed, ({ playbook }) => playbook.name)) {
		const before = group.filter(({ begunAt }) => hourOf(begunAt) < hour);
		await remove(services, playbook, [
			['held', group],
			[`hour${hour}`, before],
		]);
	}
}

/** Takes ids out of sets; where that fails, the sweep does it. */
async function remove(
	services: Services,
	playbook: string,
	sets: readonly (readonly [name: string, operations: readonly Pick<Operation, 'id'>[]])[],
): Promise<void> {
	const filled = sets.filter(([, operations]) => operations.length > 0);
	if (filled.length === 0) return;
	const UpdateExpression = `DELETE ${filled.map(([name], i) => `${name} :${i}`).join(', ')}`;
	const values = Object.fromEntries(filled.map(([, operations], i) => [`:${i}`, new Set(operations.map(({ id }) => id))]));
	try {
		await updateItem(tableOf(services), slotsKey(playbook), { UpdateExpression }, values);
	} catch (error) {
		services.log.warn('Slots not given back: the sweep will', { playbook, why: describeError(error) });
	}
}
