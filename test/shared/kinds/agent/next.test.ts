import { describe, expect, it } from 'vitest';
import { agentItem } from '../../../../shared/kinds/agent/item.ts';
import { AGENT_CAUSES } from '../../../../shared/kinds/agent/types.ts';
import type { AgentOperation } from '../../../../shared/operation/types.ts';
import { type Life, MINUTE } from '../../../support/operations.ts';
import { anAgent, found, itemOpened, itemResolved, node, told, unclaimed } from './lives.ts';

const [A, B, C] = [node(1), node(2), node(3)];
const DAY = 1_440 * MINUTE;
const nodes = ({ operation }: Life<AgentOperation>) => Object.keys(operation.nodes);
const dueIn = ({ operation, now }: Life<AgentOperation>) => ((operation.dueAt ?? 0) - now) / MINUTE;

describe('Nodes with a cause', () => {
	it('have one OpsItem, which is resolved when none has it any more', () => {
		const life = told(anAgent([A, B]));
		life.after(15 * MINUTE).ticks();
		expect(life.asked).toEqual(['survey-agents']);
		life.meets(found([B]));
		expect(life.asked).toEqual(['open-ops-item', 'hand-to-playbook']);
		life.meets(itemOpened, unclaimed);
		life.after(30 * MINUTE).meets(found([]));
		expect(life.asked).toEqual(['resolve-ops-item']);
		life.meets(itemResolved);

		expect(life.told).toEqual(['OpsItem', 'recovered', 'recovered', 'well', 'OpsItem', 'closed']);
		expect(life.operation).toMatchObject({ state: 'succeeded', result: { reason: 'none of 2 that had the cause has it any more' } });
	});

	it('are looked at the more rarely the longer it lasts, and soon again after a registration', () => {
		const life = told(anAgent([A]));
		const waits: number[] = [];
		for (let n = 0; n < 8; n += 1) {
			waits.push(dueIn(life));
			life
				.after(dueIn(life) * MINUTE)
				.ticks()
				.meets(found([A]), unclaimed);
		}
		expect(waits).toEqual([15, 30, 60, 120, 240, 480, 720, 720]);
		life.meets(found([A], { from: 'registration' }), unclaimed);
		expect(dueIn(life)).toBe(15);
	});

	it('are told of only where something has changed', () => {
		const life = told(anAgent([A]));
		life.after(MINUTE).meets(found([A]));
		expect([life.notes, life.asked]).toEqual([[], ['hand-to-playbook']]);
		life.meets(found([A], {}, 'silent since 2026-03-02T09:00:00Z'));
		expect(life.asked).toContain('open-ops-item');
	});

	it('that a list cut short does not have keep it', () => {
		const life = told(anAgent([A, B])).meets(found([C], { complete: false }));
		expect(nodes(life).sort()).toEqual([A, B, C]);
	});

	it('that get it while the last one is being resolved keep the operation open', () => {
		const life = told(anAgent([A]))
			.after(MINUTE)
			.meets(found([]));
		life.meets(found([B]));
		expect(nodes(life)).toEqual([B]);
		expect(life.operation.ending).toBeUndefined();
		life.meets(itemResolved);
		expect(life.asked).toEqual(['open-ops-item']);
	});

	it('come to no more than a thousand by name', () => {
		const ids = Array.from({ length: 1_200 }, (_, n) => node(n));
		const life = told(anAgent([A])).meets(found(ids));
		expect([nodes(life).length, life.operation.more]).toEqual([1_000, 200]);
		expect(JSON.stringify(life.operation).length).toBeLessThan(380_000);
		life.meets(found(ids.slice(1_100)));
		expect([nodes(life).length, life.operation.more]).toEqual([100, 0]);
	});

	it('are left after thirty days, with an OpsItem that stays open', () => {
		const life = told(anAgent([A]))
			.after(30 * DAY)
			.ticks();
		expect(life.asked).toEqual(['update-ops-item']);
		expect(life.operation.ending).toMatchObject({
			state: 'timed-out',
			reason: '1 instance runs without an instance profile after 30 days',
		});
	});

	it('can be deregistered by a person, who is on record', () => {
		const fact = { type: 'deregistered', id: A, by: 'anna', reason: 'scrapped', requestId: 'r-1' } as const;
		const life = told(anAgent([A, B], 'stale-registration')).meets(fact);
		expect([nodes(life), life.asked]).toEqual([[B], ['open-ops-item']]);
		expect(life.notes).toEqual([{ what: 'deregistered', why: `${A}, by anna: scrapped`, requestId: 'r-1' }]);
		life.meets({ ...fact, id: B });
		expect(life.asked).toEqual(['resolve-ops-item']);
	});
});

describe('A playbook', () => {
	it('is given nodes that are new, and the others once a day', () => {
		const life = told(anAgent([A])).meets({ type: 'handed', ids: [A], playbook: 'fix', more: false });
		expect(life.told.at(-1)).toBe('remediation');
		expect(life.after(MINUTE).meets(found([A])).asked).toEqual([]);
		expect(life.meets(found([A, B])).asked).toEqual(['open-ops-item', 'hand-to-playbook']);
		life.meets(itemOpened, { type: 'handed', ids: [B], playbook: 'fix', more: false });
		expect(life.after(DAY).meets(found([A, B])).asked).toEqual(['hand-to-playbook']);
	});

	it('is given the rest of many by the next minute', () => {
		const life = told(anAgent([A, B])).meets({ type: 'handed', ids: [A], playbook: 'fix', more: true });
		expect(dueIn(life)).toBeLessThan(1);
		expect(life.after(MINUTE).ticks().asked).toEqual(['hand-to-playbook']);
		life.meets({ type: 'handed', ids: [B], playbook: 'fix', more: false });
		expect(dueIn(life)).toBeGreaterThan(5);
	});

	it('is given none that has been put right, and nothing that it could not put right', () => {
		const right = anAgent([A]).nodes;
		const fixed = { nodes: { [A]: { ...right[A], since: 0, detail: '', fixedAt: 1 } } };
		expect(told(anAgent([A], 'no-profile', fixed)).operation).not.toHaveProperty('handing');
		for (const cause of ['stale-registration', 'activation-expiring', 'activation-expired', 'activation-used-up'] as const) {
			expect(told(anAgent([A], cause)).meets(found([A])).asked).not.toContain('hand-to-playbook');
		}
	});
});

describe('The OpsItem of a cause', () => {
	it.each(AGENT_CAUSES)('says what is to be done: %s', (cause) => {
		const { title, intro, line, spec, key } = agentItem(anAgent([A, B], cause));
		expect(title).toMatch(/^[A-Z].*[a-z]$/);
		expect(intro.length + line.length).toBeLessThan(2_048);
		expect(key).toBe(`agent/${cause}`);
		expect(['3', '4']).toContain(spec.severity);
	});

	it('names nodes with what is said of each, as far as there is room', () => {
		const { own } = agentItem(anAgent(Array.from({ length: 60 }, (_, n) => node(n))));
		expect(own['nodes']?.split('\n')).toHaveLength(41);
		expect(own).toMatchObject({ affected: '60', status: '60 instances run without an instance profile' });
		expect(own['nodes']).toMatch(/^i-0{17}: never seen\n.*\nand 20 more$/s);
	});
});
