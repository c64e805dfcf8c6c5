import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../shared/errors.ts';
import { openFromWindows } from '../../../shared/opening/patch.ts';
import type { PatchOperation } from '../../../shared/operation/types.ts';
import { patch } from '../../../shared/parts/patch.ts';
import { createWindowReader } from '../../../shared/patching/windows.ts';
import { awsError, type Core, createCore, throttled } from '../../support/core.ts';
import { OPENED_AT } from '../../support/operations.ts';
import { HOUR, PATCHING, RUN } from '../../support/patch-core.ts';

const OURS = { WindowId: RUN.windowId, Name: 'fleetkeeper-test-patch-test', Duration: 3, Cutoff: 1 };
const event = (status: string, detail: object = {}) => ({
	...{ id: `event-${status}`, source: 'aws.ssm', 'detail-type': 'Maintenance Window Execution State-change Notification' },
	...{ account: RUN.account, region: RUN.region, time: '2026-03-02T09:00:01Z', resources: [] },
	detail: {
		...{ 'start-time': '2026-03-02T09:00:00.039273Z', 'window-id': RUN.windowId, 'window-execution-id': RUN.executionId, status },
		...detail,
	},
});
const STARTED = event('IN_PROGRESS');
const ENDED = event('SUCCESS', { 'end-time': '2026-03-02T10:00:00.083773Z' });

async function begin(window: object | (() => never) = OURS, patching: readonly [typeof PATCHING] | [] = [PATCHING]) {
	const core = await createCore({ parts: [patch] });
	core.on('GetMaintenanceWindow', () => (typeof window === 'function' ? window() : window));
	const [given] = patching;
	const services = { ...core.services, settings: { ...core.services.settings, ...(given && { patching: given }) } };
	const reader = createWindowReader(services);
	return { core, hears: async (...events: readonly unknown[]) => (await openFromWindows(services, reader, events)).map(wordOf) };
}

const wordOf = (each: Awaited<ReturnType<typeof openFromWindows>>[number]) =>
	each.ok ? each.value.outcome : ((each.error as Drop).reason ?? (each.error as Error).name);

async function theRun(core: Core): Promise<PatchOperation | undefined> {
	const { ledger } = core.another();
	return (await ledger.load(await ledger.open()))[0] as PatchOperation | undefined;
}

describe('the events of maintenance windows', () => {
	it('open one operation for a run, with what the settings say of its group', async () => {
		const { core, hears } = await begin();
		expect(await hears(STARTED, STARTED, ENDED)).toEqual(['opened', 'exists', 'exists']);
		const run = await theRun(core);
		expect(run).toMatchObject({
			subject: RUN,
			state: 'running',
			ring: { successPercent: 95, soakDays: 2, approveAfterDays: 10, before: { group: 'dev', approveAfterDays: 7 }, next: 'prod' },
			window: { startedAt: OPENED_AT + 39, cutoffAt: OPENED_AT + 39 + 2 * HOUR, endsAt: OPENED_AT + 39 + 3 * HOUR, status: 'SUCCESS' },
		});
		expect(run?.history.map(({ what }) => what)).toEqual(['opened', 'look-at-run not done', 'run ended']);
	});

	it('open it also where the one of its beginning was lost', async () => {
		const { hears } = await begin();
		expect(await hears(ENDED)).toEqual(['opened']);
	});

	it.each([
		['of windows that are not ours', { ...OURS, Name: 'patch-test' }, STARTED, 'foreign-window'],
		["of another stage's windows", { ...OURS, Name: 'fleetkeeper-prod-patch-test' }, STARTED, 'foreign-window'],
		['of a group that the settings do not have', { ...OURS, Name: 'fleetkeeper-test-patch-qa' }, STARTED, 'unknown-group'],
		['without the id of a window', OURS, event('IN_PROGRESS', { 'window-id': 'test' }), 'Fail'],
	])('%s open nothing', async (_, window, heard, outcome) => {
		const { core, hears } = await begin(window);
		expect(await hears(heard)).toEqual([outcome]);
		expect(await theRun(core)).toBeUndefined();
	});

	it('open nothing where the stage has no patch groups, and no window is asked about', async () => {
		const { core, hears } = await begin(OURS, []);
		expect(await hears(STARTED)).toEqual(['patching-off']);
		expect(core.calls('GetMaintenanceWindow')).toEqual([]);
	});

	it('of a foreign window cost one look-up, however many there are', async () => {
		const { core, hears } = await begin({ ...OURS, Name: 'backups' });
		await hears(STARTED, ENDED, STARTED);
		expect(core.calls('GetMaintenanceWindow')).toHaveLength(1);
	});

	it.each([
		['come back where AWS does not say whose the window is', throttled, 'Retry'],
		['come back where that is not allowed', () => awsError('AccessDeniedException'), 'Retry'],
		['are dropped where the window is gone', () => awsError('DoesNotExistException'), 'foreign-window'],
	])('%s', async (_, error, outcome) => {
		const { hears } = await begin(() => {
			throw error();
		});
		expect(await hears(STARTED)).toEqual([outcome]);
	});

	it('of a run that is over for us open nothing, and nothing is done for them', async () => {
		const { core, hears } = await begin();
		await hears(STARTED);
		const run = await theRun(core);
		await core.services.ledger.save({ ...(run as PatchOperation), closedAt: OPENED_AT, state: 'failed', version: (run?.version ?? 0) + 1 });
		const before = core.called().length;
		expect(await hears(ENDED)).toEqual(['old-news']);
		expect(core.called().length).toBe(before);
	});
});
