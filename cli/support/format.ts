/** Operations in the words and columns of a terminal. */

import type { HistoryEntry, Operation } from '../../shared/operation/types.ts';

/** Output of a node's scripts ends up in reasons: nothing of it may reach the terminal as a control sequence. */
export function oneLine(text: string): string {
	return text
		.replace(/\p{C}+/gu, ' ')
		.replace(/\s+/g, ' ')
		.trim();
}

export function shortened(text: string, length: number): string {
	return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of milliseconds in its two largest units: `45s`, `12m`, `3h05m`, `2d04h`. */
export function span(milliseconds: number): string {
	const ms = Math.max(0, milliseconds);
	if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
	if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
	const [large, small, one, two] = ms < DAY ? ([HOUR, MINUTE, 'h', 'm'] as const) : ([DAY, HOUR, 'd', 'h'] as const);
	return `${Math.floor(ms / large)}${one}${String(Math.floor((ms % large) / small)).padStart(2, '0')}${two}`;
}

/** `2026-11-23T10:00:00Z`, of epoch milliseconds or of an ISO 8601 time. */
export function instant(at: number | string): string {
	return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `waiting (pause)`, `closing as failed`, `running`, `succeeded`. */
export function stateText({ state, waiting, ending, closedAt }: Operation): string {
	if (closedAt !== undefined) return state;
	if (ending !== undefined) return `closing as ${ending.state}`;
	return waiting === undefined ? state : `${state} (${waiting})`;
}

/** Why it stands as it stands: its end, or the last thing that happened. */
export function reasonText({ result, ending, closedAt, history }: Operation): string {
	if (closedAt !== undefined && result !== undefined) return oneLine(result.reason);
	if (ending !== undefined) return oneLine(ending.reason);
	const last = history.at(-1);
	return last === undefined ? '' : oneLine(`${last.what}: ${last.why}`);
}

/** A line of the history: when, what, and why with the id of the call behind it. */
export function historyRow({ at, what, why, requestId }: HistoryEntry): [string, string, string] {
	return [instant(at), what, `${oneLine(why)}${requestId ? ` [${requestId}]` : ''}`];
}

/** Whether there is work that must be over by the deadline; what is verified has timers of its own. */
export function hasDeadline(operation: Operation): boolean {
	const { state, run, closedAt } = operation;
	return closedAt === undefined && run !== undefined && state !== 'verifying' && !hasTime(operation);
}

/** Whether it waits for as long as it takes: its deadline will count from the start of its work. */
export function hasTime({ kind, state }: Operation): boolean {
	return state === 'waiting' && (kind === 'compliance' || kind === 'event' || kind === 'command');
}

/** When and how a closed operation ended: `failed at 2026-11-23T10:00:00Z, lifecycle action completed with CONTINUE`. */
export function endText({ state, closedAt, result }: Operation): string {
	const when = closedAt === undefined ? state : `${state} at ${instant(closedAt)}`;
	if (result?.observed) return `${when}: its playbook observes`;
	if (result?.resolved) return `${when}, OpsItem resolved`;
	if (result?.lifecycle === undefined) return when;
	return result.lifecycle === 'over' ? `${when}, its hook was over` : `${when}, lifecycle action completed with ${result.lifecycle}`;
}

/** Lines of columns, two spaces apart; the last column is as wide as it likes. */
export function table(rows: readonly (readonly string[])[]): string[] {
	const widths: number[] = [];
	for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
	return rows.map((row) =>
		row
			.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
			.join('  ')
			.trimEnd(),
	);
}
