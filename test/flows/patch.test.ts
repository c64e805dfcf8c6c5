import { beforeAll, describe, expect, it } from 'vitest';
import { unrecorded } from './audit.ts';
import { person } from './commanding.ts';
import { at, fleetNodes, node, reportOf, ringIsOpen, runs, theRun, withRings } from './patching.ts';
import type { Flow } from './support.ts';

describe('Patch groups where all is well', () => {
	let flow: Flow;
	/** Whether the rings of test and prod are open, by the hour. */
	const rings: Record<number, readonly [boolean, boolean]> = {};
	beforeAll(async () => {
		flow = await withRings();
		for (const hour of [10, 12, 15, 17, 20]) {
			await flow.until(at(hour, 30));
			rings[hour] = [await ringIsOpen(flow, 'test'), await ringIsOpen(flow, 'prod')];
		}
	});

	it('leaves no change that cannot be found by its request id', async () => {
		expect(await unrecorded(flow)).toEqual([]);
	});

	it('are patched one after another: each ring opens after the soak of the one before, and closes after its own run', () => {
		expect(rings).toEqual({ 10: [false, false], 12: [true, false], 15: [false, true], 17: [false, true], 20: [true, false] });
	});

	it('have a run each, which proves itself and opens the next ring', async () => {
		const first = (await runs(flow)).slice(0, 3);
		expect(first.map(({ subject, state }) => [subject.group, state])).toEqual([
			['dev', 'succeeded'],
			['test', 'succeeded'],
			['prod', 'succeeded'],
		]);
		expect(first[0]?.history.map(({ what }) => what)).toEqual([
			...['opened', 'run ended', 'report', 'soaking', 'looked again', 'ring', 'proved', 'closed'],
		]);
		expect(first.map(({ result }) => /ring of (\w+) is open/.exec(result?.reason ?? '')?.[1])).toEqual(['test', 'prod', undefined]);
		expect(flow.deadLetters('maintenance-window')).toEqual([]);
	});

	it('have a report each, with every node and what was installed', async () => {
		const [dev] = await runs(flow, 'dev');
		expect(reportOf(flow, dev)).toMatchObject({
			...{ group: 'dev', summary: '2 of 2 nodes are well', patches: { installed: 4, missing: 0 } },
			gate: { isProven: true, next: 'test' },
			each: [
				{ node: node('dev', 1), verdict: 'well', installed: 2 },
				{ node: node('dev', 2), verdict: 'well', installed: 2 },
			],
		});
	});

	it('are registered once, in the name of the run that proved them', async () => {
		const [dev, , , again] = await runs(flow);
		expect(flow.calls('RegisterTargetWithMaintenanceWindow').map(({ input }) => String(input['OwnerInformation']).split(' ')[0])).toEqual(
			expect.arrayContaining([dev?.id, again?.id]),
		);
		expect(flow.calls('RegisterTaskWithMaintenanceWindow')).toHaveLength(3);
		expect((await theRun(flow, 'test')).granted?.operation).toBe(dev?.id);
	});

	it('open no OpsItem, and tell the world of every state', () => {
		expect(flow.opsItems().filter(({ title }) => title.startsWith('Patch group'))).toEqual([]);
		const told = flow.events('Operation State Change').filter(({ detail }) => detail['kind'] === 'patch');
		expect(told.slice(0, 3).map(({ detail }) => detail['state'])).toEqual(['running', 'verifying', 'succeeded']);
	});

	it('are told of by the command line', async () => {
		const { id } = await theRun(flow, 'test');
		const { out } = await person(flow, 'show', id);
		expect(out).toContain('2 of 2 nodes are well');
		expect(out).toContain('opened by');
		expect(out).toMatch(/report +s3:\/\/fleetkeeper-local-output/);
	});
});

describe('A group that does not come through', () => {
	let flow: Flow;
	beforeAll(async () => {
		flow = await withRings();
		flow.world.services.ssm.setAgent(node('dev', 2), 'lost');
		await flow.until(at(18, 30));
	});
	const item = () => flow.world.services.ssm.opsItems().find(({ title }) => title.startsWith('Patch group dev'));

	it('keeps the next ring closed, and says why in an OpsItem with the nodes', async () => {
		const [dev] = await runs(flow, 'dev');
		expect(dev).toMatchObject({ state: 'failed', found: { nodes: { well: 1, 'never-reached': 1 } } });
		expect(item()).toMatchObject({ status: 'Open', severity: '2', category: 'Security' });
		expect(item()?.description).toContain(`${node('dev', 2)} never reached`);
		expect(item()?.description).toContain('The ring of test stays closed.');
		expect(flow.calls('RegisterTargetWithMaintenanceWindow')).toEqual([]);
	});

	it('leaves the windows of later groups with nothing to do, which is no run', async () => {
		for (const ring of ['test', 'prod']) {
			const [run] = await runs(flow, ring);
			expect(run).toMatchObject({ state: 'skipped', result: { reason: expect.stringContaining('its ring is closed') } });
			expect(run?.report).toBeUndefined();
		}
		expect(flow.world.services.ssm.commands()).toHaveLength(1);
	});

	it('has its OpsItem resolved when a later run proves well, which opens the next ring', async () => {
		flow.world.services.ssm.setAgent(node('dev', 2), 'online');
		await flow.until(at(21, 30));
		expect((await runs(flow, 'dev')).map(({ state }) => state)).toEqual(['failed', 'succeeded']);
		expect(item()?.status).toBe('Resolved');
		expect(await ringIsOpen(flow, 'test')).toBe(true);
	});
});

describe('A node that hangs in its restart', () => {
	let flow: Flow;
	beforeAll(async () => {
		flow = await withRings({ rings: { dev: fleetNodes('dev', 20, { 7: { patching: { comesBack: false } } }) } });
		await flow.until(at(13, 45));
	});

	it('gets its verdict half an hour after the window, and the run is said to have been cut off', async () => {
		const run = await theRun(flow, 'dev');
		expect(run.found?.named).toMatchObject([{ node: node('dev', 7), verdict: 'not-back' }]);
		const [report] = run.history.filter(({ what }) => what === 'soaking');
		expect(Date.parse(report?.at ?? '')).toBe(at(13, 30));
		const [item] = flow.world.services.ssm.opsItems().filter(({ title }) => title.startsWith('Patch group dev'));
		expect(item?.description).toContain(`${node('dev', 7)} not back`);
		expect(item?.description).toContain('its window cut it off');
	});

	it('counts as one that failed: of 20 it is within what is allowed, and the next ring opens', async () => {
		expect(await theRun(flow, 'dev')).toMatchObject({ state: 'succeeded', found: { nodes: { well: 19, 'not-back': 1 } } });
		expect(await ringIsOpen(flow, 'test')).toBe(true);
	});
});

describe('An operator', () => {
	it('closes a run during its soak, with the ring closed; what there is to do at AWS the clock does', async () => {
		const flow = await withRings({ rings: { dev: 1 } });
		await flow.until(at(10, 30));
		const { id } = await theRun(flow, 'dev');
		expect((await person(flow, 'extend', id, '2h')).status).toBe(0);
		await flow.until(at(12));
		expect((await theRun(flow, 'dev')).state).toBe('verifying');
		expect((await person(flow, 'retry', id)).status).toBe(0);
		await flow.minutes(2);
		expect((await theRun(flow, 'dev')).history.at(-1)?.what).toBe('looked again');
		expect((await person(flow, 'cancel', id)).status).toBe(0);
		await flow.minutes(2);
		expect(await theRun(flow, 'dev')).toMatchObject({ state: 'failed', result: { reason: expect.stringContaining('cancelled by anna') } });
		await flow.until(at(16));
		expect(flow.calls('RegisterTargetWithMaintenanceWindow')).toEqual([]);
	});
});
