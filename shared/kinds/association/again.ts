/** Applying an association again, once, on the nodes where it failed. Pure. */

import type { Fact, Step } from '../../operation/facts.ts';
import type { AssociationOperation } from '../../operation/types.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { FOUND_AFTER, OUTCOME, PAUSED_LOOK, TRIES } from './timers.ts';

/** What is tried again goes to the same nodes, and looks for what has been sent. */
export function apply(operation: AssociationOperation, nodes: readonly string[], now: number): Step<AssociationOperation> {
	const tries = operation.state === 'starting' ? (operation.again?.tries ?? 0) + 1 : 1;
	const again = { at: now, nodes, tries };
	const starting = change(operation, { state: 'starting' }, 'waiting');
	return ask({ ...starting, again, lookAt: now + FOUND_AFTER }, [{ name: 'apply-association' }]);
}

export function applied(operation: AssociationOperation, fact: Extract<Fact, { type: 'done' }>, now: number): Step<AssociationOperation> {
	const { again, attempts, state, ending } = operation;
	if (again === undefined || state !== 'starting' || ending !== undefined) return nothing(operation);
	const running = change(operation, { state: 'running', attempts: { ...attempts, start: attempts.start + 1 } });
	// Where it fails from now on events tell anew.
	const sent = { ...running, nodes: [], again: { ...again, at: now, sent: true as const }, lookAt: now + OUTCOME };
	return nothing(sent, note('applied again', fact.note ?? '', fact.requestId));
}

/** A pause holds it: what it would have been applied on is found anew then. */
export function paused(operation: AssociationOperation, message: string, now: number): Step<AssociationOperation> {
	const { state, ending, history } = operation;
	if (state !== 'starting' || ending !== undefined) return nothing(operation);
	const waiting = change(operation, { state: 'waiting', waiting: 'pause' }, 'again' as never);
	const said = history.findLast(({ what }) => what === 'waiting')?.why === message;
	return nothing({ ...waiting, nodes: [], lookAt: now + PAUSED_LOOK }, ...(said ? [] : [note('waiting', message)]));
}

/** It is tried again; nothing where it is not any more. */
export function notApplied(
	operation: AssociationOperation,
	{ why, message, requestId }: Extract<Fact, { type: 'not-done' }>,
	now: number,
): Step<AssociationOperation> | undefined {
	const tries = operation.again?.tries ?? 0;
	if (operation.ending !== undefined) return nothing(operation);
	if (why === 'refused' || tries >= TRIES) return undefined;
	const said = tries === 1 ? [note('not applied again', `${message}: it is tried again`, requestId)] : [];
	return nothing({ ...operation, lookAt: now + FOUND_AFTER }, ...said);
}
