/** A story of software: fleets some of whose nodes have what a rule forbids, and people and remedies that change it. */

import { SendCommandCommand, StartAssociationsOnceCommand } from '@aws-sdk/client-ssm';
import type { Application, Behaviours, Outcome } from '../../aws/ec2-machine.ts';
import type { FleetGroup, FleetNode } from '../../fleet.ts';
import type { Template } from '../../template.ts';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { pause, reach, resume, tried, vanish } from '../people.ts';
import { AGENT, AGES, drawRules, openssl, REMEDY, RSH, type SoftwareRule, TELNET } from './inventory-rules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Something happens for so long; */
const SPAN = 3 * HOUR;
/** what nobody was told of is found by then: one look is as far away as the one before it is past. */
const SETTLED = 8 * HOUR;
/** All inventory is held to the rules once a day; a story is not as long. */
export const SWEPT_EVERY = 2 * HOUR;
const SWEEPS = 'rate(2 hours)';
const FUNCTION = 'inventory-change';
const SHELL = 'AWS-RunShellScript';
/** How the ids of the story's nodes begin. */
const NODES = 'i-0d';

export interface InventoryPart extends Part {
	readonly rules: readonly SoftwareRule[];
	/** When all is known that there is to know: epoch milliseconds. */
	readonly settledAt: number;
	/** Nodes whose agents are away at some time. */
	readonly away: ReadonlySet<string>;
}

export function drawInventory(draw: Draw, { startAt }: Setting): InventoryPart {
	const groups = drawGroups(draw.of('groups'));
	const ids = groups.map(({ nodes }) => nodes.map(({ id }) => id));
	const linux = ids.slice(0, 2);
	const rules = drawRules(draw.of('rules'));
	const about = draw.of('disturbed');
	const mishaps = drawMishaps(draw.of('mishaps'), ids.flat());
	const changes = drawChanges(draw.of('changes'), linux);
	return {
		rules,
		settledAt: startAt + SETTLED,
		away: new Set(ids.flat().filter((id) => mishaps.some((act) => act.id === `loss of ${id}`))),
		groups,
		playbooks: rules.map(({ text }) => text),
		clocks: [FUNCTION],
		lastsMs: SETTLED,
		disturbedFromMs: drawDisturbance(about, changes),
		deploys: (packaged) => deployed(packaged, about.one(['rate(30 minutes)', 'rate(1 hour)', 'rate(1 day)'])),
		acts: [...drawGatherings(draw.of('gatherings')), ...changes, ...drawTags(draw.of('tags'), linux), ...mishaps],
	};
}

/** From the start, or from a little before something changes. */
function drawDisturbance(draw: Draw, changes: readonly Act[]): number {
	if (draw.chance(0.3)) return 0;
	return Math.max(0, draw.one(changes).at - draw.whole(0, 10) * MINUTE);
}

/** Two groups of the same kind, and some nodes of another platform; some have from the start what they should not. */
function drawGroups(draw: Draw): FleetGroup[] {
	const ill = draw.weighted([
		[3, 0.15],
		[2, 0.5],
		[1, 0],
	]);
	const group = (index: number, name: string, size: number, platform: 'Linux' | 'Windows', tags: Readonly<Record<string, string>>) => ({
		name: `software-${name}`,
		...{ min: 0, max: 20, platform, tags },
		behaviours: { [SHELL]: { durationSeconds: 2 } },
		nodes: Array.from({ length: size }, (_, number) => drawNode(draw.of(`${name} ${number}`), index, number, platform, ill)),
	});
	return [
		group(0, 'prod', draw.whole(1, 6), 'Linux', { Environment: 'prod', PatchGroup: 'web-prod' }),
		group(1, 'dev', draw.whole(1, 4), 'Linux', { Environment: 'dev', PatchGroup: draw.one(['web-dev', 'batch']) }),
		group(2, 'office', draw.whole(0, 2), 'Windows', { Environment: draw.one(['prod', 'dev']) }),
	];
}

function drawNode(draw: Draw, group: number, number: number, platform: 'Linux' | 'Windows', ill: number): FleetNode {
	const isOld = draw.chance(ill / 2);
	const applications: Application[] = [
		openssl(isOld ? draw.one(AGES) : 3, platform),
		...(draw.chance(ill / 2) ? [] : [AGENT]),
		...(draw.chance(ill) ? [TELNET] : []),
		...(draw.chance(ill / 3) ? [RSH] : []),
	];
	return { id: `${NODES}${group}${String(number + 1).padStart(14, '0')}`, applications, behaviours: { [REMEDY]: drawRemedy(draw) } };
}

/** Most nodes are rid of it then. */
function drawRemedy(draw: Draw): Outcome {
	const once = { oncePer: 'WorkId', durationSeconds: draw.whole(1, 40) };
	return draw.weighted<Outcome>([
		[6, { ...once, removes: TELNET.name }],
		[2, { ...once, exitCode: 4 }],
		[1, once],
		[1, { ...once, hangs: true }],
		[1, { ...once, durationSeconds: 280, removes: TELNET.name }],
	]);
}

/** Of the template what software has to do with. */
function deployed(packaged: Template, gathering: string): Template {
	const { rules, state } = packaged;
	return {
		...packaged,
		// Playbooks for events are another story.
		rules: rules
			.filter(({ name }) => !name.includes('-fleet-event-'))
			.map((rule) => (rule.name.includes(`-${FUNCTION}-sweep`) ? { ...rule, schedule: SWEEPS } : rule)),
		state: {
			...state,
			...{ patchBaselines: [], maintenanceWindows: [], windowTargets: [], windowTasks: [] },
			associations: state.associations
				.filter(({ input }) => input.AssociationName?.endsWith('-inventory'))
				.map(({ id, input }) => ({
					id,
					input: { ...input, ScheduleExpression: gathering, ApplyOnlyAtCronInterval: false, MaxConcurrency: '50%' },
				})),
		},
	};
}

const at = (draw: Draw, from: number, to: number) => Math.round(draw.whole(from, to) / 100) * 100;

/** Somebody has all nodes looked at now, and in the end. */
function drawGatherings(draw: Draw): Act[] {
	const times = Array.from({ length: draw.whole(1, 4) }, () => at(draw, 0, SPAN));
	return [...times, SPAN + 10 * MINUTE].map((when, index) => gather(`gathering ${index + 1}`, when));
}

function gather(id: string, when: number): Act {
	return {
		id,
		at: when,
		what: 'somebody has the inventory of all nodes gathered',
		async do({ aws, services: { ssm } }: World) {
			const AssociationIds = ssm.stateManager.associations().map((association) => association.id);
			await tried(aws.ssm.send(new StartAssociationsOnceCommand({ AssociationIds })));
		},
	};
}

type Groups = readonly (readonly string[])[];

/** Some nodes of a group: one, a few, or all of them. */
function drawNodes(draw: Draw, groups: Groups): string[] {
	const group = draw.one(groups.filter(({ length }) => length > 0));
	const some = draw.weighted([
		[3, 1],
		[2, Math.ceil(group.length / 2)],
		[1, group.length],
	]);
	const from = draw.whole(0, group.length - some);
	return group.slice(from, from + some);
}

const CHANGES: readonly (readonly [weight: number, what: string, how: Pick<Outcome, 'installs' | 'removes'>])[] = [
	[4, 'installs telnet', { installs: TELNET }],
	[2, 'removes telnet', { removes: TELNET.name }],
	[1, 'installs rsh-server', { installs: RSH }],
	[1, 'removes rsh-server', { removes: RSH.name }],
	[1, 'removes the CloudWatch agent', { removes: AGENT.name }],
	[1, 'installs the CloudWatch agent', { installs: AGENT }],
	...AGES.map(
		(age) => [age === 3 ? 2 : 0.7, `brings openssl to ${openssl(age, 'Linux').version}`, { installs: openssl(age, 'Linux') }] as const,
	),
];

/** What people do on nodes; some of them have it looked at afterwards. */
function drawChanges(draw: Draw, groups: Groups): Act[] {
	return Array.from({ length: draw.whole(1, 7) }, (_, index): Act[] => {
		const own = draw.of(`change ${index}`);
		const [what, how] = own.weighted(CHANGES.map(([weight, ...change]) => [weight, change] as const));
		const ids = drawNodes(own, groups);
		const when = at(own, 0, SPAN);
		const outcome = { ...how, durationSeconds: own.whole(1, 20) };
		const change: Act = {
			id: `change ${index + 1}`,
			at: when,
			what: `somebody ${what} on ${ids.join(', ')}`,
			do: (world) => onNodes(world, ids, { [SHELL]: outcome }),
		};
		return own.chance(0.6) ? [change, gather(`gathering after change ${index + 1}`, when + at(own, MINUTE / 2, 6 * MINUTE))] : [change];
	}).flat();
}

async function onNodes({ aws, services: { ssm } }: World, ids: readonly string[], behaviours: Behaviours): Promise<void> {
	const InstanceIds = ids.filter((id) => ssm.node(id) !== undefined);
	for (const id of InstanceIds) ssm.behave(id, behaviours);
	if (InstanceIds.length === 0) return;
	const input = { DocumentName: SHELL, InstanceIds, Parameters: { commands: ['change'] }, TimeoutSeconds: 60 };
	await tried(aws.ssm.send(new SendCommandCommand(input)));
}

/** A node becomes another's, and rules are for it that were not, or no longer. */
function drawTags(draw: Draw, groups: Groups): Act[] {
	if (!draw.chance(0.25)) return [];
	const [id = ''] = drawNodes(draw, groups);
	const Environment = draw.one(['prod', 'dev']);
	const PatchGroup = draw.one(['web-prod', 'batch']);
	return [
		{
			id: `tags of ${id}`,
			at: at(draw, 0, SPAN),
			what: `${id} is moved to environment ${Environment}, patch group ${PatchGroup}`,
			do({ services: { ec2 } }: World) {
				if (ec2.instance(id)) ec2.tag(id, { Environment, PatchGroup });
			},
		},
	];
}

function drawMishaps(draw: Draw, ids: readonly string[]): Act[] {
	const acts = ids.flatMap((id): Act[] => {
		const own = draw.of(id);
		if (!own.chance(1 / ids.length)) return [];
		const from = at(own, 0, SPAN);
		if (own.chance(0.6))
			return [{ id: `end of ${id}`, at: from, fault: 'a node vanishes', what: `${id} is gone`, do: (world) => vanish(world, id) }];
		return [
			{
				...{ id: `loss of ${id}`, at: from, fault: "an agent's connection is lost", what: `the agent of ${id} is out of reach` },
				do: (world) => reach(world, id, 'lost'),
			},
			{
				...{ id: `return of ${id}`, at: from + at(own, MINUTE, 90 * MINUTE), what: `the agent of ${id} is back` },
				do: (world) => reach(world, id, 'online'),
			},
		];
	});
	if (!draw.chance(0.15)) return acts;
	const from = at(draw, 0, SPAN - HOUR);
	const minutes = draw.whole(5, 60);
	return [
		...acts,
		{ id: 'software pause', at: from, what: `an operator pauses all starting for ${minutes} minutes`, do: (world) => pause(world) },
		{ id: 'software resume', at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world) => resume(world) },
	];
}
