import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../../local/package-template.ts';
import { CORE_STORY } from '../../../local/stories/core.ts';
import { type Played, play } from '../../../local/stories/play.ts';
import { printStory } from '../../../local/stories/print.ts';

const broken = ({ verdicts }: Played) => verdicts.filter(({ holds }) => !holds).map(({ part }) => part);
/** How operations ended, whatever their times and the ids of new instances. */
const endings = ({ operations }: Played) =>
	operations
		.map(({ playbook, subject, state, result }) =>
			[playbook.name, subject.kind === 'lifecycle' && subject.group, state, result?.lifecycle].join(' '),
		)
		.sort();
const closingTimes = ({ operations }: Played) => operations.map(({ closedAt }) => closedAt);

describe('the story of the demo', () => {
	it('ends as it says, with one seed as with another: only times differ', async () => {
		const template = await ensureTemplate();
		const first = await play(CORE_STORY, { seed: 1, template });
		const other = await play(CORE_STORY, { seed: 2, template });

		expect([...broken(first), ...broken(other)]).toEqual([]);
		expect(endings(other)).toEqual(endings(first));
		expect(closingTimes(other)).not.toEqual(closingTimes(first));
	});

	it('goes the same way twice with one seed', async () => {
		const template = await ensureTemplate();
		const lines = async () => {
			const printed: string[] = [];
			printStory(CORE_STORY, await play(CORE_STORY, { seed: 3, template }), (line) => printed.push(line));
			return printed;
		};

		expect(await lines()).toEqual(await lines());
	});

	it('does not end as it says without the playbook', async () => {
		const folder = await mkdtemp(path.join(tmpdir(), 'story-'));
		const template = JSON.parse(await readFile(await ensureTemplate(), 'utf8'));
		const isDrainWeb = ([, { Type, Properties }]: [string, { Type: string; Properties: { Name?: unknown } }]) =>
			Type === 'AWS::SSM::Parameter' && String(Properties.Name).endsWith('/drain-web');
		const resources = Object.entries<{ Type: string; Properties: { Name?: unknown } }>(template.Resources);
		const kept = resources.filter((resource) => !isDrainWeb(resource));
		const file = path.join(folder, 'template.json');
		await writeFile(file, JSON.stringify({ ...template, Resources: Object.fromEntries(kept) }));

		const played = await play(CORE_STORY, { seed: 1, template: file });
		await rm(folder, { recursive: true });

		expect(kept).toHaveLength(resources.length - 1);
		expect(broken(played)).toContain('a node drains and goes');
	});
});
