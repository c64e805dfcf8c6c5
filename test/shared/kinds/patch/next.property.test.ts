import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextPatch } from '../../../../shared/kinds/patch/next.ts';
import { isProven } from '../../../../shared/kinds/patch/survey.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import { Life, SECOND } from '../../../support/operations.ts';
import { aRun, carriedOut, looked, notDone, opened, patched } from '../../../support/patch-core.ts';

const EFFECTS = ['look-at-run', 'survey-nodes', 'close-ring', 'close-next-ring', 'open-next-ring', 'open-ops-item'] as const;

/** All is well with what was asked for last. */
const wellAnswered = (asked: readonly string[]): Fact[] =>
	asked.map((effect) => {
		if (effect === 'look-at-run') return looked('SUCCESS');
		return effect === 'survey-nodes' ? patched({ well: 20 }) : effect === 'open-ops-item' ? opened : carriedOut(effect);
	});

/** What AWS, the clock and people may do at any moment, asked for or not. */
const happenings: fc.Arbitrary<Fact> = fc.oneof(
	fc.constant<Fact>({ type: 'tick' }),
	fc.constantFrom('IN_PROGRESS', 'SUCCESS', 'TIMED_OUT', 'SKIPPED_OVERLAPPING').map((status): Fact => ({ type: 'window-run', status })),
	fc
		.tuple(fc.constantFrom('IN_PROGRESS', 'SUCCESS', 'FAILED'), fc.constantFrom(0, 1, 1))
		.map(([status, tasks]) => looked(status, { tasks })),
	fc.record({ well: fc.nat(20), failed: fc.nat(2), 'not-back': fc.nat(1) }).map((nodes): Fact => patched(nodes)),
	fc.constantFrom(...EFFECTS).map((effect) => carriedOut(effect)),
	fc.constant(opened),
	fc
		.tuple(fc.constantFrom(...EFFECTS), fc.constantFrom('retry', 'gone', 'refused'))
		.map(([effect, why]) => notDone(effect, why as 'retry')),
	fc.constantFrom('retry', 'extend').map((verb): Fact => ({ type: 'operator', verb: verb as 'retry', by: 'anna', seconds: 60 })),
);

it('Whatever happens to a run, it opens the next ring only after its soak, while enough nodes are well, and is looked at until it is over', () => {
	const steps = fc.array(fc.tuple(fc.option(happenings, { freq: 1 }), fc.constantFrom(1, 61, 4_000, 70_000)), {
		minLength: 10,
		maxLength: 40,
	});
	let openings = 0;
	const holds = (life: Life<ReturnType<typeof aRun>>, fact: Fact) => {
		const before = life.operation;
		const { operation, asked } = life.meets(fact);
		if (before.closedAt !== undefined) expect([operation, asked]).toEqual([before, []]);
		if (operation.closedAt === undefined) expect(operation.dueAt).toBeGreaterThan(0);
		if (!asked.includes('open-next-ring')) return;
		openings += 1;
		const { soaksUntil = Number.POSITIVE_INFINITY, found, ring, ending } = operation;
		expect(life.now).toBeGreaterThanOrEqual(soaksUntil);
		expect(found && isProven(found, ring.successPercent)).toBe(true);
		expect(ending).toBeUndefined();
	};
	fc.assert(
		fc.property(steps, (happened) => {
			const life = new Life(aRun(), nextPatch).meets({ type: 'opened' });
			for (const [fact, seconds] of happened) {
				life.after(seconds * SECOND);
				holds(life, fact ?? { type: 'tick' });
				if (fact === null) for (const answer of wellAnswered(life.asked)) holds(life, answer);
			}
		}),
		{ numRuns: 500 },
	);
	expect(openings).toBeGreaterThan(0);
});
