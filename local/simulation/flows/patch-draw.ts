/** A story of patches in rings: three groups of nodes, some of which are ill, their windows twice a day, and what people do. */

import { CancelMaintenanceWindowExecutionCommand } from '@aws-sdk/client-ssm';
import type { Patching } from '../../aws/ec2-machine.ts';
import type { FleetGroup, FleetNode } from '../../fleet.ts';
import type { Template } from '../../template.ts';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { reach, tried, vanish } from '../people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const GROUPS = ['dev', 'test', 'prod'] as const;
export type Group = (typeof GROUPS)[number];
const SYSTEM = 'AMAZON_LINUX_2023';
const FUNCTION = 'maintenance-window';

/** What vendors have released: one before the first cycle, one between the two. */
const PATCHES = ['openssl-libs.x86_64', 'kernel.x86_64'] as const;
/** From a group's window to the next group's, and from one cycle to the next. Hours. */
const CYCLE_HOURS = 9;

export interface PatchPart extends Part {
	/** Minutes. */
	readonly soak: Readonly<Record<Group, number>>;
	readonly successPercent: number;
	/** When the last window opens: epoch milliseconds. */
	readonly lastOpeningAt: number;
}

export function drawPatching(draw: Draw, setting: Setting): PatchPart {
	const about = draw.of('windows');
	const firstAt = Math.ceil((setting.startAt + about.whole(2, 20) * MINUTE) / MINUTE) * MINUTE;
	const opensAt: Record<Group, number> = { dev: firstAt, test: 0, prod: 0 };
	// Two hours are too short for a soak after a run to its cutoff: the ring is closed then.
	opensAt.test =
		opensAt.dev +
		about.weighted([
			[4, 3],
			[1, 2],
		]) *
			HOUR;
	opensAt.prod =
		opensAt.test +
		about.weighted([
			[4, 3],
			[1, 2],
		]) *
			HOUR;
	const soak = { dev: about.whole(0, 60), test: about.whole(0, 60), prod: 0 };
	const successPercent = about.one([100, 95, 75, 50] as const);
	const nodes = Object.fromEntries(GROUPS.map((name) => [name, drawNodes(draw.of(name), name)])) as Record<Group, FleetNode[]>;
	const rates = { MaxConcurrency: about.one(['100%', '50%', '2']), MaxErrors: about.one(['100%', '20%', '0']) };
	return {
		soak,
		successPercent,
		lastOpeningAt: opensAt.prod + CYCLE_HOURS * HOUR,
		groups: GROUPS.map((name) => farm(name, nodes[name])),
		fleet: {
			patches: PATCHES.map((id, cycle) => ({
				...{ id, os: SYSTEM, classification: 'Security', severity: 'Important' },
				released: new Date(cycle === 0 ? setting.startAt - 24 * HOUR : firstAt + (CYCLE_HOURS - 1) * HOUR).toISOString(),
			})),
		},
		clocks: [FUNCTION],
		lastsMs: opensAt.prod + CYCLE_HOURS * HOUR - setting.startAt,
		disturbedFromMs: drawDisturbance(draw.of('disturbed'), setting, opensAt),
		deploys: (packaged) => deployed(packaged, { opensAt, soak, successPercent, rates }),
		acts: [...drawRepairs(draw.of('repairs'), nodes, setting, firstAt), ...drawMishaps(draw.of('mishaps'), nodes, setting, opensAt)],
	};
}

/** A little before some window opens: its run goes wrong, or what follows it. */
function drawDisturbance(draw: Draw, { startAt }: Setting, opensAt: Readonly<Record<Group, number>>): number {
	const opening = opensAt[draw.one(GROUPS)] + draw.whole(0, 1) * CYCLE_HOURS * HOUR;
	return Math.max(0, opening + draw.whole(-15, 60) * MINUTE - startAt);
}

function farm(name: Group, nodes: readonly FleetNode[]): FleetGroup {
	const patching = { os: SYSTEM, scanSeconds: 5, secondsPerPatch: 20, restartSeconds: 60 } as const;
	return { name: `shop-${name}`, min: 0, max: nodes.length, tags: { PatchGroup: name }, patching, nodes };
}

/** Most groups are well, some have nodes on which a patch fails, that hang in their restart, or that are away. */
function drawNodes(draw: Draw, group: Group): FleetNode[] {
	const ill = draw.weighted([
		[4, 0],
		[2, 0.15],
		[1, 0.6],
	]);
	return Array.from({ length: draw.whole(1, 6) }, (_, number) => {
		const own = draw.of(`node ${number}`);
		const id = `i-0${GROUPS.indexOf(group) + 1}a${String(number + 1).padStart(14, '0')}`;
		if (!own.chance(ill)) return { id };
		const patching: Partial<Patching> = own.weighted([
			[4, { failing: [own.one(PATCHES)] }],
			[2, { comesBack: false }],
		]);
		return own.chance(0.25) ? { id, agent: own.one(['lost', 'deaf', 'none'] as const) } : { id, patching };
	});
}

interface Deployment {
	readonly opensAt: Readonly<Record<Group, number>>;
	readonly soak: PatchPart['soak'];
	readonly successPercent: number;
	readonly rates: { readonly MaxConcurrency: string; readonly MaxErrors: string };
}

/** The packaged windows, twice a day and for an hour; of the rest what patching has to do with. */
function deployed(packaged: Template, { opensAt, soak, successPercent, rates }: Deployment): Template {
	const { state, functions, rules } = packaged;
	const groups = GROUPS.map((name) => ({
		...{ name, soakDays: soak[name] / 1_440, approveAfterDays: 0, reboot: true, hours: 1, cutoffHours: 0 },
		...{ maxConcurrency: rates.MaxConcurrency, maxErrors: rates.MaxErrors },
	}));
	const PATCHING = JSON.stringify({ successPercent, groups });
	return {
		...packaged,
		functions: functions.map((each) => (each.name.endsWith(FUNCTION) ? { ...each, environment: { ...each.environment, PATCHING } } : each)),
		// What nodes comply with, and playbooks for windows, are other stories.
		rules: rules.filter(({ name }) => !name.includes('-node-state') && !name.includes('-fleet-event-')),
		state: {
			...state,
			associations: [],
			patchBaselines: state.patchBaselines
				.filter(({ input }) => input.OperatingSystem === SYSTEM)
				.map((each) => ({ ...each, input: { ...each.input, ApprovalRules: AT_ONCE } })),
			maintenanceWindows: state.maintenanceWindows.map(({ id, input }) => {
				const { ScheduleOffset, ...rest } = input;
				const at = opensAt[groupOf(input.Name ?? '')];
				return { id, input: { ...rest, Schedule: twice(at), Duration: 1, Cutoff: 0 } };
			}),
			windowTasks: state.windowTasks.map(({ id, input }) => ({ id, input: { ...input, ...rates } })),
		},
	};
}

const AT_ONCE = {
	PatchRules: [
		{
			PatchFilterGroup: { PatchFilters: [{ Key: 'CLASSIFICATION' as const, Values: ['Security'] }] },
			ComplianceLevel: 'HIGH' as const,
			ApproveAfterDays: 0,
		},
	],
};

/** At a time of the day, and a cycle later. */
function twice(at: number): string {
	const [first, second] = [at, at + CYCLE_HOURS * HOUR].map((each) => new Date(each));
	return `cron(${first?.getUTCMinutes()} ${first?.getUTCHours()},${second?.getUTCHours()} ? * * *)`;
}

/** The group of a window, by its name. */
export function groupOf(windowName: string): Group {
	return GROUPS.find((name) => windowName.endsWith(`-${name}`)) ?? 'dev';
}

type Nodes = Readonly<Record<Group, readonly FleetNode[]>>;

/** Between the cycles somebody may see to what was ill. */
function drawRepairs(draw: Draw, nodes: Nodes, { startAt }: Setting, firstAt: number): Act[] {
	const ill = GROUPS.flatMap((name) => nodes[name].filter(({ patching }) => patching !== undefined));
	return ill.flatMap(({ id }, index) => {
		const own = draw.of(`node ${index}`);
		if (!own.chance(0.6)) return [];
		const at = firstAt + CYCLE_HOURS * HOUR - own.whole(5, 90) * MINUTE - startAt;
		return [{ id: `repair of ${id}`, at, what: `somebody repairs ${id} and reboots it`, do: (world: World) => repair(world, id) }];
	});
}

function repair({ services: { ssm, ec2 } }: World, id: string): void {
	if (ec2.instance(id)?.state !== 'running') return;
	ssm.patchManager.change(id, { failing: [], comesBack: true });
	ec2.reboot(id);
}

function drawMishaps(draw: Draw, nodes: Nodes, { startAt }: Setting, opensAt: Readonly<Record<Group, number>>): Act[] {
	const acts: Act[] = [];
	for (const name of GROUPS) {
		const own = draw.of(name);
		const cycle = own.whole(0, 1);
		const around = opensAt[name] + cycle * CYCLE_HOURS * HOUR - startAt;
		const within = (from: number, to: number) => around + own.whole(from * 60, to * 60) * 1_000;
		const { id = '' } = own.one(nodes[name] as [FleetNode, ...FleetNode[]]);
		if (own.chance(0.12)) {
			acts.push({
				...{ id: `loss of ${id}`, at: within(-5, 50), fault: "an agent's connection is lost", what: `the agent of ${id} is out of reach` },
				do: (world) => reach(world, id, 'lost'),
			});
			acts.push({
				id: `return of ${id}`,
				at: within(51, 120),
				what: `the agent of ${id} is back`,
				do: (world) => reach(world, id, 'online'),
			});
		}
		if (own.chance(0.06)) {
			acts.push({
				...{ id: `end of ${id}`, at: within(-5, 120), fault: 'a node vanishes', what: `${id} is gone` },
				do: (world) => vanish(world, id),
			});
		}
		if (own.chance(0.1)) {
			acts.push({
				id: `cancel ${name}`,
				at: within(0, 5),
				what: `somebody cancels the run of ${name}`,
				do: (world) => cancel(world, name),
			});
		}
	}
	return acts;
}

async function cancel({ aws, services }: World, group: Group): Promise<void> {
	const { maintenance } = services.ssm;
	const window = maintenance.windows().find(({ settings }) => groupOf(settings.name) === group);
	const [execution] = window ? maintenance.executions(window.id) : [];
	if (execution) await tried(aws.ssm.send(new CancelMaintenanceWindowExecutionCommand({ WindowExecutionId: execution.id })));
}
