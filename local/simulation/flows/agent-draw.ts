/** A story of agents: instances and machines that are not managed as they should be, and those who put that right or make it worse. */

import type { FleetGroup, FleetMachine, FleetNode } from '../../fleet.ts';
import type { FleetActivation } from '../../fleet-care.ts';
import type { Template } from '../../template.ts';
import type { Draw } from '../draw.ts';
import type { Part, PlaybookText, Setting } from '../flow.ts';
import { CORE, drawActs, drawMishaps, OWN_PROFILE, PROFILE } from './agent-people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What nobody was told of is found by then, and what has been put right has answered. */
const SETTLED = 8 * HOUR;
/** All agents are looked at once a day; a story is not as long. */
export const SWEPT_EVERY = HOUR;
const SWEEPS = 'rate(1 hour)';
const FUNCTION = 'agent-health';
const HYBRID_ROLE = 'fleetkeeper-local-hybrid-eu-west-1';
const OLD_AGENT = '3.2.2303.0';

export interface AgentPlaybook extends PlaybookText {
	readonly cause: string;
	readonly mode?: string;
	readonly limits?: object;
}

export interface AgentPart extends Part {
	readonly given: readonly AgentPlaybook[];
	/** When all is known that there is to know: epoch milliseconds. */
	readonly settledAt: number;
}

export function drawAgents(draw: Draw, { startAt }: Setting): AgentPart {
	const groups = drawGroups(draw.of('groups'));
	const machines = drawMachines(draw.of('machines'));
	const instances = groups.map(({ nodes }) => nodes.map(({ id }) => id));
	const about = draw.of('account');
	const acts = [
		...drawActs(
			draw.of('acts'),
			instances,
			machines.map(({ id }) => id),
		),
		...drawMishaps(draw.of('mishaps'), [...instances.flat(), ...machines.map(({ id }) => id)]),
	];
	const given = drawPlaybooks(draw.of('playbooks'));
	return {
		given,
		settledAt: startAt + SETTLED,
		groups,
		playbooks: given.map(({ cause: _, ...text }) => text),
		clocks: [FUNCTION],
		lastsMs: SETTLED,
		// Around one of the checks, or a little before something changes.
		disturbedFromMs: about.chance(0.5) ? about.whole(40, 65) * MINUTE : Math.max(0, about.one(acts).at - about.whole(0, 10) * MINUTE),
		deploys: deployed,
		acts,
		fleet: {
			defaultHostManagement: about.chance(0.2),
			network: about.weighted([
				[6, {}],
				[1, { internet: false, endpoints: ['ssm', 'ssmmessages'] }],
				[1, { internet: false, endpoints: about.chance(0.5) ? ['ssm'] : [] }],
			]),
			profiles: [
				{ name: PROFILE, policies: [CORE] },
				{ name: OWN_PROFILE, policies: about.chance(0.3) ? [CORE] : [] },
			],
			machines,
			activations: drawActivations(draw.of('activations')),
		},
	};
}

function drawGroups(draw: Draw): FleetGroup[] {
	const group = (index: number, name: string, size: number, profile?: string): FleetGroup => ({
		name: `agents-${name}`,
		...{ min: 0, max: 20, tags: { service: 'agents' } },
		...(profile && { profile }),
		nodes: Array.from({ length: size }, (_, number) => drawNode(draw.of(`${name} ${number}`), index, number)),
	});
	return [group(0, 'good', draw.whole(1, 4), PROFILE), group(1, 'weak', draw.whole(0, 3), OWN_PROFILE), group(2, 'bare', draw.whole(0, 3))];
}

function drawNode(draw: Draw, group: number, number: number): FleetNode {
	const agent = draw.weighted<FleetNode['agent']>([
		[8, 'online'],
		[1, 'lost'],
		[1, 'none'],
	]);
	return {
		id: `i-0c${group}${String(number + 1).padStart(14, '0')}`,
		...(agent && { agent }),
		...(draw.chance(0.2) && { agentVersion: OLD_AGENT }),
		...(draw.chance(0.08) && { tags: { 'fleetkeeper-agent': 'ignore' } }),
	};
}

function drawMachines(draw: Draw): FleetMachine[] {
	return Array.from({ length: draw.whole(0, 3) }, (_, number) => {
		const own = draw.of(`machine ${number}`);
		const isLost = own.chance(0.4);
		return {
			id: `mi-0c3${String(number + 1).padStart(14, '0')}`,
			name: `press-${number + 1}`,
			...(isLost && { agent: 'lost' as const, ...(own.chance(0.4) && { silentDays: own.whole(31, 90) }) }),
			...(own.chance(0.2) && { agentVersion: OLD_AGENT }),
		};
	});
}

/** Some of them expire, or are about to, while the story goes on; none does so in its last hours. */
function drawActivations(draw: Draw): FleetActivation[] {
	return Array.from({ length: draw.whole(0, 3) }, (_, number) => {
		const own = draw.of(`activation ${number}`);
		const limit = own.one([1, 2, 5]);
		const expiresInHours = own.weighted([
			[3, own.whole(72, 200)],
			[2, own.whole(30, 55) / 10],
			[1, own.whole(1, 25) / 10],
			[1, -own.whole(1, 100)],
		]);
		return {
			name: `site-${number + 1}`,
			role: HYBRID_ROLE,
			limit,
			registered: own.chance(0.4) ? limit : own.whole(0, limit - 1),
			expiresInHours,
		};
	});
}

const REMEDIES = [
	{ cause: 'no-profile', automation: 'attach-instance-profile', parameters: { InstanceId: '$.detail.node' } },
	{ cause: 'no-permissions', automation: 'allow-systems-manager', parameters: { InstanceProfile: '$.detail.profile' } },
	{ cause: 'outdated', automation: 'update-agent', parameters: { InstanceId: '$.detail.node' } },
] as const;

function drawPlaybooks(draw: Draw): AgentPlaybook[] {
	return REMEDIES.flatMap(({ cause, automation, parameters }, index) => {
		const own = draw.of(cause);
		if (!own.chance(0.55)) return [];
		return [
			{
				...{ cause, name: `fix-${cause}`, priority: 300 + index, on: 'event' },
				when: { source: ['fleetkeeper.agents'], 'detail-type': ['Agent Finding'], detail: { cause: [cause] } },
				about: cause === 'no-permissions' ? ['$.detail.profile'] : ['$.detail.node', '$.detail.cause'],
				run: { automation, parameters, timeout: own.one(['30m', '2h']) },
				then: { onFailure: { opsItem: { severity: '3' } } },
				...(own.chance(0.4) && { limits: { concurrent: own.whole(1, 2) } }),
				...(own.chance(0.15) && { mode: 'observe' }),
			},
		];
	});
}

/** Of the template what agents have to do with. */
function deployed(packaged: Template): Template {
	const { rules, state } = packaged;
	return {
		...packaged,
		// Playbooks for events of others are another story.
		rules: rules
			.filter(({ name }) => !name.includes('-fleet-event-'))
			.map((rule) => (rule.name.includes(`-${FUNCTION}-sweep`) ? { ...rule, schedule: SWEEPS } : rule)),
		state: {
			...state,
			...{ patchBaselines: [], maintenanceWindows: [], windowTargets: [], windowTasks: [], associations: [], dataSyncs: [] },
		},
	};
}

/** The nodes of a story whose agents are out of date from the start. */
export function outdatedOf({ groups = [], fleet = {} }: Part): ReadonlySet<string> {
	const nodes = [...groups.flatMap((group) => group.nodes), ...(fleet.machines ?? [])];
	return new Set(nodes.flatMap(({ id, agentVersion }) => (agentVersion === undefined ? [] : [id])));
}
