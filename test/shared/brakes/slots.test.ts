import { describe, expect, it } from 'vitest';
import { takeSlots } from '../../../shared/brakes/slots.ts';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import { advance } from '../../../shared/operation/engine.ts';
import type { Fact } from '../../../shared/operation/facts.ts';
import { settleCommands } from '../../../shared/operation/settle.ts';
import type { LifecycleOperation, Operation } from '../../../shared/operation/types.ts';
import { complianceAtAws } from '../../../shared/parts/compliance.ts';
import type { LifecycleServices } from '../../../shared/parts/lifecycle.ts';
import type { LifecyclePlaybook, Limits } from '../../../shared/playbook/types.ts';
import {
	type Core,
	createCore,
	drainWeb,
	invocation,
	invocationEvent,
	lifecycleEvent,
	nodeId,
	sweep,
	tickEvery,
} from '../../support/core.ts';
import { aFinding, CONTINUE, MINUTE, SECOND, someWork } from '../../support/operations.ts';

const HOUR = 60 * MINUTE;

const limited = (limits: Partial<Limits>, changes: Partial<LifecyclePlaybook> = {}) =>
	drainWeb({ brakes: { limits: { beyond: 'wait', ...limits } }, ...changes });
const coreWith = (limits: Partial<Limits>) => createCore({ playbooks: [limited(limits)] });

/** Opens operations about nodes, in one invocation. */
async function open(services: LifecycleServices, ...numbers: readonly number[]): Promise<LifecycleOperation[]> {
	const results = await openFromEvents(
		services,
		numbers.map((number) => lifecycleEvent(nodeId(number))),
	);
	return results.map((result) => {
		if (!result.ok) throw result.error;
		return result.value.operation;
	});
}

/** The node's command ends well. */
async function ends(core: Core, { subject, work }: LifecycleOperation): Promise<void> {
	const comment = core.calls('SendCommand').find(({ InstanceIds }) => InstanceIds.includes(subject.instanceId))?.Comment;
	core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(subject.instanceId, comment, 'Success')] }));
	await settleCommands(core.another(), [invocationEvent(work?.externalId ?? '', subject.instanceId)]);
}

const slots = (core: Core) => core.item('limits#drain-web', 'slots');
const held = async (core: Core) => [...(((await slots(core))?.['held'] as Set<string> | undefined) ?? [])];
const read = async (core: Core, operations: readonly Operation[]) => {
	const found = await core.another().ledger.load(operations.map(({ id }) => id));
	return operations.map(({ id }) => found.find((operation) => operation.id === id) as Operation);
};
const places = (operations: readonly Operation[]) => operations.map(({ state, waiting }) => waiting ?? state);
const ledgerCalls = (core: Core) => core.requestLog.entries.map(({ operation }) => operation);

describe('a slot', () => {
	it('is held by the name of its operation from the start of its work to its close', async () => {
		const core = await coreWith({ concurrent: 2 });
		const [operation] = (await open(core.services, 1)) as [LifecycleOperation];
		expect(await held(core)).toEqual([operation.id]);
		await ends(core, operation);
		expect(await held(core)).toEqual([]);
	});

	it('costs one call to take and one to give back', async () => {
		const [limitedCore, free] = [await coreWith({ concurrent: 2, perHour: 10 }), await createCore()];
		const counts = [];
		for (const core of [limitedCore, free]) {
			const [operation] = (await open(core.services, 1)) as [LifecycleOperation];
			await ends(core, operation);
			counts.push(core.requestLog.length + core.called().length);
		}
		expect(counts[0]).toBe((counts[1] ?? 0) + 2);
		expect(ledgerCalls(free)).not.toContain('UpdateItem');
		expect(await slots(free)).toBeUndefined();
	});

	it('is taken for all nodes of a burst at once, which then share a command', async () => {
		const core = await coreWith({ concurrent: 20 });
		const operations = await open(core.services, ...Array.from({ length: 20 }, (_, index) => index + 1));
		expect(await held(core)).toHaveLength(20);
		expect(core.calls('SendCommand')).toHaveLength(1);
		expect(ledgerCalls(core).filter((name) => name === 'UpdateItem')).toHaveLength(1);
		expect(new Set(places(operations))).toEqual(new Set(['running']));
	});

	it('that was taken before a crash is found by its name, and not doubled', async () => {
		const core = await coreWith({ concurrent: 1 });
		core.on('SendCommand', () => {
			throw new Error('this function dies here');
		});
		const [first] = (await open(core.services, 1)) as [LifecycleOperation];
		// What a crash before the first write leaves: the slot, and no operation.
		const dead = await coreWith({ concurrent: 1 });
		dead.on('DescribeInstanceInformation', ({ Filters }) => ({
			InstanceInformationList: Filters[0].Values.map((InstanceId: string) => ({ InstanceId, PingStatus: 'Online' })),
		}));
		const services = dead.another();
		await expect(
			openFromEvents({ ...services, ledger: { ...services.ledger, create: () => Promise.reject(new Error('killed')) } }, [
				lifecycleEvent(nodeId(1)),
			]),
		).rejects.toThrow('killed');
		expect(await held(dead)).toEqual([first.id]);
		const [again] = await open(dead.another(), 1);
		expect(places([again as Operation])).toEqual(['running']);
		expect(await held(dead)).toEqual([first.id]);
	});
});

describe('a slot of work that is over', () => {
	const remediation = (attempt: number) => {
		const operation = aFinding({ state: 'running', slot: true, brakes: { limits: { concurrent: 1, beyond: 'wait' } } });
		return { ...operation, work: someWork(operation, { type: 'automation', externalId: `run-${attempt}` }) };
	};
	const over: Fact = { type: 'work', status: 'succeeded', details: 'Success', externalId: 'run-1' };
	const begin = async (...operations: readonly Operation[]) => {
		const core = await createCore({ parts: (deps) => [complianceAtAws(deps)] });
		for (const [index, operation] of operations.entries()) {
			const { ledger } = core.services;
			await (index === 0 ? ledger.create({ ...operation, version: 1 }) : ledger.save({ ...operation, version: index + 1 }));
		}
		await takeSlots(core.services, [remediation(1)]);
		return core;
	};
	const heldOf = async (core: Core) => (await core.item('limits#enforce-imdsv2', 'slots'))?.['held'];

	it('is given back once that is on record', async () => {
		const core = await begin(remediation(1));
		await advance(core.services, [{ operation: { ...remediation(1), version: 1 }, facts: [over] }]);
		expect(await heldOf(core)).toBeUndefined();
	});

	it('is not given back by a run that is overtaken: the next attempt may have taken it', async () => {
		const core = await begin(remediation(1), remediation(2));
		await advance(core.services, [{ operation: { ...remediation(1), version: 1 }, facts: [over] }]);
		expect(await heldOf(core)).toEqual(new Set([remediation(1).id]));
	});
});

describe('an occurrence that has closed', () => {
	/** Opens an operation about a node, which ends; later the node waits at the hook once more. */
	async function onceMore(limits: Partial<Limits>, later: number) {
		const core = await coreWith(limits);
		const [first] = (await open(core.services, 1)) as [LifecycleOperation];
		await ends(core, first);
		core.pass(later);
		const time = new Date(core.now()).toISOString();
		const event = lifecycleEvent(nodeId(1), { LifecycleActionToken: '9c2e7d40-1f5a-4d0f-9001-0a1b2c3d4e5f' }, { id: 'another', time });
		const results = await openFromEvents(core.services, [event]);
		const [second] = results.flatMap((result) => (result.ok ? [result.value.operation] : []));
		return { core, first, second: second as LifecycleOperation };
	}

	it('leaves its slot to the next one', async () => {
		const { core, second } = await onceMore({ concurrent: 1 }, 5 * MINUTE);
		expect([second.occurrence, places([second])]).toEqual([2, ['running']]);
		expect(await held(core)).toEqual([second.id]);
	});

	it('is not counted in an hour in which it did not begin', async () => {
		const { core, first, second } = await onceMore({ concurrent: 5, perHour: 1 }, HOUR);
		const hours = Object.entries((await slots(core)) ?? {}).filter(([name]) => name.startsWith('hour'));
		expect(places([second])).toEqual(['running']);
		expect(hours.map(([, ids]) => [...(ids as Set<string>)])).toEqual([[first.id], [second.id]]);
	});

	it('is counted in the hour in which it began, whatever event names it again', async () => {
		const { second } = await onceMore({ perHour: 1 }, 5 * MINUTE);
		expect([second.occurrence, places([second])]).toEqual([2, ['limit']]);
	});

	it('holds no slot where a copy of its event comes late', async () => {
		const core = await coreWith({ concurrent: 1 });
		const [first] = (await open(core.services, 1)) as [LifecycleOperation];
		await ends(core, first);
		await open(core.services, 1);
		expect(await held(core)).toEqual([]);
	});
});

describe('beyond a limit', () => {
	it('operations wait, the oldest go first, and no more are under way than may be', async () => {
		const core = await coreWith({ concurrent: 2 });
		const operations = await open(core.services, 1, 2, 3, 4, 5);
		const [a, b] = operations.filter(({ state }) => state === 'running') as [LifecycleOperation, LifecycleOperation];
		expect(places(operations).sort()).toEqual(['limit', 'limit', 'limit', 'running', 'running']);
		await tickEvery(core, 1);
		expect(await held(core)).toHaveLength(2);
		await ends(core, a);
		await tickEvery(core, 1);
		expect(await held(core)).toHaveLength(2);
		await ends(core, b);
		await tickEvery(core, 1);
		expect(places(await read(core, operations)).sort()).toEqual(['limit', 'running', 'running', 'succeeded', 'succeeded']);
	});

	it('one that came first has its turn before one that came later', async () => {
		const core = await coreWith({ concurrent: 1 });
		const [first] = (await open(core.services, 9)) as [LifecycleOperation];
		core.pass(SECOND);
		const [second] = (await open(core.services, 8)) as [LifecycleOperation];
		core.pass(SECOND);
		const [third] = (await open(core.services, 1)) as [LifecycleOperation];
		await ends(core, first);
		await tickEvery(core, 1);
		expect(places(await read(core, [second, third]))).toEqual(['running', 'limit']);
	});

	it('a newcomer does not take the slot that others wait for', async () => {
		const core = await coreWith({ concurrent: 1 });
		const [first, second] = (await open(core.services, 1, 2)) as [LifecycleOperation, LifecycleOperation];
		const [running, waiting] = first.state === 'running' ? [first, second] : [second, first];
		await ends(core, running);
		core.pass(SECOND);
		const [newcomer] = (await open(core.another(), 3)) as [LifecycleOperation];
		expect(newcomer).toMatchObject({ waiting: 'limit' });
		expect(newcomer.history.at(-1)?.why).toBe('others have waited longer');
		await tickEvery(core, 1);
		expect(places(await read(core, [waiting, newcomer]))).toEqual(['running', 'limit']);
	});

	it('newcomers are served at once again when nobody waits any more', async () => {
		const core = await coreWith({ concurrent: 3 });
		const operations = await open(core.services, 1, 2, 3, 4);
		for (const operation of operations.filter(({ state }) => state === 'running')) await ends(core, operation);
		await tickEvery(core, 1);
		expect(places(await open(core.another(), 5))).toEqual(['running']);
	});

	it('those of a clock hour wait for the next one', async () => {
		const core = await coreWith({ perHour: 2 });
		core.pass(50 * MINUTE);
		const operations = await open(core.services, 1, 2, 3);
		for (const operation of operations.filter(({ state }) => state === 'running')) await ends(core, operation);
		await tickEvery(core, 9);
		expect(places(await read(core, operations)).sort()).toEqual(['limit', 'succeeded', 'succeeded']);
		await tickEvery(core, 2);
		expect(places(await read(core, operations)).sort()).toEqual(['running', 'succeeded', 'succeeded']);
	});

	it('both limits hold', async () => {
		const core = await coreWith({ concurrent: 2, perHour: 3 });
		const operations = await open(core.services, 1, 2);
		for (const operation of operations) await ends(core, operation);
		expect(places(await open(core.services, 3, 4)).sort()).toEqual(['limit', 'running']);
	});

	it('a playbook that skips runs nothing, completes the action, and says why', async () => {
		const core = await coreWith({ concurrent: 1, beyond: 'skip' });
		const operations = await open(core.services, 1, 2);
		const skipped = operations.find(({ state }) => state === 'skipped');
		expect(skipped?.result).toEqual({ lifecycle: 'CONTINUE', reason: '1 at once are under way' });
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(1);
		expect(await held(core)).toHaveLength(1);
	});

	it('one that waits its turn while all starting is paused does not run out of its time', async () => {
		const core = await coreWith({ concurrent: 1 });
		const operations = await open(core.services, 1, 2);
		const waiting = operations.filter(({ state }) => state === 'waiting');
		await core.pause(true);
		await tickEvery(core, 30);
		expect(places(await read(core, waiting))).toEqual(['pause']);
		await core.pause(false);
		await tickEvery(core, 3);
		expect(places(await read(core, waiting))).toEqual(['running']);
	});

	it('no slot is taken while all starting is paused', async () => {
		const core = await coreWith({ concurrent: 1 });
		await core.pause(true);
		expect(places(await open(core.services, 1))).toEqual(['pause']);
		expect(await held(core)).toEqual([]);
	});

	it('each playbook has slots of its own', async () => {
		const other = limited(
			{ concurrent: 1 },
			{ name: 'drain-db', priority: 50, when: { detail: { AutoScalingGroupName: ['db'], LifecycleHookName: ['fleetkeeper-drain'] } } },
		);
		const core = await createCore({ playbooks: [limited({ concurrent: 1 }), other] });
		const results = await openFromEvents(core.services, [
			lifecycleEvent(nodeId(1)),
			lifecycleEvent(nodeId(2), { AutoScalingGroupName: 'db' }),
		]);
		expect(results.map((result) => result.ok && result.value.operation.state)).toEqual(['running', 'running']);
	});

	it('the limit holds for functions that take slots at the same moment', async () => {
		const core = await coreWith({ concurrent: 3 });
		const opened = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((number) => open(core.another(), number)));
		expect(await held(core)).toHaveLength(3);
		expect(places(opened.flat()).filter((place) => place === 'running')).toHaveLength(3);
	});
});

describe('the sweep', () => {
	it('takes back the slot of an operation that closed without giving it back', async () => {
		const core = await coreWith({ concurrent: 1 });
		const [operation] = (await open(core.services, 1)) as [LifecycleOperation];
		const services = core.another();
		await services.ledger.save({ ...operation, version: operation.version + 1, state: 'succeeded', closedAt: core.now() });
		await sweep(core.services);
		expect(await held(core)).toEqual([]);
		expect(core.logs.some(({ level, message }) => level === 'warn' && message.startsWith('Slots taken back'))).toBe(true);
	});

	it('takes back a slot whose holder is gone, and only once it was gone a sweep ago: it may be opening', async () => {
		const core = await coreWith({ concurrent: 1 });
		const services = core.another();
		const dying = { ...services, ledger: { ...services.ledger, create: () => Promise.reject(new Error('killed')) } };
		await expect(openFromEvents(dying, [lifecycleEvent(nodeId(1))])).rejects.toThrow('killed');
		await sweep(core.services);
		await sweep(core.another());
		expect(await held(core)).toHaveLength(1);
		core.pass(5 * MINUTE);
		await sweep(core.services);
		expect(await held(core)).toEqual([]);
	});

	it('takes back a slot that its holder does without, and only once that was so a sweep ago: it may be taking one', async () => {
		const core = await coreWith({ concurrent: 1 });
		const [{ slot: _given, ...operation }] = (await open(core.services, 1)) as [LifecycleOperation];
		await core.another().ledger.save({ ...operation, version: operation.version + 1, state: 'verifying' });
		await sweep(core.services);
		expect(await held(core)).toHaveLength(1);
		core.pass(5 * MINUTE);
		await sweep(core.services);
		expect(await held(core)).toEqual([]);
	});

	it('leaves the slot of one that was opened in the meantime', async () => {
		const core = await coreWith({ concurrent: 1 });
		const services = core.another();
		const dying = { ...services, ledger: { ...services.ledger, create: () => Promise.reject(new Error('killed')) } };
		await expect(openFromEvents(dying, [lifecycleEvent(nodeId(1))])).rejects.toThrow('killed');
		await sweep(core.services);
		await open(core.another(), 1);
		core.pass(5 * MINUTE);
		await sweep(core.services);
		core.pass(5 * MINUTE);
		await sweep(core.services);
		expect(await held(core)).toHaveLength(1);
		expect(await slots(core)).not.toHaveProperty('orphans');
	});

	it('leaves the slots of what is under way, and forgets the hours that are over', async () => {
		const core = await createCore({
			playbooks: [limited({ concurrent: 5, perHour: 5 }, { then: { onSuccess: CONTINUE, onFailure: CONTINUE } })],
		});
		await open(core.services, 1);
		const hours = async () => Object.keys((await slots(core)) ?? {}).filter((name) => name.startsWith('hour'));
		await sweep(core.services);
		expect([await held(core), await hours()].map(({ length }) => length)).toEqual([1, 1]);
		core.pass(2 * HOUR);
		await sweep(core.services);
		expect([await held(core), await hours()].map(({ length }) => length)).toEqual([1, 0]);
	});

	it('asks nothing for playbooks without limits', async () => {
		const core = await createCore();
		const before = core.requestLog.length;
		await sweep(core.services);
		const asked = core.requestLog.entries.slice(before).map(({ operation }) => operation);
		// Four queries are of the index of what is open, which the sweep tells the age of.
		expect(asked.filter((operation) => operation !== 'Query')).toEqual(['GetItem']);
	});
});
