/** A burst's report as tables. */

import type { BurstReport } from './burst.ts';

/** A report in lines, ready to print. */
function burstLines({ actions, work, completed, seconds, calls, cost, problems }: BurstReport): string[] {
	const dollars = cost.reduce((sum, line) => sum + line.dollars, 0);
	const ours = calls.filter(({ operation }) => operation !== '');
	return [
		`${whole(actions)} terminations at once, each with a ${work}: ${whole(completed)} completed as the playbook says`,
		'',
		`from its begin to its completion   p50 ${span(seconds.p50)}   p99 ${span(seconds.p99)}   last ${span(seconds.last)}`,
		'',
		...table(
			['call', 'calls', 'throttled'],
			[
				...ours.map((each) => [each.operation, whole(each.calls), whole(each.throttled)]),
				['all', whole(sum(ours.map((each) => each.calls))), whole(sum(ours.map((each) => each.throttled)))],
				['for each action', (sum(ours.map((each) => each.calls)) / actions).toFixed(2), ''],
			],
		),
		'',
		...table(
			['cost', 'units', 'US dollars'],
			[
				...cost.map((line) => [line.what, whole(line.units), line.dollars.toFixed(4)]),
				['all', '', dollars.toFixed(4)],
				['for 1,000 actions', '', ((dollars / actions) * 1000).toFixed(4)],
			],
		),
		'',
		...(problems.length === 0 ? ['Nothing was lost.'] : problems.slice(0, MOST_PROBLEMS)),
	];
}

const MOST_PROBLEMS = 20;

export function printBurst(report: BurstReport, write: (line: string) => void): void {
	for (const line of burstLines(report)) write(line);
}

function sum(amounts: readonly number[]): number {
	return amounts.reduce((total, amount) => total + amount, 0);
}

function whole(count: number): string {
	return count.toLocaleString('en-US');
}

/** `17:05`: minutes and seconds; a dash where nothing was completed. */
function span(seconds: number): string {
	if (Number.isNaN(seconds)) return '-';
	const rounded = Math.round(seconds);
	return `${Math.floor(rounded / 60)}:${String(rounded % 60).padStart(2, '0')}`;
}

/** Columns as wide as they need to be: the first to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
	const all = [head, ...rows];
	const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
	return all.map((row) =>
		row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   '),
	);
}
