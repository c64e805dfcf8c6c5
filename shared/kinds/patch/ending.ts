/** How the operation of a run ends, and what follows from that. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { EndingEffect } from '../../operation/types.ts';
import { type Decision, end } from '../ending.ts';
import { OVERLAPPING } from './event.ts';
import { total } from './survey.ts';
import type { PatchOperation } from './types.ts';
import { troubleOf } from './words.ts';

/** Whether there is anything that a person has to hear of. */
export function isWrong(operation: PatchOperation): boolean {
	return !isWell(operation) || troubleOf(operation) !== undefined;
}

function isWell({ found }: PatchOperation): boolean {
	return found !== undefined && found.nodes.well === total(found);
}

/** What a run leaves closed: its own ring, and the next until it is proved. One that was skipped leaves both to the run that goes on. */
export function closings({ ring, window }: PatchOperation): ('close-ring' | 'close-next-ring')[] {
	if (window.status === OVERLAPPING) return [];
	return [...(ring.before ? (['close-ring'] as const) : []), ...(ring.next === undefined ? [] : (['close-next-ring'] as const))];
}

/** How people are told that something is wrong. What OpsCenter has refused it goes on refusing. */
export function telling({ result }: PatchOperation): 'open-ops-item'[] {
	return result?.opsItem === 'refused' ? [] : ['open-ops-item'];
}

/** An OpsItem about the group that is open, as far as is known: its own, or one of an earlier run. */
export function hasItem({ result, itemBefore }: PatchOperation): boolean {
	return (result?.opsItemId ?? itemBefore) !== undefined;
}

export function decide(
	operation: PatchOperation,
	decision: Decision,
	pending: readonly EndingEffect[],
	now: number,
	said?: string,
): Step<PatchOperation> {
	const { result, itemBefore } = operation;
	const isOthers = result?.opsItemId === undefined && itemBefore !== undefined;
	const changesIt = pending.some((effect) => effect === 'resolve-ops-item' || effect === 'update-ops-item');
	const item = isOthers && changesIt ? ({ opsItemId: itemBefore, opsItem: 'added' } as const) : {};
	return end({ ...operation, chores: [] }, decision, { then: {}, pending }, item, now, said);
}

/** It proved nothing: people are told, and the rings stay closed. */
export function fail(operation: PatchOperation, decision: Omit<Decision, 'state'>, now: number): Step<PatchOperation> {
	return decide(operation, { state: 'failed', ...decision }, [...telling(operation), ...closings(operation)], now);
}

/** It has proved itself. An OpsItem stays open for as long as nodes are not well, or, where nobody looks at them again, the run was not. */
export function succeed(operation: PatchOperation, reason: string, pending: readonly EndingEffect[], now: number): Step<PatchOperation> {
	const { soaksUntil, result } = operation;
	const hasSoaked = soaksUntil !== undefined;
	const isStillWrong = hasSoaked ? !isWell(operation) : isWrong(operation);
	// During the soak a person may have closed the OpsItem that it had opened, and need not hear of the same again.
	const tells: readonly EndingEffect[] = hasSoaked && result?.opsItemId !== undefined ? ['update-ops-item'] : telling(operation);
	const item: readonly EndingEffect[] = isStillWrong ? tells : hasItem(operation) ? ['resolve-ops-item'] : [];
	return decide(operation, { state: 'succeeded', reason }, [...item, ...pending], now, 'proved');
}
