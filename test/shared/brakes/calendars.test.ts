import { describe, expect, it } from 'vitest';
import { openFromEvents } from '../../../shared/opening/lifecycle-events.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import type { LifecycleServices } from '../../../shared/parts/lifecycle.ts';
import type { Calendars } from '../../../shared/playbook/types.ts';
import { awsError, type Core, createCore, drainWeb, lifecycleEvent, nodeId, throttled, tickEvery } from '../../support/core.ts';
import { DRAIN, MINUTE } from '../../support/operations.ts';

async function coreWith(calendar: Partial<Calendars> = {}) {
	const brakes = { calendar: { names: ['freeze'], closed: 'wait' as const, ...calendar } };
	const core = await createCore({ playbooks: [drainWeb({ brakes, run: { ...DRAIN, timeoutSeconds: 7_200 } })] });
	const is = (State: 'OPEN' | 'CLOSED') =>
		core.on('GetCalendarState', () => ({ State, ...(State === 'CLOSED' && { NextTransitionTime: '2026-03-02T10:00:00Z' }) }));
	is('OPEN');
	return { core, is };
}

async function open(services: LifecycleServices, number: number): Promise<Operation> {
	const [result] = await openFromEvents(services, [lifecycleEvent(nodeId(number))]);
	if (!result?.ok) throw result?.error;
	return result.value.operation;
}

const now = async (core: Core, { id }: Operation) => (await core.another().ledger.load([id]))[0];

describe('a calendar', () => {
	it('that is open lets work start', async () => {
		const { core } = await coreWith();
		expect((await open(core.services, 1)).state).toBe('running');
	});

	it('that is closed holds work back until the clock finds it open', async () => {
		const { core, is } = await coreWith();
		is('CLOSED');
		const operation = await open(core.services, 1);
		expect(operation).toMatchObject({ state: 'waiting', waiting: 'calendar' });
		expect(operation.history.at(-1)?.why).toBe('calendar freeze is CLOSED until 2026-03-02T10:00:00Z');
		await tickEvery(core, 20);
		expect(core.calls('SendCommand')).toEqual([]);
		expect(core.calls('RecordLifecycleActionHeartbeat')).toHaveLength(1);
		is('OPEN');
		await tickEvery(core, 2);
		expect(await now(core, operation)).toMatchObject({ state: 'running' });
	});

	it('is asked at most once a minute by one environment', async () => {
		const { core } = await coreWith();
		await open(core.services, 1);
		await open(core.services, 2);
		expect(core.calls('GetCalendarState')).toEqual([{ CalendarNames: ['freeze'] }]);
		core.pass(MINUTE);
		await open(core.services, 3);
		expect(core.calls('GetCalendarState')).toHaveLength(2);
	});

	it('is one of several that all must be open', async () => {
		const { core } = await coreWith({ names: ['freeze', 'arn:aws:ssm:eu-west-1:444455556666:document/holidays'] });
		await open(core.services, 1);
		expect(core.calls('GetCalendarState')).toEqual([{ CalendarNames: ['freeze', 'arn:aws:ssm:eu-west-1:444455556666:document/holidays'] }]);
	});

	it('that is closed skips the work of a playbook that says so', async () => {
		const { core, is } = await coreWith({ closed: 'skip' });
		is('CLOSED');
		expect(await open(core.services, 1)).toMatchObject({
			state: 'skipped',
			result: { lifecycle: 'CONTINUE', reason: 'calendar freeze is CLOSED until 2026-03-02T10:00:00Z' },
		});
	});

	it.each([
		['is not there', () => awsError('InvalidDocument', 'Document with name freeze does not exist.')],
		['cannot be asked now', throttled],
	])('that %s holds work back, and says why', async (_, error) => {
		const { core, is } = await coreWith({ closed: 'skip' });
		core.on('GetCalendarState', () => {
			throw error();
		});
		const operation = await open(core.services, 1);
		expect(operation).toMatchObject({ state: 'waiting', waiting: 'calendar' });
		expect(operation.history.at(-1)?.why).toMatch(/^calendar freeze cannot be read: /);
		is('OPEN');
		await tickEvery(core, 2);
		expect(await now(core, operation)).toMatchObject({ state: 'running' });
	});

	it('that no playbook names is not asked', async () => {
		const core = await createCore();
		await open(core.services, 1);
		expect(core.calls('GetCalendarState')).toEqual([]);
	});
});
