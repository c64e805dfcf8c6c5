/** From the first failure of an association, by applying it again once, to its success: what each fact means. Pure. */

import type { AssociationFact, Fact, Step } from '../../operation/facts.ts';
import type { AssociationOperation } from '../../operation/types.ts';
import { BY_NEXT_TICK, proceed } from '../ending.ts';
import { ask, change, note, nothing, whereMoved } from '../steps.ts';
import { itemDone, itemNotDone, leave, nextLook, operator, solve, tell, withShortStory } from '../telling.ts';
import { applied, apply, notApplied, paused } from './again.ts';
import { failingText, nodesText } from './item.ts';
import { GATHER, GATHER_LOOK, lookAfter, OUTCOME, PATIENCE } from './timers.ts';
import type { AssociationCounts, AssociationState, FailingNode } from './types.ts';

/** Nodes whose failure is kept in detail, and that a line of the story names. */
const KEPT = 50;
const NAMED = 5;

const LOOK = { name: 'look-at-association' } as const;

export function nextAssociation(operation: AssociationOperation, fact: Fact, now: number): Step<AssociationOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	return whereMoved(operation, fact, react(operation, fact, now), (after) => change(withShortStory(after), { dueAt: dueAt(after, now) }));
}

function dueAt(operation: AssociationOperation, now: number): number {
	const { state, lookAt, ending } = operation;
	return state === 'starting' && ending === undefined ? Math.max(now + BY_NEXT_TICK, lookAt) : nextLook(operation, now);
}

function react(operation: AssociationOperation, fact: Fact, now: number): Step<AssociationOperation> {
	switch (fact.type) {
		case 'opened':
			return operation.lookAt <= now ? ask(operation, [LOOK]) : nothing(operation);
		case 'association':
			return operation.ending === undefined ? news(operation, fact, now) : nothing(operation);
		case 'tick':
			return tick(operation, now);
		case 'done':
			return fact.effect === 'apply-association'
				? applied(operation, fact, now)
				: itemDone(operation, fact, failingText(operation), operation.failing === 0, now);
		case 'work-not-started':
			return paused(operation, fact.message, now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, LOOK, now);
		default:
			return nothing(operation);
	}
}

function tick(operation: AssociationOperation, now: number): Step<AssociationOperation> {
	const { ending, state, deadlineAt, lookAt, untold } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (now >= deadlineAt) return leave(operation, { state: 'timed-out', reason: `${failingText(operation)}, for thirty days` }, now);
	if (state === 'starting') return lookAt <= now ? apply(operation, operation.again?.nodes ?? [], now) : nothing(operation);
	// A look comes first: what it finds is told with what is untold.
	if (lookAt <= now) return ask(operation, [LOOK]);
	return untold ? tell(operation) : nothing(operation);
}

function news(operation: AssociationOperation, fact: AssociationFact, now: number): Step<AssociationOperation> {
	switch (fact.from) {
		case 'event':
			return told(operation, fact, now);
		case 'node':
			return nodeFailed(operation, fact);
		case 'look':
			return fact.found === undefined ? gone(operation, fact.requestId, now) : looked(operation, fact.found, fact, now);
	}
}

/** An event of the association as a whole. Which nodes it is about, a look tells. */
function told(operation: AssociationOperation, fact: Extract<AssociationFact, { from: 'event' }>, now: number): Step<AssociationOperation> {
	const { status, at, failing, pending } = fact;
	const { state, again, looks } = operation;
	if (at <= operation.knownAt || status === 'Pending') return nothing(operation);
	const known = { ...operation, knownAt: at };
	if (status === 'Success' && !failing) return well(known, 'State Manager says so', undefined, now);
	if (state === 'verifying') {
		if (failing === undefined || failing === operation.failing) return nothing(known);
		return nothing({ ...known, looks: Math.min(looks, 1), lookAt: now });
	}
	// What it came to before it was applied again is known.
	const isOld = state === 'starting' || (again?.sent === true && at <= again.at);
	return isOld || pending ? nothing(known) : ask({ ...known, lookAt: now + GATHER_LOOK }, [LOOK]);
}

/** An event of a node. It opens what is open already no second time, and a look finds it too. */
function nodeFailed(operation: AssociationOperation, { node, at }: Extract<AssociationFact, { from: 'node' }>): Step<AssociationOperation> {
	const { state, again, nodes } = operation;
	if (state === 'starting' || (again?.sent === true && at <= again.at) || nodes.length >= KEPT) return nothing(operation);
	const before = nodes.find((each) => each.node === node.node);
	if (before !== undefined && before.status === node.status && before.errorCode === node.errorCode) return nothing(operation);
	const kept = [...nodes.filter((each) => each.node !== node.node), node];
	const known = { ...operation, nodes: kept, failing: Math.max(operation.failing, kept.length) };
	return nothing(state === 'verifying' ? { ...known, untold: true } : known);
}

/** State Manager's answer. */
function looked(
	operation: AssociationOperation,
	found: AssociationState,
	{ at, requestId }: Extract<AssociationFact, { from: 'look' }>,
	now: number,
): Step<AssociationOperation> {
	const { state, again } = operation;
	const known = learned(operation, found, at);
	// What is shown may lag behind what events told.
	const isEarly = isGathering(operation, now);
	if (found.failing === 0) {
		if (isEarly && state !== 'verifying') return nothing({ ...operation, lookAt: now + GATHER_LOOK });
		if (found.pending === 0) return well(known, 'State Manager shows it', requestId, now);
		const since = known.pendingSince ?? now;
		if (now - since >= PATIENCE) return well(known, `${found.pending} nodes have yet to apply it, and no other fails`, requestId, now);
		return nothing({ ...known, pendingSince: since, lookAt: now + OUTCOME });
	}
	if (state === 'verifying') return stillFailing(operation, known, now);
	if (state === 'starting' || (isEarly && found.pending > 0)) return nothing({ ...known, lookAt: now + GATHER_LOOK });
	if (again?.sent === true) return fails(known, 'it was applied again, and still', requestId, now);
	const { nodes } = found.nodes.length > known.nodes.length ? found : known;
	if (nodes.length > 0) return apply(known, idsOf(nodes), now);
	if (isEarly) return nothing({ ...known, lookAt: now + GATHER_LOOK });
	return fails(known, 'which nodes it fails on is not shown, and', requestId, now);
}

/** People are told; that it succeeds is waited for. */
function fails(operation: AssociationOperation, why: string, requestId: string | undefined, now: number): Step<AssociationOperation> {
	const verifying = change(operation, { state: 'verifying' }, 'waiting');
	const waiting = { ...verifying, looks: 0, lookAt: now + lookAfter(0) };
	return tell(waiting, note('still failing', `${why} ${failingText(operation)}: ${nodesText(operation, NAMED)}`, requestId));
}

function stillFailing(before: AssociationOperation, known: AssociationOperation, now: number): Step<AssociationOperation> {
	const looks = known.looks + 1;
	const later = { ...known, looks, lookAt: now + lookAfter(looks) };
	if (before.failing === known.failing && sameNodes(before.nodes, known.nodes)) return tellRest(later);
	return tell(later, note('changed', `${failingText(known)}: ${nodesText(known, NAMED)}`));
}

/** A look that finds nothing new leaves what was untold before it. */
function tellRest(operation: AssociationOperation): Step<AssociationOperation> {
	return operation.untold ? tell(operation) : nothing(operation);
}

function idsOf(nodes: readonly FailingNode[]): string[] {
	return nodes.map(({ node }) => node);
}

function sameNodes(some: readonly FailingNode[], others: readonly FailingNode[]): boolean {
	const names = (nodes: readonly FailingNode[]) =>
		nodes
			.map(({ node, status }) => `${node} ${status}`)
			.sort()
			.join();
	return names(some) === names(others);
}

/** Other nodes may still be at it. */
function isGathering({ again, openedAt }: AssociationOperation, now: number): boolean {
	return now - (again?.sent ? again.at : openedAt) < GATHER;
}

/** Whether a look has to find the nodes too: not where others are waited for, nor where events have told of all of them. */
export function wantsNodes(operation: AssociationOperation, { failing, pending }: AssociationCounts, now: number): boolean {
	if (operation.state === 'verifying') return true;
	return !(pending > 0 && isGathering(operation, now)) && operation.nodes.length !== failing;
}

/** What events told, and a look does not, is kept: of a node, and of nodes where it finds fewer than there are. */
function learned(operation: AssociationOperation, found: AssociationState, at: number): AssociationOperation {
	const { failing, document, severity, output } = found;
	const before = new Map(operation.nodes.map((each) => [each.node, each]));
	const shown = found.nodes.map((each) => ({ ...before.get(each.node), ...each }));
	const others = operation.nodes.filter(({ node }) => !found.nodes.some((each) => each.node === node));
	const nodes = [...shown, ...others.slice(0, Math.max(failing - shown.length, 0))].slice(0, KEPT);
	const known = { ...operation, failing, nodes, document, knownAt: Math.max(operation.knownAt, at) };
	const settings = { ...known, ...(severity !== undefined && { severity }), ...(output !== undefined && { output }) };
	return failing === 0 ? settings : change(settings, {}, 'pendingSince' as never);
}

function well(operation: AssociationOperation, why: string, requestId: string | undefined, now: number): Step<AssociationOperation> {
	const { again, state } = operation;
	const healthy = { ...operation, failing: 0, nodes: [] };
	if (again?.sent === true) {
		const nodes = again.nodes.length === 1 ? '1 node' : `${again.nodes.length} nodes`;
		const reason = `it fails nowhere (${why}), after it was applied again on ${nodes}`;
		return solve(healthy, { state: 'succeeded', reason, requestId }, now, 'succeeds');
	}
	const outcome = state === 'verifying' ? 'succeeded' : 'skipped';
	return solve(healthy, { state: outcome, reason: `it fails nowhere by itself (${why})`, requestId }, now, 'succeeds');
}

function gone(operation: AssociationOperation, requestId: string | undefined, now: number): Step<AssociationOperation> {
	return solve(operation, { state: 'skipped', reason: 'the association does not exist any more', requestId }, now, 'gone');
}

function notDone(operation: AssociationOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<AssociationOperation> {
	const { effect, why, message, requestId } = fact;
	if (effect === 'apply-association') {
		if (operation.state !== 'starting') return nothing(operation);
		const left = notApplied(operation, fact, now);
		return left ?? fails(operation, `it cannot be applied again (${message}), and`, requestId, now);
	}
	if (effect !== LOOK.name) return itemNotDone(operation, fact, now);
	if (operation.ending !== undefined) return nothing(operation);
	return tellRest({ ...operation, lookAt: why === 'retry' ? now : now + lookAfter(operation.looks) });
}
