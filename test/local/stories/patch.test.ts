import { expect, it } from 'vitest';
import { ensureTemplate } from '../../../local/package-template.ts';
import { PATCH_STORY } from '../../../local/stories/patch.ts';
import { type Played, play } from '../../../local/stories/play.ts';
import type { Story } from '../../../local/stories/story.ts';

const broken = ({ verdicts }: Played) => verdicts.filter(({ holds }) => !holds).map(({ part }) => part);

const CYCLE_MINUTES = 7 * 1_440 + 120;

/** The first days of the story, and what fails on two nodes in April fails in March. */
const EARLIER: Story = {
	...PATCH_STORY,
	minutes: CYCLE_MINUTES,
	fleet: {
		...PATCH_STORY.fleet,
		patches: (PATCH_STORY.fleet.patches ?? []).map((patch) => ({ ...patch, released: '2026-03-10' })),
	},
};

it('The story of patches in rings ends as it says, and otherwise where the first cycle goes wrong', { timeout: 120_000 }, async () => {
	const template = await ensureTemplate();
	const asTold = await play(PATCH_STORY, { seed: 1, template });
	const earlier = await play(EARLIER, { seed: 1, template });

	expect(broken(asTold)).toEqual([]);
	expect(asTold.operations.filter(({ kind }) => kind === 'patch').map(({ state }) => state)).toEqual([
		...['succeeded', 'succeeded', 'succeeded'],
		...['failed', 'skipped', 'skipped'],
	]);
	expect(earlier.operations.filter(({ kind }) => kind === 'patch').map(({ state }) => state)).toEqual(['failed', 'skipped', 'skipped']);
	expect(broken(earlier)).toContain('March, prod: its nodes are well, one of them on premises');
});
