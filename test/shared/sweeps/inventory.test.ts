import { describe, expect, it } from 'vitest';
import { tickDue } from '../../../shared/operation/clock.ts';
import type { CommandOperation, InventorySubject, Run } from '../../../shared/operation/types.ts';
import { sweepInventory } from '../../../shared/sweeps/inventory.ts';
import { throttled } from '../../support/core.ts';
import { aRule, comes, createInventoryCore, have, type InventoryCore, NGINX, node, TELNET, WHERE } from '../../support/inventory-core.ts';
import { MINUTE } from '../../support/operations.ts';

const DAY = 1_440 * MINUTE;
const [A, B, C] = [node(1), node(2), node(3)];
const REMOVE: Run = {
	...{ type: 'command', document: 'remove-packages', parameters: { Packages: ['telnet'] } },
	...{ timeoutSeconds: 900, deliverWithinSeconds: 180, registerWithinSeconds: 0 },
};
const ofRule = (core: InventoryCore) => {
	const subject: InventorySubject = { kind: 'inventory', rule: 'no-telnet', ...WHERE };
	return core.services.ledger.latest(subject);
};
const nodesOf = async (core: InventoryCore) => Object.keys((await ofRule(core))?.nodes ?? {});
const sweep = (core: InventoryCore) => sweepInventory(core.services, WHERE);
/** Minutes pass, at the end of each of which its own clock ticks. */
async function ticks(core: InventoryCore, minutes: number, by = 1): Promise<void> {
	for (let minute = 0; minute < minutes; minute += by) {
		core.pass(by * MINUTE);
		await tickDue(core.services, 'inventory');
	}
}
const commands = async (core: InventoryCore) => {
	const ids = [
		...(await core.services.ledger.open()),
		...(await core.services.ledger.closedOn(new Date(core.now()).toISOString().slice(0, 10))),
	];
	const all = await core.services.ledger.load(ids.filter((id) => id.startsWith('command-')));
	return all as CommandOperation[];
};

describe('The daily sweep', () => {
	it('finds what no event told of, and what is well again, page by page', async () => {
		const core = await createInventoryCore(aRule());
		const ids = Array.from({ length: 120 }, (_, n) => node(n));
		have(core, [NGINX], ...ids);
		have(core, [TELNET], A, B);
		expect(await sweep(core)).toEqual({ waiting: 2, opened: 1 });
		expect(await nodesOf(core)).toEqual([A, B]);
		expect(core.calls('GetInventory')).toHaveLength(6);

		core.pass(DAY);
		have(core, [NGINX], A);
		have(core, [TELNET], B, C);
		expect(await sweep(core)).toEqual({ waiting: 2, opened: 0 });
		expect((await nodesOf(core)).sort()).toEqual([B, C]);
	});

	it('asks for nothing where there is no rule', async () => {
		const core = await createInventoryCore();
		expect(await sweep(core)).toEqual({ waiting: 0, opened: 0 });
		expect(core.called()).toEqual([]);
	});

	it('leaves what a person has ended alone for a day', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], A);
		await comes(core, A);
		const operation = await ofRule(core);
		if (operation === undefined) throw new Error('nothing was opened');
		await core.services.ledger.save({ ...operation, state: 'failed', closedAt: core.now(), version: operation.version + 1 });
		core.pass(60 * MINUTE);
		have(core, [TELNET], A);
		expect((await sweep(core)).opened).toBe(0);
		core.pass(DAY);
		have(core, [TELNET], A);
		expect((await sweep(core)).opened).toBe(1);
	});

	it('acts on what it could read in time, and says that there is more', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], ...Array.from({ length: 120 }, (_, n) => node(n)));
		core.takes.seconds = 15;
		await sweep(core);
		expect(await nodesOf(core)).toHaveLength(50);
		expect(core.logs.some(({ level, message }) => level === 'error' && message.includes('Not all inventory'))).toBe(true);
		expect(core.counts.some(({ name }) => name === 'InventoryUnread')).toBe(true);
	});
});

describe('The clock of a rule', () => {
	it('finds nodes that are gone, or that the rule is not for any more, and what is well', async () => {
		const core = await createInventoryCore(aRule({ when: { detail: {}, tags: { Environment: ['prod'] } } }));
		have(core, [TELNET], A, B, C);
		for (const id of [A, B, C]) core.tags.set(id, { Environment: 'prod' });
		await comes(core, A, B, C);
		core.terminated.add(A);
		core.tags.set(B, { Environment: 'test' });
		await ticks(core, 61, 61);
		expect(await nodesOf(core)).toEqual([C]);
		core.pass(MINUTE);
		have(core, [NGINX], C);
		await ticks(core, 130, 10);
		expect(await ofRule(core)).toMatchObject({ state: 'succeeded', result: { resolved: true } });
	});

	it('ends it where its playbook is gone, and not where nobody knows', async () => {
		const core = await createInventoryCore(aRule());
		have(core, [TELNET], A);
		await comes(core, A);
		core.on('GetInventory', () => {
			throw throttled();
		});
		await ticks(core, 61, 61);
		expect(await nodesOf(core)).toEqual([A]);
		await core.replace([]);
		await ticks(core, 3);
		expect(await ofRule(core)).toMatchObject({ state: 'skipped' });
	});

	it('begins one command for all nodes that are reached, with the brakes of the playbook, and follows it to its end', async () => {
		const core = await createInventoryCore(aRule({ run: REMOVE, brakes: { limits: { concurrent: 1, beyond: 'wait' } } }));
		const ids = Array.from({ length: 70 }, (_, n) => node(n));
		have(core, [TELNET], ...ids);
		core.on('DescribeInstanceInformation', ({ Filters }) => ({
			InstanceInformationList: Filters[0].Values.map((InstanceId: string) => ({
				InstanceId,
				PingStatus: InstanceId === A ? 'ConnectionLost' : 'Online',
			})),
		}));
		await comes(core, ...ids);
		await ticks(core, 6);

		const [only, ...more] = await commands(core);
		expect(more).toEqual([]);
		expect(only).toMatchObject({
			subject: { source: 'fleetkeeper.inventory', on: '69 nodes' },
			commands: 2,
			slot: true,
			maxConcurrency: '6',
		});
		expect(core.calls('SendCommand')).toMatchObject([
			{ DocumentName: 'fleetkeeper-test-remove-packages', MaxConcurrency: '6', MaxErrors: '6' },
		]);
		expect(core.calls('SendCommand')[0].Targets[0].Values).not.toContain(A);
		expect((await ofRule(core))?.round).toMatchObject({ operationId: only?.id });

		if (only === undefined) throw new Error('no command was begun');
		const { dueAt: _due, ...open } = only;
		const result = { reason: 'remove-packages on 69 nodes: 69 succeeded' };
		await core.services.ledger.save({ ...open, state: 'succeeded', closedAt: core.now(), result, version: only.version + 1 });
		await ticks(core, 3);
		expect(await ofRule(core)).toMatchObject({ ran: `remove-packages (${only.id}): succeeded: ${result.reason}` });
		await ticks(core, 30, 10);
		// The node that was not reached is tried when it is; the others not before tomorrow.
		expect((await ofRule(core))?.tried[A]).toBeUndefined();
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('begins a command once, however often it is asked for', async () => {
		const core = await createInventoryCore(aRule({ run: REMOVE }));
		have(core, [TELNET], A);
		await comes(core, A);
		core.pass(6 * MINUTE);
		const other = core.another();
		await Promise.all([tickDue(core.services, 'inventory'), tickDue(other, 'inventory')]);
		await ticks(core, 3);
		expect(core.calls('SendCommand')).toHaveLength(1);
		expect(await commands(core)).toHaveLength(1);
	});

	it('only says what would be run, where its playbook observes', async () => {
		const core = await createInventoryCore(aRule({ run: REMOVE, brakes: { observe: true } }));
		have(core, [TELNET], A);
		await comes(core, A);
		await ticks(core, 9);
		expect(core.calls('SendCommand')).toEqual([]);
		expect((await ofRule(core))?.ran).toContain('observed only: would run command remove-packages');
	});
});
