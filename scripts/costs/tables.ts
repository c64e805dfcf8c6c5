/** The tables of docs/costs.md. */

import { dollarsOf, linesOf, PRICES, type Unit } from './prices.ts';
import { idleUsage, SEEN, usageOf } from './usage.ts';

/** What the stack has: counted in its template by the test. */
export const STACK = { queues: 13, alarms: 43 } as const;
const OPERATIONS = 1_000;

const dollars = (amount: number, digits = 2) => amount.toFixed(digits);
/** A number as a person writes it: thousands apart, and no more digits than tell something. */
const amount = (count: number) =>
	count.toLocaleString('en-US', count >= 10 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 2 });

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const markdown = (head: readonly string[], rows: readonly (readonly string[])[]) =>
	[row(head), row(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(row)].join('\n');

/** Dollars of these units alone. */
function part(usage: Parameters<typeof linesOf>[0], units: (unit: Unit) => boolean): number {
	return linesOf(usage)
		.filter(({ unit }) => units(unit))
		.reduce((sum, line) => sum + line.dollars, 0);
}

const isLambda = (unit: Unit) => unit.startsWith('Lambda');
const isQueueOrBus = (unit: Unit) => unit.startsWith('SQS') || unit.startsWith('EventBridge');
const isLedger = (unit: Unit) => unit.startsWith('DynamoDB');
const isLogs = (unit: Unit) => unit.startsWith('CloudWatch Logs');
const isOpsItems = (unit: Unit) => unit.startsWith('OpsItem');
const isAutomation = (unit: Unit) => unit.startsWith('Automation');
const isConfig = (unit: Unit) => unit.startsWith('Config');

function operations(): string {
	const head = ['1,000 operations of', 'Lambda', 'SQS, EventBridge', 'DynamoDB', 'Logs', 'OpsItems', 'Automation', 'Config', 'together, $'];
	const parts = [isLambda, isQueueOrBus, isLedger, isLogs, isOpsItems, isAutomation, isConfig];
	const rows = SEEN.map((seen) => {
		const usage = usageOf(seen, OPERATIONS);
		return [seen.what, ...parts.map((units) => dollars(part(usage, units), 3)), dollars(dollarsOf(usage))];
	});
	return markdown(head, rows);
}

function usage(): string {
	const head = [
		'one operation of',
		'messages',
		'invocations',
		'their seconds',
		'write units',
		'read units',
		'published',
		'bytes of log lines',
	];
	const rows = SEEN.map(({ what, messages, invocations, seconds, writeUnits, readUnits, published, logBytes }) => [
		what,
		...[messages, invocations, seconds, writeUnits, readUnits, published, logBytes].map((count) => count.toLocaleString('en-US')),
	]);
	return markdown(head, rows);
}

function idle(): string {
	const monthly = idleUsage(STACK);
	const rows = linesOf(monthly).map((line) => [line.unit, amount(line.count), dollars(line.dollars)]);
	return markdown(['a month in which nothing happens', 'how many', '$'], [...rows, ['together', '', dollars(dollarsOf(monthly))]]);
}

function prices(): string {
	const rows = Object.entries(PRICES).map(([unit, price]) => {
		const [of, per] = price < 0.0005 && !unit.includes('GB') ? [price * 1e6, 'a million'] : [price, 'one'];
		return [unit, per, `${+of.toPrecision(9)}`];
	});
	return markdown(['what', 'of', '$'], rows);
}

/** By the name of their place. */
const TABLES: Readonly<Record<string, () => string>> = { operations, usage, idle, prices };

/** A text with every table in its place, between `<!-- name -->` and `<!-- /name -->`. @throws Error where a place is missing. */
export function filledIn(text: string): string {
	return Object.entries(TABLES).reduce((filled, [name, table]) => {
		const place = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
		if (!place.test(filled)) throw new Error(`docs/costs.md has no place for the table '${name}'`);
		return filled.replace(place, () => `<!-- ${name} -->\n\n${table()}\n\n<!-- /${name} -->`);
	}, text);
}
