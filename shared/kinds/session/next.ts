/** From the start of a session to its end, which mostly nobody tells: what each fact means. Pure. */

import type { Fact, SessionFact, Step } from '../../operation/facts.ts';
import type { EndingEffect, SessionOperation } from '../../operation/types.ts';
import { BY_NEXT_TICK, end, proceed } from '../ending.ts';
import { change, note, nothing, whereMoved } from '../steps.ts';
import { itemDone, itemNotDone, leave, nextLook, tell, withShortStory } from '../telling.ts';
import { breachOf, tooLong } from './rules.ts';
import type { SessionState } from './types.ts';

const MINUTE = 60_000;
/** A shell that exits, or idles out, is noticed by then at the latest. */
const LAST_LOOK = 5 * MINUTE;
/** The list may lag behind the start, and behind the end; what it does not have by then is gone from it. */
const SHOWN_WITHIN = 15 * MINUTE;
/** Events tell their time to the second, and lists more exactly. */
const TO_THE_SECOND = 1_000;
/** What AWS refuses it goes on refusing, until somebody puts it right. */
const REFUSED = 15 * MINUTE;

const LOOK = { name: 'look-at-session' } as const;
const TERMINATE = { name: 'terminate-session' } as const;

type Over = Extract<SessionState, { is: 'over' }>;

/** From the start of a session, or the last news of it, to the next look. Milliseconds. */
export function lookAfter(looks: number): number {
	return Math.min(MINUTE * (looks + 1), LAST_LOOK);
}

export function nextSession(operation: SessionOperation, fact: Fact, now: number): Step<SessionOperation> {
	if (operation.closedAt !== undefined) return nothing(operation);
	return whereMoved(operation, fact, react(operation, fact, now), (after) => change(withShortStory(after), { dueAt: dueAt(after, now) }));
}

function dueAt(operation: SessionOperation, now: number): number {
	const { ending, stop } = operation;
	const look = nextLook(operation, now);
	if (ending !== undefined) return look;
	return Math.max(now + BY_NEXT_TICK, Math.min(look, timeIsUpAt(operation), stop === undefined || stop.done ? look : stop.tryAt));
}

/** When it has to be over by the rule, as long as nobody ends it for another reason. */
function timeIsUpAt({ breach, stop, capAt = Number.POSITIVE_INFINITY }: SessionOperation): number {
	return breach === undefined && stop === undefined ? capAt : Number.POSITIVE_INFINITY;
}

function react(operation: SessionOperation, fact: Fact, now: number): Step<SessionOperation> {
	switch (fact.type) {
		case 'opened':
			return begin(operation, now);
		case 'session':
			return operation.ending === undefined ? news(operation, fact, now) : nothing(operation);
		case 'tick':
			return tick(operation, now);
		case 'done':
			return fact.effect === TERMINATE.name
				? terminated(operation, fact, now)
				: itemDone(operation, fact, standingOf(operation), false, now);
		case 'work-not-started':
			return notTerminated(operation, fact.message, undefined, now, now + BY_NEXT_TICK);
		case 'not-done':
			return notDone(operation, fact, now);
		case 'operator':
			return operator(operation, fact, now);
		default:
			return nothing(operation);
	}
}

function begin(operation: SessionOperation, now: number): Step<SessionOperation> {
	const { subject, rule, over } = operation;
	if (over !== undefined) return ended(operation, over, undefined, now);
	const breach = breachOf(subject, rule);
	return breach === undefined ? nothing(operation) : outside(operation, breach, now);
}

function isTooLong({ capAt }: SessionOperation, at: number): boolean {
	return capAt !== undefined && at > capAt;
}

/** It is outside the rules: it is terminated, and people are told. */
function outside(operation: SessionOperation, breach: string, now: number): Step<SessionOperation> {
	const known = { ...operation, breach };
	const said = note('outside the rules', `${operation.playbook.name}: ${breach}`);
	if (operation.brakes?.observe) return tell(known, said, note('dry run', 'the playbook observes: it is not terminated'));
	const telling = tell(stopped(known, breach, now), said);
	return { ...telling, effects: [TERMINATE, ...telling.effects] };
}

/** On record as one that is to be terminated. What is not done by then is tried by the clock. */
function stopped(operation: SessionOperation, why: string, now: number): SessionOperation {
	return { ...operation, stop: { why, tryAt: now + BY_NEXT_TICK } };
}

function tick(operation: SessionOperation, now: number): Step<SessionOperation> {
	const { ending, deadlineAt, stop, lookAt } = operation;
	if (ending !== undefined) return proceed(operation, [], now);
	if (now >= deadlineAt) return leave(operation, { state: 'timed-out', reason: 'it is listed as open for thirty days' }, now);
	// It may have ended since the last look: that its time is up says nothing of it.
	const isDue = Math.min(lookAt, timeIsUpAt(operation)) <= now;
	const due = [...(stop !== undefined && !stop.done && stop.tryAt <= now ? [TERMINATE] : []), ...(isDue ? [LOOK] : [])];
	// What a look shows is told once that is known.
	const telling = isDue ? nothing(operation) : stillToTell(operation);
	return { ...telling, effects: [...due, ...telling.effects] };
}

function stillToTell(operation: SessionOperation): Step<SessionOperation> {
	return operation.untold ? tell(operation) : nothing(operation);
}

function news(operation: SessionOperation, fact: SessionFact, now: number): Step<SessionOperation> {
	const { state, by, at, from, requestId } = fact;
	switch (state.is) {
		case 'over':
			return ended(operation, state, requestId, now);
		case 'open': {
			const { looks } = operation;
			const seen = { ...operation, seenAt: Math.max(operation.seenAt, at) };
			if (from === 'look') {
				const later = { ...seen, looks: looks + 1, lookAt: now + lookAfter(looks + 1) };
				return timeIsUpAt(operation) <= at ? outside(later, tooLong(operation), now) : stillToTell(later);
			}
			const said = note('resumed', `by ${by}`, requestId);
			return nothing({ ...seen, resumes: operation.resumes + 1, looks: 0, lookAt: now + lookAfter(0) }, said);
		}
		case 'ending': {
			const { asked = { at, how: state.how, requestId } } = operation;
			const first = at < asked.at ? { at, how: state.how, requestId } : asked;
			return nothing({ ...operation, asked: first, looks: 0, lookAt: now });
		}
		case 'unknown':
			return unlisted(operation, requestId, now);
	}
}

/** Systems Manager lists it nowhere. */
function unlisted(operation: SessionOperation, requestId: string | undefined, now: number): Step<SessionOperation> {
	const { seenAt, looks, breach, asked } = operation;
	if (now - seenAt < SHOWN_WITHIN) return stillToTell({ ...operation, looks: looks + 1, lookAt: now + lookAfter(looks + 1) });
	if (asked !== undefined) return ended(operation, { is: 'over', ...asked }, requestId, now);
	const reason = 'Systems Manager does not list it any more: when it ended nobody can tell';
	return close(operation, { state: breach === undefined ? 'skipped' : 'failed', reason, requestId }, {}, now);
}

function ended(operation: SessionOperation, over: Over, requestId: string | undefined, now: number): Step<SessionOperation> {
	const { subject, rule, transcript, asked } = operation;
	const { at, failed } = over;
	const endedAt = Math.max(at, subject.startedAt);
	const seconds = Math.round((endedAt - subject.startedAt) / 1_000);
	// What was taken for too long by a list that was behind was not.
	const breach = breachOf(subject, rule) ?? (isTooLong(operation, endedAt) ? tooLong(operation) : undefined);
	const known = judged(operation, breach);
	const session = { session: { endedAt, seconds, ...(transcript && !failed && { transcript }) } };
	if (failed) {
		const reason = `it never began: ${over.how}`;
		return close(known, { state: breach === undefined ? 'skipped' : 'failed', reason, requestId }, session, now);
	}
	const by = asked !== undefined && asked.at <= endedAt + TO_THE_SECOND ? asked : { how: over.how, requestId };
	const after = `it ended after ${spanText(seconds)}`;
	if (breach !== undefined) {
		return close(known, { state: 'failed', reason: `${breach}; ${after}: ${by.how}`, requestId: by.requestId }, session, now);
	}
	const { stop } = known;
	const reason = `${after}: ${stop?.why ?? by.how}`;
	return close(known, { state: stop === undefined ? 'succeeded' : 'failed', reason, requestId: by.requestId }, session, now);
}

/** With the rule that it was outside of in the end; where that is none, nobody but a person wanted it terminated. */
function judged(operation: SessionOperation, breach: string | undefined): SessionOperation {
	if (breach !== undefined) return { ...operation, breach };
	const { breach: wrong, stop, ...rest } = operation;
	return { ...rest, ...(stop !== undefined && stop.why !== wrong && { stop }) };
}

type Decided = Parameters<typeof end<SessionOperation>>[1];

/** Of one outside the rules, or taken for such, people are told the end too. */
function close(operation: SessionOperation, decision: Decided, result: Parameters<typeof end>[3], now: number): Step<SessionOperation> {
	const pending: EndingEffect[] =
		operation.result?.opsItemId !== undefined ? ['update-ops-item'] : operation.breach === undefined ? [] : ['open-ops-item'];
	return end(operation, decision, { then: {}, pending }, result, now, 'ended');
}

/** `12m 05s` */
function spanText(seconds: number): string {
	const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
	const two = (n: number) => String(n).padStart(2, '0');
	if (hours > 0) return `${hours}h ${two(minutes)}m`;
	return minutes > 0 ? `${minutes}m ${two(rest)}s` : `${rest}s`;
}

function standingOf({ breach, stop }: SessionOperation): string {
	return `${breach ?? stop?.why ?? 'it is open'}${stop?.done ? '; it was terminated' : ''}`;
}

function terminated(operation: SessionOperation, { requestId }: Extract<Fact, { type: 'done' }>, now: number): Step<SessionOperation> {
	const { stop, ending } = operation;
	if (stop === undefined || stop.done || ending !== undefined) return nothing(operation);
	const soon = now + BY_NEXT_TICK;
	return nothing(
		{ ...operation, stop: { ...stop, done: true }, looks: 0, lookAt: soon },
		note('terminated', `${stop.why}: Systems Manager has taken it, and its end is looked for`, requestId),
	);
}

const NOT_TERMINATED = 'not terminated';

function notTerminated(
	operation: SessionOperation,
	message: string,
	requestId: string | undefined,
	now: number,
	tryAt: number,
): Step<SessionOperation> {
	const { stop, ending } = operation;
	if (stop === undefined || stop.done || ending !== undefined) return nothing(operation);
	// The story says it once, not once a minute.
	const said = operation.history.some(({ what, why }) => what === NOT_TERMINATED && why === message);
	const later = { ...operation, stop: { ...stop, tryAt: Math.max(tryAt, now + BY_NEXT_TICK) } };
	return nothing(later, ...(said ? [] : [note(NOT_TERMINATED, message, requestId)]));
}

function notDone(operation: SessionOperation, fact: Extract<Fact, { type: 'not-done' }>, now: number): Step<SessionOperation> {
	const { effect, why, message, requestId } = fact;
	const again = why === 'retry' ? now + BY_NEXT_TICK : now + REFUSED;
	if (effect === TERMINATE.name) return notTerminated(operation, message, requestId, now, again);
	if (effect !== LOOK.name) return itemNotDone(operation, fact, now);
	return operation.ending === undefined ? stillToTell({ ...operation, lookAt: again }) : nothing(operation);
}

function operator(operation: SessionOperation, fact: Extract<Fact, { type: 'operator' }>, now: number): Step<SessionOperation> {
	const { verb, by, seconds = 0 } = fact;
	const { ending, capAt, breach, stop } = operation;
	switch (verb) {
		case 'extend': {
			if (capAt === undefined || breach !== undefined) {
				return nothing(operation, note('extended', `by ${by}: there is no time left, or none at all, that its playbook gives it`));
			}
			return nothing({ ...operation, capAt: capAt + seconds * 1_000 }, note('extended', `by ${by}: it may last ${seconds} s more`));
		}
		case 'retry':
			if (ending !== undefined) return proceed(operation, [note('retried', `by ${by}`)], now);
			return nothing({ ...operation, lookAt: now }, note('retried', `by ${by}: it is looked at, by the next minute`));
		case 'cancel':
			if (ending !== undefined) return proceed(operation, [note('cancelled', `by ${by}: it is ending already`)], now);
			if (stop !== undefined) return nothing(operation, note('cancelled', `by ${by}: it is being terminated already`));
			// Whoever acts may not be allowed to: the clock is.
			return nothing(stopped(operation, `terminated by ${by}`, now), note('cancelled', `by ${by}: it is terminated, by the next minute`));
		case 'complete':
			if (ending !== undefined) return proceed(operation, [note('completed', `by ${by}: it is ending already`)], now);
			return close(operation, { state: 'skipped', reason: `completed by ${by}: nobody looks for its end` }, {}, now);
	}
}
