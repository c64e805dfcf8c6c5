/** The story of a seed: what is deployed, what happens, and what goes wrong. Parts of it can be left out by their names. */

import type { Fleet, FleetGroup } from '../fleet.ts';
import type { DocumentDefinition, Rule, Template } from '../template.ts';
import { Draw } from './draw.ts';
import { drawFaults, type FaultPlan } from './fault-plan.ts';
import type { Act, Flow, Part, PlaybookText, Setting } from './flow.ts';

/** What of a story is played: all of it where nothing is said. */
export interface Mask {
	/** Names of acts, nodes, groups, playbooks and conditions that are left out. */
	readonly without?: readonly string[];
	/** The only faults of calls and events that happen, by their keys. */
	readonly faults?: readonly string[];
}

export interface Story {
	readonly seed: number;
	readonly setting: Setting;
	readonly plan: FaultPlan;
	readonly parts: readonly { readonly flow: Flow; readonly part: Part }[];
	/** Whether the playbooks are compiled anew every minute, as they are at AWS; mostly it is left out, for it costs time. */
	readonly playbookClock: boolean;
}

const MINUTE = 60_000;
/** Monday, 2 March 2026; the minute of the hour is drawn. */
const DAY = Date.parse('2026-03-02T09:00:00Z');
const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';

/** Names of what a mask can leave out beside acts, nodes, groups and playbooks. */
export const CONDITION_NAMES = ['outages', 'skew', 'list lag', 'tag lag', 'quotas', 'clocks', 'stale reads', 'playbook clock'] as const;

/** Of how many seeds two flows share one. */
const SHARED = 0.2;

/** @param only names of the flows that take part, in place of those that the seed draws. */
export function drawStory(seed: number, flows: readonly Flow[], only?: readonly string[]): Story {
	const draw = new Draw(seed);
	const about = draw.of('setting');
	const setting = {
		startAt: DAY + about.whole(0, 59) * MINUTE + about.whole(0, 59) * 1_000,
		actsWithinMs: about.whole(2, 25) * MINUTE,
		account: ACCOUNT,
		region: REGION,
	};
	const plan = drawFaults(draw.of('faults'), setting.actsWithinMs);
	const parts = drawFlows(draw.of('flows'), flows, only).map((flow) => ({ flow, part: flow.draw(draw.of(flow.name), setting) }));
	return {
		seed,
		setting,
		plan: { ...plan, fromMs: Math.max(0, ...parts.map(({ part }) => part.disturbedFromMs ?? 0)) },
		parts,
		playbookClock: about.chance(0.1),
	};
}

/** Few at a time, so that a seed takes about as long however many there are. In their own order. */
function drawFlows(draw: Draw, flows: readonly Flow[], only: readonly string[] | undefined): Flow[] {
	if (only) return flows.filter(({ name }) => only.includes(name));
	const drawn = new Set<Flow>();
	const add = () => {
		const left = flows.filter((flow) => !drawn.has(flow) && !(flow.alone && drawn.size > 0));
		if (left.length > 0) drawn.add(draw.weighted(left.map((flow) => [flow.weight, flow])));
	};
	add();
	if (![...drawn].some(({ alone }) => alone) && draw.chance(SHARED)) add();
	return flows.filter((flow) => drawn.has(flow));
}

/** The story without what a mask leaves out. Its faults are left out while it is played. */
export function masked(story: Story, { without = [] }: Mask): Story {
	if (without.length === 0) return story;
	const left = new Set(without);
	const keeps = (name: string) => !left.has(name);
	const groups = (list: readonly FleetGroup[]) =>
		list.filter(({ name }) => keeps(name)).map((group) => ({ ...group, nodes: group.nodes.filter(({ id }) => keeps(id)) }));
	return {
		...story,
		plan: maskedPlan(story.plan, keeps),
		parts: story.parts.map(({ flow, part }) => ({
			flow,
			part: {
				...part,
				groups: groups(part.groups ?? []),
				playbooks: (part.playbooks ?? []).filter(({ name }) => keeps(name)),
				acts: (part.acts ?? []).filter(({ id }) => keeps(id)),
			},
		})),
		playbookClock: story.playbookClock && keeps('playbook clock'),
	};
}

function maskedPlan(plan: FaultPlan, keeps: (name: (typeof CONDITION_NAMES)[number]) => boolean): FaultPlan {
	return {
		...plan,
		...(!keeps('outages') && { outages: [] }),
		...(!keeps('skew') && { skewMs: 0 }),
		...(!keeps('list lag') && { listLagMs: 1_000 }),
		...(!keeps('tag lag') && { tagLagMs: 0 }),
		...(!keeps('quotas') && { quotas: {} }),
		...(!keeps('clocks') && { clocks: 1 }),
		...(!keeps('stale reads') && { staleReads: 0, unprocessed: 0 }),
	};
}

export function actsOf({ parts }: Story): Act[] {
	return parts.flatMap(({ part }) => part.acts ?? []).sort((a, b) => a.at - b.at);
}

export function groupsOf({ parts }: Story): FleetGroup[] {
	return parts.flatMap(({ part }) => part.groups ?? []);
}

/** Everything that has been there for long. */
export function fleetOf(story: Story): Fleet {
	const others = story.parts.flatMap(({ part }) => part.fleet ?? []);
	return {
		groups: groupsOf(story),
		buckets: others.flatMap(({ buckets = [] }) => buckets),
		securityGroups: others.flatMap(({ securityGroups = [] }) => securityGroups),
		machines: others.flatMap(({ machines = [] }) => machines),
		resourceGroups: others.flatMap(({ resourceGroups = [] }) => resourceGroups),
		patches: others.flatMap(({ patches = [] }) => patches),
		profiles: others.flatMap(({ profiles = [] }) => profiles),
		operators: others.flatMap(({ operators = [] }) => operators),
		trails: others.flatMap(({ trails = [] }) => trails),
		activations: others.flatMap(({ activations = [] }) => activations),
		defaultHostManagement: others.every(({ defaultHostManagement = true }) => defaultHostManagement),
		network: others.find(({ network }) => network !== undefined)?.network ?? {},
	};
}

export function playbooksOf({ parts }: Story): PlaybookText[] {
	return parts.flatMap(({ part }) => part.playbooks ?? []);
}

/** Functions with clocks of their own, which no other flow needs. */
const OWN_CLOCKS = ['maintenance-window', 'node-state', 'inventory-change', 'session-event', 'agent-health'] as const;

const PLAYBOOKS = '/fleetkeeper/local/playbooks/';

/** The packaged template with the story's playbooks in the place of the packaged ones. */
export function templateOf(story: Story, packaged: Template): Template {
	const { clocks } = story.plan;
	const documents: readonly DocumentDefinition[] = story.parts.flatMap(({ part }) => part.documents ?? []);
	const needed = new Set(story.parts.flatMap(({ part }) => part.clocks ?? []));
	// What no flow of the story is about hears nothing.
	const isNeeded = ({ name, schedule }: Rule) =>
		(schedule === undefined || story.playbookClock || !name.includes('-playbook-change-')) &&
		!OWN_CLOCKS.some((each) => `${name}-`.includes(`-${each}-`) && !needed.has(each));
	const clocked = packaged.rules.filter(isNeeded);
	const twofold = ['reconcile', ...needed];
	const more =
		clocks === 1
			? []
			: clocked.filter(({ name, schedule }) => schedule !== undefined && twofold.some((each) => name.includes(`-${each}-`)));
	const deployed: Template = {
		...packaged,
		documents: [...packaged.documents, ...documents],
		rules: [...clocked, ...more.map((rule) => ({ ...rule, name: `${rule.name}-2` }))],
		parameters: [
			...packaged.parameters.filter(({ name }) => !name.startsWith(PLAYBOOKS)),
			// YAML takes JSON as it is.
			...playbooksOf(story).map((playbook) => ({
				name: PLAYBOOKS + playbook.name,
				type: 'String',
				value: JSON.stringify(playbook, null, 1),
			})),
		],
	};
	return story.parts.reduce((template, { part }) => part.deploys?.(template) ?? template, deployed);
}
