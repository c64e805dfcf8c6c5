/**
 * `npm run bench [-- --only part] [-- --runs N] [-- --json]`: times what the budgets speak of, and prints a table or JSON. It judges nothing:
 * times are this machine's, and want a quiet one.
 */

import { readArguments } from './bench/arguments.ts';
import { calls } from './bench/calls.ts';
import { coldStart } from './bench/cold-start.ts';
import { matchingPart } from './bench/matching.ts';
import type { Measured, Part } from './bench/part.ts';
import { simulated } from './bench/simulated.ts';
import { sizes } from './bench/sizes.ts';
import { warm } from './bench/warm.ts';
import { table } from './table.ts';

const PARTS: readonly Part[] = [coldStart, warm, matchingPart, calls, sizes, simulated];

function show({ title, rows, notes }: Measured): string {
	return `${[title, table(rows), ...notes].join('\n')}\n`;
}

async function main(): Promise<void> {
	const { parts, runs, json } = readArguments(process.argv.slice(2), PARTS);
	const results: Record<string, unknown> = { node: process.version };
	for (const part of parts) {
		const measured = await part.measure({ runs, progress: (what) => process.stderr.write(`${part.name}: ${what}\n`) });
		results[part.name] = measured.json;
		if (!json) console.log(show(measured));
	}
	if (json) console.log(JSON.stringify(results, null, '\t'));
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
