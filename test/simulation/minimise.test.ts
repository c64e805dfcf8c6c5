import { describe, expect, it } from 'vitest';
import { Draw } from '../../local/simulation/draw.ts';
import { drawFaults } from '../../local/simulation/fault-plan.ts';
import type { Flow } from '../../local/simulation/flow.ts';
import { minimise } from '../../local/simulation/minimise.ts';
import type { Played } from '../../local/simulation/play.ts';
import { type Mask, masked, type Story } from '../../local/simulation/story.ts';

const ACTS = Array.from({ length: 20 }, (_, n) => ({ id: `act ${n}`, at: n, what: `act ${n}`, do: () => {} }));
const NODES = Array.from({ length: 8 }, (_, n) => ({ id: `node ${n}` }));
const FAULTS = Array.from({ length: 60 }, (_, n) => `fault ${n}`);

const STORY: Story = {
	seed: 1,
	setting: { startAt: 0, actsWithinMs: 60_000, account: '111122223333', region: 'eu-west-1' },
	plan: drawFaults(new Draw(1), 60_000),
	parts: [
		{
			flow: {} as Flow,
			part: {
				acts: ACTS,
				groups: [
					{ name: 'web', min: 0, max: 9, nodes: NODES },
					{ name: 'api', min: 0, max: 9, nodes: [] },
				],
			},
		},
	],
	playbookClock: false,
};

/** A world in which something is violated exactly where some acts, nodes and faults come together. */
function worldThatNeeds(needed: {
	readonly acts: readonly string[];
	readonly nodes: readonly string[];
	readonly faults: readonly string[];
}) {
	const played: Mask[] = [];
	const play = async (mask: Mask): Promise<Played> => {
		played.push(mask);
		const story = masked(STORY, mask);
		const [{ part }] = story.parts as [(typeof story.parts)[0]];
		const faults = FAULTS.filter((key) => mask.faults === undefined || mask.faults.includes(key));
		const has = (names: readonly string[], all: readonly { readonly id: string }[] = []) =>
			names.every((name) => all.some(({ id }) => id === name));
		const nodes = part.groups?.flatMap((group) => group.nodes);
		const isViolated = has(needed.acts, part.acts) && has(needed.nodes, nodes) && needed.faults.every((key) => faults.includes(key));
		return {
			story,
			happened: faults.map((key) => ({ key, kind: 'fault', at: 0 })),
			violations: isViolated ? [{ seed: 1, invariant: 2, what: `i-0${played.length} ran ${played.length} times`, at: 0 }] : [],
		} as unknown as Played;
	};
	return { play, played };
}

describe('The shortest story', () => {
	it('keeps what the violation needs, and nothing else', async () => {
		const { play, played } = worldThatNeeds({ acts: ['act 3', 'act 17'], nodes: ['node 5'], faults: ['fault 11', 'fault 42'] });

		const { mask } = await minimise(await play({}), play);

		const [{ part }] = masked(STORY, mask).parts as [(typeof STORY.parts)[0]];
		expect(part.acts?.map(({ id }) => id)).toEqual(['act 3', 'act 17']);
		expect(part.groups?.map(({ name, nodes }) => [name, nodes.map(({ id }) => id)])).toEqual([['web', ['node 5']]]);
		expect(mask.faults).toEqual(['fault 11', 'fault 42']);
		expect(played.length).toBeLessThan(150);
	});

	it('has no fault at all where none is needed', async () => {
		const { play } = worldThatNeeds({ acts: ['act 1'], nodes: [], faults: [] });

		const { mask } = await minimise(await play({}), play);

		expect(mask.faults).toEqual([]);
	});
});
