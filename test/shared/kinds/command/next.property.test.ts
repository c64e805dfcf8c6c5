import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextCommand } from '../../../../shared/kinds/command/next.ts';
import { tally, total } from '../../../../shared/kinds/command/nodes.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import type { CommandOperation, NodeResult } from '../../../../shared/operation/types.ts';
import { aCommand, Life, notStarted, SECOND, startedAs, workStopped } from '../../../support/operations.ts';

const CHUNKS = [3, 3, 2].map((size, chunk) => [{ key: 'InstanceIds', values: Array.from({ length: size }, (_, n) => `i-${chunk}-${n}`) }]);
/** The same nodes: two commands in the first ring, and one in the second. */
const IN_RINGS: Partial<CommandOperation> = {
	chunks: CHUNKS.slice(0, 2),
	rings: {
		each: [{ name: 'dev' }, { name: 'prod', plan: { chunks: CHUNKS.slice(2), maxConcurrency: '50', maxErrors: '1' } }],
		...{ done: 0, successPercent: 60, soakSeconds: 600 },
	},
};
const NODES = 8;

type Happens = (life: Life<ReturnType<typeof aCommand>>) => readonly Fact[];

const statuses = fc.array(fc.constantFrom('Success', 'Success', 'Failed', 'Terminated', 'Undeliverable', 'Cancelled'), { maxLength: 3 });

/** What AWS, the clock and people may do at any moment, to the command that is under way. */
const happenings: fc.Arbitrary<Happens> = fc.oneof(
	fc.constant<Happens>(() => [{ type: 'tick' }]),
	fc.constant<Happens>(() => [{ type: 'nodes' }]),
	fc.constant<Happens>(({ operation }) => [startedAs(`command-${operation.attempts.start + 1}`)]),
	fc.constantFrom('throttled', 'unknown', 'paused', 'refused').map(
		(why): Happens =>
			() => [notStarted(why as 'throttled')],
	),
	fc.boolean().map(
		(certain): Happens =>
			() => [{ type: 'work-not-found', certain }],
	),
	fc.constant<Happens>(() => [workStopped]),
	fc.constantFrom('cancel', 'complete', 'retry', 'extend').map(
		(verb): Happens =>
			() => [{ type: 'operator', verb: verb as 'cancel', by: 'anna', seconds: 60 }],
	),
	fc.tuple(statuses, fc.boolean()).map(
		([ends, isListed]): Happens =>
			({ operation }) => {
				const { externalId = '' } = operation.work ?? {};
				const ids = operation.chunks[0]?.[0]?.values ?? [];
				const results = ids.flatMap((node, n): NodeResult[] => {
					const status = ends[n];
					return status === undefined ? [] : [{ node, commandId: externalId, status, ...(isListed && { listed: true }) }];
				});
				const ended = { details: 'Success', targets: ids.length, errors: 0 };
				return [{ type: 'command', externalId, status: 'ended', details: 'Success', ended, tally: tally(results, ids.length) }];
			},
	),
	fc.constantFrom('running', 'unknown').map(
		(status): Happens =>
			({ operation }) => [{ type: 'command', externalId: operation.work?.externalId, status: status as 'running', details: 'InProgress' }],
	),
);

/** Commands that are not over, in all rings. */
const toCome = ({ chunks, rings }: CommandOperation) =>
	chunks.length + (rings?.each.slice(rings.done + 1) ?? []).reduce((sum, { plan }) => sum + (plan?.chunks.length ?? 0), 0);

describe('whatever happens to a command on many nodes', () => {
	it('has a place for each node in the end, never has two of its commands at once, and is looked at until then', () => {
		const steps = fc.array(fc.tuple(happenings, fc.constantFrom(1, 20, 61, 700, 4_000)), { maxLength: 40 });
		fc.assert(
			fc.property(steps, fc.constantFrom('0', '1', '8'), fc.constantFrom({ chunks: CHUNKS }, IN_RINGS), (happened, maxErrors, plan) => {
				const life = new Life(aCommand({ ...plan, maxErrors }), nextCommand).meets({ type: 'opened' });
				for (const [happens, seconds] of happened) {
					const before = life.operation;
					for (const fact of happens(life.after(seconds * SECOND))) life.meets(fact);
					const { operation } = life;
					if (before.closedAt !== undefined) {
						expect([operation, life.effects]).toEqual([before, []]);
						continue;
					}
					const begun = life.effects.flatMap((effect) => (effect.name === 'start-work' ? effect.work : []));
					// A command that runs is followed by another only once it is over, which takes its chunk away.
					if (before.state === 'running' && begun.length > 0) expect(toCome(operation)).toBe(toCome(before) - 1);
					// A ring has its turn once the one before it has soaked.
					if (operation.rings?.soaksUntil !== undefined && begun.length > 0)
						expect(life.now).toBeGreaterThanOrEqual(operation.rings.soaksUntil);
					if (operation.closedAt === undefined) expect(operation.dueAt).toBeGreaterThan(0);
					else if (operation.result?.nodes) expect(total(operation.result.nodes)).toBe(NODES);
					if (operation.state === 'succeeded') expect(operation.result?.nodes?.succeeded).toBe(NODES);
				}
			}),
			{ numRuns: 300 },
		);
	});
});
