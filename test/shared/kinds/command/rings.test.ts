import { describe, expect, it } from 'vitest';
import { nextCommand } from '../../../../shared/kinds/command/next.ts';
import { NONE, tally } from '../../../../shared/kinds/command/nodes.ts';
import type { CommandFact, Effect, Fact } from '../../../../shared/operation/facts.ts';
import type { CommandOperation, NodeResult, Ring, Rings, Target } from '../../../../shared/operation/types.ts';
import { aCommand, Life, MINUTE, notStarted, SECOND, startedAs } from '../../../support/operations.ts';

const OPENED: Fact = { type: 'opened' };
const DAY = 24 * 60 * MINUTE;

const byTag = (ring: string): Target[][] => [[{ key: 'tag:PatchGroup', values: [ring] }]];
const byIds = (ring: string, ...sizes: number[]): Target[][] =>
	sizes.map((size, chunk) => [{ key: 'InstanceIds', values: Array.from({ length: size }, (_, n) => `i-${ring}-${chunk}-${n}`) }]);
const toCome = (name: string, chunks = byTag(name)): Ring => ({ name, plan: { chunks, maxConcurrency: '50', maxErrors: '10%' } });

/** Rings dev, test and prod, by their tag. */
function ringed(rings: Partial<Rings> = {}, changes: Partial<CommandOperation> = {}) {
	const each = [{ name: 'dev' }, toCome('test'), toCome('prod')];
	return aCommand({
		rings: { each, done: 0, successPercent: 90, soakSeconds: 0, ...rings },
		chunks: byTag('dev'),
		maxErrors: '10%',
		...changes,
	});
}

const life = (rings: Partial<Rings> = {}, changes: Partial<CommandOperation> = {}) =>
	new Life(ringed(rings, changes), nextCommand).meets(OPENED, startedAs('command-1'));

/** What a look-up says of a command that is over. */
function over(externalId: string, by: Readonly<Record<string, number>>): CommandFact {
	const results = Object.entries(by).flatMap(([status, count]) =>
		Array.from({ length: count }, (_, n): NodeResult => ({ node: `${status}-${n}`, commandId: externalId, status, listed: true })),
	);
	const ended = { details: 'Success', targets: results.length, errors: results.filter(({ status }) => status === 'Failed').length };
	return { type: 'command', externalId, status: 'ended', details: 'Success', ended, tally: tally(results, results.length) };
}

const sentTo = (effects: readonly Effect[]) => effects.flatMap((each) => (each.name === 'start-work' ? each.work.fleet?.targets : []));
const ends = ({ rings }: CommandOperation) => rings?.each.map(({ name, end = 'never begun' }) => `${name} ${end}`);

describe('a command in rings', () => {
	it('goes to one ring after another, each with its own rate and all of its time', () => {
		const it = life().after(50 * MINUTE);
		it.meets(over('command-1', { Success: 9, Undeliverable: 1 }));
		expect(sentTo(it.effects)).toEqual([{ key: 'tag:PatchGroup', values: ['test'] }]);
		expect(it.operation).toMatchObject({ state: 'starting', nodes: NONE, errors: 0, deadlineAt: it.now + 60 * MINUTE });

		it.meets(startedAs('command-2'))
			.after(MINUTE)
			.meets(over('command-2', { Success: 20 }));
		expect(sentTo(it.effects)).toEqual([{ key: 'tag:PatchGroup', values: ['prod'] }]);
		it.meets(startedAs('command-3'), over('command-3', { Success: 70 }));
		expect(it.operation).toMatchObject({ state: 'failed', result: { nodes: { succeeded: 99, unreached: 1 } } });
		expect(it.operation.result?.reason).toBe(
			'restart-service on 100 nodes: 99 succeeded, 1 never reached; rings: dev done (9 succeeded, 1 never reached), ' +
				'test done (20 succeeded), prod done (70 succeeded); Undeliverable-0 (Undeliverable)',
		);
	});

	it('succeeds where every node of every ring did', () => {
		const it = life();
		for (const id of ['command-1', 'command-2', 'command-3']) it.meets(startedAs(id), over(id, { Success: 2 }));
		expect(it.operation).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 6 } } });
	});

	it.each([
		['too few of its nodes succeeded', { Success: 8, Undeliverable: 2 }, '8 of 10 nodes of ring dev succeeded, and 90% have to'],
		['it has no nodes', {}, 'the targets match no node of ring dev'],
		['more failed than MaxErrors allows', { Success: 90, Failed: 11 }, 'more errors than MaxErrors 10% allows'],
		['nodes were never started', { Success: 99, Terminated: 1 }, 'more errors than MaxErrors 10% allows'],
	])('stops after a ring where %s, and says which rings were never begun', (_, by, said) => {
		const { operation, effects } = life().meets(over('command-1', by));
		expect([operation.state, sentTo(effects)]).toEqual(['failed', []]);
		expect(operation.result?.reason).toContain(said);
		expect(ends(operation)).toEqual(['dev failed', 'test never begun', 'prod never begun']);
	});

	it('counts errors for each ring anew', () => {
		const it = life().meets(over('command-1', { Success: 90, Failed: 10 }));
		it.meets(startedAs('command-2'), over('command-2', { Success: 9, Failed: 1 }));
		expect(ends(it.operation)).toEqual(['dev done', 'test done', 'prod never begun']);
		expect(it.operation.state).toBe('starting');
	});

	it('of many ids has several commands in a ring, and then the next ring', () => {
		const next = toCome('test', byIds('test', 3));
		const it = life({ each: [{ name: 'dev' }, next] }, { chunks: byIds('dev', 50, 20), commands: 2, maxErrors: '2', maxConcurrency: '5' });
		it.meets(over('command-1', { Success: 49, Failed: 1 }));
		expect(it.operation).toMatchObject({ rings: { done: 0 }, work: { fleet: { maxErrors: '1' } } });
		it.meets(startedAs('command-2'), over('command-2', { Success: 20 }));
		expect(it.operation).toMatchObject({ rings: { done: 1 }, commands: 1, work: { fleet: { maxErrors: '10%' } } });
		expect(it.operation.rings?.each[0]?.nodes).toMatchObject({ succeeded: 69, failed: 1 });
	});

	it('is not begun where one of its rings has no nodes', () => {
		const it = new Life(ringed({ each: [{ name: 'dev' }, toCome('test', [])] }), nextCommand).meets(OPENED);
		expect([it.operation.state, it.effects]).toEqual(['failed', []]);
		expect(it.operation.result?.reason).toContain('the targets match no node of ring test');
	});

	it('counts nodes of rings that were never begun as never started, where they are known', () => {
		const each = [{ name: 'dev' }, toCome('test', byIds('test', 5)), toCome('prod', byIds('prod', 50, 7))];
		const { operation } = life({ each }, { chunks: byIds('dev', 3) }).meets(over('command-1', { Success: 1, Failed: 2 }));
		expect(operation.result?.nodes).toEqual({ ...NONE, succeeded: 1, failed: 2, unstarted: 62 });
	});

	it('does not time out for a node that was given up at the deadline, where enough others succeeded', () => {
		const late = over('command-1', { Success: 19, DeliveryTimedOut: 1 });
		const it = life();
		const { tally: counted } = late;
		const at = it.operation.deadlineAt;
		it.after(60 * MINUTE).meets({ ...late, ...(counted && { tally: { ...counted, endedAt: at } }) });
		expect(ends(it.operation)?.[0]).toBe('dev done');
	});
});

describe('a ring that soaks', () => {
	const soaking = (changes: Partial<CommandOperation> = {}) =>
		life({ soakSeconds: 2 * 86_400 }, changes).meets(over('command-1', { Success: 10 }));

	it('keeps the next one waiting until it has, without looks, and the time of its work does not run', () => {
		const it = soaking();
		const since = it.now;
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'soak', dueAt: since + 2 * DAY });
		expect(it.operation.history.at(-1)?.why).toBe('10 of 10 nodes of ring dev succeeded; ring test has its turn in 172800 s');
		expect(it.after(DAY).ticks().effects).toEqual([]);
		expect(it.operation.dueAt).toBe(since + 2 * DAY);
		it.after(DAY + SECOND).ticks();
		expect(sentTo(it.effects)).toEqual([{ key: 'tag:PatchGroup', values: ['test'] }]);
		expect(it.operation.deadlineAt).toBe(it.now + 60 * MINUTE);
	});

	it('lets others have its slot, and takes one for the next', () => {
		const limits = { concurrent: 1, beyond: 'wait' as const };
		const it = soaking({ slot: true, brakes: { limits } });
		expect(it.operation.slot).toBeUndefined();
		expect(it.asked).toEqual(['release-slot']);
		expect(it.after(2 * DAY).ticks().asked).toEqual(['take-slot']);
	});

	it('can be cancelled, and the rings after it are never begun', () => {
		const it = soaking().after(DAY).meets({ type: 'operator', verb: 'cancel', by: 'anna' });
		expect(it.operation.state).toBe('failed');
		expect(it.operation.result?.reason).toBe(
			'restart-service on 10 nodes: 10 succeeded; cancelled by anna; rings: dev done (10 succeeded), test never begun, prod never begun',
		);
	});

	it('is not begun by news of the command before, nor by a retry', () => {
		const it = soaking();
		const before = it.operation;
		it.meets({ type: 'nodes' }, over('command-1', { Success: 10 }), startedAs('command-1'));
		expect(it.operation).toEqual(before);
		it.meets({ type: 'operator', verb: 'retry', by: 'anna' });
		expect([it.operation.waiting, it.effects]).toEqual(['soak', []]);
	});

	it('makes a pause of any length begin after it', () => {
		const it = soaking().after(2 * DAY);
		it.ticks().meets(notStarted('paused', 'paused by anna'));
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'pause' });
		it.after(13 * DAY).ticks();
		expect(sentTo(it.effects)).toEqual([{ key: 'tag:PatchGroup', values: ['test'] }]);
	});
});
