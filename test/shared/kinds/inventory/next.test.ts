import { describe, expect, it } from 'vitest';
import { inventoryItem } from '../../../../shared/kinds/inventory/item.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import type { InventoryOperation } from '../../../../shared/operation/types.ts';
import { type Life, MINUTE, OPENED_AT, SECOND } from '../../../support/operations.ts';
import { anInventory, DAY, event, itemOpened, itemResolved, look, node, RULE, told } from './lives.ts';

const [A, B, C] = [node(1), node(2), node(3)];
const COMMAND = 'command-00000000000000aa-1';
const nodes = ({ operation }: Life<InventoryOperation>) => Object.keys(operation.nodes);
const dueIn = ({ operation, now }: Life<InventoryOperation>) => ((operation.dueAt ?? 0) - now) / MINUTE;
const begun = (...ids: readonly string[]): Fact => ({ type: 'round', operationId: COMMAND, nodes: ids });
const over = (end = 'succeeded: all is well'): Fact => ({ type: 'round', operationId: COMMAND, end });
/** A rule whose command has been begun for its nodes. */
const run = (...ids: readonly string[]) =>
	told(anInventory(ids))
		.after(5 * MINUTE)
		.ticks()
		.meets(begun(...ids));

describe('A rule that software on nodes breaks', () => {
	it('has an OpsItem at once, which is resolved when the last node is clean', () => {
		const life = told(anInventory([A, B]));
		expect(life.told).toEqual(['OpsItem']);

		life.after(MINUTE).meets(event('clean', OPENED_AT + MINUTE, A));
		expect(life.asked).toEqual(['open-ops-item']);
		life.after(DAY).meets(event('clean', OPENED_AT + DAY, B));
		expect(life.asked).toEqual(['resolve-ops-item']);
		life.meets(itemResolved);

		expect(life.told).toEqual(['OpsItem', 'clean', 'clean', 'clean', 'OpsItem', 'closed']);
		expect(life.operation).toMatchObject({ state: 'succeeded', result: { reason: 'none of 2 nodes breaks it any more', resolved: true } });
	});

	it('is not kept open by nodes that are gone', () => {
		const life = told(anInventory([A]))
			.after(60 * MINUTE)
			.meets(look('gone', OPENED_AT + 60 * MINUTE, A), itemResolved);
		expect(life.operation).toMatchObject({ state: 'succeeded', result: { reason: expect.stringContaining('or is gone') } });
		expect(life.told).toContain('gone');
	});

	it('knows news from what is older, and what is told twice', () => {
		const life = told(anInventory([A])).after(MINUTE);
		const before = life.operation;
		expect(life.meets(event('clean', OPENED_AT - SECOND, A), event('found', OPENED_AT, A)).operation).toEqual(before);

		life.meets(event('found', OPENED_AT + 2 * SECOND, A, B), event('clean', OPENED_AT + SECOND, A));
		expect(nodes(life)).toEqual([A, B]);
		life.meets(event('clean', OPENED_AT + 3 * SECOND, B), event('found', OPENED_AT + 2 * SECOND, B));
		expect(nodes(life)).toEqual([A]);
	});

	it('tells of many nodes within a minute at once', () => {
		const life = told(anInventory([A]));
		life.after(10 * SECOND).meets(event('found', OPENED_AT + SECOND, B));
		expect(life.asked).toEqual([]);
		life.after(10 * SECOND).meets(event('found', OPENED_AT + SECOND, C));
		expect(dueIn(life)).toBeLessThan(1);
		expect(life.after(MINUTE).ticks().asked).toEqual(['open-ops-item']);
		expect(inventoryItem(life.operation)).toMatchObject({
			...{ key: 'inventory/no-telnet', title: 'Software on nodes breaks rule no-telnet', spec: { severity: '2' }, isResolved: true },
			own: { status: '3 nodes break the rule', nodes: [A, B, C].map((each) => `${each} (telnet 0.17 is forbidden)`).join('\n') },
		});
	});

	it('names so many nodes as there is room for', () => {
		const { own } = inventoryItem(anInventory(Array.from({ length: 2_400 }, (_, n) => node(n))));
		expect(own['nodes']?.split('\n')).toHaveLength(26);
		expect(own['nodes']).toMatch(/and 2375 more$/);
	});

	it('is over where no playbook has it any more, and changes with its playbook', () => {
		const life = told(anInventory([A])).after(60 * MINUTE);
		const { run: _run, ...changed } = { ...RULE, parameterVersion: 2, says: 'forbidden: telnet, rsh' };
		life.meets({ ...look('found', OPENED_AT, A), rule: changed });
		expect(life.operation).toMatchObject({ says: 'forbidden: telnet, rsh', playbook: { parameterVersion: 2 } });
		expect(life.operation).not.toHaveProperty('remedy');

		life.meets({ type: 'inventory', from: 'look', findings: [] }, itemResolved);
		expect(life.operation).toMatchObject({ state: 'skipped', result: { resolved: true } });
	});

	it('is left after thirty days, and goes on where a node falls while it is resolved', () => {
		const old = told(anInventory([A]))
			.after(30 * DAY)
			.ticks();
		expect(old.asked).toEqual(['update-ops-item']);
		expect(old.operation.ending?.state).toBe('timed-out');

		const life = told(anInventory([A]))
			.after(MINUTE)
			.meets(event('clean', OPENED_AT + MINUTE, A));
		life.meets(event('found', OPENED_AT + MINUTE, B));
		expect(life.operation.ending).toBeUndefined();
		life.meets(itemResolved);
		expect(life.asked).toEqual(['open-ops-item']);
		expect(nodes(life.meets(itemOpened))).toEqual([B]);
	});

	it('is looked at more and more rarely, and at once where a person asks', () => {
		const life = told(anInventory([A]));
		expect(dueIn(life)).toBe(5);
		const read = life.after(60 * MINUTE).ticks();
		expect(read.asked).toContain('read-inventory');
		read.meets(look('found', OPENED_AT, A));
		expect(life.operation.lookAt - life.now).toBe(120 * MINUTE);
		life.meets({ type: 'operator', verb: 'retry', by: 'jane' });
		expect(life.asked).toEqual(['read-inventory']);
		life.meets({ type: 'not-done', effect: 'read-inventory', why: 'retry', message: 'throttled' });
		expect(life.operation.lookAt).toBe(life.now);
	});
});

describe('The command of a rule', () => {
	it('is begun once for all nodes whose inventory came together', () => {
		const life = told(anInventory([A]));
		life.after(MINUTE).meets(event('found', OPENED_AT + MINUTE, B));
		expect(life.ticks().asked).not.toContain('run-round');
		expect(life.after(4 * MINUTE).ticks().asked).toContain('run-round');
		expect(life.operation.round?.nodes).toEqual([A, B]);
	});

	it('is begun again until it is known to be there, and followed to its end', () => {
		const life = told(anInventory([A]))
			.after(5 * MINUTE)
			.ticks();
		expect(life.asked).toEqual(['run-round']);
		life.meets({ type: 'not-done', effect: 'run-round', why: 'retry', message: 'throttled' });
		expect(life.after(2 * MINUTE).ticks().asked).toEqual(['run-round']);
		expect(life.operation.rounds).toBe(1);
		life.meets(begun(A));
		expect(life.after(2 * MINUTE).ticks().asked).toEqual(['look-at-round']);
		life.meets({ type: 'round', operationId: COMMAND });
		expect(life.after(2 * MINUTE).ticks().asked).toEqual(['look-at-round']);
		life.meets(over());

		expect(life.asked).toEqual(['open-ops-item']);
		expect(life.told).toEqual(['OpsItem', 'command begun', 'command over']);
		expect(inventoryItem(life.operation).own['command']).toBe(`remove-packages (${COMMAND}): succeeded: all is well`);
	});

	it('is run on a node once a day where its inventory has come since, else once in two', () => {
		const life = run(A)
			.after(5 * MINUTE)
			.meets(over(), itemOpened);
		life.meets(event('found', life.now, A));
		expect(life.after(60 * MINUTE).ticks().asked).not.toContain('run-round');
		expect(life.operation.dueAt).toBeLessThanOrEqual(OPENED_AT + DAY + 5 * MINUTE);
		expect(life.after(DAY).ticks().asked).toContain('run-round');

		const silent = run(A)
			.after(5 * MINUTE)
			.meets(over(), itemOpened);
		expect(silent.after(DAY).ticks().asked).not.toContain('run-round');
		expect(silent.operation.dueAt).toBeLessThanOrEqual(OPENED_AT + 2 * DAY + 5 * MINUTE);
		expect(silent.after(DAY).ticks().asked).toContain('run-round');
	});

	it('is run at once on a node that falls later, but for one at a time', () => {
		const life = run(A)
			.after(MINUTE)
			.meets(event('found', OPENED_AT + MINUTE, B));
		expect(life.after(10 * MINUTE).ticks().asked).not.toContain('run-round');
		life.meets(over(), itemOpened);
		expect(life.after(MINUTE).ticks().operation.round?.nodes).toEqual([B]);
	});

	it('waits where none of its nodes can be reached, and is done without where its playbook has none any more', () => {
		const life = told(anInventory([A]))
			.after(5 * MINUTE)
			.ticks()
			.meets({ type: 'round' });
		expect(life.operation.round).toBeUndefined();
		expect(life.operation.tried).toEqual({});
		expect(life.after(59 * MINUTE).ticks().asked).not.toContain('run-round');
		life.meets(look('found', OPENED_AT, A));
		expect(life.after(2 * MINUTE).ticks().asked).toContain('run-round');
		life.meets({ type: 'not-done', effect: 'run-round', why: 'refused', message: 'playbook no-telnet runs no command any more' });
		expect(life.told.at(-1)).toBe('no command');
		expect(life.operation.round).toBeUndefined();
	});

	it('is none where the playbook runs nothing', () => {
		const { remedy: _remedy, ...telling } = anInventory([A]);
		const life = told(telling).after(DAY).ticks();
		expect(life.asked).not.toContain('run-round');
		expect(inventoryItem(life.operation).own['command']).toContain('runs nothing');
	});
});
