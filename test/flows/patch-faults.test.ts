import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { AwsError } from '../../local/aws/types.ts';
import { MINUTE } from './deployment.ts';
import { first, SERVER_ERROR, throttling } from './faults.ts';
import { at, isRun, node, ringIsOpen, runs, theRun, withRings } from './patching.ts';
import type { Flow } from './support.ts';

/** What our functions have registered, by calls that had their effect. */
const registered = (flow: Flow) =>
	[flow.calls('RegisterTargetWithMaintenanceWindow'), flow.calls('RegisterTaskWithMaintenanceWindow')].map((calls) => calls.length);
const says = ({ detail }: BusEvent, status: string) => detail['status'] === status;

describe('Events of windows that', () => {
	it('never come are made up for by the sweep and the clock', async () => {
		const flow = await withRings({ event: (event) => (isRun(event) ? 'drop' : 'deliver') });
		await flow.until(at(17));

		const all = await runs(flow);
		expect(all.map(({ subject, state }) => [subject.group, state])).toEqual([
			['dev', 'succeeded'],
			['test', 'succeeded'],
		]);
		expect(all[0]?.history[0]?.why).toContain('the sweep found it');
		expect(await ringIsOpen(flow, 'test')).toBe(false);
	});

	it('only tell of the beginning are made up for by the clock', async () => {
		const flow = await withRings({ rings: { dev: 1 }, event: (event) => (isRun(event) && says(event, 'SUCCESS') ? 'drop' : 'deliver') });
		await flow.until(at(11, 45));

		expect((await theRun(flow, 'dev')).state).toBe('succeeded');
		expect(await ringIsOpen(flow, 'test')).toBe(true);
	});

	it.each([
		['come twice', () => 'duplicate' as const],
		['come again when the next ring is open', () => ({ delayMs: 110 * MINUTE, copy: true as const })],
		['come late', () => ({ delayMs: 20 * MINUTE })],
		['overtake each other', (event: BusEvent) => ({ delayMs: says(event, 'IN_PROGRESS') ? 10 * MINUTE : 0 })],
	])('%s open the next ring once, and nothing takes it back', async (_, fate) => {
		const flow = await withRings({ rings: { dev: 1 }, event: (event) => (isRun(event) ? fate(event) : 'deliver') });
		await flow.until(at(12, 15));

		expect((await runs(flow, 'dev')).map(({ state }) => state)).toEqual(['succeeded']);
		expect(registered(flow)).toEqual([1, 1]);
		expect(await ringIsOpen(flow, 'test')).toBe(true);
		expect(flow.deadLetters('maintenance-window')).toEqual([]);
	});
});

describe('AWS', () => {
	it.each([
		['throttles what is read', ['DescribeMaintenanceWindowExecutions', 'DescribeInstancePatchStatesForPatchGroup', 'GetResources']],
		['throttles what is written', ['PutObject', 'RegisterTargetWithMaintenanceWindow', 'RegisterTaskWithMaintenanceWindow']],
	])('that %s for a while delays the ring, and opens it once', async (_, operations) => {
		let left = 40;
		const flow = await withRings({
			rings: { dev: 1 },
			call: ({ operation, service }) => (operations.includes(operation) && left-- > 0 ? throttling(service) : undefined),
		});
		await flow.until(at(12, 30));

		expect((await theRun(flow, 'dev')).state).toBe('succeeded');
		expect(await ringIsOpen(flow, 'test')).toBe(true);
	});

	it.each(['GetResources', 'DescribeInstancePatchStatesForPatchGroup', 'PutObject'])(
		'that never answers %s leaves the ring closed',
		async (name) => {
			const flow = await withRings({ rings: { dev: 1 }, call: ({ operation }) => (operation === name ? SERVER_ERROR : undefined) });
			await flow.until(at(11, 45));

			expect((await theRun(flow, 'dev')).state).toBe('running');
			expect(registered(flow)).toEqual([0, 0]);
		},
	);

	it.each(['RegisterTargetWithMaintenanceWindow', 'RegisterTaskWithMaintenanceWindow'])(
		'whose reply to %s is lost has it registered once',
		async (operation) => {
			const flow = await withRings({ rings: { dev: 1 }, call: first(1, operation, { loseReply: true }) });
			await flow.until(at(12));

			expect((await theRun(flow, 'dev')).state).toBe('succeeded');
			expect(await ringIsOpen(flow, 'test')).toBe(true);
		},
	);

	it.each([
		['before it registers the task', { operation: 'RegisterTaskWithMaintenanceWindow', when: 'before' }],
		['once it has', { operation: 'RegisterTaskWithMaintenanceWindow', when: 'after' }],
	] as const)('finds a function dead %s, and the next tick goes on', async (_, kill) => {
		const flow = await withRings({ rings: { dev: 1 }, kill });
		await flow.until(at(11, 30));

		expect((await theRun(flow, 'dev')).state).toBe('succeeded');
		expect(await ringIsOpen(flow, 'test')).toBe(true);
	});

	it('that does not let the ring be opened leaves it closed, and people hear of it', async () => {
		const denied = new AwsError('AccessDeniedException', 'not authorized to perform: ssm:RegisterTaskWithMaintenanceWindow');
		const flow = await withRings({ rings: { dev: 1 }, call: first(99, 'RegisterTaskWithMaintenanceWindow', denied) });
		await flow.until(at(12));

		expect(await theRun(flow, 'dev')).toMatchObject({ state: 'failed', result: { reason: expect.stringContaining('cannot be opened') } });
		expect(flow.calls('DeregisterTargetFromMaintenanceWindow')).toHaveLength(1);
		expect(flow.opsItems().filter(({ title }) => title.startsWith('Patch group dev'))).toHaveLength(1);
	});
});

describe('A run of a group', () => {
	it('withdraws what an earlier run had granted, before the other group has come to it', async () => {
		const flow = await withRings({ schedules: { dev: 'cron(0 10,13 * * ? *)', test: 'cron(0 14 * * ? *)' } });
		await flow.until(at(12));
		expect(await ringIsOpen(flow, 'test')).toBe(true);
		for (const n of [1, 2]) flow.world.services.ssm.setAgent(node('dev', n), 'lost');
		await flow.until(at(13, 10));
		expect(await ringIsOpen(flow, 'test')).toBe(false);
		await flow.until(at(14, 5));
		expect((await runs(flow, 'test')).map(({ state }) => state)).toEqual(['skipped']);
	});

	it('that still soaks when the next one begins opens nothing any more', async () => {
		const flow = await withRings({ rings: { dev: 1 }, schedules: { dev: 'cron(0/30 10 * * ? *)' } });
		await flow.until(at(12));

		expect((await runs(flow, 'dev')).map(({ state }) => state)).toEqual(['skipped', 'succeeded']);
		expect((await runs(flow, 'dev'))[0]?.result?.reason).toContain('a newer run');
		expect(registered(flow)).toEqual([1, 1]);
	});
});
