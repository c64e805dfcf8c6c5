import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Drop, Fail, Retry } from '../../../shared/errors.ts';
import { openFromFleetEvents } from '../../../shared/opening/event.ts';
import { settleExecutions } from '../../../shared/operation/settle.ts';
import type { EventOperation } from '../../../shared/operation/types.ts';
import { event as eventPart } from '../../../shared/parts/event.ts';
import type { CompiledPlaybook, EventPlaybook, RequestPlaybook } from '../../../shared/playbook/types.ts';
import { type Core, createCore, executionEvent, executionId, noReply, throttled, tickEvery } from '../../support/core.ts';
import { DRAIN, RUNBOOK } from '../../support/operations.ts';

const NODE = 'i-0123456789abcdef0';

function onEvent(changes: Partial<EventPlaybook> = {}): CompiledPlaybook<EventPlaybook> {
	const playbook: EventPlaybook = {
		name: 'orders',
		priority: 100,
		on: 'event',
		when: { source: ['shop'], detail: {} },
		opsItem: { severity: '3' },
		then: { onFailure: {} },
		about: ['$.detail.order'],
		...changes,
	};
	return { playbook, parameterVersion: 1 };
}

function onRequest(changes: Partial<RequestPlaybook> = {}): CompiledPlaybook<RequestPlaybook> {
	const playbook: RequestPlaybook = {
		name: 'on-request',
		priority: 100,
		on: 'request',
		when: { detail: { runbook: ['restart-node'] } },
		run: { timeoutSeconds: 900 },
		then: { onFailure: { opsItem: { severity: '3' } } },
		...changes,
	};
	return { playbook, parameterVersion: 1 };
}

const anEventOf = (id: string, detail: Record<string, unknown> = { order: '4711', node: NODE }, changes: object = {}) => ({
	version: '0',
	id,
	'detail-type': 'Order Failed',
	source: 'shop',
	account: '111122223333',
	region: 'eu-west-1',
	time: '2026-03-02T09:00:00Z',
	resources: [],
	detail,
	...changes,
});

const aRequest = (id: string, detail: Record<string, unknown> = {}, changes: object = {}) =>
	anEventOf(id, { runbook: 'restart-node', ...detail }, { 'detail-type': 'Run Automation Requested', source: 'ops.console', ...changes });

const begin = (...playbooks: CompiledPlaybook[]) => createCore({ playbooks, parts: [eventPart] });

/** What became of each event. */
async function hears(core: Core, ...events: readonly unknown[]): Promise<string[]> {
	const results = await openFromFleetEvents(core.services, events);
	return results.map((each) => (each.ok ? each.value.outcome : each.error instanceof Drop ? each.error.reason : String(each.error)));
}

async function operations(core: Core): Promise<EventOperation[]> {
	const { ledger } = core.another();
	const ids = [...(await ledger.open()), ...(await ledger.closedOn('2026-03-02'))];
	const found = (await ledger.load(ids)) as EventOperation[];
	return found.sort((a, b) => a.id.localeCompare(b.id));
}

describe('an event', () => {
	it('that a playbook is for opens an operation and its OpsItem', async () => {
		const core = await begin(onEvent());
		expect(await hears(core, anEventOf('event-1'))).toEqual(['opened']);
		expect(await operations(core)).toMatchObject([
			{ kind: 'event', state: 'succeeded', subject: { key: ['4711'], source: 'shop' }, result: { opsItemId: 'oi-000000000001' } },
		]);
		expect(core.calls('CreateOpsItem')).toMatchObject([{ Title: 'Order Failed: 4711', Severity: '3' }]);
	});

	it('is on record before its OpsItem is opened', async () => {
		const core = await begin(onEvent());
		let known = 0;
		core.on('CreateOpsItem', async () => {
			known = (await operations(core)).length;
			return { OpsItemId: 'oi-000000000001' };
		});
		await hears(core, anEventOf('event-1'));
		expect(known).toBe(1);
	});

	it.each([
		['no playbook is for it', anEventOf('event-1', {}, { source: 'warehouse' }), 'no-playbook'],
		['it is what we publish', anEventOf('event-1', {}, { source: 'fleetkeeper' }), 'own-event'],
		['it is what the clock sends', anEventOf('event-1', {}, { source: 'fleetkeeper.clock' }), 'own-event'],
	])('is dropped where %s', async (_, event, reason) => {
		const core = await begin(onEvent({ when: { source: [{ 'anything-but': ['warehouse'] }], detail: {} } }));
		expect(await hears(core, event)).toEqual([reason]);
		expect(await operations(core)).toEqual([]);
	});

	it('comes back where no playbooks are compiled yet', async () => {
		const core = await begin(onEvent());
		core.services.playbooks.load = async () => ({ set: { playbooks: [], compiledAt: '' }, reason: 'no playbooks compiled yet' });
		const [result] = await openFromFleetEvents(core.services, [anEventOf('event-1')]);
		expect(result).toEqual({ ok: false, error: expect.any(Retry) });
	});

	it('that is malformed does not hold up its neighbours', async () => {
		const core = await begin(onEvent());
		const [bad, good] = await openFromFleetEvents(core.services, [{ id: 'event-1' }, anEventOf('event-2')]);
		expect([bad?.ok ? undefined : bad?.error, good?.ok]).toEqual([expect.any(Fail), true]);
	});

	it('is its own subject where the path leads nowhere', async () => {
		const core = await begin(onEvent());
		expect(await hears(core, anEventOf('event-1', {}), anEventOf('event-2', {}), anEventOf('event-1', {}))).toEqual([
			'opened',
			'opened',
			'exists',
		]);
		expect((await operations(core)).map(({ subject }) => subject.key)).toEqual(expect.arrayContaining([['event-1'], ['event-2']]));
	});

	it('that comes again once its operation has closed is old news; another one is a new occurrence', async () => {
		const core = await begin(onEvent());
		await hears(core, anEventOf('event-1'));
		expect(await hears(core, anEventOf('event-1'))).toEqual(['old-news']);
		expect(await hears(core, anEventOf('event-2'))).toEqual(['opened']);
		expect(await hears(core, anEventOf('event-1'))).toEqual(['old-news']);
		expect((await operations(core)).map(({ occurrence, eventId }) => [occurrence, eventId])).toEqual([
			[1, 'event-1'],
			[2, 'event-2'],
		]);
	});

	it('about the subject of an open operation is counted there, and told to its OpsItem once for the whole batch', async () => {
		const core = await begin(onEvent({ run: RUNBOOK }));
		expect(await hears(core, anEventOf('event-1'))).toEqual(['opened']);
		expect(await hears(core, anEventOf('event-2'), anEventOf('event-3'), anEventOf('event-2'))).toEqual(['exists', 'exists', 'exists']);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
		expect(core.calls('UpdateOpsItem')).toHaveLength(1);
		const [{ id = '' } = {}] = await operations(core);
		expect(JSON.parse(core.calls('UpdateOpsItem')[0].OperationalData['operation/01'].Value)).toMatchObject({ operation: id, events: 3 });
	});

	it('that another playbook is for is no news to the operation of the first, whatever both are about', async () => {
		const cancelled = onEvent({ name: 'cancelled', priority: 50, when: { source: ['shop'], detail: { by: ['customer'] } } });
		const core = await begin(onEvent({ run: RUNBOOK }), cancelled);
		const events = [anEventOf('event-1'), anEventOf('event-2', { order: '4711', by: 'customer' })];
		expect(await hears(core, ...events)).toEqual(['opened', 'opened']);
		expect((await operations(core)).map(({ playbook, events: count }) => [playbook.name, count]).sort()).toEqual([
			['cancelled', 1],
			['orders', 1],
		]);
	});

	it('that reaches an operation just as it closes comes back, and opens the next', async () => {
		const core = await begin(onEvent({ run: RUNBOOK }));
		await hears(core, anEventOf('event-1'));
		const { ledger } = core.services;
		const { latest } = ledger;
		Object.assign(ledger, {
			latest: async (subject: EventOperation['subject']) => {
				const found = await latest(subject);
				await settleExecutions(core.another(), [executionEvent(executionId(1))]);
				return found;
			},
		});
		const [result] = await openFromFleetEvents(core.services, [anEventOf('event-2')]);
		expect(result).toEqual({ ok: false, error: expect.any(Retry) });
		Object.assign(ledger, { latest });
		expect(await hears(core, anEventOf('event-2'))).toEqual(['opened']);
	});

	it('of a batch about one subject opens one operation about all of them', async () => {
		const core = await begin(onEvent({ run: RUNBOOK }));
		const ids = ['event-1', 'event-2', 'event-3', 'event-1'];
		expect(await hears(core, ...ids.map((id) => anEventOf(id)))).toEqual(['opened', 'exists', 'exists', 'exists']);
		expect(await operations(core)).toMatchObject([{ events: 3, eventId: 'event-1' }]);
	});

	it('runs a command on the node that it names, and nodes of a batch share it', async () => {
		const core = await begin(onEvent({ run: { ...DRAIN, node: '$.detail.node' } }));
		await hears(core, anEventOf('event-1'), anEventOf('event-2', { order: '4712', node: 'i-0123456789abcdef1' }));
		expect(core.calls('SendCommand')).toMatchObject([
			{ DocumentName: 'fleetkeeper-test-drain-node', InstanceIds: [NODE, 'i-0123456789abcdef1'] },
		]);
	});

	it('whose runbook ends closes with what was run in its OpsItem', async () => {
		const core = await begin(onEvent({ run: RUNBOOK }));
		await hears(core, anEventOf('event-1'));
		await settleExecutions(core.another(), [executionEvent(executionId(1))]);
		expect(await operations(core)).toMatchObject([{ state: 'succeeded', result: { reason: 'restart-node: Success' } }]);
		expect(core.calls('UpdateOpsItem')).toHaveLength(1);
		expect(core.calls('UpdateOpsItem')[0]).not.toHaveProperty('Status');
	});
});

describe('the clock', () => {
	it('opens the OpsItem that OpsCenter did not take at first', async () => {
		const core = await begin(onEvent());
		core.on('CreateOpsItem', () => {
			throw throttled();
		});
		await hears(core, anEventOf('event-1'));
		expect(await operations(core)).toMatchObject([{ state: 'starting' }]);
		core.on('CreateOpsItem', () => ({ OpsItemId: 'oi-000000000002' }));
		await tickEvery(core, 1);
		expect(await operations(core)).toMatchObject([{ state: 'succeeded', result: { opsItemId: 'oi-000000000002' } }]);
	});

	it('finds the runbook whose start got no reply', async () => {
		const core = await begin(onEvent({ run: RUNBOOK }));
		core.on('StartAutomationExecution', () => {
			throw noReply();
		});
		await hears(core, anEventOf('event-1'));
		core.on('DescribeAutomationExecutions', () => ({ AutomationExecutionMetadataList: [{ AutomationExecutionId: executionId(7) }] }));
		core.on('GetAutomationExecution', () => ({ AutomationExecution: { AutomationExecutionStatus: 'Success' } }));
		await tickEvery(core, 1);
		expect(await operations(core)).toMatchObject([{ state: 'succeeded', work: { externalId: executionId(7) } }]);
	});
});

describe('a request', () => {
	const TARGETS = { targets: [{ key: 'tag:service', values: ['nginx'] }], targetParameter: 'InstanceId' };

	it('starts the runbook that a playbook allows, with its parameters, and says who asked and why', async () => {
		const core = await begin(onRequest());
		const detail = { parameters: { InstanceId: NODE }, requestedBy: 'anna', reason: 'kernel update' };
		expect(await hears(core, aRequest('event-1', detail))).toEqual(['opened']);
		expect(core.calls('StartAutomationExecution')).toMatchObject([
			{ DocumentName: 'fleetkeeper-test-restart-node', Parameters: { InstanceId: [NODE] } },
		]);
		const [operation] = await operations(core);
		expect(operation).toMatchObject({ state: 'running', request: { by: 'anna', reason: 'kernel update' } });
		expect(operation?.history[0]?.why).toBe('on-request: Run Automation Requested from ops.console, asked for by anna: kernel update');
	});

	it('is data: what looks like a path in it is none', async () => {
		const core = await begin(onRequest());
		await hears(
			core,
			aRequest('event-1', { parameters: { InstanceId: '$.detail.requestedBy', Other: ['$.account', 'x'] }, requestedBy: 'anna' }),
		);
		expect(core.calls('StartAutomationExecution')[0].Parameters).toMatchObject({
			InstanceId: ['$.detail.requestedBy'],
			Other: ['$.account', 'x'],
		});
	});

	it('runs on many with rate control', async () => {
		const core = await begin(onRequest());
		await hears(core, aRequest('event-1', { ...TARGETS, maxConcurrency: '1', maxErrors: '10%' }));
		expect(core.calls('StartAutomationExecution')).toMatchObject([
			{
				TargetParameterName: 'InstanceId',
				Targets: [{ Key: 'tag:service', Values: ['nginx'] }],
				MaxConcurrency: '1',
				MaxErrors: '10%',
			},
		]);
	});

	it.each([
		['that no playbook allows', { runbook: 'isolate-node' }, 'no playbook allows runbook isolate-node'],
		['that names no runbook', { runbook: undefined }, 'detail.runbook is missing'],
		['whose parts do not go together', { maxErrors: '1' }, 'maxErrors is given without targets'],
	])('%s is refused, and its reason is told', async (_, detail, reason) => {
		const core = await begin(onRequest(), onEvent({ when: { source: [{ exists: true }], detail: {} } }));
		const [result] = await openFromFleetEvents(core.services, [aRequest('event-1', detail)]);
		expect(result).toEqual({ ok: false, error: expect.any(Fail) });
		expect(String(result?.ok === false && result.error)).toContain(reason);
		expect(await operations(core)).toEqual([]);
	});

	it('of one id is one, whatever the ids of its events', async () => {
		const core = await begin(onRequest());
		expect(await hears(core, aRequest('event-1', { requestId: 'CHG-4711' }), aRequest('event-2', { requestId: 'CHG-4711' }))).toEqual([
			'opened',
			'exists',
		]);
		await settleExecutions(core.services, [executionEvent(executionId(1))]);
		expect(await hears(core, aRequest('event-3', { requestId: 'CHG-4711' }))).toEqual(['old-news']);
		expect(core.calls('StartAutomationExecution')).toHaveLength(1);
	});

	it('from our own source starts nothing', async () => {
		const core = await begin(onRequest());
		expect(await hears(core, aRequest('event-1', {}, { source: 'fleetkeeper' }))).toEqual(['own-event']);
	});

	it('that fails opens the OpsItem that the playbook asks for', async () => {
		const core = await begin(onRequest());
		await hears(core, aRequest('event-1', { requestedBy: 'anna' }));
		core.on('GetAutomationExecution', () => ({
			AutomationExecution: {
				AutomationExecutionStatus: 'Failed',
				StepExecutions: [{ StepName: 'reboot', StepStatus: 'Failed', FailureMessage: 'denied' }],
			},
		}));
		await settleExecutions(core.services, [executionEvent(executionId(1), 'Failed')]);
		expect(core.calls('CreateOpsItem')).toMatchObject([{ Title: 'on-request fails on events of ops.console', Severity: '3' }]);
		expect(core.calls('CreateOpsItem')[0].Description).toContain('asked for by anna: restart-node: Failed: step reboot: denied');
	});
});

describe('whatever the order of the events of one subject, and however often each comes', () => {
	const ids = ['event-1', 'event-2', 'event-3', 'event-4'];
	/** Batches: the events of each, in the order of their delivery. */
	const deliveries = fc
		.tuple(fc.shuffledSubarray(ids, { minLength: ids.length }), fc.array(fc.constantFrom(...ids), { maxLength: 6 }))
		.chain(([each, more]) => fc.shuffledSubarray([...each, ...more], { minLength: each.length + more.length }))
		.chain((order) => fc.array(fc.integer({ min: 1, max: 4 }), { minLength: order.length }).map((sizes) => batchesOf(order, sizes)));

	function batchesOf(order: readonly string[], sizes: readonly number[]): string[][] {
		const batches: string[][] = [];
		let from = 0;
		for (const size of sizes) {
			if (from >= order.length) break;
			batches.push(order.slice(from, from + size));
			from += size;
		}
		return batches;
	}

	it('the work runs once, and all of them are counted once', async () => {
		await fc.assert(
			fc.asyncProperty(deliveries, async (batches) => {
				const core = await begin(onEvent({ run: RUNBOOK }));
				for (const batch of batches) await hears(core, ...batch.map((id) => anEventOf(id)));
				await settleExecutions(core.services, [executionEvent(executionId(1))]);
				for (const id of ids) expect(await hears(core, anEventOf(id))).toEqual(['old-news']);
				const [only, ...more] = await operations(core);
				expect(more).toEqual([]);
				expect(only).toMatchObject({ state: 'succeeded', events: 4, result: { opsItemId: 'oi-000000000001' } });
				expect([...(only?.eventIds ?? [])].sort()).toEqual(ids);
				expect(core.calls('StartAutomationExecution')).toHaveLength(1);
				expect(core.calls('CreateOpsItem')).toHaveLength(1);
			}),
			{ numRuns: 25 },
		);
	});

	it('an OpsItem hears of each once where nothing is run', async () => {
		await fc.assert(
			fc.asyncProperty(deliveries, async (batches) => {
				const core = await begin(onEvent());
				for (const batch of batches) await hears(core, ...batch.map((id) => anEventOf(id)));
				const found = await operations(core);
				expect(found.every(({ state }) => state === 'succeeded')).toBe(true);
				expect(found.reduce((sum, { events }) => sum + events, 0)).toBe(4);
				expect(new Set(core.calls('CreateOpsItem').map(({ OperationalData }) => OperationalData['/aws/dedup'].Value)).size).toBe(1);
			}),
			{ numRuns: 25 },
		);
	});
});
