import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chance, uuid } from '../../local/chance.ts';
import { RealClock, SimulatedClock } from '../../local/clock.ts';

const noDefect = (error: unknown) => {
	throw error;
};
const simulatedClock = (onDefect: (error: unknown) => void = noDefect) => new SimulatedClock(1_000, chance(1, 'test'), onDefect);
const runAll = (clock: SimulatedClock) => {
	while (clock.nextAt !== undefined) clock.runNext();
};

describe('A simulated clock', () => {
	it('runs timers in order of time, and those of one instant in the order they were set', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (delays) => {
				const clock = simulatedClock();
				const ran: (readonly [number, number])[] = [];
				for (const [index, delay] of delays.entries()) clock.after(delay, () => void ran.push([clock.now() - 1_000, index]));

				runAll(clock);

				const expected = delays.map((delay, index) => [delay, index] as const).sort(([a, i], [b, j]) => a - b || i - j);
				expect(ran).toEqual(expected);
			}),
		);
	});

	it('does not run what was cancelled', () => {
		const clock = simulatedClock();
		const ran: string[] = [];
		clock.after(5, () => void ran.push('kept'));
		clock.after(1, () => void ran.push('cancelled'))();

		runAll(clock);

		expect(ran).toEqual(['kept']);
		expect(clock.now()).toBe(1_005);
	});

	it('never goes back', () => {
		const clock = simulatedClock();

		clock.moveTo(500);
		clock.after(-5, () => {});
		clock.runNext();

		expect(clock.now()).toBe(1_000);
	});

	it('reports what a timer throws or rejects with, and goes on', async () => {
		const defects: unknown[] = [];
		const clock = simulatedClock((error) => defects.push(error));
		clock.after(1, () => {
			throw new Error('thrown');
		});
		clock.after(2, async () => {
			throw new Error('rejected');
		});

		runAll(clock);
		await Promise.resolve();

		expect(defects).toEqual([new Error('thrown'), new Error('rejected')]);
	});
});

describe('A real clock', () => {
	it('runs a timer, and none that was stopped', async () => {
		const clock = new RealClock(chance(1, 'test'), noDefect);
		const ran: string[] = [];

		await new Promise<void>((resolve) => {
			clock.after(2, () => {
				ran.push('first');
				clock.stop();
				setTimeout(resolve, 10);
			});
			clock.after(5, () => void ran.push('stopped'));
		});

		expect(ran).toEqual(['first']);
	});
});

describe('Chance', () => {
	it('is the same for the same seed and name, and another for another of either', () => {
		const draw = (seed: number, name: string) => uuid(chance(seed, name));

		expect(draw(1, 'a')).toBe(draw(1, 'a'));
		expect(new Set([draw(1, 'a'), draw(2, 'a'), draw(1, 'b')]).size).toBe(3);
		expect(draw(1, 'a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	});

	it('is spread evenly', () => {
		const random = chance(3, 'spread');
		const buckets = Array.from({ length: 10 }, () => 0);
		for (let index = 0; index < 10_000; index++) {
			const bucket = Math.floor(random() * 10);
			buckets[bucket] = (buckets[bucket] ?? 0) + 1;
		}

		for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150);
	});
});
