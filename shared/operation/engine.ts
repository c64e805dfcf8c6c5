/**
 * The engine: load -> next -> write -> effects -> write. The only place that does this, and the only caller of both
 * decisions and effects. It takes many operations at once, so that effects of one kind can share calls.
 */

import { returnSlots } from '../brakes/slots.ts';
import { subjectOf } from '../kinds/subjects.ts';
import { publish } from '../outcomes/publish.ts';
import { inParallel } from '../parallel.ts';
import { hush, secretsIn } from '../playbook/secrets.ts';
import { shareCommands } from '../work/work.ts';
import { amendsOf, isOldStory } from './amends.ts';
import type { Effect, Fact } from './facts.ts';
import { changesOf, lineOf, withCalls } from './history.ts';
import { CONCURRENT_WRITES } from './ledger.ts';
import { type Asked, perform } from './perform.ts';
import type { Services } from './services.ts';
import type { HistoryEntry, Operation } from './types.ts';

/** Rounds of facts and effects in one invocation: the longest chain is about ten. */
const ROUNDS = 25;
/** How often a decision is taken again because somebody else moved the operation meanwhile. */
const REPLAYS = 3;
/** When the clock publishes what EventBridge did not take: due by the next tick. Milliseconds. */
const PUBLISH_AGAIN = 45_000;

/** One operation and what happened to it. `created`: it is not in the ledger yet. */
export interface Happening<O extends Operation = Operation> {
	readonly operation: O;
	readonly facts: readonly Fact[];
	readonly created?: boolean;
	/** What finds changes that an invocation made for it and could not put on record. */
	readonly calls?: readonly string[];
}

/**
 * Where an operation stands after an invocation. `taken`: it was to be created, and its id exists already. `lost`: others moved it each
 * time, and what happened has still to be taken into account.
 */
export interface Outcome<O extends Operation = Operation> {
	readonly operation: O;
	readonly taken: boolean;
	readonly lost: boolean;
}

/** An operation on its way through one invocation. */
class Cursor {
	readonly happening: Happening;
	/** As the ledger has it; absent until created. */
	stored: Operation | undefined;
	current: Operation;
	facts: Fact[];
	effects: Effect[] = [];
	/** What this invocation has done at AWS, or found to be over, and has not put on record: nobody else knows of it. */
	done: Fact[] = [];
	/** What finds the changes that were made at AWS and are not on record. */
	calls: string[];
	/** It needs its slot no longer: it is given back once that is on record, for a run that is overtaken must not take it from another. */
	released = false;
	/** Somebody else moved it: what this invocation decided is void. */
	lost = false;

	constructor(happening: Happening) {
		this.happening = happening;
		this.current = happening.operation;
		this.stored = happening.created === true ? undefined : happening.operation;
		this.facts = [...happening.facts];
		this.calls = [...(happening.calls ?? [])];
	}
}

/**
 * Moves operations by what happened to them, as far as they go without waiting, and writes and publishes the result.
 * @throws what DynamoDB throws; what other services answer becomes a fact.
 */
export async function advance<O extends Operation>(services: Services, happenings: readonly Happening<O>[]): Promise<Outcome<O>[]> {
	const outcomes = new Map<Happening, Outcome>();
	let pending: readonly Happening[] = happenings;
	for (let replay = 0; pending.length > 0; replay += 1) {
		const cursors = pending.map((happening) => new Cursor(happening));
		await run(services, cursors);
		await settle(services, cursors);
		const lost = cursors.filter(({ lost, happening, calls }) => lost && (happening.created !== true || calls.length > 0));
		for (const cursor of cursors) {
			const taken = cursor.lost && cursor.happening.created === true;
			if (cursor.happening.facts.length > 0)
				outcomes.set(cursor.happening, { operation: cursor.current, taken, lost: cursor.lost && !taken });
		}
		if (lost.length === 0 || replay === REPLAYS) break;
		pending = await reload(services, lost, outcomes);
	}
	// An operation never changes its kind.
	return [...outcomes.values()] as Outcome<O>[];
}

async function reload(services: Services, lost: readonly Cursor[], outcomes: Map<Happening, Outcome>): Promise<Happening[]> {
	const fresh = new Map((await services.ledger.load(lost.map(({ current }) => current.id))).map((operation) => [operation.id, operation]));
	await perform(services, amendsOf(lost, fresh));
	return lost.flatMap(({ happening, current, done, calls }) => {
		const operation = fresh.get(current.id);
		// What is news of something that goes on is no news of one that is over: whoever brings it must look for another.
		if (operation?.closedAt !== undefined) return [];
		// What opened it is told already: only what was done for it is not.
		if (happening.created) return operation ? [{ operation, facts: [], calls }] : [];
		outcomes.delete(happening);
		const facts = [...happening.facts, ...done.filter((fact) => !happening.facts.includes(fact) && !isOldStory(fact, operation))];
		return operation === undefined ? [] : [{ ...happening, operation, facts, calls }];
	});
}

/** Facts to effects to facts, until nothing is left to do now. */
async function run(services: Services, cursors: readonly Cursor[]): Promise<void> {
	for (let round = 0; round < ROUNDS; round += 1) {
		for (const cursor of cursors) decide(services, cursor);
		const acting = cursors.filter(({ lost, effects }) => !lost && effects.length > 0);
		if (acting.length === 0) return;
		share(services, acting);
		await inParallel(acting.filter(mustRecordFirst), CONCURRENT_WRITES, (cursor) => write(services, cursor));
		const asked: Asked[] = acting
			.filter(({ lost }) => !lost)
			.flatMap(({ current, effects }) => effects.map((effect) => ({ operation: current, effect })));
		for (const cursor of acting) cursor.effects = [];
		const byId = new Map(acting.map((cursor) => [cursor.current.id, cursor]));
		for (const { id, fact } of await perform(services, asked)) byId.get(id)?.facts.push(fact);
	}
	services.log.error('Operations did not come to rest in one invocation; the clock goes on with them', {
		operations: cursors.filter(({ facts }) => facts.length > 0).map(({ current }) => current.id),
	});
}

function decide(services: Services, cursor: Cursor): void {
	const now = services.now();
	for (const fact of cursor.facts.splice(0)) {
		const before = cursor.current;
		const step = services.kindOf(before).next(before, hush(fact, secretsOf(before)), now);
		const lines = step.notes.map((note) => lineOf(note, now));
		cursor.current = { ...step.operation, history: [...step.operation.history, ...lines] };
		cursor.calls.push(...changesOf(fact));
		if (fact.type === 'done' || isOver(fact)) {
			cursor.done.push(fact);
			cursor.effects = cursor.effects.filter(({ name }) => name !== fact.effect);
		}
		for (const effect of step.effects) {
			if (effect.name === 'release-slot') cursor.released = true;
			else if (!cursor.effects.some(({ name }) => name === effect.name)) cursor.effects.push(effect);
		}
		for (const line of lines) tell(services, cursor.current, line);
	}
	cursor.current = withCalls(cursor.current, cursor.calls);
	// What has closed wants nothing more.
	if (cursor.current.closedAt !== undefined) cursor.effects = [];
}

/** While AWS throttles, run after run is overtaken before it can put that on record. */
function isOver(fact: Fact): fact is Extract<Fact, { type: 'not-done' }> {
	return fact.type === 'not-done' && fact.effect === 'complete-lifecycle' && fact.why === 'gone';
}

/** What its work was given that nobody is to read. */
function secretsOf({ work, run }: Operation): string[] {
	return work === undefined ? [] : secretsIn(work.parameters, run?.parameters ?? {});
}

function tell(services: Services, { id, playbook, subject, state }: Operation, { what, at: _now, ...line }: HistoryEntry): void {
	services.log.info(what, { operation: id, playbook: playbook.name, subject: subjectOf(subject).name(subject), state, ...line });
}

/** Operations that are about to start the same command share it; the work they put on record is then the shared one. */
function share(services: Services, cursors: readonly Cursor[]): void {
	const starting = cursors.filter(({ effects }) => effects.some(({ name }) => name === 'start-work'));
	const shared = shareCommands(starting.map(({ current }) => current));
	for (const cursor of starting) {
		const work = shared.get(cursor.current.id);
		if (work === undefined) continue;
		const { current } = cursor;
		cursor.current = services.kindOf(current).next(current, { type: 'work-shared', work }, services.now()).operation;
	}
}

/** What is named by what is on record: done again by who has nothing of that, it would be another. */
const RECORDED_FIRST: readonly Effect['name'][] = ['start-work', 'apply-association', 'run-round', 'hand-to-playbook'];

/**
 * Starting work has no safe repetition without a record; an ending with several effects is recorded effect by effect. A
 * single idempotent effect needs no write of its own.
 */
function mustRecordFirst({ effects, current, stored }: Cursor): boolean {
	if (effects.some(({ name }) => RECORDED_FIRST.includes(name))) return true;
	// Two runs of one event must not both gather what an OpsItem says; and of one that nobody hears of somebody must know that it may be there.
	if (current.ending === undefined) return current.result?.opsItemId === undefined && effects.some(({ name }) => name === 'open-ops-item');
	if (current.ending.pending.length > 1 || stored?.ending !== undefined) return true;
	// Who does not know that it is resolved would leave it so where the cause comes back. An alarm's calls are counted: the next tick has to do.
	return current.kind !== 'alarm' && effects.some(({ name }) => name === 'resolve-ops-item');
}

async function write(services: Services, cursor: Cursor, publishedVersion = cursor.current.publishedVersion): Promise<void> {
	const { stored, current } = cursor;
	if (stored !== undefined && same(stored, current) && publishedVersion === stored.publishedVersion) return;
	const version = (stored?.version ?? 0) + 1;
	const after = { ...current, version, publishedVersion };
	const ok = stored === undefined ? await services.ledger.create(after) : await services.ledger.save(after);
	if (!ok) {
		cursor.lost = true;
		return;
	}
	cursor.stored = after;
	cursor.current = after;
	cursor.done = [];
	cursor.calls = [];
}

function same(a: Operation, b: Operation): boolean {
	return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The last write of the invocation, and the news of it. */
async function settle(services: Services, cursors: readonly Cursor[]): Promise<void> {
	const kept = cursors.filter(({ lost }) => !lost);
	const news = kept.filter((cursor) => isNews(cursor));
	const untold = news.length > 0 ? await publish(services, news.map(asItWillStand)) : new Set<string>();
	await inParallel(kept.filter(needsWrite), CONCURRENT_WRITES, async (cursor) => {
		const version = (cursor.stored?.version ?? 0) + 1;
		const { dueAt = Infinity, ...rest } = cursor.current;
		const told = !untold.has(rest.id);
		// A closed operation is looked at again only to be published.
		if (!told) cursor.current = { ...rest, dueAt: Math.min(dueAt, services.now() + PUBLISH_AGAIN) };
		else if (rest.closedAt !== undefined) cursor.current = rest;
		return told ? write(services, cursor, version) : write(services, cursor);
	});
	for (const cursor of cursors) count(services, cursor);
	await giveBack(services, kept);
	const taken = cursors.filter(({ lost, happening, current }) => lost && happening.created === true && current.slot);
	await returnSlots(
		services,
		taken.map(({ current }) => current),
	);
}

/** What on record has closed, or needs its slot no longer, holds none any more; one that is not given back here the sweep takes back. */
async function giveBack(services: Services, cursors: readonly Cursor[]): Promise<void> {
	const holding = cursors.filter(({ lost, happening, current, released }) => {
		if (lost) return false;
		const closes = happening.operation.closedAt === undefined && current.closedAt !== undefined;
		return current.slot ? closes : released;
	});
	await perform(
		services,
		holding.map(({ current }) => ({ operation: current, effect: { name: 'release-slot' } })),
	);
}

/** News: its state changed in this invocation, or an earlier one could not tell. */
function isNews({ happening, current, stored }: Cursor): boolean {
	const before = happening.operation;
	if (happening.created === true || before.publishedVersion < before.version) return true;
	if (before.result?.opsItem !== 'refused' && current.result?.opsItem === 'refused') return true;
	return stored === undefined || before.state !== current.state || before.waiting !== current.waiting || !before.ending !== !current.ending;
}

function asItWillStand(cursor: Cursor): Operation {
	const version = needsWrite(cursor) ? (cursor.stored?.version ?? 0) + 1 : cursor.current.version;
	return { ...cursor.current, version };
}

/** That a shared command was sent stands in its work record: fifty nodes need no write of their own for it. */
function needsWrite({ stored, current }: Cursor): boolean {
	if (stored === undefined) return true;
	const sent =
		stored.state === 'starting' && current.state === 'running' && current.work?.shared === true && stored.work?.id === current.work.id;
	// A second line says that more has happened than that.
	if (sent && current.history.length === stored.history.length + 1) return false;
	if (current.closedAt !== undefined && stored.closedAt !== undefined) return stored.publishedVersion < stored.version;
	return !same(stored, current);
}

/** What this invocation has put on record: openings, and closings. */
function count({ count }: Services, { happening, stored, current, lost }: Cursor): void {
	const { state, openedAt, closedAt, ending } = current;
	const playbook = current.playbook.name;
	if (happening.created === true && stored !== undefined) count('OperationsOpened', { playbook });
	if (lost || closedAt === undefined || happening.operation.closedAt !== undefined) return;
	count('OperationsClosed', { playbook, outcome: ending?.state ?? state });
	count('SecondsToClose', { playbook }, Math.round((closedAt - openedAt) / 1_000));
}
