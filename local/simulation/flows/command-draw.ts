/** A story of commands on many nodes: a farm in which some nodes are ill, requests, and what people do about them. */

import type { Behaviours } from '../../aws/ec2-machine.ts';
import type { FleetMachine, FleetNode } from '../../fleet.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { pause, reach, resume, vanish } from '../people.ts';
import { requestActs } from './asking.ts';
import { cancel, cancelAtAws, extend, operationOf, runByHand } from './command-people.ts';
import { CALENDAR, drawPlaybooks, RESTART, SHELL } from './command-playbooks.ts';
import { type Asked, drawRequests, REQUEST } from './command-requests.ts';
import { drawRing, RING_TAG } from './command-rings.ts';
import { drawCalendar } from './lifecycle-playbooks.ts';

const MINUTE = 60_000;
const RACKS = ['east', 'west', 'north'] as const;

export interface CommandPart extends Part {
	readonly requests: readonly Asked[];
	/** The rings of nodes that are in one. */
	readonly rings: ReadonlyMap<string, string>;
}

export function drawCommands(draw: Draw, setting: Setting): CommandPart {
	const { nodes, machines } = drawFarm(draw.of('farm'));
	const tags = { service: 'farm' };
	const all = [...nodes, ...machines];
	const ids = all.map(({ id }) => id);
	const rings = new Map(all.flatMap(({ id, tags: { [RING_TAG]: ring } = {} }) => (ring === undefined ? [] : [[id, ring] as const])));
	const playbooks = drawPlaybooks(draw.of('playbooks'));
	const requests = drawRequests(draw.of('requests'), { ids, racks: RACKS, rings });
	const calendar = playbooks.some((playbook) => playbook.calendar !== undefined);
	return {
		groups: [{ name: 'farm-amber', min: 0, max: 200, tags, nodes }],
		fleet: {
			machines: machines.map((machine) => ({ ...machine, tags: { ...tags, ...machine.tags } })),
			resourceGroups: [{ name: 'farm', tags }],
		},
		playbooks,
		requests,
		rings,
		documents: calendar ? [drawCalendar(draw.of('calendar'), setting, CALENDAR)] : [],
		acts: [
			...requestActs(draw.of('asking'), requests, setting, { detailType: REQUEST, again: 0.4 }),
			...drawPeople(draw.of('people'), requests, ids, setting),
			...drawMishaps(
				draw.of('mishaps'),
				nodes.map(({ id }) => id),
				setting,
			),
		],
	};
}

/** Most farms fit one command by their ids, some do not. */
function drawFarm(draw: Draw): { readonly nodes: FleetNode[]; readonly machines: FleetMachine[] } {
	const size = draw.weighted([
		[5, draw.whole(1, 12)],
		[4, draw.whole(51, 70)],
		[1, draw.whole(101, 130)],
	]);
	const [ill, away] = draw.weighted([
		[3, [0, 0]],
		[3, [0.04, 0.02]],
		[2, [0.3, 0.05]],
		[1, [0.6, 0.1]],
	] as const);
	const slow = draw.chance(0.3) ? draw.whole(60, 300) : draw.whole(5, 60);
	const each = (number: number) => {
		const own = draw.of(`node ${number}`);
		return {
			agent: own.chance(away) ? own.one(['lost', 'deaf', 'none'] as const) : ('online' as const),
			tags: { rack: own.one(RACKS), ...drawRing(own.of('ring')) } as Readonly<Record<string, string>>,
			behaviours: drawBehaviours(own, ill, slow),
		};
	};
	const nodes = Array.from({ length: size }, (_, number) => ({ id: `i-0d${String(number + 1).padStart(15, '0')}`, ...each(number) }));
	const machines = Array.from(
		{
			length: draw.weighted([
				[3, 0],
				[1, draw.whole(1, 3)],
			]),
		},
		(_, number) => ({
			...{ id: `mi-0c${String(number + 1).padStart(15, '0')}`, name: `press-${number + 1}` },
			...each(size + number),
		}),
	);
	return { nodes, machines };
}

function drawBehaviours(draw: Draw, ill: number, slow: number): Behaviours {
	const well = { durationSeconds: draw.whole(1, slow), stdout: 'restarted\n' };
	const how = draw.chance(ill)
		? { ...well, ...(draw.chance(0.07) ? { hangs: true } : { exitCode: 3, stdout: 'bad certificate\n' }) }
		: well;
	return { [RESTART]: { ...how, oncePer: 'WorkId' }, [SHELL]: how };
}

const within = (draw: Draw, { actsWithinMs }: Setting, until = actsWithinMs) => Math.round(draw.whole(0, until) / 100) * 100;

function drawPeople(draw: Draw, requests: readonly Asked[], ids: readonly string[], setting: Setting): Act[] {
	const operations = requests.flatMap((asked) => operationOf(asked, setting) ?? []);
	const acts: Act[] = [];
	const later = setting.actsWithinMs + 5 * MINUTE;
	const add = (share: number, id: string, what: string, act: Act['do']) => {
		const own = draw.of(id);
		if (own.chance(share)) acts.push({ id, at: within(own, setting, later), what, do: act });
	};
	for (const [index, operation] of operations.entries()) {
		add(0.12, `cancel ${index + 1}`, `an operator cancels ${operation}`, (world) => cancel(world, operation));
		add(0.08, `extend ${index + 1}`, `an operator gives ${operation} ten minutes more`, (world) => extend(world, operation));
	}
	add(0.08, 'cancel at AWS', 'somebody cancels the newest command in the console', (world) => cancelAtAws(world));
	add(0.15, 'by hand', 'somebody runs the same document by hand', (world) => runByHand(world, ids));
	if (!draw.chance(0.15)) return acts;
	const from = within(draw, setting);
	const minutes = draw.whole(1, 15);
	return [
		...acts,
		{ id: 'command pause', at: from, what: `an operator pauses all starting for ${minutes} minutes`, do: (world) => pause(world) },
		{ id: 'command resume', at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world) => resume(world) },
	];
}

function drawMishaps(draw: Draw, ids: readonly string[], setting: Setting): Act[] {
	return ids.flatMap((id, index) => {
		const each = draw.of(`node ${index}`);
		if (!each.chance(0.6 / ids.length)) return [];
		const at = within(each, setting);
		if (each.chance(0.4))
			return [{ id: `end of ${id}`, at, fault: 'a node vanishes', what: `${id} is gone`, do: (world) => vanish(world, id) }];
		const back = at + each.whole(1, 12) * MINUTE;
		return [
			{
				id: `loss of ${id}`,
				at,
				fault: "an agent's connection is lost",
				what: `the agent of ${id} is out of reach`,
				do: (world) => reach(world, id, 'lost'),
			},
			{ id: `return of ${id}`, at: back, what: `the agent of ${id} is back`, do: (world) => reach(world, id, 'online') },
		] satisfies Act[];
	});
}
