/** The maintenance windows of an account: which of them are a patch group's, and what was run in them. */

import {
	DescribeMaintenanceWindowExecutionsCommand,
	DescribeMaintenanceWindowsCommand,
	GetMaintenanceWindowCommand,
	type MaintenanceWindowExecution,
	type MaintenanceWindowIdentity,
} from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { describeError, Retry } from '../errors.ts';
import { patchWindowName, patchWindowPrefix } from './task.ts';

/** What a window is said to be is believed for so long: its times may be changed. Milliseconds. */
const KNOWN_FOR = 60 * 60_000;
/** Results of a page (API reference), and pages of runs: those of a window that opens every hour, for ten days. */
export const PAGE = 100;
const PAGES = 3;

/** A window of a patch group. */
export interface PatchWindow {
	readonly id: string;
	readonly group: string;
	readonly hours: number;
	readonly cutoffHours: number;
}

export interface WindowReader {
	/**
	 * The window, where it is a patch group's of this stage.
	 * @throws Retry where AWS does not say.
	 */
	of(windowId: string): Promise<PatchWindow | undefined>;
}

/** Remembers what windows are, foreign ones too: every run of any window of the account sends events. */
export function createWindowReader({ aws, settings, now }: Pick<Deps, 'aws' | 'settings' | 'now'>): WindowReader {
	const known = new Map<string, { readonly at: number; readonly window: PatchWindow | undefined }>();

	async function read(windowId: string): Promise<PatchWindow | undefined> {
		try {
			return windowFrom(settings, await aws.ssm.send(new GetMaintenanceWindowCommand({ WindowId: windowId })));
		} catch (error) {
			if (isGone(error)) return undefined;
			throw new Retry(`maintenance window ${windowId} cannot be read: ${describeError(error)}`, error);
		}
	}

	return {
		async of(windowId) {
			const last = known.get(windowId);
			if (last !== undefined && now() - last.at < KNOWN_FOR) return last.window;
			const window = await read(windowId);
			known.set(windowId, { at: now(), window });
			return window;
		},
	};
}

/** Whether AWS says that there is no such window, target or task. */
export function isGone(error: unknown): boolean {
	return (error as Error).name === 'DoesNotExistException';
}

function windowFrom(
	settings: Deps['settings'],
	{ WindowId: id = '', Name: name = '', Duration: hours = 0, Cutoff: cutoffHours = 0 }: MaintenanceWindowIdentity,
): PatchWindow | undefined {
	const prefix = patchWindowPrefix(settings);
	return name.startsWith(prefix) ? { id, group: name.slice(prefix.length), hours, cutoffHours } : undefined;
}

/** The windows of patch groups. Nothing keeps two from having one name. */
export async function windowsOf({ aws, settings }: Pick<Deps, 'aws' | 'settings'>, groups: readonly string[]): Promise<PatchWindow[]> {
	const Values = groups.map((group) => patchWindowName(settings, group));
	const { WindowIdentities = [] } = await aws.ssm.send(
		new DescribeMaintenanceWindowsCommand({ Filters: [{ Key: 'Name', Values }], MaxResults: PAGE }),
	);
	return WindowIdentities.flatMap((window) => windowFrom(settings, window) ?? []).filter(({ group }) => groups.includes(group));
}

/** Runs of a window since an instant, the newest first. */
export async function runsOf({ aws }: Pick<Deps, 'aws'>, windowId: string, since: number): Promise<MaintenanceWindowExecution[]> {
	const runs: MaintenanceWindowExecution[] = [];
	const Filters = [{ Key: 'ExecutedAfter', Values: [`${new Date(since).toISOString().slice(0, 19)}Z`] }];
	let NextToken: string | undefined;
	let pages = 0;
	do {
		const input = { WindowId: windowId, Filters, MaxResults: PAGE, ...(NextToken && { NextToken }) };
		const output = await aws.ssm.send(new DescribeMaintenanceWindowExecutionsCommand(input));
		runs.push(...(output.WindowExecutions ?? []));
		NextToken = output.NextToken;
		pages += 1;
	} while (NextToken && pages < PAGES);
	return runs.sort((one, other) => startOf(other) - startOf(one));
}

export function startOf({ StartTime }: Pick<MaintenanceWindowExecution, 'StartTime'>): number {
	return StartTime?.getTime() ?? 0;
}
