/** Maintenance windows, as far as both go: nothing runs in moto_server. */

import {
	CreateMaintenanceWindowCommand,
	type CreateMaintenanceWindowCommandInput,
	DeleteMaintenanceWindowCommand,
	DeregisterTargetFromMaintenanceWindowCommand,
	DeregisterTaskFromMaintenanceWindowCommand,
	DescribeMaintenanceWindowsCommand,
	DescribeMaintenanceWindowTargetsCommand,
	DescribeMaintenanceWindowTasksCommand,
	GetMaintenanceWindowCommand,
	ListTagsForResourceCommand,
	RegisterTargetWithMaintenanceWindowCommand,
	RegisterTaskWithMaintenanceWindowCommand,
	type RegisterTaskWithMaintenanceWindowCommandInput,
} from '@aws-sdk/client-ssm';
import { type Case, refusal, type System, some } from '../system.ts';

const NOWHERE = 'mw-00000000000000000';
const WEB = [{ Key: 'tag:service', Values: ['nginx'] }];

async function create({ ssm }: System, rest: Partial<CreateMaintenanceWindowCommandInput> = {}): Promise<string> {
	const input = { Name: 'contract', Schedule: 'cron(0 2 ? * TUE *)', Duration: 3, Cutoff: 1, AllowUnassociatedTargets: false };
	return (await ssm.send(new CreateMaintenanceWindowCommand({ ...input, ...rest }))).WindowId ?? '';
}

async function addTarget({ ssm }: System, WindowId: string): Promise<string> {
	const input = { WindowId, ResourceType: 'INSTANCE', Targets: WEB, Name: 'web', OwnerInformation: 'web team' } as const;
	return (await ssm.send(new RegisterTargetWithMaintenanceWindowCommand(input))).WindowTargetId ?? '';
}

function addTask({ ssm }: System, WindowId: string, rest: Partial<RegisterTaskWithMaintenanceWindowCommandInput>) {
	const rates = { MaxConcurrency: '10%', MaxErrors: '1', Priority: 2 };
	const task = { WindowId, TaskType: 'RUN_COMMAND', TaskArn: 'AWS-RunShellScript', ...rates } as const;
	return ssm.send(new RegisterTaskWithMaintenanceWindowCommand({ ...task, ...rest }));
}

function refusedWindow(what: string, input: Partial<CreateMaintenanceWindowCommandInput>): Case {
	return {
		name: `maintenance windows: ${what} is refused`,
		act: (system) => refusal(create(system, input)),
		gives: { refused: 'ValidationException', status: 400 },
	};
}

export const WINDOW_CASES: readonly Case[] = [
	{
		name: 'maintenance windows: a new one is enabled, and read as it was made',
		async act(system) {
			const WindowId = await create(system, { Description: 'every Tuesday', ScheduleTimezone: 'Europe/Berlin' });
			const window = await system.ssm.send(new GetMaintenanceWindowCommand({ WindowId }));
			return {
				...some(window, 'Name', 'Description', 'Schedule', 'ScheduleTimezone', 'Duration', 'Cutoff', 'Enabled'),
				id: /^mw-[0-9a-f]{17}$/.test(WindowId),
			};
		},
		gives: {
			Name: 'contract',
			Description: 'every Tuesday',
			Schedule: 'cron(0 2 ? * TUE *)',
			ScheduleTimezone: 'Europe/Berlin',
			Duration: 3,
			Cutoff: 1,
			Enabled: true,
			id: true,
		},
	},
	{
		name: 'maintenance windows: it says when it opens next',
		async act(system) {
			const WindowId = await create(system, { Schedule: 'at(2099-03-02T10:00:00)' });
			return (await system.ssm.send(new GetMaintenanceWindowCommand({ WindowId }))).NextExecutionTime ?? null;
		},
		gives: '2099-03-02T10:00Z',
	},
	{
		name: 'maintenance windows: they are listed by name',
		async act(system) {
			await create(system, { Name: 'contract-listed' });
			const Filters = [{ Key: 'Name', Values: ['contract-listed'] }];
			const { WindowIdentities = [] } = await system.ssm.send(new DescribeMaintenanceWindowsCommand({ Filters }));
			return WindowIdentities.map((window) => some(window, 'Name', 'Enabled', 'Schedule'));
		},
		gives: [{ Name: 'contract-listed', Enabled: true, Schedule: 'cron(0 2 ? * TUE *)' }],
	},
	{
		name: 'maintenance windows: they have the tags that they were made with',
		async act(system) {
			const ResourceId = await create(system, { Tags: [{ Key: 'ring', Value: 'dev' }] });
			return (await system.ssm.send(new ListTagsForResourceCommand({ ResourceType: 'MaintenanceWindow', ResourceId }))).TagList;
		},
		gives: [{ Key: 'ring', Value: 'dev' }],
	},
	{
		name: 'maintenance windows: one that was deleted is not there',
		async act(system) {
			const WindowId = await create(system);
			await system.ssm.send(new DeleteMaintenanceWindowCommand({ WindowId }));
			return refusal(system.ssm.send(new GetMaintenanceWindowCommand({ WindowId })));
		},
		gives: { refused: 'DoesNotExistException', status: 400 },
	},
	{
		name: 'maintenance windows: one that is not there can be deleted',
		act: ({ ssm }) => refusal(ssm.send(new DeleteMaintenanceWindowCommand({ WindowId: NOWHERE }))),
		gives: 'accepted',
	},
	{
		name: 'maintenance windows: a target is registered, listed and deregistered',
		async act(system) {
			const WindowId = await create(system);
			const WindowTargetId = await addTarget(system, WindowId);
			const list = async () => (await system.ssm.send(new DescribeMaintenanceWindowTargetsCommand({ WindowId }))).Targets ?? [];
			const before = (await list()).map((target) => ({
				...some(target, 'ResourceType', 'Targets', 'Name', 'OwnerInformation'),
				ids: target.WindowId === WindowId && target.WindowTargetId === WindowTargetId,
			}));
			await system.ssm.send(new DeregisterTargetFromMaintenanceWindowCommand({ WindowId, WindowTargetId }));
			return [before, await list()];
		},
		gives: [[{ ResourceType: 'INSTANCE', Targets: WEB, Name: 'web', OwnerInformation: 'web team', ids: true }], []],
	},
	{
		name: 'maintenance windows: a task is registered, listed and deregistered',
		async act(system) {
			const WindowId = await create(system);
			const Targets = [{ Key: 'WindowTargetIds', Values: [await addTarget(system, WindowId)] }];
			const { WindowTaskId = '' } = await addTask(system, WindowId, { Targets });
			const list = async () => (await system.ssm.send(new DescribeMaintenanceWindowTasksCommand({ WindowId }))).Tasks ?? [];
			const before = (await list()).map((task) => ({
				...some(task, 'TaskArn', 'Priority', 'MaxConcurrency', 'MaxErrors'),
				ids: task.WindowId === WindowId && task.WindowTaskId === WindowTaskId,
			}));
			await system.ssm.send(new DeregisterTaskFromMaintenanceWindowCommand({ WindowId, WindowTaskId }));
			return [before, await list()];
		},
		gives: [[{ TaskArn: 'AWS-RunShellScript', Priority: 2, MaxConcurrency: '10%', MaxErrors: '1', ids: true }], []],
	},
	{
		name: 'maintenance windows: a window that is not there takes no targets',
		act: (system) => refusal(addTarget(system, NOWHERE)),
		gives: { refused: 'DoesNotExistException', status: 400 },
	},
	{
		name: 'maintenance windows: a command without targets is refused',
		act: async (system) => refusal(addTask(system, await create(system), { Targets: [] })),
		gives: { refused: 'ValidationException', status: 400 },
	},
	refusedWindow('a schedule that is none', { Schedule: 'every day' }),
	refusedWindow('a duration of 25 hours', { Duration: 25 }),
	refusedWindow('a name of two letters', { Name: 'mw' }),
];
