import { describe, expect, it } from 'vitest';
import { Draw } from '../../local/simulation/draw.ts';

const numbers = (draw: Draw, count: number) => Array.from({ length: count }, () => draw.whole(0, 1_000));

describe('A draw', () => {
	it('gives the same for the same seed and part, and something else for another', () => {
		const first = numbers(new Draw(7).of('fleet'), 20);

		expect(numbers(new Draw(7).of('fleet'), 20)).toEqual(first);
		expect(numbers(new Draw(8).of('fleet'), 20)).not.toEqual(first);
		expect(numbers(new Draw(7).of('acts'), 20)).not.toEqual(first);
	});

	it('of one part does not depend on how much another has drawn', () => {
		const draw = new Draw(7);
		const before = numbers(draw.of('fleet'), 5);
		numbers(draw.of('acts'), 100);

		expect(numbers(draw.of('fleet'), 5)).toEqual(before);
	});

	it('makes choices by their weights, and never one of weight 0', () => {
		const draw = new Draw(1);

		const drawn = Array.from({ length: 1_000 }, () =>
			draw.weighted([
				[9, 'often'],
				[1, 'seldom'],
				[0, 'never'],
			]),
		);

		const count = (name: string) => drawn.filter((each) => each === name).length;
		expect(count('never')).toBe(0);
		expect(count('seldom')).toBeGreaterThan(50);
		expect(count('seldom')).toBeLessThan(170);
	});
});
