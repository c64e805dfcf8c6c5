import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunks, groupBy, inParallel } from '../../shared/parallel.ts';

describe('tasks in parallel', () => {
	it('are never more at once than the limit, and all are done, in order of the items', async () => {
		let underWay = 0;
		let most = 0;
		const results = await inParallel([5, 1, 4, 2, 3, 0], 3, async (item) => {
			underWay += 1;
			most = Math.max(most, underWay);
			for (let turns = 0; turns < item; turns += 1) await Promise.resolve();
			underWay -= 1;
			return item * 10;
		});
		expect(results).toEqual([50, 10, 40, 20, 30, 0]);
		expect(most).toBe(3);
	});

	it('fail with the first that fails', async () => {
		await expect(
			inParallel([1, 2], 2, async (item) => {
				if (item === 2) throw new Error('the second');
			}),
		).rejects.toThrow('the second');
	});

	it('of no items are done', async () => {
		expect(await inParallel([], 5, async () => 1)).toEqual([]);
	});
});

it('chunks hold every item once, in order, none beyond the size', () => {
	fc.assert(
		fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (items, size) => {
			const made = chunks(items, size);
			expect(made.flat()).toEqual(items);
			expect(made.slice(0, -1).every(({ length }) => length === size)).toBe(true);
			expect(made.every(({ length }) => length > 0 && length <= size)).toBe(true);
		}),
	);
});

it('groups come in order of first appearance', () => {
	expect([...groupBy(['b1', 'a1', 'b2'], ([first = '']) => first)]).toEqual([
		['b', ['b1', 'b2']],
		['a', ['a1']],
	]);
});
