/** A command on many nodes at work: one of AWS's commands after another, with what is left of its errors and its time. Pure. */

import type { CommandFact, Step } from '../../operation/facts.ts';
import type { CommandOperation, FleetScope, NodeCounts, Rings } from '../../operation/types.ts';
import { change, note, nothing } from '../steps.ts';
import { begin, type Course, hasBegun, wait } from '../working.ts';
import { finish, isSent, stop } from './ending.ts';
import { countsText, isCancelled, isRateExceeded, NONE, notable, sum, total } from './nodes.ts';
import { isProven, nextRing, nodesDone, over, ringOf } from './rings.ts';
import { idsIn } from './targets.ts';

/** SendCommand takes no less. Seconds. */
const SHORTEST_DELIVERY = 30;

export const course: Course<CommandOperation> = {
	look: () => [],
	deadline: ({ left }, now) => now + left,
	failed: (operation, failure, now) =>
		failure.cancel === true && hasBegun(operation) ? stop(operation, failure, now) : finish(operation, failure, now),
	// What has become of a command on many nodes is told by facts of its own.
	succeeded: (operation) => nothing(operation),
	heldBack: (operation, reason, requestId, now) =>
		finish(operation, { state: isSent(operation) ? 'failed' : 'skipped', reason, requestId }, now),
	scope: (operation) => ({ fleet: scopeOf(operation) }),
};

/** What the next command goes to, with what is left of the errors that all of them may have. */
function scopeOf({ chunks, commands, maxConcurrency, maxErrors, errors, run, left }: CommandOperation): FleetScope {
	const within = Math.min(run.deliverWithinSeconds, Math.floor(left / 1_000));
	return {
		targets: chunks[0] ?? [],
		maxConcurrency,
		// Of several it is a count: AWS counts for each command by itself.
		maxErrors: commands === 1 ? maxErrors : String(Math.max(Number(maxErrors) - errors, 0)),
		deliverWithinSeconds: Math.max(within, SHORTEST_DELIVERY),
	};
}

/**
 * The command under way is over, or no longer waited for: the next one, or the end.
 * @param fact with how its nodes have ended, as far as is known.
 */
export function commandOver(
	operation: CommandOperation,
	{ details, ended, tally, requestId }: CommandFact,
	now: number,
): Step<CommandOperation> {
	const { chunks, commands, deadlineAt } = operation;
	const counts = withMissing(tally?.counts ?? NONE, idsIn(chunks[0] ?? []).length);
	if (isRateExceeded(details) && counts.succeeded + counts.failed === 0 && operation.stop === undefined) {
		const why = 'too many invocations are pending in the account: AWS ended the command before any node ran it';
		return wait(change<CommandOperation>(operation, {}, 'work', 'over' as never), 'throttle', why, requestId);
	}
	const counted: CommandOperation = {
		...change<CommandOperation>(operation, {}, 'over' as never),
		chunks: chunks.slice(1),
		left: Math.max(deadlineAt - now, 0),
		nodes: sum(operation.nodes, counts),
		errors: operation.errors + Math.max(ended?.errors ?? 0, tally?.complete ? counts.failed : 0),
		notable: notable(...operation.notable, ...(tally?.notable ?? [])),
	};
	const ring = ringOf(operation);
	const which = commands === 1 ? '' : `command ${commands - chunks.length + 1} of ${commands}, `;
	const said = note('command over', `${ring ? `ring ${ring.name}, ` : ''}${which}${details}: ${countsText(counts)}`, requestId);
	const step = afterOne(counted, { details, isKnown: ended !== undefined, counts, endedAt: tally?.endedAt ?? now }, now);
	return { ...step, notes: [said, ...step.notes] };
}

/** Nodes that a command went to by their ids, and that nothing was said of. */
function withMissing(counts: NodeCounts, addressed: number): NodeCounts {
	return { ...counts, unknown: counts.unknown + Math.max(addressed - total(counts), 0) };
}

interface Ended {
	readonly details: string;
	/** AWS has said that it ended. */
	readonly isKnown: boolean;
	readonly counts: NodeCounts;
	readonly endedAt: number;
}

function afterOne(operation: CommandOperation, { details, isKnown, counts, endedAt }: Ended, now: number): Step<CommandOperation> {
	const { stop, chunks, nodes, maxErrors, deadlineAt, rings } = operation;
	const end = (reason: string, state: 'failed' | 'timed-out' = 'failed') => finish(operation, { state, reason }, now);
	if (stop !== undefined) return finish(operation, stop, now);
	// Whether there were too many errors nobody knows: nothing more is sent.
	if (!isKnown) return end(`AWS does not say what became of its nodes: ${details}`);
	if (isCancelled(details)) return end('it was cancelled at AWS');
	const isWell = rings ? isProven(nodes, rings) : nodes.succeeded === total(nodes);
	// AWS gives up on nodes, and our documents on themselves, when the time is over that was left.
	if ((endedAt >= deadlineAt && !isWell) || (operation.left === 0 && chunks.length > 0)) {
		return end("not over within the playbook's timeout", 'timed-out');
	}
	// Of a percentage, how AWS rounds is not documented: what it has not started any more is what tells.
	if (counts.unstarted > 0 || operation.errors > allowed(maxErrors, total(counts)))
		return end(`more errors than MaxErrors ${maxErrors} allows`);
	if (chunks.length > 0) {
		return begin(course, change<CommandOperation>(operation, { state: 'starting' }, 'work'), now);
	}
	if (rings !== undefined) return ringOver(operation, rings, now);
	if (total(nodes) === 0) return withoutNodes(operation, now);
	return isWell ? finish(operation, { state: 'succeeded', reason: '' }, now) : end('');
}

/** The ring whose turn it was is over: it soaks before the next, or its nodes do not prove enough for one. */
function ringOver(operation: CommandOperation, rings: Rings, now: number): Step<CommandOperation> {
	const { nodes, slot } = operation;
	const { name = '' } = ringOf(operation) ?? {};
	const { successPercent, soakSeconds } = rings;
	if (total(nodes) === 0) return withoutNodes(operation, now, name);
	const reached = `${nodes.succeeded} of ${total(nodes)} nodes of ring ${name} succeeded`;
	if (!isProven(nodes, rings)) return finish(operation, { state: 'failed', reason: `${reached}, and ${successPercent}% have to` }, now);
	const after = nextRing(operation, over(rings, 'done', nodes), now);
	if (ringOf(after) === undefined) {
		// As of one command: it succeeded where every node did.
		const all = nodesDone(after);
		return finish(after, { state: all.succeeded === total(all) ? 'succeeded' : 'failed', reason: '' }, now);
	}
	if (soakSeconds === 0) return begin(course, after, now);
	const step = wait(change(after, {}, 'slot'), 'soak', `${reached}; ring ${ringOf(after)?.name} has its turn in ${soakSeconds} s`);
	// A soak may take days, in which others of its playbook have their turn.
	return { ...step, effects: slot ? [{ name: 'release-slot' }] : [] };
}

/** @param ring which has none; absent: no node at all is meant. */
export function withoutNodes(operation: CommandOperation, now: number, ring?: string): Step<CommandOperation> {
	const reason = `the targets match no node${ring === undefined ? '' : ` of ring ${ring}`}`;
	return finish(operation, { state: 'failed', reason }, now);
}

/** How many nodes may fail: a count, or a percentage of those that are targeted. */
export function allowed(rate: string, nodes: number): number {
	return rate.endsWith('%') ? Math.floor((Number.parseInt(rate, 10) * nodes) / 100) : Number(rate);
}
