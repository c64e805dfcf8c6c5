/** `npm run demo [-- --json] [-- --seed N]`: plays the story and says whether it ended as it should. */

import { parseArgs } from 'node:util';
import { summarise } from '../shared/operation/summary.ts';
import { ensureTemplate } from './package-template.ts';
import { CORE_STORY } from './stories/core.ts';
import { play } from './stories/play.ts';
import { printStory } from './stories/print.ts';

async function main(): Promise<void> {
	const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } } });
	const seed = Number(values.seed);
	if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed is '${values.seed}': use a whole number, 0 or more.`);
	const played = await play(CORE_STORY, { seed, template: await ensureTemplate() });
	if (values.json) {
		const { operations, calls, verdicts } = played;
		process.stdout.write(`${JSON.stringify({ operations: operations.map(summarise), calls, verdicts }, null, '\t')}\n`);
	} else {
		printStory(CORE_STORY, played, (line) => process.stdout.write(`${line}\n`));
	}
	const broken = played.verdicts.filter(({ holds }) => !holds);
	if (broken.length === 0) return;
	process.stderr.write(`${broken.length} part(s) of the story did not end as it says:\n`);
	for (const { part, found } of broken) process.stderr.write(`  ${part}${found ? ` (found: ${found})` : ''}\n`);
	process.exitCode = 1;
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
