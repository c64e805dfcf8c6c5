/**
 * `npm run bench [-- --only part] [-- --runs N] [-- --json]`: times what the budgets speak of, and prints a table or JSON. It judges nothing:
 * times are this machine's, and want a quiet one.
 */

import { readArguments } from './bench/arguments.ts';
import type { Measured } from './bench/part.ts';
import { PARTS } from './bench/parts.ts';
import { table } from './table.ts';

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
