/** A played story as a person reads it. Every line comes from the ledger's history, the request log and the functions' log. */

import type { Played } from './play.ts';
import type { Story } from './story.ts';

interface Line {
	readonly at: number;
	readonly who: string;
	readonly what: string;
	readonly why: string;
}

const WIDTH = 128;

export function printStory(story: Story, played: Played, print: (line: string) => void): void {
	print(`${story.title} (${story.startAt.slice(0, 10)}, simulated time)`);
	print('');
	for (const { at, who, what, why } of linesOf(played)) {
		const head = `${clock(at)}  ${who.padEnd(19)}  ${what.padEnd(27)}`;
		const [first = '', ...more] = wrap(why, WIDTH - head.length);
		print(`${head}  ${first}`);
		for (const line of more) print(`${' '.repeat(head.length)}  ${line}`);
	}
	print('');
	print('How each operation ended');
	print(table(['node', 'playbook', 'state', 'lifecycle', 'took', 'OpsItem'], played.operations.map(rowOf)));
	print('');
	print('AWS calls of the functions, their ledger and clock included');
	for (const [service, calls] of Object.entries(played.calls).sort(([a], [b]) => a.localeCompare(b))) {
		const counted = Object.entries(calls)
			.sort(([a], [b]) => a.localeCompare(b))
			.map(([operation, count]) => `${operation} ${count}`);
		for (const [index, line] of wrap(counted.join(', '), WIDTH - 18).entries())
			print(`  ${(index === 0 ? service : '').padEnd(14)}  ${line}`);
	}
	print('');
	print('As the story says?');
	for (const { part, holds, found } of played.verdicts) print(`  ${holds ? 'yes' : 'NO '}  ${part}${found ? ` (found: ${found})` : ''}`);
}

function linesOf({ operations, people, dropped }: Played): Line[] {
	const history = operations.flatMap(({ subject, history }) =>
		history.map(({ at, what, why }) => ({ at: Date.parse(at), who: subject.instanceId, what, why })),
	);
	const asked = people.map(({ at, operation, input }) => ({
		at,
		who: 'a person',
		what: 'asks Auto Scaling',
		why: `${operation} ${Object.entries(input)
			.map(([name, value]) => `${name}=${value}`)
			.join(' ')}`,
	}));
	const left = dropped
		.filter(({ fields }) => fields['reason'] === 'no-playbook')
		.map(({ at, fields }) => ({ at, who: 'nobody', what: 'left alone', why: String(fields['why']) }));
	return [...asked, ...history, ...left].sort((a, b) => a.at - b.at);
}

function rowOf({ subject, playbook, state, result, openedAt, closedAt }: Played['operations'][number]): string[] {
	const seconds = Math.round(((closedAt ?? openedAt) - openedAt) / 1_000);
	const took = closedAt === undefined ? 'open' : seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
	return [subject.instanceId, playbook.name, state, result?.lifecycle ?? '-', took, result?.opsItemId ?? ''];
}

function clock(at: number): string {
	return new Date(at).toISOString().slice(11, 19);
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
