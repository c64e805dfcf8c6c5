import { describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../../local/package-template.ts';
import { COMMAND_STORY } from '../../../local/stories/command.ts';
import { type Played, play } from '../../../local/stories/play.ts';
import { printStory } from '../../../local/stories/print.ts';
import type { Story } from '../../../local/stories/story.ts';

const broken = ({ verdicts }: Played) => verdicts.filter(({ holds }) => !holds).map(({ part }) => part);

/** What is printed of a story before an instant. */
function upTo(played: Played, time: string): string {
	const lines: string[] = [];
	printStory(COMMAND_STORY, played, (line) => lines.push(line));
	const at = lines.findIndex((line) => line.startsWith(time));
	expect(at).toBeGreaterThan(0);
	return lines.slice(0, at).join('\n');
}

/** The story, and nobody puts the certificate right. */
const STUBBORN: Story = {
	...COMMAND_STORY,
	minutes: 24,
	script(world, terminal) {
		const ssm = Object.create(world.services.ssm, { behave: { value: () => undefined } });
		COMMAND_STORY.script({ ...world, services: { ...world.services, ssm } }, terminal);
	},
};

describe('the story of commands on many nodes', () => {
	it('ends as it says, goes the same way twice with one seed, and otherwise once nothing is put right', async () => {
		const template = await ensureTemplate();
		const asTold = await play(COMMAND_STORY, { seed: 1, template });
		const stubborn = await play(STUBBORN, { seed: 1, template });

		expect(broken(asTold)).toEqual([]);
		expect(upTo(stubborn, '09:16:02')).toBe(upTo(asTold, '09:16:02'));
		expect(broken(stubborn)).toContain(
			'once the certificate is put right, the same goes well on the nodes that failed or were never started',
		);
	});
});
