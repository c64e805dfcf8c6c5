/** A played story as a person reads it. Every line comes from the ledger's history, the request log and the functions' log. */

import { subjectOf } from '../../shared/kinds/subjects.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { groupBy } from '../../shared/parallel.ts';
import type { Asked, Played } from './play.ts';
import type { Story } from './story.ts';

interface Line {
	readonly at: number;
	readonly who: string;
	readonly what: string;
	readonly why: string;
	/** What stands below it. */
	readonly below?: readonly string[];
}

const WIDTH = 128;
const DAY_MINUTES = 1_440;
/** Of a subject's name, in the story's second column. */
const LONGEST_NAME = 30;
/** Of one value that a person gave: a whole playbook may be one. */
const LONGEST_VALUE = 60;

/** Lines of what the command line has answered. */
const LONGEST_ANSWER = 20;

/** Of a message's first line. */
const LONGEST_MESSAGE = 200;
const BELOW = '          | ';
/** Before what a line of it does not hold. */
const MORE = '    ';

/** Services as people call them. */
const SERVICES: Readonly<Record<string, string>> = { autoscaling: 'Auto Scaling', ec2: 'EC2', ssm: 'Systems Manager' };

export function printStory(story: Story, played: Played, print: (line: string) => void): void {
	print(`${story.title} (${story.startAt.slice(0, 10)}, simulated time)`);
	if (story.skipsQuiet) print('Runs of clocks that would find what they have found already are left out.');
	print('');
	const isLong = story.minutes > DAY_MINUTES;
	const lines = linesOf(played);
	const width = Math.max(...lines.map(({ who }) => who.length));
	const chapters = (story.chapters ?? []).map(({ from, title }) => ({ from: Date.parse(from), title }));
	let before = Number.NEGATIVE_INFINITY;
	for (const { at, who, what, why, below = [] } of lines) {
		for (const { title } of chapters.filter(({ from }) => before < from && from <= at)) {
			if (before > Number.NEGATIVE_INFINITY) print('');
			print(title);
		}
		before = at;
		const head = `${clock(at, isLong)}  ${who.padEnd(width)}  ${what.padEnd(27)}`;
		const [first = '', ...more] = wrap(why, WIDTH - head.length);
		print(`${head}  ${first}`);
		for (const line of more) print(`${' '.repeat(head.length)}  ${line}`);
		for (const line of below) {
			for (const [index, part] of wrap(line, WIDTH - BELOW.length - MORE.length).entries()) {
				print(`${BELOW}${index === 0 ? '' : MORE}${part}`.trimEnd());
			}
		}
	}
	print('');
	print('How each operation ended');
	print(table(['subject', 'playbook', 'state', 'result', 'took', 'OpsItem'], played.operations.map(rowOf)));
	print('');
	print('AWS calls of the functions, their ledger and clock included');
	const services = Object.entries(played.calls).sort(([a], [b]) => a.localeCompare(b));
	const longest = Math.max(...services.map(([service]) => service.length));
	for (const [service, calls] of services) {
		const counted = Object.entries(calls)
			.sort(([a], [b]) => a.localeCompare(b))
			.map(([operation, count]) => `${operation} ${count}`);
		for (const [index, line] of wrap(counted.join(', '), WIDTH - longest - 4).entries())
			print(`  ${(index === 0 ? service : '').padEnd(longest)}  ${line}`);
	}
	print('');
	print('As the story says?');
	for (const { part, holds, found } of played.verdicts) print(`  ${holds ? 'yes' : 'NO '}  ${part}${found ? ` (found: ${found})` : ''}`);
}

function linesOf({ operations, people, joined, typed, messages, dropped }: Played): Line[] {
	const history = operations.flatMap((operation) =>
		operation.history.map(({ at, what, why }) => ({ at: Date.parse(at), who: named(operation), what, why })),
	);
	const asked = people.map(({ at, who = 'a person', service, operation, input, refused }) => ({
		...{ at, who },
		what: `asks ${SERVICES[service] ?? service}`,
		why: [operation, ...Object.entries(input).map(valueText), ...(refused ? [`(refused: ${refused})`] : [])].join(' '),
	}));
	const machines = joined.map(({ at, id, name, activationId }) => ({
		...{ at, who: name, what: 'registers' },
		why: `as ${id}, with activation ${activationId}`,
	}));
	const atTerminal = typed.map(({ at, args, answer }) => ({
		...{ at, who: 'a person', what: 'at the command line', why: ['fleet --', ...args.map(argumentText)].join(' ') },
		below: [
			...answer.slice(0, LONGEST_ANSWER),
			...(answer.length > LONGEST_ANSWER ? [`and ${answer.length - LONGEST_ANSWER} lines more`] : []),
		],
	}));
	const told = messages.map(({ at, message }) => ({
		at,
		who: 'SNS',
		what: 'tells the topic',
		why: shortened(firstLine(message), LONGEST_MESSAGE),
	}));
	const nobodys = dropped.filter(({ fields }) => fields['reason'] === 'no-playbook');
	const left = [...groupBy(nobodys, ({ fields }) => String(fields['why']))].map(([why, same]) => ({
		at: same[0]?.at ?? 0,
		...{ who: 'nobody', what: 'left alone' },
		why: same.length > 1 ? `${why} (and ${same.length - 1} more like it)` : why,
	}));
	return [...asked, ...machines, ...atTerminal, ...history, ...told, ...left].sort((a, b) => a.at - b.at);
}

function valueText([name, value]: [string, Asked['input'][string]]): string {
	const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ');
	return `${name}=${shortened(text, LONGEST_VALUE)}`;
}

function argumentText(arg: string): string {
	const text = shortened(arg, LONGEST_VALUE);
	return /^[\w:=.,%…-]+$/.test(text) ? text : `'${text}'`;
}

/** An input transformer's lines are quoted. */
function firstLine(message: string): string {
	const [line = ''] = message.split('\n');
	return line.replace(/^"(.*)"$/, '$1');
}

/** What stories call an operation by: that of several kinds is the same or says little. */
function named(operation: Operation): string {
	return shortened(nameOf(operation), LONGEST_NAME);
}

function nameOf(operation: Operation): string {
	const { name, about } = subjectOf(operation.subject);
	switch (operation.kind) {
		case 'command':
			return about(operation.subject);
		case 'patch':
			return `patch group ${operation.subject.group}`;
		case 'association':
			return operation.name;
		case 'state':
			return operation.subject.node ?? `nodes of ${operation.group}`;
		default:
			return name(operation.subject);
	}
}

function shortened(text: string, length: number): string {
	return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function rowOf(operation: Operation): string[] {
	const { playbook, state, result, openedAt, closedAt } = operation;
	const seconds = Math.round(((closedAt ?? openedAt) - openedAt) / 1_000);
	const took = closedAt === undefined ? 'open' : seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
	const came = result?.lifecycle ?? (result?.resolved ? 'resolved' : result?.observed ? 'observed' : '-');
	return [named(operation), playbook.name, state, came, took, result?.opsItemId ?? ''];
}

/** With the day, in stories of more than one. */
function clock(at: number, withDay: boolean): string {
	return new Date(at)
		.toISOString()
		.slice(withDay ? 5 : 11, 19)
		.replace('T', ' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
	const line = (cells: readonly string[]) => `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
	return [line(head), ...rows.map(line)].join('\n');
}

function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		if (line !== '' && line.length + 1 + word.length > width) {
			lines.push(line);
			line = word;
		} else {
			line = line === '' ? word : `${line} ${word}`;
		}
	}
	return [...lines, line];
}
