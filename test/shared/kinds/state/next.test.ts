import { describe, expect, it } from 'vitest';
import { stateItem } from '../../../../shared/kinds/state/item.ts';
import type { StateOperation } from '../../../../shared/operation/types.ts';
import type { Life } from '../../../support/operations.ts';
import { MINUTE, OPENED_AT, SECOND } from '../../../support/operations.ts';
import { aState, event, itemOpened, itemResolved, look, node, ofNode, opened, told } from './lives.ts';

const [A, B, C] = [node(1), node(2), node(3)];
const nodes = ({ operation }: Life<StateOperation>) => Object.keys(operation.nodes);
const dueIn = ({ operation, now }: Life<StateOperation>) => ((operation.dueAt ?? 0) - now) / MINUTE;

const unread = (why: 'retry' | 'refused') => ({ type: 'not-done', effect: 'read-node-state', why, message: 'Rate exceeded' }) as const;

describe('Of nodes that gather', () => {
	it('nobody is told for three minutes, and then after one more look', () => {
		const life = opened(ofNode(A));
		expect([life.asked, dueIn(life)]).toEqual([[], 3]);
		life.after(3 * MINUTE).ticks();
		expect([life.asked, life.operation.state]).toEqual([['read-node-state'], 'waiting']);
		life.meets(look('noncompliant', life.now, A));

		expect([life.asked, life.operation.state]).toEqual([['open-ops-item'], 'verifying']);
		expect(life.operation.waiting).toBeUndefined();
		life.meets(itemOpened);
		expect([life.told, dueIn(life)]).toEqual([['OpsItem'], 15]);
	});

	it('nobody is ever told where they are compliant again by then', () => {
		const life = opened(aState([A, B])).after(MINUTE);
		life.meets(event('compliant', OPENED_AT + MINUTE, A));
		expect([life.asked, life.operation.state, dueIn(life)]).toEqual([[], 'waiting', 2]);
		life.meets(event('compliant', OPENED_AT + MINUTE, B));

		const reason = 'all 2 nodes that were not are compliant, or gone, before anybody was told';
		expect(life.operation).toMatchObject({ state: 'skipped', closedAt: life.now, result: { reason } });
		expect([life.asked, life.told]).toEqual([[], ['compliant', 'compliant', 'compliant', 'closed']]);
	});

	it.each(['compliant', 'gone'] as const)('nobody is told where the look finds them %s: the event of it was lost', (is) => {
		const life = opened(ofNode(A))
			.after(3 * MINUTE)
			.ticks();
		life.meets(look(is, life.now, A));
		expect([life.operation.state, life.asked]).toEqual(['skipped', []]);
	});

	it('more may come, which puts nothing off', () => {
		const life = opened(aState([A])).after(2 * MINUTE);
		life.meets(event('noncompliant', life.now, B, C));
		expect([life.asked, nodes(life), dueIn(life)]).toEqual([[], [A, B, C], 1]);
	});

	it('what cannot be looked at is told all the same: as long again later, or at once where AWS refuses', () => {
		const life = opened(ofNode(A)).after(3 * MINUTE);
		for (const minute of [3, 4, 5]) {
			expect(life.ticks().meets(unread('retry')).asked, `minute ${minute}`).toEqual([]);
			expect(dueIn(life)).toBeLessThan(1);
			life.after(MINUTE);
		}
		expect(life.ticks().meets(unread('retry')).asked).toEqual(['open-ops-item']);

		const refused = opened(ofNode(A)).after(3 * MINUTE);
		expect(refused.ticks().meets(unread('refused')).asked).toEqual(['open-ops-item']);
	});

	it('the one of a node closes when another has taken it over, and is never told; twice is once', () => {
		const life = opened(ofNode(A)).meets({ type: 'handed-over', to: 'state-of-prod-1' }, { type: 'handed-over', to: 'state-of-prod-1' });
		expect(life.operation).toMatchObject({ state: 'skipped', result: { reason: expect.stringContaining('state-of-prod-1') } });
		expect([life.asked, life.told]).toEqual([[], ['handed over', 'closed']]);
	});

	it('those that people were told of meanwhile stay where they are', () => {
		const { operation } = told(ofNode(A));
		expect(told(ofNode(A)).meets({ type: 'handed-over', to: 'state-of-prod-1' }).operation).toEqual(operation);
	});
});

describe('A node that is not compliant', () => {
	it('has an OpsItem, which is resolved when it is compliant', () => {
		const life = told(ofNode(A));
		expect(life.told).toEqual(['OpsItem']);

		life.after(MINUTE).meets(event('compliant', OPENED_AT + MINUTE, A));
		expect(life.asked).toEqual(['resolve-ops-item']);
		life.meets(itemResolved);

		expect(life.told).toEqual(['OpsItem', 'compliant', 'compliant', 'OpsItem', 'closed']);
		expect(life.operation).toMatchObject({ state: 'succeeded', result: { reason: 'the node is compliant', resolved: true } });
	});

	it.each([
		['older than what is known', -SECOND],
		['of the same moment', 0],
	])('stays so for news %s', (_, age) => {
		const life = told(ofNode(A));
		const before = life.operation;
		expect(life.after(MINUTE).meets(event('compliant', OPENED_AT + age, A)).operation).toEqual(before);
	});

	it('is no news twice, but the later of two counts', () => {
		const life = told(ofNode(A)).after(MINUTE);
		life.meets(event('noncompliant', OPENED_AT, A));
		expect(life.asked).toEqual([]);
		life.meets(event('noncompliant', OPENED_AT + 2 * SECOND, A), event('compliant', OPENED_AT + SECOND, A));

		expect(nodes(life)).toEqual([A]);
		expect(life.notes).toEqual([]);
	});

	it('is looked at the more rarely the longer it lasts', () => {
		const life = told(ofNode(A));
		const waits: number[] = [];
		for (let n = 0; n < 8; n += 1) {
			waits.push(dueIn(life));
			life.after(dueIn(life) * MINUTE).ticks();
			expect(life.asked).toEqual(['read-node-state']);
			life.meets(look('noncompliant', life.now, A));
		}
		expect(waits).toEqual([15, 30, 60, 120, 240, 480, 720, 720]);
	});

	it.each([
		['compliant', 'the node is compliant'],
		['gone', 'the node is gone'],
	] as const)('is settled by a look that finds it %s', (is, reason) => {
		const life = told(ofNode(A))
			.after(15 * MINUTE)
			.ticks();
		life.meets(look(is, life.now, A));
		expect(life.asked).toEqual(['resolve-ops-item']);
		expect(life.operation.ending).toMatchObject({ state: 'succeeded', reason });
	});

	it('is not settled by a list that may lag behind its event', () => {
		const life = told(ofNode(A)).meets({ type: 'operator', verb: 'retry', by: 'anna' });
		expect(life.asked).toEqual(['read-node-state']);
		life.after(MINUTE).meets(look('compliant', OPENED_AT + MINUTE, A));
		expect(nodes(life)).toEqual([A]);
	});

	it('is found to be open again where another run has resolved its OpsItem meanwhile', () => {
		const life = told(ofNode(A)).meets(itemResolved);
		expect(life.asked).toEqual(['open-ops-item']);
		life.meets({ type: 'not-done', effect: 'open-ops-item', why: 'gone', message: 'oi-000000000001 is not open any more' });

		expect(life.operation.result?.opsItemId).toBeUndefined();
		expect(life.asked).toEqual(['open-ops-item']);
	});

	it('that falls again while its OpsItem is being resolved goes on', () => {
		const life = told(ofNode(A))
			.after(MINUTE)
			.meets(event('compliant', OPENED_AT + MINUTE, A), event('noncompliant', OPENED_AT + 2 * MINUTE, A));

		expect(life.operation.ending).toBeUndefined();
		expect(life.asked).toEqual(['open-ops-item']);
		expect(life.told.at(-1)).toBe('not compliant');
	});

	it('is told again by the next minute where OpsCenter did not answer, and the story says so once', () => {
		const refused = { type: 'not-done', effect: 'open-ops-item', why: 'retry', message: 'Rate exceeded' } as const;
		const life = told(ofNode(A, { result: { reason: '' } })).meets(refused);
		expect(dueIn(life)).toBeLessThan(1);
		life.after(MINUTE).ticks();
		expect(life.asked).toEqual(['open-ops-item']);

		life.meets(refused);
		expect(life.told).toEqual(['OpsItem', 'OpsItem not told']);
		life.after(MINUTE).ticks().meets(itemOpened);
		expect(life.operation.untold).toBeUndefined();
	});

	it('ends by hand: completed with its OpsItem resolved, cancelled with it open', () => {
		const by = { type: 'operator', by: 'anna' } as const;
		expect(told(ofNode(A)).meets({ ...by, verb: 'complete' })).toMatchObject({
			operation: { ending: { state: 'skipped', pending: ['resolve-ops-item'] } },
		});
		expect(told(ofNode(A)).meets({ ...by, verb: 'cancel' })).toMatchObject({
			operation: { ending: { state: 'failed', reason: 'cancelled by anna', pending: ['update-ops-item'] } },
		});
		const extended = told(ofNode(A)).meets({ ...by, verb: 'extend', seconds: 60 });
		expect([extended.operation.deadlineAt - ofNode(A).deadlineAt, extended.told.at(-1)]).toEqual([MINUTE, 'extended']);
	});

	it('is left to people after thirty days, with its OpsItem open', () => {
		const life = told(ofNode(A))
			.after(30 * 1_440 * MINUTE)
			.ticks();
		expect(life.operation.ending).toMatchObject({ state: 'timed-out', pending: ['update-ops-item'] });
		expect(life.operation.ending?.reason).toBe('1 node is not compliant after 30 days');
	});
});

describe('The nodes of a group that are not compliant', () => {
	it('share an OpsItem, which is told of those that come and go, and is resolved with the last', () => {
		const life = told(aState([A, B])).after(2 * MINUTE);
		life.meets(event('noncompliant', OPENED_AT + 2 * MINUTE, C));
		expect([life.asked, life.told.at(-1)]).toEqual([['open-ops-item'], 'not compliant']);
		life.meets(itemOpened).after(2 * MINUTE);
		life.meets(event('compliant', OPENED_AT + 4 * MINUTE, A, B));
		expect([life.asked, nodes(life)]).toEqual([['open-ops-item'], [C]]);

		life
			.meets(itemOpened)
			.after(MINUTE)
			.meets(event('compliant', OPENED_AT + 5 * MINUTE, C));
		expect(life.operation.ending).toMatchObject({ reason: 'all 3 nodes that were not are compliant, or gone' });
	});

	it('that change within a minute are told together, by the clock', () => {
		const life = told(aState([A, B, C])).after(20 * SECOND);
		life.meets(event('compliant', OPENED_AT + 20 * SECOND, A), event('compliant', OPENED_AT + 20 * SECOND, B));
		expect([life.asked, life.operation.untold]).toEqual([[], true]);
		expect(dueIn(life)).toBeLessThan(1);

		expect(life.after(MINUTE).ticks().asked).toEqual(['open-ops-item']);
	});

	it('are looked at before their OpsItem is told, where both are due: what is told is what was found', () => {
		const untold = () => {
			const life = told(aState([A, B])).after(15 * MINUTE - SECOND);
			life.meets(event('noncompliant', life.now, C), itemOpened).meets(event('compliant', life.now, A));
			return life.after(MINUTE).ticks();
		};
		const life = untold();
		expect([life.asked, life.operation.untold]).toEqual([['read-node-state'], true]);
		expect(life.meets(look('noncompliant', life.now, B, C)).asked).toEqual(['open-ops-item']);
		expect(untold().meets(unread('retry')).asked).toEqual(['open-ops-item']);
	});

	it('are looked at soon again when one more has fallen', () => {
		const life = told(aState([A, B]));
		for (let n = 0; n < 3; n += 1) {
			life.after(dueIn(life) * MINUTE).ticks();
			life.meets(look('noncompliant', life.now, A, B));
		}
		life.after(2 * MINUTE).meets(event('noncompliant', life.now, C), itemOpened);
		expect(dueIn(life)).toBe(15);
	});

	it('are as many as a Region has, and still a fifth of what an item of the ledger holds', () => {
		const all = Array.from({ length: 2_400 }, (_, n) => node(n));
		const { operation } = told(aState([A])).meets(event('noncompliant', OPENED_AT, ...all));
		expect(Object.keys(operation.nodes)).toHaveLength(2_400);
		expect(JSON.stringify(operation).length).toBeLessThan(100_000);
	});

	it('have a story of bounded length', () => {
		const life = told(aState([A]));
		for (let n = 1; n < 200; n += 1) life.after(MINUTE).meets(event('noncompliant', life.now, node(n + 10)));
		expect(life.told.length).toBeLessThanOrEqual(60);
		expect(life.told[0]).toBe('OpsItem');
	});
});

describe('What OpsCenter is told of nodes', () => {
	it('is the node itself, or the first nodes of a group and how many there are', () => {
		const one = stateItem(ofNode(A));
		expect(one).toMatchObject({ key: `state/Patch/${A}`, spec: { severity: '3', category: 'Security' }, isResolved: true });
		expect(one.resources).toEqual([`arn:aws:ssm:eu-west-1:111122223333:managed-instance/${A}`]);
		const many = stateItem(aState(Array.from({ length: 100 }, (_, n) => node(n))));
		expect(many).toMatchObject({ key: 'state/Patch/prod', resources: [], own: { noncompliant: '100' } });
		expect(many.own['nodes']).toMatch(/^i-00000000000000000, .* and 52 more$/);
		expect(many.line.length + many.intro.length).toBeLessThan(2_048);
	});

	it('is more severe once something critical was found, and stays so', () => {
		const life = told(ofNode(A, { severity: 'medium' })).after(MINUTE);
		const critical = { node: A, is: 'noncompliant', at: OPENED_AT + MINUTE, severity: 'critical' } as const;
		life.meets({ type: 'state', from: 'event', findings: [critical] });
		expect(life.asked).toEqual(['open-ops-item']);
		life.meets({ type: 'state', from: 'event', findings: [{ ...critical, at: OPENED_AT + 2 * MINUTE, severity: 'low' }] });

		expect(stateItem(life.operation)).toMatchObject({ spec: { severity: '2' }, raisedTo: '2' });
	});
});
