/** What a report is, and the forms that it comes in. */

import type { ParseArgsOptionsConfig } from 'node:util';
import { oneLine, table } from '../support/format.ts';
import { type Desk, printJson, readArguments, UsageError } from '../support/verb.ts';

export interface Report {
	/** Its options. */
	readonly usage: string;
	/** What it says. */
	readonly details: string;
	/**
	 * @param args without the name of the report.
	 * @returns the exit status; nothing is 0.
	 * @throws UsageError, Refusal, and what the SDK throws.
	 */
	run(args: readonly string[], desk: Desk): Promise<number | undefined>;
}

/**
 * Options of a report, beside those that all have, and its operands.
 * @param operands how many at least and at most: none where nothing is said.
 * @throws UsageError where one is unknown or lacks its value, or two forms are asked for.
 */
export function readOptions<O extends ParseArgsOptionsConfig>(
	args: readonly string[],
	options: O,
	operands: readonly [number, number] = [0, 0],
) {
	const parsed = readArguments(args, { csv: { type: 'boolean' }, ...options }, operands);
	const { csv, json } = parsed.values as { readonly csv?: boolean; readonly json?: boolean };
	if (csv && json) throw new UsageError('takes one of --csv and --json');
	return parsed;
}

/** What a report says, in each form that may be asked for. */
export interface Sheets {
	/** Tables, each with its headings in the first row; an empty one is left out. */
	readonly tables: readonly (readonly (readonly string[])[])[];
	/** What is said where all of them are empty. */
	readonly none: string;
	/** One table, with headings. */
	readonly csv: readonly (readonly string[])[];
	readonly json: unknown;
}

export function print(desk: Desk, { csv, json }: { readonly csv?: boolean; readonly json?: boolean }, sheets: Sheets): void {
	if (json) printJson(desk, sheets.json);
	else if (csv) desk.io.out(sheets.csv.map((row) => row.map(field).join(',')).join('\r\n'));
	else printTables(desk, sheets);
}

function printTables(desk: Desk, sheets: Pick<Sheets, 'tables' | 'none'>): void {
	const full = sheets.tables.filter(({ length }) => length > 1);
	if (full.length === 0) desk.io.out(sheets.none);
	for (const [index, rows] of full.entries()) {
		if (index > 0) desk.io.out('');
		for (const line of table(rows.map((row) => row.map(oneLine)))) desk.io.out(line);
	}
}

/** A field of RFC 4180. What a node says of itself must be no formula to a spreadsheet. */
function field(value: string): string {
	const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
