import { describe, expect, it } from 'vitest';
import type { PatchSubject } from '../../../shared/operation/types.ts';
import { patch } from '../../../shared/parts/patch.ts';
import { sweepWindows } from '../../../shared/sweeps/windows.ts';
import { awsError, type Core, createCore, throttled } from '../../support/core.ts';
import { OPENED_AT } from '../../support/operations.ts';
import { aRun, DAY, HOUR, PATCHING, RUN } from '../../support/patch-core.ts';

const WHERE = { account: RUN.account, region: RUN.region };
const idOf = (n: number) => `${n}4bea65d-5ccc-462d-a2f3-e99c81234567`;
const run = (n: number, changes: object = {}) => ({
	...{ WindowExecutionId: idOf(n), Status: 'SUCCESS', StartTime: new Date(OPENED_AT - HOUR), EndTime: new Date(OPENED_AT - HOUR / 2) },
	...changes,
});

async function begin(byWindow: Readonly<Record<string, readonly object[] | Error>>): Promise<Core> {
	const core = await createCore({ parts: [patch] });
	core.on('DescribeMaintenanceWindows', ({ Filters }) => ({
		WindowIdentities: (Filters[0].Values as string[]).map((Name) => ({
			WindowId: Name.replace(/.*-/, 'mw-'),
			Name,
			Duration: 3,
			Cutoff: 1,
		})),
	}));
	core.on('DescribeMaintenanceWindowExecutions', ({ WindowId }) => {
		const found = byWindow[WindowId] ?? [];
		if (found instanceof Error) throw found;
		return { WindowExecutions: found };
	});
	return core;
}

const sweep = ({ services }: Core, patching: typeof PATCHING | undefined = PATCHING) =>
	sweepWindows({ ...services, settings: { ...services.settings, ...(patching && { patching }) } }, WHERE);
const opened = async ({ services }: Core) => {
	const operations = await services.ledger.load(await services.ledger.open());
	return operations.map(({ subject }) => subject as PatchSubject).sort((a, b) => a.group.localeCompare(b.group));
};

describe('the sweep of patch windows', () => {
	it('opens operations for runs that nobody reported, of whatever group', async () => {
		const core = await begin({ 'mw-dev': [run(1)], 'mw-prod': [run(2, { Status: 'IN_PROGRESS', EndTime: undefined })] });
		expect(await sweep(core)).toEqual({ waiting: 2, opened: 2 });
		expect(await opened(core)).toMatchObject([
			{ group: 'dev', windowId: 'mw-dev', executionId: idOf(1), ...WHERE },
			{ group: 'prod', windowId: 'mw-prod', executionId: idOf(2) },
		]);
	});

	it('leaves those alone that operations are about, open or not, and looks a week back', async () => {
		const core = await begin({ 'mw-dev': [run(1)] });
		await sweep(core);
		const [subject] = await opened(core);
		expect(await sweep(core)).toEqual({ waiting: 0, opened: 0 });
		expect(subject).toMatchObject({ executionId: idOf(1) });
		expect(core.calls('DescribeMaintenanceWindowExecutions').at(-1)).toMatchObject({
			Filters: [{ Key: 'ExecutedAfter', Values: [`${new Date(OPENED_AT - 7 * DAY).toISOString().slice(0, 19)}Z`] }],
		});
	});

	it('leaves runs alone that have yet to begin, or whose event is on its way', async () => {
		const core = await begin({ 'mw-dev': [run(1, { Status: 'PENDING' }), run(2, { StartTime: new Date(OPENED_AT - 60_000) })] });
		expect(await sweep(core)).toEqual({ waiting: 0, opened: 0 });
	});

	it('goes on with the other windows where one cannot be read', async () => {
		const core = await begin({ 'mw-dev': throttled(), 'mw-test': awsError('DoesNotExistException'), 'mw-prod': [run(1)] });
		expect(await sweep(core)).toEqual({ waiting: 1, opened: 1 });
		expect(core.logs.filter(({ level }) => level === 'error')).toHaveLength(2);
	});

	it('asks nothing where the stage has no patch groups', async () => {
		const core = await begin({ 'mw-dev': [run(1)] });
		expect(await sweepWindows(core.services, WHERE)).toEqual({ waiting: 0, opened: 0 });
		expect(core.called()).toEqual([]);
	});
});

it('A run that the sweep has found is told of as such', async () => {
	const core = await begin({ 'mw-test': [run(1)] });
	await sweep(core);
	const [operation] = await core.services.ledger.load(await core.services.ledger.open());
	expect(operation?.history[0]?.why).toContain('the sweep found it');
	expect(operation?.kind).toBe(aRun().kind);
});
