/** The operations on maintenance windows themselves. */

import type {
	CreateMaintenanceWindowCommandInput,
	CreateMaintenanceWindowCommandOutput,
	DeleteMaintenanceWindowCommandInput,
	DeleteMaintenanceWindowCommandOutput,
	DescribeMaintenanceWindowScheduleCommandInput,
	DescribeMaintenanceWindowScheduleCommandOutput,
	DescribeMaintenanceWindowsCommandInput,
	DescribeMaintenanceWindowsCommandOutput,
	DescribeMaintenanceWindowsForTargetCommandInput,
	DescribeMaintenanceWindowsForTargetCommandOutput,
	GetMaintenanceWindowCommandInput,
	GetMaintenanceWindowCommandOutput,
	MaintenanceWindowFilter,
	Target,
	UpdateMaintenanceWindowCommandInput,
	UpdateMaintenanceWindowCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { given, pageSize, tagsOf } from '../checks.ts';
import { matchesTargets } from '../node-targets.ts';
import type { Nodes } from '../nodes.ts';
import type { Window } from './model.ts';
import { settingsFrom } from './settings.ts';
import type { Windows } from './windows.ts';

/** How many upcoming executions of a window are worked out. */
const UPCOMING = 20;

export function windowOperations(windows: Windows, nodes: Nodes) {
	/** Windows by the token that they were created with. */
	const tokens = new Map<string, string>();

	function next(window: Window, after?: number): string | undefined {
		const at = windows.nextOpening(window, after);
		return at === undefined ? undefined : isoMinutes(at);
	}

	function upcoming(window: Window): { readonly window: Window; readonly at: number }[] {
		const found: { window: Window; at: number }[] = [];
		let at = windows.nextOpening(window);
		while (at !== undefined && found.length < UPCOMING) {
			found.push({ window, at });
			at = windows.nextOpening(window, at);
		}
		return found;
	}

	/** Windows whose targets lead to what `targets` asks for: a node by id, or the same target. */
	function forTargets(targets: readonly Target[]): Window[] {
		const ids = targets.flatMap(({ Key: key = '', Values: values = [] }) => (/^instanceids$/i.test(key) ? values : []));
		return windows.all().filter(({ targets: registered }) =>
			[...registered.values()].some((target) => {
				if (JSON.stringify(target.targets) === JSON.stringify(targets)) return true;
				return ids.some((id) => {
					const node = nodes.get(id);
					return node !== undefined && target.resourceType === 'INSTANCE' && matchesTargets(nodes, node, target.targets);
				});
			}),
		);
	}

	return {
		CreateMaintenanceWindow(input: CreateMaintenanceWindowCommandInput): Output<CreateMaintenanceWindowCommandOutput> {
			const { ClientToken: token } = input;
			const known = token === undefined ? undefined : tokens.get(token);
			if (known !== undefined) return { WindowId: known };
			const { id } = windows.create(settingsFrom(input), tagsOf(input.Tags));
			if (token !== undefined) tokens.set(token, id);
			return { WindowId: id };
		},

		UpdateMaintenanceWindow(input: UpdateMaintenanceWindowCommandInput): Output<UpdateMaintenanceWindowCommandOutput> {
			const window = windows.get(input.WindowId);
			const { enabled } = window.settings;
			windows.update(window, settingsFrom({ Enabled: enabled, ...input }, input.Replace ? undefined : window.settings));
			return wire(window);
		},

		DeleteMaintenanceWindow({ WindowId: id }: DeleteMaintenanceWindowCommandInput): Output<DeleteMaintenanceWindowCommandOutput> {
			// One that is not there is deleted already: the call has no error for it (API model).
			const window = windows.all().find((each) => each.id === id);
			if (window) windows.delete(window);
			return { WindowId: id };
		},

		GetMaintenanceWindow({ WindowId: id }: GetMaintenanceWindowCommandInput): Output<GetMaintenanceWindowCommandOutput> {
			const window = windows.get(id);
			return {
				...wire(window),
				...given('NextExecutionTime', next(window)),
				CreatedDate: new Date(window.createdAt),
				ModifiedDate: new Date(window.modifiedAt),
			};
		},

		DescribeMaintenanceWindows(input: DescribeMaintenanceWindowsCommandInput): Output<DescribeMaintenanceWindowsCommandOutput> {
			const matching = windows.all().filter((window) => (input.Filters ?? []).every((filter) => passes(window, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 10, 100));
			const WindowIdentities = found.items.map((window) => {
				const { AllowUnassociatedTargets, ...identity } = wire(window);
				return { ...identity, ...given('NextExecutionTime', next(window)) };
			});
			return { WindowIdentities, ...nextToken(found) };
		},

		DescribeMaintenanceWindowSchedule(
			input: DescribeMaintenanceWindowScheduleCommandInput,
		): Output<DescribeMaintenanceWindowScheduleCommandOutput> {
			const { WindowId: id, Targets: targets = [] } = input;
			const all = id === undefined ? (targets.length === 0 ? windows.all() : forTargets(targets)) : [windows.get(id)];
			const times = all
				.flatMap(upcoming)
				.filter(({ at }) => (input.Filters ?? []).every(({ Key: key, Values: [value = ''] = [] }) => isScheduled(key, value, at)))
				.sort((one, other) => one.at - other.at);
			const found = page(times, input.NextToken, pageSize(input.MaxResults, 1, 1_000));
			const ScheduledWindowExecutions = found.items.map(({ window, at }) => ({
				WindowId: window.id,
				Name: window.settings.name,
				ExecutionTime: isoMinutes(at),
			}));
			return { ScheduledWindowExecutions, ...nextToken(found) };
		},

		DescribeMaintenanceWindowsForTarget(
			input: DescribeMaintenanceWindowsForTargetCommandInput,
		): Output<DescribeMaintenanceWindowsForTargetCommandOutput> {
			const found = page(forTargets(input.Targets ?? []), input.NextToken, pageSize(input.MaxResults, 1, 100));
			return { WindowIdentities: found.items.map(({ id, settings }) => ({ WindowId: id, Name: settings.name })), ...nextToken(found) };
		},
	};
}

function wire({ id, settings }: Window) {
	return {
		WindowId: id,
		Name: settings.name,
		...given('Description', settings.description),
		...given('StartDate', settings.startDate),
		...given('EndDate', settings.endDate),
		Schedule: settings.schedule,
		...given('ScheduleTimezone', settings.timezone),
		...given('ScheduleOffset', settings.offsetDays),
		Duration: settings.durationHours,
		Cutoff: settings.cutoffHours,
		AllowUnassociatedTargets: settings.allowUnassociatedTargets,
		Enabled: settings.enabled,
	};
}

function passes({ settings }: Window, { Key: key, Values: values = [] }: MaintenanceWindowFilter): boolean {
	switch (key) {
		case 'Name':
			return values.includes(settings.name);
		case 'Enabled':
			return values.some((value) => value.toLowerCase() === String(settings.enabled));
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid: use Name or Enabled.`);
	}
}

function isScheduled(key: string | undefined, value: string, at: number): boolean {
	if (key === 'ScheduledBefore') return at < Date.parse(value);
	if (key === 'ScheduledAfter') return at > Date.parse(value);
	throw new AwsError('ValidationException', `The filter key ${key} is not valid: use ScheduledBefore or ScheduledAfter.`);
}

/** `2026-03-03T02:00Z` */
function isoMinutes(at: number): string {
	const text = new Date(at).toISOString();
	return text.endsWith(':00.000Z') ? `${text.slice(0, 16)}Z` : `${text.slice(0, 19)}Z`;
}
