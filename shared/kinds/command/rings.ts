/** Rings of a command on many nodes: when one is done, and what people read of them. Pure. */

import type { CommandOperation, NodeCounts, Ring, Rings } from '../../operation/types.ts';
import { hasBegun } from '../working.ts';
import { countsText, NONE, sum, total } from './nodes.ts';
import { idsIn } from './targets.ts';

/** Whether enough nodes of a ring succeeded, of all that it has, those included that were never reached. One without nodes proves nothing. */
export function isProven({ succeeded, ...others }: NodeCounts, { successPercent }: Rings): boolean {
	return succeeded > 0 && succeeded * 100 >= successPercent * total({ succeeded, ...others });
}

/** The ring whose turn it is; none once all are done. */
export function ringOf({ rings }: CommandOperation): Ring | undefined {
	return rings?.each[rings.done];
}

/** A ring that is over, in its place among the others. */
export function over(rings: Rings, end: NonNullable<Ring['end']>, nodes: NodeCounts): Rings {
	const each = rings.each.map((ring, index): Ring => (index === rings.done ? { name: ring.name, end, nodes } : ring));
	return { ...rings, each, done: rings.done + (end === 'done' ? 1 : 0) };
}

/** The operation with what the next ring is to have, and all the time that its playbook gives. Those that are over are counted. */
export function nextRing({ work, ...operation }: CommandOperation, { soaksUntil, ...rings }: Rings, now: number): CommandOperation {
	const { chunks = [], ...rates } = rings.each[rings.done]?.plan ?? {};
	return {
		...operation,
		...rates,
		rings: { ...rings, soaksUntil: now + rings.soakSeconds * 1_000 },
		state: 'starting',
		chunks,
		commands: chunks.length,
		left: operation.run.timeoutSeconds * 1_000,
		nodes: NONE,
		errors: 0,
	};
}

/** Whether a command has been sent to the ring whose turn it is, or may have been. */
export function isBegun(operation: CommandOperation): boolean {
	return operation.chunks.length < operation.commands || hasBegun(operation);
}

/** The ids of nodes of rings that have not had their turn, as far as they are known. */
export function idsToCome({ rings }: CommandOperation): string[] {
	return rings === undefined ? [] : idsIn(rings.each.slice(rings.done + 1).flatMap(({ plan }) => plan?.chunks.flat() ?? []));
}

/** Nodes of rings that are done. */
export function nodesDone({ rings }: CommandOperation): NodeCounts {
	return (rings?.each.slice(0, rings.done) ?? []).reduce((all, { nodes }) => sum(all, nodes ?? NONE), NONE);
}

/** `dev done (3 succeeded), test failed (7 succeeded, 2 failed), prod never begun`. */
export function ringsText({ each }: Rings): string {
	return each.map(({ name, end, nodes }) => (end && nodes ? `${name} ${end} (${countsText(nodes)})` : `${name} never begun`)).join(', ');
}
