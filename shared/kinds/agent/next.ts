/** From the first node that has a cause to none having it any more: what each fact means for the operation about them. Pure. */

import type { AgentFact, Fact, Note, Step } from '../../operation/facts.ts';
import type { AgentOperation } from '../../operation/types.ts';
import { BY_NEXT_TICK, proceed } from '../ending.ts';
import { listed } from '../state/item.ts';
import { change, note, nothing, whereMoved } from '../steps.ts';
import { itemDone, itemNotDone, leave, nextLook, operator, solve, tell, withShortStory } from '../telling.ts';
import { causeText } from './causes.ts';
import { handed, isWell, type Learned, learn, sizeOf, toHand } from './findings.ts';

const MINUTE = 60_000;
/** Agents are looked at the more rarely, the longer it lasts; every check of the day finds what has changed besides. */
const FIRST_LOOK = 15 * MINUTE;
const LAST_LOOK = 720 * MINUTE;
/** Nodes that a line of the story names. */
const NAMED = 5;

const LOOK = { name: 'survey-agents' } as const;
const HAND = { name: 'hand-to-playbook' } as const;

export function lookAfter(looks: number): number {
	return Math.min(FIRST_LOOK * 2 ** looks, LAST_LOOK);
}

export function nextAgent(operation: AgentOperation, fact: Fact, now: number): Step<AgentOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	return whereMoved(operation, fact, react(operation, fact, now), (after) => change(withShortStory(after), { dueAt: dueAt(after, now) }));
}

function dueAt(operation: AgentOperation, now: number): number {
	const { handing, ending } = operation;
	return handing && ending === undefined ? now + BY_NEXT_TICK : nextLook(operation, now);
}

function react(operation: AgentOperation, fact: Fact, now: number): Step<AgentOperation> {
	switch (fact.type) {
		case 'opened':
			return hand(tell({ ...operation, toldAt: now }), now);
		case 'agents':
			return operation.ending === undefined ? found(operation, fact, now) : fallenAgain(operation, fact, now);
		case 'handed':
			return given(operation, fact, now);
		case 'deregistered':
			return deregistered(operation, fact, now);
		case 'tick':
			return tick(operation, now);
		case 'done':
			return itemDone(operation, fact, statusText(operation), isWell(operation), now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, LOOK, now);
		default:
			return nothing(operation);
	}
}

function statusText(operation: AgentOperation): string {
	return causeText(operation.subject.cause, sizeOf(operation));
}

function tick(operation: AgentOperation, now: number): Step<AgentOperation> {
	const { ending, deadlineAt, openedAt, lookAt, untold, handing } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (now >= deadlineAt) {
		const reason = `${statusText(operation)} after ${Math.round((now - openedAt) / 86_400_000)} days`;
		return leave(operation, { state: 'timed-out', reason }, now);
	}
	const telling = untold ? tell({ ...operation, toldAt: now }) : nothing(operation);
	const asked = handing ? hand(telling, now) : telling;
	return lookAt <= now ? { ...asked, effects: [...asked.effects, LOOK] } : asked;
}

function found(operation: AgentOperation, fact: AgentFact, now: number): Step<AgentOperation> {
	const { from, troubles, complete, requestId } = fact;
	const learned = learn(operation, troubles, complete, now);
	const known = looked(learned, from, now);
	const notes = notesOf(learned, requestId);
	if (isWell(known)) return withNotes(notes, solve(known, { state: 'succeeded', reason: wellText(known), requestId }, now, 'well'));
	const isNews = notes.length > 0 || known.more !== operation.more || learned.changed;
	return hand(isNews ? tell({ ...known, toldAt: now }, ...notes) : nothing(known), now);
}

/** What has just begun, or may have just ended, is looked at again soon. */
function looked({ operation, fallen }: Learned, from: AgentFact['from'], now: number): AgentOperation {
	const looks = from === 'registration' || fallen.length > 0 ? 0 : operation.looks + 1;
	return { ...operation, looks, lookAt: now + lookAfter(looks) };
}

/** Nodes fall while it is being resolved: it goes on. What a person has ended is left to another operation. */
function fallenAgain(operation: AgentOperation, { troubles, complete, requestId }: AgentFact, now: number): Step<AgentOperation> {
	const learned = learn(operation, troubles, complete, now);
	if (learned.fallen.length === 0 || operation.ending?.state !== 'succeeded') return nothing(operation);
	const awake = change(learned.operation, { toldAt: now, looks: 0, lookAt: now + FIRST_LOOK } as never, 'ending');
	return hand(tell(awake, ...notesOf(learned, requestId)), now);
}

/** A playbook is given what it has not had lately. */
function hand(step: Step<AgentOperation>, now: number): Step<AgentOperation> {
	const { operation, effects } = step;
	if (operation.ending !== undefined || toHand(operation, now).length === 0) return step;
	return { ...step, operation: change(operation, { handing: true } as never), effects: [...effects, HAND] };
}

function given(operation: AgentOperation, fact: Extract<Fact, { type: 'handed' }>, now: number): Step<AgentOperation> {
	const { ids, playbook, more } = fact;
	const known = handed(operation, ids, now);
	const after = more ? change(known, { handing: true } as never) : change(known, {}, 'handing' as never);
	if (ids.length === 0) return nothing(after);
	return nothing(after, note('remediation', `playbook ${playbook} is given ${listed(ids, NAMED)}`));
}

/** A person has removed it: the answers of AWS that still have it are old. */
function deregistered(operation: AgentOperation, fact: Extract<Fact, { type: 'deregistered' }>, now: number): Step<AgentOperation> {
	const { id, by, reason, requestId } = fact;
	if (!(id in operation.nodes) || operation.ending !== undefined) return nothing(operation);
	const { [id]: _gone, ...nodes } = operation.nodes;
	const known = { ...operation, nodes };
	const said = note('deregistered', `${id}, by ${by}: ${reason}`, requestId);
	if (isWell(known)) return withNotes([said], solve(known, { state: 'succeeded', reason: wellText(known), requestId }, now, 'well'));
	return tell({ ...known, toldAt: now }, said);
}

function notesOf({ fallen, recovered, operation }: Learned, requestId: string | undefined): Note[] {
	const first = (ids: readonly string[]) => listed(ids, NAMED);
	const why = fallen.length === 1 ? `: ${operation.nodes[fallen[0] ?? '']?.detail}` : '';
	return [
		...(fallen.length > 0 ? [note('found', `${first(fallen)}${why}`, requestId)] : []),
		...(recovered.length > 0 ? [note('recovered', `${first(recovered)}: put right, or gone`, requestId)] : []),
	];
}

function wellText({ count }: AgentOperation): string {
	return count === 1 ? 'the one that had the cause has it no longer' : `none of ${count} that had the cause has it any more`;
}

function withNotes(notes: readonly Note[], step: Step<AgentOperation>): Step<AgentOperation> {
	return { ...step, notes: [...notes, ...step.notes] };
}

function notDone(operation: AgentOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<AgentOperation> {
	// The next tick tries again: it is still to be handed.
	if (fact.effect === HAND.name) return nothing(operation);
	if (fact.effect !== LOOK.name) return itemNotDone(operation, fact, now);
	// By the next tick, or where AWS refuses it, in time.
	const lookAt = fact.why === 'retry' ? now : now + lookAfter(operation.looks);
	return nothing({ ...operation, lookAt });
}
