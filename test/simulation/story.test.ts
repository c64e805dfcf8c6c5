import { describe, expect, it } from 'vitest';
import type { Flow } from '../../local/simulation/flow.ts';
import { drawStory } from '../../local/simulation/story.ts';

/** A flow whose part is told apart by what it has drawn. */
function flow(name: string, weight: number): Flow {
	return {
		name,
		weight,
		draw: (draw) => ({ acts: [{ id: name, at: draw.whole(0, 1_000_000), what: name, do: () => {} }] }),
		watch: () => ({}),
		mustAccountFor: () => false,
		accounts: () => false,
		isBestEffort: () => false,
		transitions: [],
		features: [],
		faults: [],
		rare: [],
	};
}

const FLOWS = [flow('often', 3), flow('seldom', 1), flow('seldom too', 1)];
const SEEDS = Array.from({ length: 1_000 }, (_, seed) => seed);

const namesOf = (seed: number, flows = FLOWS, only?: readonly string[]) => drawStory(seed, flows, only).parts.map((each) => each.flow.name);

describe('A story', () => {
	it('is one flow of several, by their weights, or now and then two of them', () => {
		const drawn = SEEDS.map((seed) => namesOf(seed));

		const share = (of: (names: string[]) => boolean) => drawn.filter(of).length / SEEDS.length;
		expect(share(({ length }) => length === 1)).toBeCloseTo(0.8, 1);
		expect(share(({ length }) => length === 2)).toBeCloseTo(0.2, 1);
		expect(share(([name, ...others]) => name === 'often' && others.length === 0)).toBeCloseTo(0.48, 1);
		for (const { name } of FLOWS) expect(share((names) => names.includes(name))).toBeGreaterThan(0.2);
	});

	it('has the flows that are asked for, whatever the seed draws', () => {
		expect(namesOf(1, FLOWS, ['seldom too', 'often'])).toEqual(['often', 'seldom too']);
	});

	it('draws for a flow the same whichever others there are', () => {
		const partOf = (flows: readonly Flow[]) => drawStory(7, flows, ['often']).parts[0]?.part.acts?.[0]?.at;

		expect(partOf(FLOWS.slice(0, 1))).toBe(partOf(FLOWS));
		expect(partOf(FLOWS)).toEqual(expect.any(Number));
	});
});
