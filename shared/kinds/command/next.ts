/** The life of a command on many nodes: what each fact means for it. Pure. */

import type { CommandFact, Fact, Step } from '../../operation/facts.ts';
import type { CommandOperation } from '../../operation/types.ts';
import { waitsUntil } from '../brakes.ts';
import { wouldRun } from '../dry-run.ts';
import { answered, BY_NEXT_TICK, end, proceed } from '../ending.ts';
import { ask, change, note, nothing } from '../steps.ts';
import { atWork, DECIDE_AFTER_DEADLINE, hasBegun, tickWork, wait, workLook } from '../working.ts';
import { commandOver, course, withoutNodes } from './course.ts';
import { finish, stop } from './ending.ts';
import { isRateExceeded } from './nodes.ts';
import { ringOf } from './rings.ts';

/** How long nodes of a command that has ended are accounted for: lists of AWS lag. Milliseconds. */
const ACCOUNTED_WITHIN = 10 * 60_000;
/** How long a command that is stopped may take to end: an agent that is gone never does. Milliseconds. */
const STOPPED_WITHIN = 5 * 60_000;
/** How often stopping is tried. */
const STOP_TRIES = 3;

export function nextCommand(operation: CommandOperation, fact: Fact, now: number): Step<CommandOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	const step = withDeadline(react(operation, fact, now), now);
	const unmoved = step.operation === operation && step.effects.length === 0;
	if (unmoved || step.operation.closedAt !== undefined) return step;
	return { ...step, operation: change(step.operation, { dueAt: nextLook(step.operation, now) }) };
}

/** The deadline counts while commands are under way: brakes may hold up each of them for long. */
function withDeadline(step: Step<CommandOperation>, now: number): Step<CommandOperation> {
	const begins = step.effects.some((effect) => effect.name === 'start-work' && effect.work.attempt === 1);
	return begins ? { ...step, operation: change(step.operation, { deadlineAt: course.deadline(step.operation, now) }) } : step;
}

/** Since when there has been nothing to wait for but brakes. */
function soakedAt({ rings, openedAt }: CommandOperation): number {
	return rings?.soaksUntil ?? openedAt;
}

function isSoaking(operation: CommandOperation, now: number): boolean {
	return operation.waiting === 'soak' && operation.ending === undefined && now < soakedAt(operation);
}

function nextLook(operation: CommandOperation, now: number): number {
	const { ending, deadlineAt, over, stop } = operation;
	if (over !== undefined || stop !== undefined) return now + BY_NEXT_TICK;
	if (isSoaking(operation, now)) return soakedAt(operation);
	const end = ending === undefined && hasBegun(operation) ? deadlineAt + DECIDE_AFTER_DEADLINE : Infinity;
	return Math.min(workLook(operation, BY_NEXT_TICK, now), end);
}

function react(operation: CommandOperation, fact: Fact, now: number): Step<CommandOperation> {
	switch (fact.type) {
		case 'opened':
			return opened(operation, now);
		case 'tick':
			return tick(operation, now);
		case 'command':
			return command(operation, fact, now);
		case 'nodes':
			return operation.over === undefined || operation.ending !== undefined
				? nothing(operation)
				: ask(operation, [{ name: 'look-up-work' }]);
		case 'done':
		case 'not-done':
			return told(operation, fact, now);
		case 'operator':
			return operator(operation, fact, now);
		default:
			return atWork(course, operation, fact, now) ?? nothing(operation);
	}
}

function opened(operation: CommandOperation, now: number): Step<CommandOperation> {
	const { brakes, chunks, then, rings } = operation;
	if (brakes?.observe) {
		const { opsItem } = then.onFailure;
		const ending = { then: opsItem ? { opsItem } : {}, pending: opsItem ? (['open-ops-item'] as const) : [] };
		const reason = `observed only: would ${wouldRun(operation, operation.subject.on)}`;
		return end(operation, { state: 'skipped', reason }, ending, { observed: true }, now);
	}
	// Nothing is begun that cannot go through all of its rings.
	const empty = chunks.length === 0 ? { name: ringOf(operation)?.name } : rings?.each.find(({ plan }) => plan?.chunks.length === 0);
	if (empty) return withoutNodes(operation, now, empty.name);
	return goOn(operation, now);
}

function goOn(operation: CommandOperation, now: number): Step<CommandOperation> {
	if (isSoaking(operation, now)) return nothing(operation);
	const until = hasBegun(operation) ? operation.deadlineAt : waitsUntil({ ...operation, openedAt: soakedAt(operation) });
	return tickWork(course, operation, now, until, []);
}

function tick(operation: CommandOperation, now: number): Step<CommandOperation> {
	const { ending, stop, over, work, state } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (stop === undefined && over === undefined) return goOn(operation, now);
	// Where no command is known there is nothing to wait for.
	if (state !== 'running' || work?.externalId === undefined) return stopped(operation, now);
	const again = stop !== undefined && stop.asked === undefined && stop.tries < STOP_TRIES;
	return ask(operation, [{ name: 'look-up-work' }, ...(again ? [{ name: 'cancel-work' } as const] : [])]);
}

/** Nothing is under way, as far as is known. */
function stopped(operation: CommandOperation, now: number): Step<CommandOperation> {
	return operation.stop === undefined ? nothing(operation) : finish(operation, operation.stop, now);
}

/** How the command under way stands. */
function command(operation: CommandOperation, fact: CommandFact, now: number): Step<CommandOperation> {
	const { ending, state, work, over, stop: stopping, deadlineAt } = operation;
	if (ending !== undefined || state !== 'running' || fact.externalId !== work?.externalId) return nothing(operation);
	const isLate = (since: number | undefined, within: number) => since !== undefined && now - since >= within;
	// An event, which may come late, says nothing of the nodes.
	const stopsWithin = fact.status === 'unknown' ? ACCOUNTED_WITHIN : STOPPED_WITHIN;
	const enough = fact.tally !== undefined && (isLate(over?.at, ACCOUNTED_WITHIN) || isLate(stopping?.at, stopsWithin));
	const isKnown = fact.tally?.complete === true || (fact.ended !== undefined && isRateExceeded(fact.details));
	if (enough || (fact.status === 'ended' && isKnown)) return commandOver(operation, fact, now);
	if (fact.status === 'ended') {
		const { ended = over?.ended } = fact;
		const known: CommandOperation = { ...operation, over: { at: over?.at ?? now, ...(ended && { ended }) } };
		// The event says no more than that: how its nodes have ended is looked up.
		return fact.tally === undefined ? ask(known, [{ name: 'look-up-work' }]) : nothing(known);
	}
	if (stopping !== undefined || over !== undefined || now < deadlineAt + DECIDE_AFTER_DEADLINE) return nothing(operation);
	return stop(operation, { state: 'timed-out', reason: "not over within the playbook's timeout", requestId: fact.requestId }, now);
}

function told(operation: CommandOperation, fact: Extract<Fact, { type: 'done' | 'not-done' }>, now: number): Step<CommandOperation> {
	const { stop: stopping, ending, state } = operation;
	if (ending !== undefined) return answered(operation, fact, now);
	if (fact.type === 'not-done' && (fact.effect === 'ask-calendar' || fact.effect === 'take-slot')) {
		// A look that AWS did not grant is a look that the next tick takes again.
		return wait(operation, fact.effect === 'ask-calendar' ? 'calendar' : 'throttle', fact.message, fact.requestId);
	}
	if (fact.effect !== 'cancel-work' || stopping === undefined) return nothing(operation);
	if (fact.type === 'not-done') {
		const tries = stopping.tries + 1;
		const said = tries === 1 ? [note('not stopped yet', fact.message, fact.requestId)] : [];
		return nothing({ ...operation, stop: { ...stopping, tries } }, ...said);
	}
	const asked: CommandOperation = { ...operation, stop: { ...stopping, asked: true } };
	const said = note('work stopped', fact.note ?? 'nothing more of it is started', fact.requestId);
	const step = state === 'running' ? nothing(asked) : stopped(asked, now);
	return { ...step, notes: [said, ...step.notes] };
}

function operator(operation: CommandOperation, fact: Extract<Fact, { type: 'operator' }>, now: number): Step<CommandOperation> {
	const { verb, by, seconds = 0 } = fact;
	const { ending, stop: stopping } = operation;
	switch (verb) {
		case 'extend':
			if (stopping !== undefined) return nothing(operation, note('not extended', `by ${by}: it is being stopped already`));
			return nothing(
				change(operation, { deadlineAt: operation.deadlineAt + seconds * 1_000 }),
				note('extended', `by ${by}: ${seconds} s more`),
			);
		case 'retry': {
			const step = tick(operation, now);
			return { ...step, notes: [note('retried', `by ${by}`), ...step.notes] };
		}
		case 'cancel':
		case 'complete': {
			const what = verb === 'cancel' ? 'cancelled' : 'completed';
			if (ending !== undefined) return proceed(operation, [note(what, `by ${by}: it is ending already`)], now);
			if (stopping !== undefined) return nothing(operation, note(what, `by ${by}: it is being stopped already`));
			const decision = { state: verb === 'cancel' ? 'failed' : 'skipped', reason: `${what} by ${by}` } as const;
			return hasBegun(operation) ? stop(operation, decision, now) : finish(operation, decision, now);
		}
	}
}
