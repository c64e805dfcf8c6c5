/** From the first node that breaks a rule for software until none does: what each fact means for the operation about them. Pure. */

import type { Fact, InventoryFact, Note, Step } from '../../operation/facts.ts';
import { proceed } from '../ending.ts';
import { change, note, nothing, whereMoved } from '../steps.ts';
import { itemDone, itemNotDone, leave, nextLook, operator, solve, tell, withShortStory } from '../telling.ts';
import { countText, type Learned, learn } from './findings.ts';
import { GATHER, refused, roundLook, roundNews, tickRound } from './rounds.ts';
import type { InventoryOperation, RuleInForce } from './types.ts';

const MINUTE = 60_000;
/** That nodes are gone no event tells; what their inventory is the sweep reads too, once a day. */
const FIRST_LOOK = 60 * MINUTE;
const LAST_LOOK = 720 * MINUTE;
/** Where inventory of many comes at once, their OpsItem is told of all that within this. */
const TOLD_APART = MINUTE;
/** Nodes that a line of the story names. */
const NAMED = 5;

const LOOK = { name: 'read-inventory' } as const;

export function lookAfter(looks: number): number {
	return Math.min(FIRST_LOOK * 2 ** looks, LAST_LOOK);
}

export function nextInventory(operation: InventoryOperation, fact: Fact, now: number): Step<InventoryOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	return whereMoved(operation, fact, react(operation, fact, now), (after) => change(withShortStory(after), { dueAt: dueAt(after, now) }));
}

function dueAt(operation: InventoryOperation, now: number): number {
	const look = nextLook(operation, now);
	return operation.ending === undefined ? Math.min(look, roundLook(operation, now)) : look;
}

function react(operation: InventoryOperation, fact: Fact, now: number): Step<InventoryOperation> {
	switch (fact.type) {
		case 'opened':
			return tell({ ...operation, toldAt: now });
		case 'inventory':
			return operation.ending === undefined ? found(operation, fact, now) : fallenAgain(operation, fact, now);
		case 'round':
			return roundNews(operation, fact, now);
		case 'tick':
			return tick(operation, now);
		case 'done':
			return itemDone(operation, fact, countText(operation), isWell(operation), now);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, LOOK, now);
		default:
			return nothing(operation);
	}
}

function isWell({ nodes }: InventoryOperation): boolean {
	return Object.keys(nodes).length === 0;
}

function tick(operation: InventoryOperation, now: number): Step<InventoryOperation> {
	const { ending, deadlineAt, lookAt, untold } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (now >= deadlineAt) return leave(operation, { state: 'timed-out', reason: `${countText(operation)}, for thirty days` }, now);
	const round = tickRound(operation, now);
	const telling = untold ? tell({ ...round.operation, toldAt: now }) : nothing(round.operation);
	return { ...telling, effects: [...telling.effects, ...round.effects, ...(lookAt <= now ? [LOOK] : [])] };
}

function found(operation: InventoryOperation, fact: InventoryFact, now: number): Step<InventoryOperation> {
	const { from, findings, rule, requestId } = fact;
	if (rule === undefined) {
		const reason = `no playbook ${operation.subject.rule} with a rule for software is in force any more`;
		return solve(operation, { state: 'skipped', reason, requestId }, now, 'rule gone');
	}
	const learned = learn(asInForce(operation, rule), findings);
	const looks = operation.looks + 1;
	const known = from === 'look' ? { ...learned.operation, looks, lookAt: now + lookAfter(looks) } : learned.operation;
	const notes = notesOf(learned, fact);
	if (isWell(known)) {
		const { count } = known;
		const reason = count === 1 ? 'the node that broke the rule does not any more, or is gone' : `none of ${count} nodes breaks it any more`;
		return withNotes(notes, solve(known, { state: 'succeeded', reason, requestId }, now, 'clean'));
	}
	if (notes.length === 0) return nothing(known);
	// While it is gathered for a command, what comes later is gathered with the rest.
	const isFirst = learned.fallen.length > 0 && known.gatherUntil <= now;
	const gathering = isFirst ? { ...known, gatherUntil: now + GATHER } : known;
	if (now - known.toldAt < TOLD_APART) return nothing({ ...gathering, untold: true }, ...notes);
	return tell({ ...gathering, toldAt: now }, ...notes);
}

/** The playbook may have changed since. */
function asInForce(operation: InventoryOperation, rule: RuleInForce): InventoryOperation {
	const { parameterVersion, says, opsItem, run } = rule;
	if (operation.playbook.parameterVersion === parameterVersion) return operation;
	const known = change<InventoryOperation>(operation, { playbook: { ...operation.playbook, parameterVersion } }, 'remedy' as never);
	return { ...known, says, opsItem, ...(run && { remedy: run }) };
}

/** Nodes fall while it is being resolved: it goes on. What a person has ended is left to another operation. */
function fallenAgain(operation: InventoryOperation, fact: InventoryFact, now: number): Step<InventoryOperation> {
	const learned = learn(operation, fact.findings);
	if (learned.fallen.length === 0 || operation.ending?.state !== 'succeeded') return nothing(operation);
	const awake = change<InventoryOperation>(learned.operation, {}, 'ending');
	const open = { ...awake, toldAt: now, looks: 0, lookAt: now + FIRST_LOOK, gatherUntil: now + GATHER };
	return tell(open, ...notesOf(learned, fact));
}

const FROM = { event: 'its inventory came', sweep: 'the sweep found it', look: 'the clock found it' } as const;

function notesOf({ fallen, recovered, gone, operation }: Learned, { from, requestId }: InventoryFact): Note[] {
	const clean = recovered.filter((node) => !gone.includes(node));
	const what = (node: string) => (operation.what[node] === undefined ? node : `${node}: ${operation.what[node]}`);
	return [
		...(fallen.length > 0 ? [note('found', `${first(fallen, what)}; ${FROM[from]}`, requestId)] : []),
		...(clean.length > 0 ? [note('clean', `${first(clean)}; ${FROM[from]}`, requestId)] : []),
		...(gone.length > 0
			? [note('gone', `${first(gone)}: there is no inventory of it any more, or the rule is not for it`, requestId)]
			: []),
	];
}

function first(nodes: readonly string[], text = (node: string) => node): string {
	const more = nodes.length - NAMED;
	return `${nodes.slice(0, NAMED).map(text).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function withNotes(notes: readonly Note[], step: Step<InventoryOperation>): Step<InventoryOperation> {
	return { ...step, notes: [...notes, ...step.notes] };
}

function notDone(operation: InventoryOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<InventoryOperation> {
	const { effect, why, message } = fact;
	switch (effect) {
		case LOOK.name: {
			// By the next tick, or where AWS refuses it, in time.
			const lookAt = why === 'retry' ? now : now + lookAfter(operation.looks);
			return nothing({ ...operation, lookAt });
		}
		case 'run-round':
			return why === 'refused' && operation.ending === undefined ? refused(operation, message, now) : nothing(operation);
		case 'look-at-round':
			return nothing(operation);
		default:
			return itemNotDone(operation, fact, now);
	}
}
