import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../shared/operation/facts.ts';
import { operationId } from '../../../shared/operation/ids.ts';
import { perform } from '../../../shared/operation/perform.ts';
import type { PatchOperation } from '../../../shared/operation/types.ts';
import { patchAtAws } from '../../../shared/parts/patch-at-aws.ts';
import { awsError, type Core, createCore, noReply, throttled } from '../../support/core.ts';
import { OPENED_AT } from '../../support/operations.ts';
import { aRun, DAY, PATCHING, RUN } from '../../support/patch-core.ts';

const PROD = 'mw-0fedcba9876543210';
const OWNER = `${aRun().id} 2026-03-02T09:00:00.000Z`;

interface Target {
	readonly WindowTargetId: string;
	readonly Name: string;
	readonly OwnerInformation?: string;
}
interface Task {
	readonly WindowTaskId: string;
	readonly Name: string;
	readonly Targets: readonly { readonly Values: readonly string[] }[];
}

/** An AWS with the window of prod, which registers as AWS does: a token that it knows gives what it gave. */
async function withWindow(content: { readonly targets?: readonly Target[]; readonly tasks?: readonly Task[] } = {}) {
	const core = await createCore({ parts: (deps) => [patchAtAws(deps)] });
	let targets = [...(content.targets ?? [])];
	let tasks = [...(content.tasks ?? [])];
	const tokens = new Map<string, string>();
	const known = (token: string, id: string) => {
		const before = tokens.get(token);
		tokens.set(token, before ?? id);
		return before;
	};
	core.on('DescribeMaintenanceWindowExecutions', () => ({ WindowExecutions: [] }));
	core.on('DescribeMaintenanceWindows', () => ({ WindowIdentities: [{ WindowId: PROD, Name: 'fleetkeeper-test-patch-prod' }] }));
	core.on('DescribeMaintenanceWindowTargets', () => ({ Targets: targets }));
	core.on('DescribeMaintenanceWindowTasks', () => ({ Tasks: tasks }));
	core.on('RegisterTargetWithMaintenanceWindow', ({ ClientToken, Name, OwnerInformation }) => {
		const WindowTargetId = `target-${targets.length + 1}`;
		const before = known(ClientToken, WindowTargetId);
		if (before === undefined) targets.push({ WindowTargetId, Name, OwnerInformation });
		return { WindowTargetId: before ?? WindowTargetId };
	});
	core.on('RegisterTaskWithMaintenanceWindow', ({ ClientToken, Name, Targets }) => {
		const WindowTaskId = `task-${tasks.length + 1}`;
		if (known(ClientToken, WindowTaskId) === undefined) tasks.push({ WindowTaskId, Name, Targets });
		return { WindowTaskId };
	});
	core.on('DeregisterTargetFromMaintenanceWindow', ({ WindowTargetId }) => {
		targets = targets.filter((target) => target.WindowTargetId !== WindowTargetId);
		return {};
	});
	core.on('DeregisterTaskFromMaintenanceWindow', ({ WindowTaskId }) => {
		tasks = tasks.filter((task) => task.WindowTaskId !== WindowTaskId);
		return {};
	});
	return {
		core,
		targets: () => targets.map(({ Name }) => Name),
		tasks: () => tasks.map(({ Name }) => Name),
		all: () => ({ targets, tasks }),
	};
}

async function ask(core: Core, name: Effect['name'], operation: PatchOperation = aRun()) {
	const services = { ...core.services, settings: { ...core.services.settings, patching: PATCHING } };
	return (await perform(services, [{ operation, effect: { name } as Effect }]))[0]?.fact;
}

const MINE: Target = { WindowTargetId: 'target-mine', Name: 'patch-group-prod', OwnerInformation: OWNER };
const STALE: Target = { WindowTargetId: 'target-stale', Name: 'patch-group-prod', OwnerInformation: 'patch-1 2026-02-02T09:00:00.000Z' };
const FOREIGN: Target = { WindowTargetId: 'target-foreign', Name: 'databases' };
const taskOn = (target: Target, Name = 'install-patches-prod'): Task => ({
	...{ WindowTaskId: `task-on-${target.WindowTargetId}`, Name, Targets: [{ Values: [target.WindowTargetId] }] },
});
const names = (core: Core, operation: string) => core.called().filter((name) => name.startsWith(operation));

describe('opening the ring of the next group', () => {
	it('registers its nodes, in the name of the run that proved it, and its task', async () => {
		const { core } = await withWindow();
		expect(await ask(core, 'open-next-ring')).toMatchObject({
			type: 'done',
			note: `the ring of prod is open: window ${PROD} patches it at its next run`,
		});
		expect(core.calls('RegisterTargetWithMaintenanceWindow')).toMatchObject([
			{ WindowId: PROD, Targets: [{ Key: 'tag:PatchGroup', Values: ['prod'] }], OwnerInformation: OWNER },
		]);
		expect(core.calls('RegisterTaskWithMaintenanceWindow')).toMatchObject([
			{ WindowId: PROD, TaskArn: 'AWS-RunPatchBaseline', Targets: [{ Values: ['target-1'] }], MaxErrors: '10%' },
		]);
	});

	it('asked for twice, or after a reply that was lost, registers one target and one task', async () => {
		const { core, targets, tasks } = await withWindow();
		await ask(core, 'open-next-ring');
		await ask(core, 'open-next-ring');
		expect([targets(), tasks(), names(core, 'Register').length]).toEqual([['patch-group-prod'], ['install-patches-prod'], 2]);
		// The lists do not show it yet: the token tells.
		core.on('DescribeMaintenanceWindowTargets', () => ({ Targets: [] }));
		core.on('DescribeMaintenanceWindowTasks', () => ({ Tasks: [] }));
		await ask(core, 'open-next-ring');
		expect([targets(), tasks()]).toEqual([['patch-group-prod'], ['install-patches-prod']]);
	});

	it('goes on where only the target was registered', async () => {
		const { core, all } = await withWindow({ targets: [MINE] });
		await ask(core, 'open-next-ring');
		expect(names(core, 'Register')).toEqual(['RegisterTaskWithMaintenanceWindow']);
		expect(all().tasks[0]?.Targets[0]?.Values).toEqual(['target-mine']);
	});

	it('takes away what another run has left, and leaves what people have registered', async () => {
		const { core, all } = await withWindow({ targets: [STALE, FOREIGN], tasks: [taskOn(STALE), taskOn(FOREIGN, 'backup')] });
		await ask(core, 'open-next-ring');
		expect(all().targets.map(({ OwnerInformation, Name }) => OwnerInformation ?? Name)).toEqual(['databases', OWNER]);
		expect(all().tasks.map(({ Name }) => Name)).toEqual(['backup', 'install-patches-prod']);
	});

	it.each([
		['there is no window', [], 'there is no maintenance window of prod'],
		['there are two', ['mw-1', 'mw-2'], 'there are 2 maintenance windows of prod'],
	])('is refused where %s: which is meant nobody can tell', async (_, ids, message) => {
		const { core } = await withWindow();
		core.on('DescribeMaintenanceWindows', () => ({
			WindowIdentities: ids.map((WindowId) => ({ WindowId, Name: 'fleetkeeper-test-patch-prod' })),
		}));
		expect(await ask(core, 'open-next-ring')).toMatchObject({
			type: 'not-done',
			why: 'refused',
			message: expect.stringContaining(message),
		});
		expect(names(core, 'Register')).toEqual([]);
	});

	it('is refused where the settings do not have the group any more', async () => {
		const { core } = await withWindow();
		const operation = aRun({ ring: { ...aRun().ring, next: 'qa' } });
		expect(await ask(core, 'open-next-ring', operation)).toMatchObject({ type: 'not-done', why: 'refused' });
		expect(core.called()).toEqual([]);
	});

	it.each([
		['throttled', throttled(), 'retry'],
		['unanswered', noReply(), 'retry'],
		['not allowed', awsError('AccessDeniedException'), 'refused'],
	])('is said to be %s where a call is', async (_, error, why) => {
		const { core } = await withWindow();
		core.on('RegisterTaskWithMaintenanceWindow', () => {
			throw error;
		});
		expect(await ask(core, 'open-next-ring')).toMatchObject({ type: 'not-done', effect: 'open-next-ring', why });
	});

	describe('with a later run of the group in its window', () => {
		const LATER = '24bea65d-5ccc-462d-a2f3-e99c81234567';
		const later = (changes: object = {}) => ({
			WindowExecutionId: LATER,
			Status: 'SUCCESS',
			StartTime: new Date(OPENED_AT + DAY),
			...changes,
		});
		const known = (tasks?: number) => {
			const subject = { ...RUN, executionId: LATER };
			return aRun({
				id: operationId(subject, 1),
				subject,
				version: 0,
				window: { ...aRun().window, ...(tasks !== undefined && { tasks }) },
			});
		};
		async function opening(run: object, operation?: PatchOperation) {
			const { core } = await withWindow();
			core.on('DescribeMaintenanceWindowExecutions', () => ({ WindowExecutions: [run] }));
			if (operation) await core.services.ledger.create({ ...operation, version: 1 });
			return { fact: await ask(core, 'open-next-ring'), registered: names(core, 'Register').length };
		}

		it.each([
			[
				'that patches is not for this one any more',
				known(1),
				{ type: 'not-done', why: 'gone', message: expect.stringContaining('newer run') },
			],
			['that nobody has looked at yet waits', known(), { type: 'not-done', why: 'retry' }],
			['that nobody knows of yet waits', undefined, { type: 'not-done', why: 'retry' }],
		])('%s', async (_, operation, expected) => {
			expect(await opening(later(), operation)).toMatchObject({ fact: expected, registered: 0 });
		});

		it.each([
			['that had nothing to run', later(), known(0)],
			['that was skipped', later({ Status: 'SKIPPED_OVERLAPPING' }), undefined],
			['that is this very run', later({ WindowExecutionId: RUN.executionId, StartTime: new Date(OPENED_AT) }), undefined],
		])('%s goes on', async (_, run, operation) => {
			expect(await opening(run, operation)).toMatchObject({ fact: { type: 'done' }, registered: 2 });
		});
	});
});

describe('closing a ring', () => {
	it('takes its tasks and its targets away, whoever has opened it, and leaves what people have registered', async () => {
		const { core, targets, tasks } = await withWindow({
			targets: [MINE, STALE, FOREIGN],
			tasks: [taskOn(MINE), taskOn(STALE), taskOn(FOREIGN, 'backup')],
		});
		expect(await ask(core, 'close-next-ring')).toMatchObject({ type: 'done', note: expect.stringContaining('the ring of prod is closed') });
		expect([targets(), tasks()]).toEqual([['databases'], ['backup']]);
		expect(names(core, 'Deregister')[0]).toBe('DeregisterTaskFromMaintenanceWindow');
	});

	it('that is closed is no news', async () => {
		const { core } = await withWindow();
		expect(await ask(core, 'close-next-ring')).toEqual({ type: 'done', effect: 'close-next-ring' });
	});

	it('that others close at the same moment is done', async () => {
		const { core } = await withWindow({ targets: [MINE], tasks: [taskOn(MINE)] });
		core.on('DeregisterTaskFromMaintenanceWindow', () => {
			throw awsError('DoesNotExistException');
		});
		expect(await ask(core, 'close-next-ring')).toMatchObject({ type: 'done' });
	});

	it('asks for the window of the group itself where it is its own', async () => {
		const { core } = await withWindow();
		await ask(core, 'close-ring');
		expect(core.calls('DescribeMaintenanceWindows')).toMatchObject([
			{ Filters: [{ Key: 'Name', Values: ['fleetkeeper-test-patch-test'] }] },
		]);
	});

	it('that AWS does not grant is tried again', async () => {
		const { core } = await withWindow({ targets: [MINE], tasks: [taskOn(MINE)] });
		core.on('DeregisterTargetFromMaintenanceWindow', () => {
			throw throttled();
		});
		expect(await ask(core, 'close-next-ring')).toMatchObject({ type: 'not-done', effect: 'close-next-ring', why: 'retry' });
	});
});
