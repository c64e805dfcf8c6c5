/** `npm run demo [-- [--story] NAME] [--json] [--seed N]`: plays stories and says whether they ended as they should. */

import { parseArgs } from 'node:util';
import { summarise } from '../shared/operation/summary.ts';
import { ensureTemplate } from './package-template.ts';
import { CARE_STORY } from './stories/care.ts';
import { COMMAND_STORY } from './stories/command.ts';
import { CORE_STORY } from './stories/core.ts';
import { FLEET_STORY } from './stories/fleet.ts';
import { PATCH_STORY } from './stories/patch.ts';
import { type Played, play } from './stories/play.ts';
import { printStory } from './stories/print.ts';
import type { Story } from './stories/story.ts';

/** Those that are played where none is named, in their order. */
const TWO_DAYS: readonly Story[] = [CORE_STORY, CARE_STORY];
const STORIES: readonly Story[] = [...TWO_DAYS, COMMAND_STORY, PATCH_STORY, FLEET_STORY];

const OPTIONS = { story: { type: 'string' }, json: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } } as const;

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
	const seed = Number(values.seed);
	if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed is '${values.seed}': use a whole number, 0 or more.`);
	const stories = storiesNamed([...positionals, ...(values.story === undefined ? [] : [values.story])]);
	const template = await ensureTemplate();
	const told: Record<string, object> = {};
	for (const [index, story] of stories.entries()) {
		const played = await play(story, { seed, template });
		if (values.json) told[story.name] = inJson(played);
		else {
			if (index > 0) process.stdout.write('\n\n');
			printStory(story, played, (line) => process.stdout.write(`${line}\n`));
		}
		report(story, played);
	}
	if (values.json) process.stdout.write(`${JSON.stringify(told, null, '\t')}\n`);
}

function storiesNamed(names: readonly string[]): readonly Story[] {
	if (names.length === 0) return TWO_DAYS;
	const unknown = names.find((name) => !STORIES.some((story) => story.name === name));
	if (unknown === undefined) return STORIES.filter(({ name }) => names.includes(name));
	throw new Error(`There is no story '${unknown}': there are ${STORIES.map((story) => story.name).join(', ')}.`);
}

function inJson({ operations, calls, typed, messages, verdicts }: Played): object {
	return {
		operations: operations.map(summarise),
		calls,
		...(typed.length > 0 && { typed }),
		...(messages.length > 0 && { messages }),
		verdicts,
	};
}

function report({ name }: Story, { verdicts }: Played): void {
	const broken = verdicts.filter(({ holds }) => !holds);
	if (broken.length === 0) return;
	process.stderr.write(`${broken.length} part(s) of the story '${name}' did not end as it says:\n`);
	for (const { part, found } of broken) process.stderr.write(`  ${part}${found ? ` (found: ${found})` : ''}\n`);
	process.exitCode = 1;
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
