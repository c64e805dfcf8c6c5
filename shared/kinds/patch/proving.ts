/** What the nodes of a group prove: after its run, and after the soak. Pure. */

import type { Step } from '../../operation/facts.ts';
import { instant } from '../alarm/timers.ts';
import { ask, change, note } from '../steps.ts';
import { closings, fail, isWrong, succeed, telling } from './ending.ts';
import { isProven } from './survey.ts';
import { DAY, JUDGED_WITHIN } from './timers.ts';
import type { Chore, PatchFinding, PatchOperation } from './types.ts';
import { countsText, namesText, staysClosed, troubleOf } from './words.ts';

/** Nodes that a reason names. */
const NAMED = 5;

/** The run is over, and its nodes are known. */
export function reported(operation: PatchOperation, now: number): Step<PatchOperation> {
	const { found, ring, window } = operation;
	if (found === undefined) return ask(operation, []);
	if (!isProven(found, ring.successPercent)) return fail(operation, { reason: unproven(operation, found, 'the run proves nothing') }, now);
	if (ring.next === undefined) return succeed(operation, proven(operation, found), closings(operation), now);
	const soaksUntil = Math.max((window.endedAt ?? now) + ring.soakDays * DAY, now);
	const chores: Chore[] = [...(isWrong(operation) ? telling(operation) : []), ...closings(operation)];
	const soaking: PatchOperation = {
		...change<PatchOperation>(operation, { state: 'verifying', deadlineAt: soaksUntil + JUDGED_WITHIN }),
		...{ chores, soaksUntil, lookAt: soaksUntil },
	};
	const why = `${proven(operation, found)}; if its nodes are still well by ${instant(soaksUntil)}, the ring of ${ring.next} opens`;
	return ask(
		soaking,
		chores.slice(0, 1).map((name) => ({ name })),
		note('soaking', why),
	);
}

/**
 * The soak is over, and its nodes were looked at again.
 * @param isOpen the next ring has been opened.
 */
export function soakOver(operation: PatchOperation, now: number, isOpen = false): Step<PatchOperation> {
	const { found, ring } = operation;
	if (found === undefined) return ask(operation, []);
	if (isOpen) return succeed(operation, `${proven(operation, found)}: the ring of ${ring.next} is open`, [], now);
	if (!isProven(found, ring.successPercent)) return fail(operation, { reason: unproven(operation, found, 'the soak proves nothing') }, now);
	// What is still to be closed is closed first.
	const chores: Chore[] = [...operation.chores.filter((chore) => chore !== 'open-next-ring'), 'open-next-ring'];
	return ask(
		{ ...operation, chores },
		chores.slice(0, 1).map((name) => ({ name })),
	);
}

function proven({ ring }: PatchOperation, found: PatchFinding): string {
	return `${countsText(found)} (asked for: ${ring.successPercent}%)`;
}

function unproven(operation: PatchOperation, found: PatchFinding, what: string): string {
	const trouble = troubleOf(operation);
	const why = [...(trouble === undefined ? [] : [trouble]), proven(operation, found)];
	const names = found.named.length > 0 ? `; ${namesText(found, NAMED)}` : '';
	return `${what}: ${why.join('; ')}${names}${staysClosed(operation)}`;
}
