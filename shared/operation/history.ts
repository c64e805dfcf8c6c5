/** Lines of an operation's history, and the calls to AWS behind them. */

import type { Fact, Note } from './facts.ts';
import type { Called, HistoryEntry, Operation } from './types.ts';

/** Changes that one line keeps. */
const CALLS = 50;

/** A call by what finds it: see `requestIdOf`. */
export function calledBy(found = ''): Called {
	const [requestId, ...call] = found.split(' ');
	return { requestId, call: call.join(' ') || undefined };
}

/** @param at epoch milliseconds. */
export function lineOf({ what, why, requestId }: Note, at: number): HistoryEntry {
	return { at: new Date(at).toISOString(), what, why, ...(requestId && calledBy(requestId)) };
}

/** What finds the changes at AWS that a fact is the answer to. */
export function changesOf(fact: Fact): string[] {
	const { type, requestId, calls = [] } = fact as Extract<Fact, { type: 'done' }>;
	return requestId && /^(done|work-started)$/.test(type) ? [requestId, ...calls] : [...calls];
}

/** Changes that no line tells of stand behind the last one: they follow from it. @param calls what finds each. */
export function withCalls(operation: Operation, calls: readonly string[]): Operation {
	const { history } = operation;
	const known = JSON.stringify(history);
	const more = calls.map(calledBy).filter(({ requestId = '' }) => !known.includes(requestId));
	const last = history.at(-1);
	if (last === undefined || more.length === 0) return operation;
	return { ...operation, history: [...history.slice(0, -1), { ...last, calls: [...(last.calls ?? []), ...more].slice(-CALLS) }] };
}
