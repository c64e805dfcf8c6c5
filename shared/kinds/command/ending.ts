/** How a command on many nodes ends. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { CommandOperation } from '../../operation/types.ts';
import { type Decision, end } from '../ending.ts';
import { change, note } from '../steps.ts';
import { countsText, NONE, nodeText, sum, total } from './nodes.ts';
import { idsToCome, isBegun, nodesDone, over, ringOf, ringsText } from './rings.ts';
import { idsIn } from './targets.ts';

/** Nodes that a reason names; the others are in the ledger. */
const NAMED = 5;

/** Whether a command of it was sent. */
export function isSent({ attempts }: CommandOperation): boolean {
	return attempts.start > 0;
}

/**
 * Decides how it ends, with how its nodes have ended: those that no command went to any more were never started.
 * @param decision its reason in a few words; without one the counts speak for themselves.
 */
export function finish(operation: CommandOperation, decision: Decision, now: number): Step<CommandOperation> {
	const { run, chunks, then, state, work } = operation;
	// Whether a call without a reply has sent a command, nobody may ever know.
	const perhaps = state === 'starting' && work !== undefined ? 1 : 0;
	const idsOf = (some: CommandOperation['chunks']) => idsIn(some.flat()).length;
	const own = sum(operation.nodes, { ...NONE, unknown: idsOf(chunks.slice(0, perhaps)), unstarted: idsOf(chunks.slice(perhaps)) });
	const nodes = sum(own, sum(nodesDone(operation), { ...NONE, unstarted: idsToCome(operation).length }));
	const rings = operation.rings && (ringOf(operation) && isBegun(operation) ? over(operation.rings, 'failed', own) : operation.rings);
	const { opsItem } = decision.state === 'failed' || decision.state === 'timed-out' ? then.onFailure : {};
	const on = total(nodes) === 1 ? '1 node' : `${total(nodes)} nodes`;
	const counted = total(nodes) > 0 ? [`${run.document} on ${on}: ${countsText(nodes)}`] : [];
	const said = decision.reason === '' ? [] : [decision.reason];
	const reason = [...counted, ...said, ...(rings ? [`rings: ${ringsText(rings)}`] : []), ...failures(operation)].join('; ');
	return end(
		change<CommandOperation>({ ...operation, ...(rings && { rings }) }, {}, 'over' as never, 'stop' as never),
		{ ...decision, reason },
		{ then: opsItem ? { opsItem } : {}, pending: opsItem ? ['open-ops-item'] : [] },
		{ ...(total(nodes) > 0 && { nodes }) },
		now,
	);
}

function failures({ notable }: CommandOperation): string[] {
	const named = notable.slice(0, NAMED).map(nodeText);
	return named.length > 0 ? [`${named.join(', ')}${notable.length > NAMED ? ' and more' : ''}`] : [];
}

/** Lets AWS end what is under way first, so that it is known which nodes have run. */
export function stop(operation: CommandOperation, { state, reason, requestId }: Decision, now: number): Step<CommandOperation> {
	const stopping = { ...operation, stop: { at: now, state, reason, tries: 0 } };
	return { operation: stopping, notes: [note('stopping', reason, requestId)], effects: [{ name: 'cancel-work' }] };
}
