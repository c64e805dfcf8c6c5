/** Commands for the nodes that break a rule, one after another: an operation of its own each. Pure. */

import type { RoundFact, Step } from '../../operation/facts.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { tell } from '../telling.ts';
import type { InventoryOperation } from './types.ts';

const MINUTE = 60_000;
/** Inventory of many nodes is gathered at about the same time, half of them at once (infra/state.cjs). */
export const GATHER = 5 * MINUTE;
/** A node gets a command once a day: what one has achieved the inventory of the next day shows. Milliseconds. */
const APART = 86_400_000;
/** Where no inventory has come since the last one, nothing shows what that has achieved: it is tried again all the same. Milliseconds. */
const UNSHOWN = 2 * APART;
/** How a command stands is looked at so often. */
const LOOK_AT_ROUND = 2 * MINUTE;
/** Where none of the nodes can be reached. */
const UNREACHED = 60 * MINUTE;

/** When a node may get a command: after its last one sooner where its inventory, which came at an instant, shows what that has achieved. */
function mayRunAt({ tried }: InventoryOperation, node: string, at: number): number {
	const last = tried[node];
	return last === undefined ? 0 : last + (at > last ? APART : UNSHOWN);
}

/** The nodes that are to get a command by now. */
function candidates(operation: InventoryOperation, now: number): string[] {
	return Object.entries(operation.nodes)
		.filter(([node, at]) => mayRunAt(operation, node, at) <= now)
		.map(([node]) => node)
		.sort();
}

/** When there is something to do about commands next. */
export function roundLook(operation: InventoryOperation, now: number): number {
	const { round, remedy, gatherUntil, nodes } = operation;
	if (round !== undefined) return round.lookAt;
	if (remedy === undefined) return Infinity;
	const dueAt = Object.entries(nodes).map(([node, at]) => Math.max(gatherUntil, mayRunAt(operation, node, at)));
	return Math.max(now, Math.min(Infinity, ...dueAt));
}

/** The next round where it is due, or a look at the one under way. */
export function tickRound(operation: InventoryOperation, now: number): Step<InventoryOperation> {
	const { round, remedy, gatherUntil, rounds } = operation;
	if (round !== undefined) {
		if (round.lookAt > now) return nothing(operation);
		const later = { ...operation, round: { ...round, lookAt: now + LOOK_AT_ROUND } };
		return ask(later, [{ name: round.operationId === undefined ? 'run-round' : 'look-at-round' }]);
	}
	const nodes = remedy === undefined || gatherUntil > now ? [] : candidates(operation, now);
	if (nodes.length === 0) return nothing(operation);
	const next = { number: rounds + 1, at: now, nodes, lookAt: now + LOOK_AT_ROUND };
	return ask({ ...operation, rounds: rounds + 1, round: next }, [{ name: 'run-round' }]);
}

export function roundNews(operation: InventoryOperation, { operationId, nodes, end }: RoundFact, now: number): Step<InventoryOperation> {
	const { round, ending, remedy } = operation;
	if (round === undefined || ending !== undefined) return nothing(operation);
	if (operationId === undefined) {
		const waiting = { ...without(operation), gatherUntil: now + UNREACHED };
		const why = 'Systems Manager reaches none of the nodes now: they are tried again in an hour';
		// The story says it once, not once an hour.
		return nothing(waiting, ...(operation.history.at(-1)?.why === why ? [] : [note('no command', why)]));
	}
	const begun = round.operationId === undefined ? withRound(operation, operationId, nodes ?? round.nodes) : nothing(operation);
	if (end === undefined) return begun;
	const ran = `${remedy?.document ?? 'the command'} (${operationId}): ${end}`;
	return tell({ ...without(begun.operation), ran, toldAt: now }, ...begun.notes, note('command over', ran));
}

function withRound(operation: InventoryOperation, operationId: string, nodes: readonly string[]): Step<InventoryOperation> {
	const { round, tried, remedy } = operation;
	if (round === undefined) return nothing(operation);
	const known = new Map(Object.entries(tried).filter(([node, at]) => node in operation.nodes || round.at - at < APART));
	for (const node of nodes) known.set(node, round.at);
	const sent = { ...operation, tried: Object.fromEntries(known), round: { ...round, nodes, operationId } };
	const count = nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;
	return nothing(sent, note('command begun', `${remedy?.document} on ${count}: ${operationId}`));
}

/** What keeps a round from being begun will keep it from it: the next is another day's. */
export function refused(operation: InventoryOperation, message: string, now: number): Step<InventoryOperation> {
	return nothing({ ...without(operation), gatherUntil: now + APART }, note('no command', message));
}

function without(operation: InventoryOperation): InventoryOperation {
	return change<InventoryOperation>(operation, {}, 'round' as never);
}
