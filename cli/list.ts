/** `fleet -- list`: what is open, and what has closed. */

import { subjectOf } from '../shared/kinds/subjects.ts';
import { summarise } from '../shared/operation/summary.ts';
import type { Operation } from '../shared/operation/types.ts';
import type { Pause } from '../shared/playbook/compiled-item.ts';
import { recentDays } from './support/find.ts';
import { hasDeadline, instant, oneLine, reasonText, shortened, span, stateText, table } from './support/format.ts';
import { readPause } from './support/pausing.ts';
import { type Desk, printJson, readArguments, UsageError, type Verb } from './support/verb.ts';

const REASON_LENGTH = 120;
const SUBJECT_LENGTH = 80;
const HEADINGS = ['OPERATION', 'STATE', 'PLAYBOOK', 'SUBJECT', 'AGE', 'DEADLINE', 'REASON'] as const;

export const list: Verb = {
	usage: 'list [--all | --closed [--day YYYY-MM-DD]] [--json]',
	summary: 'open operations, and those closed lately',
	details: '--all adds those closed today and yesterday (UTC); --closed shows only those closed on a day, today where none is given.',
	async run(args, desk) {
		const options = { all: { type: 'boolean' }, closed: { type: 'boolean' }, day: { type: 'string' } } as const;
		const { values } = readArguments(args, options, [0, 0]);
		if (values.all && values.closed) throw new UsageError('takes one of --all and --closed');
		if (values.day !== undefined && !values.closed) throw new UsageError('takes --day with --closed only');
		const { ledger, now } = desk.services();
		const today = recentDays(now());
		const days = values.closed ? [dayOf(values.day) ?? (today.at(-1) as string)] : values.all ? today : [];
		const ids = await Promise.all([ledger.open(), ...days.map((day) => ledger.closedOn(day))]);
		const found = await ledger.load(ids.flat());
		const wanted = found.filter(({ closedAt }) =>
			closedAt === undefined ? !values.closed : days.includes(new Date(closedAt).toISOString().slice(0, 10)),
		);
		const operations = wanted.sort((a, b) => (a.closedAt ?? Infinity) - (b.closedAt ?? Infinity) || a.openedAt - b.openedAt);
		const { paused } = await readPause(desk.services());
		if (values.json) printJson(desk, { ...(paused && { paused }), operations: operations.map(summarise) });
		else print(desk, operations, paused, values.closed ? `No operation was closed on ${days.join()}` : 'No open operations');
		return undefined;
	},
};

function dayOf(text: string | undefined): string | undefined {
	if (text === undefined) return undefined;
	const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
	if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text)
		throw new UsageError(`takes --day as 2026-11-23, not '${text}'`);
	return text;
}

function print(desk: Desk, operations: readonly Operation[], paused: Pause | undefined, none: string): void {
	const { io, stage } = desk;
	const now = desk.services().now();
	if (paused !== undefined) {
		const { by, at, reason } = paused;
		io.out(`All starting of work is paused by ${oneLine(by)} since ${instant(at)}: ${oneLine(reason)} (fleet -- resume ends it)`);
	}
	if (operations.length === 0) io.out(`${none} in stage ${stage}.`);
	else for (const line of table([HEADINGS, ...operations.map((operation) => row(operation, now))])) io.out(line);
}

function row(operation: Operation, now: number): string[] {
	const { id, playbook, subject, openedAt, deadlineAt, closedAt } = operation;
	const deadline = deadlineAt >= now ? `in ${span(deadlineAt - now)}` : `${span(now - deadlineAt)} ago`;
	return [
		id,
		closedAt === undefined ? stateText(operation) : `${stateText(operation)} ${span(now - closedAt)} ago`,
		playbook.name,
		shortened(oneLine(subjectOf(subject).about(subject)), SUBJECT_LENGTH),
		span(now - openedAt),
		hasDeadline(operation) ? deadline : '-',
		shortened(reasonText(operation), REASON_LENGTH),
	];
}
