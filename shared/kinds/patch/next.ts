/** The life of a run of a patch group's window: what each fact means for it. Pure. */

import type { Effect, Fact, Note, PatchedFact, Step, WindowRunFact } from '../../operation/facts.ts';
import { instant } from '../alarm/timers.ts';
import { answered, BY_NEXT_TICK, effectDone, effectNotDone, outcomeOf, proceed } from '../ending.ts';
import { ask, change, note, nothing, whereMoved } from '../steps.ts';
import { decide, fail } from './ending.ts';
import { isEnd } from './event.ts';
import { operator } from './operator.ts';
import { reported, soakOver } from './proving.ts';
import { LOOK_EVERY, READ_AGAIN, verdictAt } from './timers.ts';
import type { PatchOperation, RingChore, WindowRun } from './types.ts';
import { countsText, staysClosed } from './words.ts';

export function nextPatch(operation: PatchOperation, fact: Fact, now: number): Step<PatchOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	return whereMoved(operation, fact, react(operation, fact, now), (after) => change(after, { dueAt: nextLook(after, now) }));
}

function nextLook({ ending, chores, lookAt }: PatchOperation, now: number): number {
	return ending !== undefined || chores.length > 0 ? now + BY_NEXT_TICK : lookAt;
}

function react(operation: PatchOperation, fact: Fact, now: number): Step<PatchOperation> {
	switch (fact.type) {
		case 'opened':
			return ask(operation, [{ name: 'look-at-run' }]);
		case 'tick':
			return tick(operation, now);
		case 'window-run':
			return operation.ending === undefined && operation.found === undefined ? run(operation, fact, now) : nothing(operation);
		case 'patched':
			return operation.ending === undefined ? patched(operation, fact, now) : nothing(operation);
		case 'done':
			return done(operation, fact, now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, now);
		default:
			return nothing(operation);
	}
}

function tick(operation: PatchOperation, now: number): Step<PatchOperation> {
	const { ending, chores, deadlineAt, lookAt, soaksUntil } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (now >= deadlineAt) {
		return fail(operation, { reason: `it could not be judged in time${staysClosed(operation)}: its history says why` }, now);
	}
	// What is to be closed is closed before the soak is judged.
	const isLookDue = now >= lookAt && (chores.length === 0 || soaksUntil === undefined);
	return ask(operation, [...first(operation), ...(isLookDue ? [lookOf(operation)] : [])]);
}

/** What is looked at next: the run until it is over, and then its nodes. */
function lookOf({ window, soaksUntil }: PatchOperation): Effect {
	const isOver = window.endedAt !== undefined && window.tasks !== undefined;
	return { name: soaksUntil !== undefined || isOver ? 'survey-nodes' : 'look-at-run' };
}

/** The first of what is to be done beside following the run. */
function first({ chores }: PatchOperation) {
	return chores.slice(0, 1).map((name) => ({ name }));
}

/** How the run stands: AWS's event, or its answer. */
function run(operation: PatchOperation, fact: WindowRunFact, now: number): Step<PatchOperation> {
	const { looked } = fact;
	const before = operation.window;
	const window = withNews(before, fact, now);
	const known: PatchOperation = {
		...operation,
		window,
		lookAt: Math.min(now + LOOK_EVERY, Math.max(verdictAt(window), now + BY_NEXT_TICK)),
		...(looked?.granted && { granted: looked.granted }),
		...(looked?.opsItemId !== undefined && { itemBefore: looked.opsItemId }),
	};
	const isOver = window.endedAt !== undefined;
	const ended = isOver && before.endedAt === undefined;
	const notes = ended ? [note('run ended', `${window.status}${window.details ? `: ${window.details}` : ''}`, fact.requestId)] : [];
	// An event says no more than that: what was in it is looked up.
	if (looked === undefined) return ended ? ask(known, [{ name: 'look-at-run' }], ...notes) : nothing(operation);
	if (isOver && window.tasks === 0 && (window.status === 'SUCCESS' || isClosed(known))) {
		const reason = 'its ring is closed: the window had nothing to run, and nothing was patched';
		return withNotes(notes, decide(known, { state: 'skipped', reason }, [], now));
	}
	const withdraws = known.ring.next !== undefined && known.withdrawn === undefined && looked.tasks > 0;
	const going: PatchOperation = withdraws ? { ...known, chores: ['close-next-ring'] } : known;
	const isJudged = isOver || now >= verdictAt(window);
	return ask(going, [...first(going), ...(isJudged ? [{ name: 'survey-nodes' } as const] : [])], ...notes);
}

/** An end is final, whatever a list may still show. */
function withNews(window: WindowRun, { status, details, endedAt, looked }: WindowRunFact, now: number): WindowRun {
	const isNews = isEnd(status) || window.endedAt === undefined;
	return {
		...window,
		...(isNews && { status }),
		...(isNews && details && { details }),
		...(isEnd(status) && { endedAt: endedAt ?? window.endedAt ?? now }),
		...(looked && { tasks: looked.tasks, troubles: looked.troubles, commands: looked.commands }),
	};
}

/** Nobody has opened its ring. */
function isClosed({ ring, granted }: PatchOperation): boolean {
	return ring.before !== undefined && granted === undefined;
}

/** What was found of the nodes. */
function patched(operation: PatchOperation, { found, report, requestId }: PatchedFact, now: number): Step<PatchOperation> {
	const { soaksUntil, window } = operation;
	if (soaksUntil !== undefined) {
		const said = note('looked again', `${countsText(found)}: ${report}`, requestId);
		const known = { ...operation, found, lookAt: soaksUntil };
		return now < soaksUntil ? nothing(known, said) : withNotes([said], soakOver(known, now));
	}
	const said = note('report', `${countsText(found)}: ${report}`, requestId);
	const verdict = verdictAt(window);
	if (found.unsettled === 0 || now >= verdict) return withNotes([said], reported({ ...operation, found, report }, now));
	// Whoever is not back may yet come.
	const waits = note('waiting for nodes', `${found.unsettled} are not back; they have time until ${instant(verdict)}`);
	return nothing({ ...operation, report, lookAt: verdict }, ...(operation.report === undefined ? [said, waits] : []));
}

function withNotes(notes: readonly Note[], step: Step<PatchOperation>): Step<PatchOperation> {
	return { ...step, notes: [...notes, ...step.notes] };
}

const RINGS: readonly string[] = ['close-ring', 'close-next-ring', 'open-next-ring'] satisfies RingChore[];

function done(operation: PatchOperation, fact: Extract<Fact, { type: 'done' }>, now: number): Step<PatchOperation> {
	const { effect, requestId } = fact;
	const { ending, chores, result } = operation;
	const isRing = RINGS.includes(effect);
	const said = note(isRing ? 'ring' : 'OpsItem', fact.note ?? '', requestId);
	// A ring that was closed already is no news.
	const notes = fact.note === undefined ? [] : [said];
	if (ending !== undefined) {
		if (!isRing) return answered(operation, fact, now);
		const { notes: told, ...step } = effectDone(operation, effect as 'close-ring', {}, said, now);
		return { ...step, notes: [...notes, ...told.slice(1)] };
	}
	if (!chores.some((chore) => chore === effect)) return nothing(operation);
	const known: PatchOperation = {
		...operation,
		chores: chores.filter((chore) => chore !== effect),
		...(effect === 'close-next-ring' && { withdrawn: true }),
		...(effect === 'open-ops-item' && { result: { reason: '', ...result, ...outcomeOf(fact) } }),
	};
	return effect === 'open-next-ring' ? withNotes(notes, soakOver(known, now, true)) : ask(known, first(known), ...notes);
}

function notDone(operation: PatchOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<PatchOperation> {
	const { effect, why, message, requestId } = fact;
	const { ending, chores, ring, history } = operation;
	const said = note(`${effect} not done`, message, requestId);
	if (ending !== undefined) {
		return RINGS.includes(effect) ? effectNotDone(operation, effect as 'close-ring', said, now) : answered(operation, fact, now);
	}
	if (effect === 'open-next-ring' && chores.includes(effect)) {
		// What is to be said of the group is up to the newer run.
		if (why === 'gone') return decide(operation, { state: 'skipped', reason: `${message}${staysClosed(operation)}`, requestId }, [], now);
		if (why === 'refused') return fail(operation, { reason: `the ring of ${ring.next} cannot be opened: ${message}`, requestId }, now);
	}
	// A look that AWS did not grant is one that the clock takes again.
	const isLook = effect === 'look-at-run' || effect === 'survey-nodes';
	const later = isLook ? { ...operation, lookAt: now + READ_AGAIN[effect] } : operation;
	const isKnown = history.findLast(({ what }) => what === said.what)?.why === message;
	return nothing(later, ...(isKnown ? [] : [said]));
}
