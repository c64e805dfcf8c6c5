/** The nodes of a command on many, one by one, as far as is known. */

import { tableOf } from '../../shared/aws/table.ts';
import { countsText, ENDS, endOf, NONE, tally, total, WORDS } from '../../shared/kinds/command/nodes.ts';
import { idsToCome, isBegun } from '../../shared/kinds/command/rings.ts';
import { idsIn } from '../../shared/kinds/command/targets.ts';
import { nodesOf } from '../../shared/operation/nodes.ts';
import type { Services } from '../../shared/operation/services.ts';
import type { CommandOperation, NodeEnd, NodeResult } from '../../shared/operation/types.ts';
import { durationText } from '../../shared/playbook/duration.ts';
import { instant, oneLine, shortened, table } from '../support/format.ts';

/** Nodes that a terminal gets; --json has all of them. */
const SHOWN = 50;
/** Characters of what a node wrote. */
const OUTPUT = 100;

/** A node as `--json` prints it. */
export interface NodeLine {
	readonly node: string;
	readonly end: NodeEnd;
	/** AWS's own word; absent where no command was sent to it. */
	readonly status?: string;
	readonly exitCode?: number;
	readonly output?: string;
	/** ISO 8601, UTC. */
	readonly endedAt?: string;
	readonly commandId?: string;
	/** The folder of its output. */
	readonly s3?: string;
}

/** Those that have ended, and those that nothing is sent to any more, those first that did not succeed. Rejects with what the SDK throws. */
export async function nodeLines(services: Services, operation: CommandOperation): Promise<NodeLine[]> {
	const results = await nodesOf(tableOf(services), operation.id);
	const unsent = operation.closedAt === undefined ? [] : [...idsIn(operation.chunks.flat()), ...idsToCome(operation)];
	const lines = [...results.map((result) => lineOf(operation, result)), ...unsent.map((node): NodeLine => ({ node, end: 'unstarted' }))];
	const place = ({ end }: NodeLine) => ENDS.indexOf(end);
	return lines.sort((a, b) => place(a) - place(b) || (a.node < b.node ? -1 : 1));
}

function lineOf({ output: { s3 } }: CommandOperation, result: NodeResult): NodeLine {
	const { node, commandId, status, exitCode, output, endedAt } = result;
	const end = endOf(result);
	return {
		...{ node, end, status },
		...(exitCode !== undefined && { exitCode }),
		...(output && { output }),
		...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
		commandId,
		...((end === 'succeeded' || end === 'failed' || end === 'cancelled') && { s3: `${s3}${commandId}/${node}/` }),
	};
}

/** How many have ended how, so far. */
export function countsOf({ result, closedAt }: CommandOperation, lines: readonly NodeLine[]): string {
	if (closedAt !== undefined) return countsText(result?.nodes ?? NONE);
	const ended = lines.flatMap(({ status, node, commandId = '' }) => (status === undefined ? [] : [{ node, commandId, status }]));
	const { counts } = tally(ended, 0);
	return total(counts) === 0 ? 'none has ended yet' : `${countsText(counts)} so far`;
}

/** How each ring stands: `done: 3 succeeded`, `under way`, `soaks until …`. */
export function ringRows(operation: CommandOperation): (readonly [string, string])[] {
	const { rings, waiting, closedAt } = operation;
	if (rings === undefined) return [];
	const { each, done, successPercent, soakSeconds, soaksUntil = 0 } = rings;
	const turn = (index: number) => {
		if (index !== done) return index < done ? '' : 'not begun';
		if (waiting === 'soak') return `not begun: ${each[done - 1]?.name} soaks until ${instant(soaksUntil)}`;
		return isBegun(operation) ? 'under way' : 'its turn';
	};
	const soak = soakSeconds > 0 ? ` and a soak of ${durationText(soakSeconds)}` : '';
	return [
		['rings', `${each.length}, one after another: the next after ${successPercent}% of the nodes${soak}`],
		...each.map(({ name, end, nodes }, index) => {
			const stands = end ? `${end}: ${countsText(nodes ?? NONE)}` : closedAt === undefined ? turn(index) : 'never begun';
			return [`  ${oneLine(name)}`, stands] as const;
		}),
	];
}

/** A line for each node that did not succeed. */
export function unwellRows(lines: readonly NodeLine[]): string[] {
	const unwell = lines.filter(({ end }) => end !== 'succeeded');
	const rows = unwell.slice(0, SHOWN).map(({ node, end, status, exitCode, output, s3 }) => {
		const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
		const said = output ? `: ${shortened(oneLine(output), OUTPUT)}` : '';
		return [node, WORDS[end], `${status ?? 'no command was sent to it'}${code}${said}${s3 ? ` [${s3}]` : ''}`];
	});
	const more = unwell.length > SHOWN ? [`and ${unwell.length - SHOWN} more: --json has all of them`] : [];
	return [...table(rows), ...more];
}
