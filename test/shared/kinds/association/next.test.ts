import { describe, expect, it } from 'vitest';
import { toldCounts } from '../../../../shared/kinds/association/event.ts';
import { associationItem } from '../../../../shared/kinds/association/item.ts';
import type { AssociationOperation } from '../../../../shared/operation/types.ts';
import { type Life, MINUTE, OPENED_AT, SECOND } from '../../../support/operations.ts';
import { again, event, failing, gone, life, node, nodeFails, notSent, sent, shows, stillFailing } from './lives.ts';

const dueIn = ({ operation, now }: Life<AssociationOperation>) => ((operation.dueAt ?? 0) - now) / MINUTE;
const resolved = { type: 'done', effect: 'resolve-ops-item', opsItemId: 'oi-000000000001' } as const;

describe('An association that fails', () => {
	it('is applied again on the nodes where it failed, and closes once it succeeds', () => {
		const one = life().meets({ type: 'opened' });
		expect(one.asked).toEqual(['look-at-association']);
		one.meets(shows(OPENED_AT, failing(1, 2)));
		expect([one.asked, one.operation.state]).toEqual([['apply-association'], 'starting']);
		expect(one.operation.again).toMatchObject({ nodes: [node(1), node(2)], tries: 1 });
		one.meets(sent);
		expect([one.operation.state, dueIn(one)]).toEqual(['running', 10]);

		one.after(MINUTE).meets(event('Success', OPENED_AT + MINUTE, { failing: 0, pending: 0 }));

		expect(one.operation).toMatchObject({ state: 'succeeded', result: { reason: expect.stringContaining('again on 2 nodes') } });
		expect(one.told).toEqual(['applied again', 'succeeds', 'closed']);
	});

	it('waits for its other nodes before it is applied again, but not for ever', () => {
		const one = life().meets({ type: 'opened' }, shows(OPENED_AT, failing(1), 3));
		expect([one.operation.state, dueIn(one)]).toEqual(['waiting', 2]);
		one.after(MINUTE).meets(event('Failed', OPENED_AT + MINUTE, { failing: 2, pending: 0 }));
		expect(one.asked).toEqual(['look-at-association']);

		const other = life()
			.meets({ type: 'opened' }, shows(OPENED_AT, failing(1), 3))
			.after(10 * MINUTE)
			.ticks();
		other.meets(shows(other.now, failing(1), 3));
		expect(other.asked).toEqual(['apply-association']);
	});

	it('is applied again once: where it still fails then, people are told with nodes and output', () => {
		const one = again(1, 2);
		one
			.meets(nodeFails(OPENED_AT + MINUTE, 2, { errorCode: '3', output: 'https://s3/output' }))
			.after(10 * MINUTE)
			.ticks();
		expect(one.asked).toEqual(['look-at-association']);
		one.meets(shows(one.now, failing(2), 0, { output: 's3://output/state/', severity: 'CRITICAL' }));

		expect([one.asked, one.operation.state]).toEqual([['open-ops-item'], 'verifying']);
		const item = associationItem(one.operation);
		expect(item).toMatchObject({ key: 'association/fleetkeeper-test-agents', spec: { severity: '2' }, isResolved: true });
		expect(item.own).toMatchObject({ failing: '1', nodes: `${node(2)} Failed (3) https://s3/output`, output: 's3://output/state/' });
	});

	it('is looked at as soon as State Manager says that it failed again, and no event of before counts', () => {
		const one = again(1).after(3 * MINUTE);
		expect(one.meets(event('Failed', OPENED_AT, { failing: 1, pending: 0 })).asked).toEqual([]);
		expect(one.meets(event('Failed', OPENED_AT + 2 * MINUTE, { failing: 1, pending: 2 })).asked).toEqual([]);
		expect(one.meets(event('Failed', OPENED_AT + 3 * MINUTE)).asked).toEqual(['look-at-association']);
		expect(one.meets(shows(one.now, failing(1))).asked).toEqual(['open-ops-item']);
	});

	it('is given time to show what events have told', () => {
		const fresh = life().meets({ type: 'opened' }, shows(OPENED_AT, []));
		expect([fresh.operation.state, dueIn(fresh)]).toEqual(['waiting', 2]);
		const applied = again(1)
			.after(MINUTE)
			.meets(event('Failed', OPENED_AT + MINUTE), shows(OPENED_AT + MINUTE, []));
		expect([applied.operation.state, dueIn(applied)]).toEqual(['running', 2]);
	});

	it('and is well by itself is left alone', () => {
		const one = life().meets({ type: 'opened' }, event('Success', OPENED_AT + SECOND, { failing: 0, pending: 0 }));
		expect(one.operation).toMatchObject({ state: 'skipped' });
		const late = life().meets({ type: 'opened' }, event('Success', OPENED_AT - SECOND));
		expect(late.operation.state).toBe('waiting');
	});

	it('is not waited for on nodes that are away', () => {
		const one = again(1)
			.after(10 * MINUTE)
			.ticks()
			.meets(shows(OPENED_AT + 10 * MINUTE, [], 1));
		expect([one.operation.state, dueIn(one)]).toEqual(['running', 10]);
		one
			.after(30 * MINUTE)
			.ticks()
			.meets(shows(one.now, [], 1));
		expect(one.operation.state).toBe('succeeded');
	});

	it('and exists no more is over', () => {
		expect(life().meets({ type: 'opened' }, gone(OPENED_AT)).operation.state).toBe('skipped');
		expect(stillFailing(1).meets(gone(OPENED_AT)).asked).toEqual(['resolve-ops-item']);
	});

	it('is told of although nobody shows where it fails', () => {
		const one = life().meets({ type: 'opened' }, shows(OPENED_AT, [], 0, { failing: 4, status: 'Failed' }));
		expect(one.operation.state).toBe('waiting');
		one
			.after(10 * MINUTE)
			.ticks()
			.meets(shows(one.now, [], 0, { failing: 4, status: 'Failed' }));
		expect([one.asked, one.operation.state]).toEqual([['open-ops-item'], 'verifying']);
	});
});

describe('Applying an association again', () => {
	it('that was perhaps sent is tried again on the same nodes, after a while, by a run that looks for it first', () => {
		const one = life().meets({ type: 'opened' }, shows(OPENED_AT, failing(1)), notSent('retry'));
		expect([one.operation.state, dueIn(one)]).toEqual(['starting', 2]);
		one.after(MINUTE).ticks();
		expect(one.asked).toEqual([]);

		one.after(MINUTE).ticks();
		expect(one.asked).toEqual(['apply-association']);
		expect(one.operation.again).toMatchObject({ nodes: [node(1)], tries: 2 });
		expect(one.meets(notSent('retry'), sent).told).toEqual(['not applied again', 'applied again']);
	});

	it('that a run was about to send that was killed is looked for as long after: lists of commands lag', () => {
		const killed = life().meets({ type: 'opened' }, shows(OPENED_AT, failing(1)));
		expect([killed.asked, dueIn(killed)]).toEqual([['apply-association'], 2]);
	});

	it.each([
		['that AWS refuses', 'refused', 1],
		['that is tried ten times in vain', 'retry', 10],
	] as const)('%s is left to people', (_, why, times) => {
		const one = life().meets({ type: 'opened' }, shows(OPENED_AT, failing(1)));
		for (let n = 1; n < times; n += 1)
			one
				.meets(notSent(why))
				.after(2 * MINUTE)
				.ticks();
		one.meets(notSent(why, 'AccessDenied'));

		expect([one.asked, one.operation.state]).toEqual([['open-ops-item'], 'verifying']);
		expect(associationItem(one.operation).intro).toContain('It could not be applied again');
	});

	it('waits while everything is paused, and looks anew then', () => {
		const paused = { type: 'work-not-started', why: 'paused', message: 'all starting of work is paused' } as const;
		const one = life().meets({ type: 'opened' }, shows(OPENED_AT, failing(1, 2)), paused);
		expect(one.operation).toMatchObject({ state: 'waiting', waiting: 'pause' });
		one.after(5 * MINUTE).ticks();
		expect(one.asked).toEqual(['look-at-association']);
		one.meets(shows(one.now, failing(2)), paused);
		expect(one.told).toEqual(['waiting']);

		one
			.after(5 * MINUTE)
			.ticks()
			.meets(shows(one.now, failing(2)), sent);
		expect(one.operation).toMatchObject({ state: 'running', again: { nodes: [node(2)] } });
	});
});

describe('An association whose failure people know of', () => {
	it('closes when it succeeds, and its OpsItem is resolved', () => {
		const one = stillFailing(1)
			.after(MINUTE)
			.meets(event('Success', OPENED_AT + 20 * MINUTE, { failing: 0, pending: 0 }));
		expect(one.asked).toEqual(['resolve-ops-item']);
		expect(one.meets(resolved).operation).toMatchObject({ state: 'succeeded', result: { resolved: true } });
	});

	it('is not applied again by its next failures: its OpsItem is told of what changes', () => {
		const one = stillFailing(1).after(20 * MINUTE);
		one.meets(event('Failed', one.now, { failing: 1, pending: 0 }));
		expect(one.asked).toEqual([]);
		one
			.meets(event('Failed', one.now + SECOND, { failing: 2, pending: 0 }))
			.after(MINUTE)
			.ticks();
		expect(one.asked).toEqual(['look-at-association']);
		one.meets(shows(one.now, failing(1, 2)));
		expect([one.asked, one.told.at(-1)]).toEqual([['open-ops-item'], 'changed']);
		expect(one.told.filter((what) => what === 'applied again')).toHaveLength(1);
	});

	it('is looked at the more rarely the longer it fails, and an event of a node that is known is nothing new', () => {
		const one = stillFailing(1);
		const waits: number[] = [];
		for (let n = 0; n < 6; n += 1) {
			waits.push(dueIn(one));
			one
				.after(dueIn(one) * MINUTE)
				.ticks()
				.meets(shows(one.now, failing(1)));
		}
		expect(waits).toEqual([30, 60, 120, 240, 360, 360]);
		const before = one.operation;
		expect(one.meets(nodeFails(one.now, 1)).operation).toEqual(before);
	});

	it('is looked at before its OpsItem is told, where both are due: what is told is what was found', () => {
		const untold = () => {
			const one = stillFailing(1).after(30 * MINUTE);
			return one.meets(nodeFails(one.now, 2)).ticks();
		};
		const one = untold();
		expect(one.asked).toEqual(['look-at-association']);
		expect(one.meets(shows(one.now, failing(1, 2))).asked).toEqual(['open-ops-item']);
		const throttled = { type: 'not-done', effect: 'look-at-association', why: 'retry', message: 'Rate exceeded' } as const;
		expect(untold().meets(throttled).asked).toEqual(['open-ops-item']);
	});

	it('stays with people who cancel it, and is over for those who complete it', () => {
		const by = { type: 'operator', by: 'anna' } as const;
		expect(stillFailing(1).meets({ ...by, verb: 'cancel' }).asked).toEqual(['update-ops-item']);
		expect(stillFailing(1).meets({ ...by, verb: 'complete' }).asked).toEqual(['resolve-ops-item']);
		expect(stillFailing(1).meets({ ...by, verb: 'retry' }).asked).toEqual(['look-at-association']);
		expect(
			stillFailing(1)
				.after(30 * 1_440 * MINUTE)
				.ticks().operation.ending?.state,
		).toBe('timed-out');
	});
});

describe('The counts of an event', () => {
	it.each([
		['{"Success":3,"Failed":1,"Pending":2}', { failing: 1, pending: 2 }],
		['{"Failed":"many"}', { failing: 0, pending: 0 }],
		['{"Failed":', undefined],
		['[1]', undefined],
		['null', undefined],
		[undefined, undefined],
		[{ Failed: 1 }, undefined],
	])('are read as far as they make sense: %s', (text, counts) => {
		expect(toldCounts(text)).toEqual(counts);
	});
});
