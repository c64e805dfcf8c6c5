import { afterEach, describe, expect, it, vi } from 'vitest';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import type { LifecycleOperation } from '../../../shared/operation/types.ts';
import { type Core, commandId, createCore, drainWeb, invocation, lifecycleEvent, nodeId, throttled, tickDue } from '../../support/core.ts';
import { DRAIN, MINUTE, SECOND } from '../../support/operations.ts';

/** More than one round. */
const NODES = 120;
const numbers = Array.from({ length: NODES }, (_, index) => index + 1);
const RUNBOOK = { ...DRAIN, type: 'automation', document: 'collect-and-drain', timeoutSeconds: 7_200 } as const;

async function opened(playbook = drainWeb(), prepare: (core: Core) => void = () => {}): Promise<Core> {
	const core = await createCore({ playbooks: [playbook] });
	prepare(core);
	await openFromEvents(
		core.services,
		numbers.map((number) => lifecycleEvent(nodeId(number))),
	);
	return core;
}

async function operations(core: Core): Promise<LifecycleOperation[]> {
	const { ledger } = core.another();
	const day = new Date(core.now()).toISOString().slice(0, 10);
	return (await ledger.load([await ledger.open(), await ledger.closedOn(day)].flat())) as LifecycleOperation[];
}

/** Every call of an operation takes a second. */
function takesASecond(core: Core, operation: string): void {
	core.on(operation, () => {
		core.pass(SECOND);
		return {};
	});
}

/** What the code waits for passes at once. */
function hurry(core: Core): void {
	const wait = globalThis.setTimeout;
	vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, milliseconds = 0) => {
		if (milliseconds < SECOND) return wait(run, milliseconds);
		core.pass(milliseconds);
		return setImmediate(run);
	}) as never);
}

afterEach(() => {
	vi.restoreAllMocks();
});

describe('a tick with hundreds of operations due', () => {
	const ended = (core: Core) =>
		core.on('ListCommandInvocations', ({ CommandId }) => ({
			CommandInvocations: numbers.map((number) => invocation(nodeId(number), `of ${CommandId}`, 'Success')),
		}));

	it('decides about all of them, and makes the calls that follow as far as the minute goes', async () => {
		const core = await opened();
		ended(core);
		takesASecond(core, 'CompleteLifecycleAction');
		core.pass(5 * MINUTE);

		const { due, closed } = await tickDue(core.services);

		expect(due).toBe(NODES);
		expect(closed).toBeGreaterThan(45);
		expect(closed).toBeLessThan(NODES);
		const all = await operations(core);
		expect(all.filter(({ closedAt, ending }) => closedAt !== undefined || ending?.state === 'succeeded')).toHaveLength(NODES);
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(Number(closed));
	});

	it('goes on with the calls at the next tick, and asks nothing again', async () => {
		const core = await opened();
		ended(core);
		takesASecond(core, 'CompleteLifecycleAction');
		core.pass(5 * MINUTE);
		await tickDue(core.services);
		const looks = core.calls('ListCommandInvocations').length;

		for (let tick = 0; tick < 3; tick += 1) {
			core.pass(MINUTE);
			await tickDue(core.services);
		}

		expect((await operations(core)).filter(({ state }) => state === 'succeeded')).toHaveLength(NODES);
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(NODES);
		expect(core.calls('ListCommandInvocations')).toHaveLength(looks);
	});

	it('asks about the nodes of a command together, in whatever order they are due', async () => {
		const core = await createCore();
		// Three commands, the smallest of which is due first.
		for (const together of [numbers.slice(100), numbers.slice(0, 100)]) {
			await openFromEvents(
				core.services,
				together.map((number) => lifecycleEvent(nodeId(number))),
			);
			core.pass(SECOND);
		}
		ended(core);
		core.pass(5 * MINUTE);

		expect(await tickDue(core.services)).toMatchObject({ due: NODES });

		expect(core.calls('SendCommand').map(({ InstanceIds }) => InstanceIds.length)).toEqual([20, 50, 50]);
		const asked = core.calls('ListCommandInvocations').map(({ CommandId }) => CommandId);
		expect(asked.sort()).toEqual([1, 2, 3].map(commandId));
	});

	it('goes on with nothing that others have moved since it was read', async () => {
		const core = await opened();
		ended(core);
		core.on('PutEvents', ({ Entries }) => {
			core.pass(1);
			return { Entries: Entries.map(() => ({ EventId: 'event' })) };
		});
		const moveSome = async () => {
			// Those whose turn has come have been written once more.
			const decided = (await operations(core)).filter(({ version }) => version === 2);
			for (const operation of decided.slice(0, 10)) await core.another().ledger.save({ ...operation, version: 3 });
		};
		const { promise: moved, resolve } = Promise.withResolvers<void>();
		core.on('CompleteLifecycleAction', async () => {
			// Two rounds have begun, with ten calls under way in each.
			if (core.calls('CompleteLifecycleAction').length === 20) moveSome().then(resolve);
			await moved;
			return {};
		});
		core.pass(5 * MINUTE);

		await tickDue(core.services);

		expect((await operations(core)).filter(({ closedAt }) => closedAt === undefined)).toHaveLength(10);
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(NODES - 10);
	});

	it('keeps hooks alive first that wait for nothing else', async () => {
		const core = await opened(drainWeb({ run: { ...DRAIN, timeoutSeconds: 7_200 } }));
		core.on('ListCommandInvocations', () => ({
			CommandInvocations: numbers.map((number) => invocation(nodeId(number), 'any', 'InProgress')),
		}));
		core.pass(16 * MINUTE);
		await tickDue(core.services);
		expect(core.calls('RecordLifecycleActionHeartbeat')).toHaveLength(NODES);
	});

	it('starts runbooks one a second, and those left are due at the next', async () => {
		const core = await opened(drainWeb({ run: RUNBOOK }), (made) => {
			made.on('StartAutomationExecution', () => {
				throw throttled();
			});
		});
		const began = core.calls('StartAutomationExecution').length;
		let executions = 0;
		core.on('StartAutomationExecution', () => ({ AutomationExecutionId: `execution-${++executions}` }));
		hurry(core);
		const started: number[] = [];

		for (let tick = 0; tick < 2; tick += 1) {
			const before = executions;
			const at = core.now();
			core.pass(10 * SECOND);
			await tickDue(core.services);
			started.push(executions - before);
			core.pass(at + MINUTE - core.now());
		}

		expect(began).toBe(1);
		for (const count of started) expect(count).toBeGreaterThanOrEqual(45);
		const all = await operations(core);
		expect(all.filter(({ state }) => state === 'running')).toHaveLength(executions);
		expect(all.filter(({ waiting }) => waiting === 'throttle')).toHaveLength(NODES - executions);
	});
});
