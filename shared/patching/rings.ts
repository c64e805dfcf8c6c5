/** Opening and closing the rings of patch groups: a window does nothing as long as it has no target and no task. */

import {
	DeregisterTargetFromMaintenanceWindowCommand,
	DeregisterTaskFromMaintenanceWindowCommand,
	DescribeMaintenanceWindowTargetsCommand,
	DescribeMaintenanceWindowTasksCommand,
	RegisterTargetWithMaintenanceWindowCommand,
	RegisterTaskWithMaintenanceWindowCommand,
} from '@aws-sdk/client-ssm';
import { requestIdOf } from '../errors.ts';
import { OVERLAPPING } from '../kinds/patch/event.ts';
import type { PatchOperation } from '../kinds/patch/types.ts';
import type { Effect, Fact } from '../operation/facts.ts';
import { operationId, uuidFrom } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import { outputBucket } from '../settings.ts';
import { type Called, oneByOne, ownerText } from './runs.ts';
import type { PatchGroup } from './settings.ts';
import { patchRoleArn, patchTarget, patchTask, patchTaskName } from './task.ts';
import { isGone, PAGE, type PatchWindow, runsOf, startOf, windowsOf } from './windows.ts';

/** What of a window is a patch group's: what people have registered besides is theirs. */
interface Content {
	readonly targets: readonly { readonly id: string; readonly owner: string | undefined }[];
	readonly tasks: readonly { readonly id: string; readonly targets: readonly string[] }[];
}

async function contentOf({ aws }: Services, { id: WindowId, group }: PatchWindow): Promise<Content> {
	const { Targets = [] } = await aws.ssm.send(new DescribeMaintenanceWindowTargetsCommand({ WindowId, MaxResults: PAGE }));
	const { Tasks = [] } = await aws.ssm.send(new DescribeMaintenanceWindowTasksCommand({ WindowId, MaxResults: PAGE }));
	return {
		targets: Targets.filter(({ Name }) => Name === patchTarget({ name: group }).Name).map(
			({ WindowTargetId: targetId = '', OwnerInformation }) => ({
				id: targetId,
				owner: OwnerInformation,
			}),
		),
		tasks: Tasks.filter(({ Name }) => Name === patchTaskName(group)).map(({ WindowTaskId: taskId = '', Targets: on = [] }) => ({
			id: taskId,
			targets: on.flatMap(({ Values = [] }) => Values),
		})),
	};
}

/** Takes from a window what lets it patch. @returns how much that was. */
async function empty({ aws }: Services, { id: WindowId }: PatchWindow, { targets, tasks }: Content, called: Called): Promise<number> {
	for (const { id: WindowTaskId } of tasks)
		await unlessGone(called(aws.ssm.send(new DeregisterTaskFromMaintenanceWindowCommand({ WindowId, WindowTaskId }))));
	for (const { id: WindowTargetId } of targets)
		await unlessGone(called(aws.ssm.send(new DeregisterTargetFromMaintenanceWindowCommand({ WindowId, WindowTargetId }))));
	return tasks.length + targets.length;
}

/** What is gone already is as it should be. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
	await call.catch((error: unknown) => {
		if (!isGone(error)) throw error;
	});
}

async function close(services: Services, effect: Effect['name'], group: string, called: Called): Promise<Fact> {
	let found = 0;
	for (const window of await windowsOf(services, [group]))
		found += await empty(services, window, await contentOf(services, window), called);
	return {
		type: 'done',
		effect,
		...(found > 0 && { note: `the ring of ${group} is closed: its window has no target and no task any more` }),
	};
}

/** Closes the ring of the group itself: its run is over. */
export const closeRing = oneByOne('close-ring', (services, { subject }, called) => close(services, 'close-ring', subject.group, called));

/** Closes the ring of the next group: what an earlier run has granted it is withdrawn. */
export const closeNextRing = oneByOne('close-next-ring', (services, { ring }, called) =>
	close(services, 'close-next-ring', `${ring.next}`, called),
);

/** Opens the ring of the next group, as often as it is asked for once: what is there already is left, what another run has left is not. */
export const openNextRing = oneByOne('open-next-ring', async (services, operation, called): Promise<Fact> => {
	const { settings } = services;
	const group = settings.patching?.groups.find(({ name }) => name === operation.ring.next);
	if (group === undefined) return refused(`the settings have no patch group ${operation.ring.next} any more`);
	const newer = await newerRun(services, operation);
	if (newer !== undefined) return newer;
	const [window, ...others] = await windowsOf(services, [group.name]);
	if (window === undefined) return refused(`there is no maintenance window of ${group.name}`);
	if (others.length > 0)
		return refused(`there are ${others.length + 1} maintenance windows of ${group.name}: which is meant nobody can tell`);
	return register(services, operation, group, window, called);
});

const EFFECT = 'open-next-ring';

function refused(message: string): Fact {
	return { type: 'not-done', effect: EFFECT, why: 'refused', message };
}

/** What a later run of the group is to this one: it has withdrawn what this one might grant. Nothing where there is none. */
async function newerRun(services: Services, { subject, window }: PatchOperation): Promise<Fact | undefined> {
	const runs = await runsOf(services, subject.windowId, window.startedAt);
	const later = runs.filter((run) => startOf(run) > window.startedAt && run.Status !== OVERLAPPING);
	if (later.length === 0) return undefined;
	const idOf = (executionId = '') => operationId({ ...subject, executionId }, 1);
	const known = new Map((await services.ledger.load(later.map((run) => idOf(run.WindowExecutionId)))).map((each) => [each.id, each]));
	for (const { WindowExecutionId } of later) {
		const operation = known.get(idOf(WindowExecutionId)) as PatchOperation | undefined;
		const tasks = operation?.window.tasks;
		// Whether it patches is not known yet: its event, or the sweep, is on its way.
		if (tasks === undefined)
			return { type: 'not-done', effect: EFFECT, why: 'retry', message: `how run ${WindowExecutionId} stands is not known yet` };
		if (tasks > 0) return { type: 'not-done', effect: EFFECT, why: 'gone', message: `the group has begun a newer run, ${operation?.id}` };
	}
	return undefined;
}

async function register(
	services: Services,
	operation: PatchOperation,
	group: PatchGroup,
	window: PatchWindow,
	called: Called,
): Promise<Fact> {
	const { aws, settings } = services;
	const { account, region } = operation.subject;
	const owner = ownerText({ operation: operation.id, startedAt: operation.window.startedAt });
	const content = await contentOf(services, window);
	const [mine] = content.targets.filter((target) => target.owner === owner);
	const targets = content.targets.filter((target) => target !== mine);
	const tasks = content.tasks.filter((task) => mine === undefined || !task.targets.includes(mine.id));
	await empty(services, window, { targets, tasks }, called);
	const WindowId = window.id;
	// Names of this opening: a call that is repeated after a lost reply registers nothing anew.
	const token = (what: string) => uuidFrom(`${operation.id} ${what}`);
	const target = { ...patchTarget(group), OwnerInformation: owner, ClientToken: token('target') };
	const { WindowTargetId: targetId = '' } = mine
		? { WindowTargetId: mine.id }
		: await called(aws.ssm.send(new RegisterTargetWithMaintenanceWindowCommand({ WindowId, ...target })));
	const note = `the ring of ${group.name} is open: window ${WindowId} patches it at its next run`;
	if (tasks.length < content.tasks.length) return { type: 'done', effect: EFFECT, note };
	const bucket = outputBucket(settings, account, region);
	const task = patchTask({ settings, group, targetId, bucket, roleArn: patchRoleArn(settings, account, region) });
	const output = await aws.ssm.send(new RegisterTaskWithMaintenanceWindowCommand({ WindowId, ...task, ClientToken: token('task') }));
	return { type: 'done', effect: EFFECT, note, requestId: requestIdOf(output) };
}
