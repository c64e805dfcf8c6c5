/** Patch groups in rings: the packaged windows, at hours in the place of days, and what became of their runs. */

import {
	DescribeMaintenanceWindowsCommand,
	DescribeMaintenanceWindowTargetsCommand,
	DescribeMaintenanceWindowTasksCommand,
} from '@aws-sdk/client-ssm';
import type { Patching } from '../../local/aws/ec2-machine.ts';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import type { FleetGroup, FleetNode } from '../../local/fleet.ts';
import { releasePatches } from '../../local/fleet-patches.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate, type Template } from '../../local/template.ts';
import type { PatchOperation } from '../../shared/operation/types.ts';
import type { PatchGroup } from '../../shared/patching/settings.ts';
import { MINUTE, START } from './deployment.ts';
import { begin, type Flow, type Setup } from './support.ts';

export type Ring = 'dev' | 'test' | 'prod';
const OS = 'AMAZON_LINUX_2023';
const PATCHES = [
	{ id: 'openssl-libs.x86_64', os: OS, classification: 'Security', severity: 'Critical', released: '2026-01-13' },
	{ id: 'curl-minimal.x86_64', os: OS, classification: 'Security', severity: 'Important', released: '2026-01-20' },
] as const;
const PATCHING: Patching = { os: OS, scanSeconds: 20, secondsPerPatch: 30, restartSeconds: 60 };

/** Of an hour, in the place of days: a cycle of rings is a day. */
const HOUR_OF_SOAK = 1 / 24;
const group = (name: string): PatchGroup => ({
	...{ name, soakDays: HOUR_OF_SOAK, approveAfterDays: 7, maxConcurrency: '100%', maxErrors: '100%' },
	...{ reboot: true, hours: 3, cutoffHours: 1 },
});
/** When the windows open, in UTC: two cycles of the first two groups begin after the flows do, at nine. */
const SCHEDULES: Readonly<Record<string, string>> = {
	dev: 'cron(0 10,19 * * ? *)',
	test: 'cron(0 14,23 * * ? *)',
	prod: 'cron(0 18 * * ? *)',
};
export const at = (hour: number, minute = 0) => START + ((hour - 9) * 60 + minute) * MINUTE;

export interface PatchSetup extends Setup {
	/** How many nodes each has, or which. */
	readonly rings?: Readonly<Partial<Record<Ring, number | readonly FleetNode[]>>>;
	readonly patching?: Partial<Patching>;
	/** In place of those of the flows. */
	readonly schedules?: Readonly<Partial<Record<Ring, string>>>;
}

export const node = (ring: Ring, n: number) => `i-0${{ dev: 'd', test: 'e', prod: 'f' }[ring]}${String(n).padStart(15, '0')}`;

let packaged: Promise<Template> | undefined;

/** The template with windows at those hours, without associations and without the clocks of other functions. */
async function template(schedules: PatchSetup['schedules']): Promise<Template> {
	packaged ??= ensureTemplate().then((file) => loadTemplate(file));
	const { state, rules, ...others } = await packaged;
	const hours: Readonly<Record<string, string>> = { ...SCHEDULES, ...schedules };
	const windowAt = (name = '') => hours[name.slice(name.lastIndexOf('-') + 1)];
	return {
		...others,
		rules: rules.filter(({ name, schedule }) => schedule === undefined || name.includes('-maintenance-window-')),
		state: {
			...state,
			associations: [],
			maintenanceWindows: state.maintenanceWindows.map(({ id, input }) => {
				const { ScheduleOffset: _, ...rest } = input;
				return { id, input: { ...rest, Schedule: windowAt(input.Name) ?? input.Schedule, Duration: 3, Cutoff: 1 } };
			}),
		},
	};
}

/** Rings of a few nodes; all is well with them unless a test says otherwise. */
export async function withRings({ rings = { dev: 2, test: 2, prod: 1 }, patching, schedules, ...setup }: PatchSetup = {}): Promise<Flow> {
	const groups = Object.entries(rings).map(([name, nodes]): FleetGroup => {
		const list = typeof nodes === 'number' ? fleetNodes(name as Ring, nodes) : nodes;
		return { name: `shop-${name}`, min: 0, max: 2_000, tags: { PatchGroup: name }, patching: { ...PATCHING, ...patching }, nodes: list };
	});
	const settings = { successPercent: 95, groups: ['dev', 'test', 'prod'].map(group) };
	const environment = { PATCHING: JSON.stringify(settings) };
	const flow = await begin({ nodes: 0, groups, template: await template(schedules), environment, ...setup });
	releasePatches(flow.world.services.ssm, PATCHES);
	return flow;
}

export const isRun = ({ 'detail-type': type }: BusEvent) => type === 'Maintenance Window Execution State-change Notification';

/** The operations of a group's runs, in the order of their opening. */
export async function runs(flow: Flow, ring?: string): Promise<PatchOperation[]> {
	return (await flow.operations('patch')).filter(({ subject }) => ring === undefined || subject.group === ring);
}

/** The latest run of a group. @throws Error where there is none. */
export async function theRun(flow: Flow, ring: string): Promise<PatchOperation> {
	const [latest] = (await runs(flow, ring)).filter(({ state }) => state !== 'skipped').slice(-1);
	if (latest === undefined) throw new Error(`There is no run of ${ring}.`);
	return latest;
}

/** Nodes of a group, some of which differ, by their numbers. */
export function fleetNodes(ring: Ring, count: number, others: Readonly<Record<number, Partial<FleetNode>>> = {}): FleetNode[] {
	return Array.from({ length: count }, (_, n) => ({ id: node(ring, n + 1), ...others[n + 1] }));
}

/** Whether a group's window would patch it. */
export async function ringIsOpen(flow: Flow, ring: Ring): Promise<boolean> {
	return flow.people(async ({ ssm }) => {
		const Filters = [{ Key: 'Name', Values: [`fleetkeeper-local-patch-${ring}`] }];
		const { WindowIdentities = [] } = await ssm.send(new DescribeMaintenanceWindowsCommand({ Filters }));
		const { WindowId } = WindowIdentities[0] ?? {};
		const { Targets = [] } = await ssm.send(new DescribeMaintenanceWindowTargetsCommand({ WindowId }));
		const { Tasks = [] } = await ssm.send(new DescribeMaintenanceWindowTasksCommand({ WindowId }));
		if (Targets.length > 1 || Tasks.length > 1)
			throw new Error(`The window of ${ring} has ${Targets.length} targets and ${Tasks.length} tasks.`);
		return Targets.length > 0 && Tasks.length > 0;
	});
}

/** The report of a run, as it is in its bucket. */
export function reportOf(flow: Flow, run: PatchOperation | undefined): Record<string, unknown> {
	const [bucket = '', ...key] = (run?.report ?? '').replace('s3://', '').split('/');
	const bytes = flow.world.services.s3.bucket(bucket)?.objects.get(key.join('/'))?.bytes;
	return JSON.parse(new TextDecoder().decode(bytes));
}
