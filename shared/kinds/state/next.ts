/** From nodes that are found noncompliant to all of them being compliant: what each fact means for the operation about them. Pure. */

import type { Fact, Note, StateFact, Step } from '../../operation/facts.ts';
import type { StateOperation } from '../../operation/types.ts';
import { end, proceed } from '../ending.ts';
import { ask, change, note, nothing, whereMoved } from '../steps.ts';
import { itemDone, itemNotDone, leave, nextLook, operator, solve, tell, withShortStory } from '../telling.ts';
import { type Learned, learn } from './findings.ts';
import { countText, listed } from './item.ts';

const MINUTE = 60_000;
/**
 * From its opening to its OpsItem: nodes of a group change within minutes of each other, as a scan or an association gets round to them,
 * and what a restart or another run puts right nobody need hear of.
 */
export const GATHER = 3 * MINUTE;
/** In case no event tells that a node is compliant, or that it is gone: the more rarely, the longer it lasts. */
const FIRST_LOOK = 15 * MINUTE;
const LAST_LOOK = 720 * MINUTE;
/** Where many change at once, their OpsItem is told of all that change within this. */
const TOLD_APART = MINUTE;
/** Nodes that a line of the story names. */
const NAMED = 5;

const LOOK = { name: 'read-node-state' } as const;

export function lookAfter(looks: number): number {
	return Math.min(FIRST_LOOK * 2 ** looks, LAST_LOOK);
}

export function nextState(operation: StateOperation, fact: Fact, now: number): Step<StateOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	return whereMoved(operation, fact, react(operation, fact, now), (after) =>
		change(withShortStory(after), { dueAt: nextLook(after, now) }),
	);
}

function react(operation: StateOperation, fact: Fact, now: number): Step<StateOperation> {
	switch (fact.type) {
		case 'opened':
			return nothing({ ...operation, lookAt: now + GATHER });
		case 'state':
			if (operation.ending !== undefined) return fallenAgain(operation, fact, now);
			return isGathering(operation) ? gathered(operation, fact, now) : found(operation, fact, now);
		case 'handed-over':
			return handedOver(operation, fact.to, now);
		case 'tick':
			return tick(operation, now);
		case 'done':
			return itemDone(operation, fact, countText(Object.keys(operation.nodes).length), isWell(operation), now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, LOOK, now);
		default:
			return nothing(operation);
	}
}

/** Nobody has been told of it yet. */
export function isGathering({ waiting }: StateOperation): boolean {
	return waiting === 'gathering';
}

/** What is found before anybody is told. The look is the last, for events may be lost: what it does not find well people are told of. */
function gathered(operation: StateOperation, fact: StateFact, now: number): Step<StateOperation> {
	const learned = learn(operation, fact.findings, fact.from);
	const known = learned.operation;
	const notes = notesOf(learned, fact);
	if (isWell(known)) {
		const reason = `${wellText(known, learned)}, before anybody was told`;
		return withNotes(notes, solve(known, { state: 'skipped', reason, requestId: fact.requestId }, now, 'compliant'));
	}
	return fact.from === 'look' ? tellFirst(known, now, ...notes) : nothing(known, ...notes);
}

function tellFirst(operation: StateOperation, now: number, ...notes: readonly Note[]): Step<StateOperation> {
	const told = change(operation, { state: 'verifying' }, 'waiting');
	return tell({ ...told, toldAt: now, lookAt: now + FIRST_LOOK }, ...notes);
}

/** What people have been told of stays where they look for it. */
function handedOver(operation: StateOperation, to: string, now: number): Step<StateOperation> {
	if (!isGathering(operation)) return nothing(operation);
	const reason = `${to} tells of it: many nodes of the patch group are not compliant`;
	// It knows of them what was found so far, and no more: when they fall again, they are not what somebody has ended.
	const { nodes, well } = operation;
	const without: StateOperation = { ...operation, nodes: {}, well: { ...well, ...nodes } };
	return end(without, { state: 'skipped', reason }, { then: {}, pending: [] }, {}, now, 'handed over');
}

function isWell({ nodes }: StateOperation): boolean {
	return Object.keys(nodes).length === 0;
}

function tick(operation: StateOperation, now: number): Step<StateOperation> {
	const { ending, deadlineAt, lookAt, untold } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (now >= deadlineAt) {
		const reason = `${countText(Object.keys(operation.nodes).length)} after ${Math.round((now - operation.openedAt) / 86_400_000)} days`;
		return leave(operation, { state: 'timed-out', reason }, now);
	}
	// A look comes first: what it finds is told with what is untold.
	if (lookAt <= now) return ask(operation, [LOOK]);
	return untold ? tell({ ...operation, toldAt: now }) : nothing(operation);
}

/** A look that finds nothing new leaves what was untold before it. */
function tellRest(operation: StateOperation, now: number): Step<StateOperation> {
	return operation.untold ? tell({ ...operation, toldAt: now }) : nothing(operation);
}

function found(operation: StateOperation, fact: StateFact, now: number): Step<StateOperation> {
	const looked = fact.from === 'look';
	const learned = learn(operation, fact.findings, fact.from);
	const { looks } = operation;
	const known = looked ? { ...learned.operation, looks: looks + 1, lookAt: now + lookAfter(looks + 1) } : learned.operation;
	const notes = notesOf(learned, fact);
	if (isWell(known))
		return withNotes(
			notes,
			solve(known, { state: 'succeeded', reason: wellText(known, learned), requestId: fact.requestId }, now, 'compliant'),
		);
	if (notes.length === 0 && !learned.worse) return looked ? tellRest(known, now) : nothing(known);
	// What is new among many may be looked at soon: it may be over soon.
	const watched = learned.fallen.length > 0 ? { ...known, looks: 0, lookAt: Math.min(known.lookAt, now + FIRST_LOOK) } : known;
	if (now - known.toldAt < TOLD_APART) return nothing({ ...watched, untold: true }, ...notes);
	return tell({ ...watched, toldAt: now }, ...notes);
}

/** Nodes fall while it is being resolved: it goes on. What a person has ended is left to another operation. */
function fallenAgain(operation: StateOperation, fact: StateFact, now: number): Step<StateOperation> {
	const { ending } = operation;
	const learned = learn(operation, fact.findings, fact.from);
	if (learned.fallen.length === 0 || ending?.state !== 'succeeded') return nothing(operation);
	const awake = change(learned.operation, { toldAt: now, looks: 0, lookAt: now + FIRST_LOOK } as never, 'ending');
	return tell(awake, ...notesOf(learned, fact));
}

function notesOf({ fallen, recovered, gone }: Learned, { from, requestId }: StateFact): Note[] {
	const by = from === 'look' ? 'the clock found it' : 'its event came';
	const compliant = recovered.filter((node) => !gone.includes(node));
	return [
		...(fallen.length > 0 ? [note('not compliant', `${listed(fallen, NAMED)}; ${by}`, requestId)] : []),
		...(compliant.length > 0 ? [note('compliant', `${listed(compliant, NAMED)}; ${by}`, requestId)] : []),
		...(gone.length > 0 ? [note('gone', `${listed(gone, NAMED)}: Systems Manager does not manage it any more`, requestId)] : []),
	];
}

function wellText({ count, subject }: StateOperation, { gone }: Learned): string {
	if (subject.node !== undefined) return gone.length > 0 ? 'the node is gone' : 'the node is compliant';
	return count === 1 ? 'the node that was not is compliant, or gone' : `all ${count} nodes that were not are compliant, or gone`;
}

function withNotes(notes: readonly Note[], step: Step<StateOperation>): Step<StateOperation> {
	return { ...step, notes: [...notes, ...step.notes] };
}

function notDone(operation: StateOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<StateOperation> {
	if (fact.effect !== LOOK.name) return itemNotDone(operation, fact, now);
	if (isGathering(operation)) {
		const again = fact.why === 'retry' && now < operation.openedAt + 2 * GATHER;
		return again ? nothing(operation) : tellFirst(operation, now);
	}
	// By the next tick, or where AWS refuses it, in time.
	const lookAt = fact.why === 'retry' ? now : now + lookAfter(operation.looks);
	return tellRest({ ...operation, lookAt }, now);
}
