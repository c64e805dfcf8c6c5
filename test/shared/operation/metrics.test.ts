import { describe, expect, it } from 'vitest';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import { handleClock } from '../../../shared/operation/clock.ts';
import type { Services } from '../../../shared/operation/services.ts';
import { type Core, createCore, invocation, lifecycleEvent, nodeId, tickEvery } from '../../support/core.ts';
import { MINUTE, SECOND } from '../../support/operations.ts';

const TICK = { 'detail-type': 'Scheduled Event' };
const SWEEP = { 'detail-type': 'Sweep' };

/** What the clock measures when it handles an event, by the metric's name. */
async function measured(core: Core, event: object): Promise<Record<string, number>> {
	const values: Record<string, number> = {};
	const services: Services = {
		...core.another(),
		count: (name, _dimensions, value = 1) => {
			values[name] = value;
		},
	};
	await handleClock(services, [], [event]);
	return values;
}

const open = (core: Core, number: number) => openFromEvents(core.services, [lifecycleEvent(nodeId(number))]);
const counted = (core: Core, metric: string) =>
	core.counts.filter(({ name }) => name === metric).map(({ dimensions }) => Object.values(dimensions).join());

describe('openings and closings', () => {
	it('are counted by playbook, each once, whoever else is told of them', async () => {
		const core = await createCore();
		await open(core, 1);
		await open(core, 1);
		await open(core, 2);
		expect(counted(core, 'OperationsOpened')).toEqual(['drain-web', 'drain-web']);
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'any', 'Success')] }));
		await tickEvery(core, 8);
		expect(counted(core, 'OperationsClosed')).toContain('drain-web,succeeded');
		expect(counted(core, 'SecondsToClose')).toHaveLength(counted(core, 'OperationsClosed').length);
		expect(counted(core, 'OperationsOpened')).toHaveLength(2);
	});

	it('are counted once where two runs of one event meet', async () => {
		const core = await createCore();
		const event = lifecycleEvent(nodeId(1));
		await Promise.all([openFromEvents(core.services, [event]), openFromEvents(core.another(), [event])]);
		expect(counted(core, 'OperationsOpened')).toEqual(['drain-web']);
	});
});

describe('the clock', () => {
	it('says with every tick how late it is', async () => {
		const core = await createCore();
		expect(await measured(core, TICK)).toEqual({ SecondsBehind: 0 });
		await open(core, 1);
		const [operation] = await core.services.ledger.load(await core.services.ledger.open());
		core.pass((operation?.dueAt ?? 0) - core.now() + 7 * MINUTE);
		expect(await measured(core, TICK)).toMatchObject({ SecondsBehind: 420 });
	});

	it('says nothing when its tick fails', async () => {
		const core = await createCore({ table: false });
		expect(await measured(core, TICK)).toEqual({});
	});

	it('says with every sweep how much is open, and for how long, without reading it', async () => {
		const core = await createCore();
		expect(await measured(core, SWEEP)).toMatchObject({ OpenOperations: 0, OldestOpenSeconds: 0 });
		for (const number of [1, 2, 3]) {
			await open(core, number);
			core.pass(10 * SECOND);
		}
		const before = core.requestLog.entries.length;
		expect(await measured(core, SWEEP)).toMatchObject({ OpenOperations: 3, OldestOpenSeconds: 30 });
		const calls = core.requestLog.entries.slice(before).map(({ operation }) => operation);
		expect(calls.filter((operation) => operation === 'Query')).toHaveLength(4);
		expect(calls).not.toContain('BatchGetItem');
	});
});
