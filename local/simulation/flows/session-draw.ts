/** A story of people and their shells: who opens which, why and for how long, and what becomes of it. */

import type { FleetGroup } from '../../fleet.ts';
import type { DocumentDefinition, Template } from '../../template.ts';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { operate, pause, reach, resume, vanish } from '../people.ts';
import { resolveTold, Shells } from './session-people.ts';
import { BREAK_GLASS, CONTRACTOR, drawSessionPlaybooks, OWN_DOCUMENT, type SessionText } from './session-playbooks.ts';

const [SECOND, MINUTE] = [1_000, 60_000];
/** Nobody stays in a shell for longer than this. Milliseconds. */
const LONGEST_STAY = 70 * MINUTE;
const FUNCTION = 'session-event';
/** How the ids of the story's nodes begin. */
const NODES = 'i-05e';
/** An agent out of reach, whose connection does not come back. */
const NOWHERE = `${NODES}dead000000001`;

/** Who calls in a role that the operators' policy is attached to; the others may do anything. */
const BOUND = 'otto';
const PEOPLE = ['anna', 'bert', `${CONTRACTOR}cora`, `${CONTRACTOR}dan`] as const;
const PROFILE = { name: 'session-node', policies: ['AmazonSSMManagedInstanceCore', 'fleetkeeper-local-node-sessions-eu-west-1'] };

/** Sessions of these documents are over sooner, and leave no transcript, or never begin. */
const SHORT = 'session-short';
const BROKEN = 'session-broken';

export interface SessionPart extends Part {
	readonly playbooks: readonly SessionText[];
	readonly shells: Shells;
}

export function drawSessions(draw: Draw, { actsWithinMs }: Setting): SessionPart {
	const groups = drawGroups(draw.of('groups'));
	const ids = groups.flatMap(({ nodes }) => nodes.map(({ id }) => id));
	const shells = new Shells();
	return {
		shells,
		groups,
		playbooks: drawSessionPlaybooks(draw.of('playbooks')),
		documents: [
			document(SHORT, { idleSessionTimeout: '4', maxSessionDuration: '15' }),
			document(BROKEN, { s3BucketName: 'nowhere', s3EncryptionEnabled: true }),
		],
		fleet: {
			profiles: [PROFILE],
			operators: [{ name: BOUND, policies: ['fleetkeeper-local-sessions-eu-west-1'] }],
			// Without one AWS brings no call to EventBridge, and the sweep alone finds sessions.
			trails: draw.of('trail').chance(0.92) ? [{ name: 'audit' }] : [],
		},
		clocks: [FUNCTION],
		deploys: withOnePlaybook,
		acts: [
			...Array.from({ length: draw.of('count').whole(1, 9) }, (_, index) =>
				drawSession(draw.of(`session ${index}`), { name: `shell ${index + 1}`, ids, shells, actsWithinMs }),
			).flat(),
			...drawMishaps(draw.of('mishaps'), ids, actsWithinMs),
			...drawPeople(draw.of('people'), actsWithinMs),
		],
	};
}

/** Sessions are on record whatever the playbooks, but only once some have been compiled: those of a story may all be left out. */
function withOnePlaybook(template: Template): Template {
	const playbook = { name: 'session-nobody', priority: 999, on: 'session', when: { detail: { owner: ['nobody'] } }, session: {} };
	const parameter = { name: `/fleetkeeper/local/playbooks/${playbook.name}`, type: 'String', value: JSON.stringify(playbook) };
	return { ...template, parameters: [...template.parameters, parameter] };
}

/** One group for each of what playbooks tell nodes apart by. */
function drawGroups(draw: Draw): FleetGroup[] {
	const tagged: Readonly<Record<string, Readonly<Record<string, string>>>> = {
		prod: { environment: 'prod', 'fleetkeeper-sessions': 'local' },
		vault: { environment: 'prod', tier: 'vault' },
		dev: { environment: 'dev', 'fleetkeeper-sessions': 'local' },
	};
	return Object.entries(tagged).map(([name, tags], index) => ({
		name: `session-${name}`,
		...{ min: 0, max: 20, tags, profile: PROFILE.name },
		nodes: Array.from({ length: draw.whole(1, 3) }, (_, number) => ({ id: `${NODES}${index}${String(number + 1).padStart(13, '0')}` })),
	}));
}

function document(name: string, inputs: object): DocumentDefinition {
	const content = JSON.stringify({ schemaVersion: '1.0', sessionType: 'Standard_Stream', inputs });
	return { name, type: 'Session', format: 'JSON', content };
}

interface About {
	/** In the story. */
	readonly name: string;
	readonly ids: readonly string[];
	readonly shells: Shells;
	readonly actsWithinMs: number;
}

function drawSession(draw: Draw, { name, ids, shells, actsWithinMs }: About): Act[] {
	const from = Math.round(draw.whole(0, actsWithinMs) / 100) * 100;
	const person = draw.weighted([
		[3, PEOPLE[0]],
		[2, PEOPLE[1]],
		[1, PEOPLE[2]],
		[1, PEOPLE[3]],
		[1, BOUND],
	]);
	const Target = draw.chance(0.05) ? NOWHERE : draw.one(ids);
	const DocumentName = draw.weighted([
		[6, OWN_DOCUMENT],
		[2, undefined],
		[2, SHORT],
		[1, BROKEN],
		[0.5, 'AWS-StartPortForwardingSession'],
	]);
	const Reason = draw.weighted([
		[4, 'INC-4711: disk full'],
		[4, undefined],
		[1, BREAK_GLASS],
		[1, '  \t '],
	]);
	const input = { Target, ...(DocumentName !== undefined && { DocumentName }), ...(Reason !== undefined && { Reason }) };
	const why = Reason === undefined ? 'without a reason' : `because of '${Reason.trim()}'`;
	return [
		{
			...{ id: name, at: from, what: `${person} opens ${name} on ${Target}, ${DocumentName ?? 'of no document'}, ${why}` },
			do: (world: World) => shells.start(world, name, person, input),
		},
		...drawStay(draw.of('stay'), { name, shells, person, from }),
		...drawOperator(draw.of('operator'), { name, shells, from }),
	];
}

interface Stay extends Pick<About, 'name' | 'shells'> {
	readonly person: string;
	readonly from: number;
}

/** What happens in it, and how whoever has it leaves it; one that is left to itself is over when it has been idle for long. */
function drawStay(draw: Draw, { name, shells, person, from }: Stay): Act[] {
	const lasts = Math.round(
		draw.weighted([
			[3, draw.whole(3, 90) * SECOND],
			[4, draw.whole(60, 15 * 60) * SECOND],
			[2, draw.whole(15 * 60, LONGEST_STAY / SECOND) * SECOND],
		]),
	);
	const act = (what: string, at: number, happen: Act['do']): Act => ({
		id: `${name}: ${what}`,
		at: from + at,
		what: `${name}: ${what}`,
		do: happen,
	});
	const inIt = (happen: (world: World, id: string) => unknown) => (world: World) => {
		const session = shells.open(world, name);
		if (session !== undefined) happen(world, session.id);
	};
	const manager = ({ services }: World) => services.ssm.sessionManager;
	const typing = (until: number) =>
		Array.from({ length: Math.floor(until / (3 * MINUTE)) }, (_, index) =>
			act(
				`somebody types, ${index + 1}`,
				(index + 1) * 3 * MINUTE,
				inIt((world, id) => manager(world).type(id, '$ uptime')),
			),
		);
	const left = act(
		'its shell is left',
		lasts,
		inIt((world, id) => manager(world).exit(id)),
	);
	const ended = (after = 0) => act('it is ended', lasts + after, (world) => shells.terminate(world, name, person));
	switch (
		draw.weighted([
			[4, 'exit'],
			[2, 'idle'],
			[3, 'terminate'],
			[1, 'both'],
			[2, 'resume'],
		])
	) {
		case 'exit':
			return [...typing(lasts), left];
		case 'terminate':
			return [...typing(lasts), ended()];
		case 'both':
			return [...typing(lasts), left, ended(draw.whole(1, 6 * 60) * SECOND)];
		case 'resume': {
			const [breaks, back] = [Math.round(lasts * 0.3), Math.round(lasts * 0.6)];
			return [
				act(
					'its connection breaks',
					breaks,
					inIt((world, id) => manager(world).disconnect(id)),
				),
				act('it is resumed', back, (world) => shells.resume(world, name, person)),
				...typing(lasts),
				draw.chance(0.5) ? left : ended(),
			];
		}
		default:
			return [];
	}
}

/** What an operator says of it to `fleet`. */
function drawOperator(draw: Draw, { name, shells, from }: Omit<Stay, 'person'>): Act[] {
	if (!draw.chance(0.25)) return [];
	const verb = draw.weighted([
		[3, 'cancel'],
		[2, 'extend'],
		[1, 'complete'],
		[1, 'retry'],
	]);
	const more = verb === 'extend' ? ['10m'] : [];
	const act = (what: string, at: number): Act => ({
		...{ id: what, at, what },
		do: (world) => operate(world, verb, shells.idOf(name) ?? name, ...more),
	});
	return [act(`an operator says ${verb} of ${name}`, from + draw.whole(40, 20 * 60) * SECOND)];
}

function drawMishaps(draw: Draw, ids: readonly string[], withinMs: number): Act[] {
	return ids.flatMap((id): Act[] => {
		const own = draw.of(id);
		if (!own.chance(0.6 / ids.length)) return [];
		const from = own.whole(0, withinMs + 10 * MINUTE);
		return own.weighted<() => Act[]>([
			[2, () => [{ id: `end of ${id}`, at: from, fault: 'a node vanishes', what: `${id} is gone`, do: (world) => vanish(world, id) }]],
			[
				2,
				() => [
					{
						id: `boot of ${id}`,
						at: from,
						what: `${id} boots again`,
						do: ({ services: { ec2 } }) => void (ec2.instance(id) && ec2.reboot(id)),
					},
				],
			],
			[
				1,
				() => [
					{
						...{ id: `loss of ${id}`, at: from, fault: "an agent's connection is lost", what: `the agent of ${id} is out of reach` },
						do: (world) => reach(world, id, 'lost'),
					},
					{
						...{ id: `return of ${id}`, at: from + own.whole(1, 20) * MINUTE, what: `the agent of ${id} is back` },
						do: (world) => reach(world, id, 'online'),
					},
				],
			],
		])();
	});
}

function drawPeople(draw: Draw, withinMs: number): Act[] {
	const from = draw.whole(0, withinMs);
	const minutes = draw.whole(2, 20);
	return [
		...(draw.chance(0.3)
			? [
					{
						id: 'resolve sessions',
						at: draw.whole(0, withinMs + 30 * MINUTE),
						what: 'somebody resolves what is told of sessions',
						do: resolveTold,
					},
				]
			: []),
		...(draw.chance(0.2)
			? [
					{
						id: 'session pause',
						at: from,
						what: `an operator pauses all starting for ${minutes} minutes`,
						do: (world: World) => pause(world),
					},
					{ id: 'session resume', at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world: World) => resume(world) },
				]
			: []),
	];
}
