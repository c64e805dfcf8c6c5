/** A story of nodes that are to be in a state: associations that fail on some of them, scans that find them noncompliant, and repairs. */

import { type CreateAssociationCommandInput, PutComplianceItemsCommand, StartAssociationsOnceCommand } from '@aws-sdk/client-ssm';
import { settingsOf } from '../../aws/ssm/state-manager/model.ts';
import type { FleetGroup } from '../../fleet.ts';
import type { Template } from '../../template.ts';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { pause, reach, resume, tried, vanish } from '../people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Something happens for so long; */
const SPAN = 2.5 * HOUR;
/** what nobody was told of is found by then: one look is as far away as the one before it is past. */
const SETTLED = 5.5 * HOUR;
/** Associations run then: what goes wrong does so around one of these. Milliseconds after the start. */
const RUNS = [30 * MINUTE, HOUR, HOUR] as const;
const FUNCTION = 'node-state';
const OWN = 'fleetkeeper-local-';
/** How the ids of the story's nodes and associations begin. */
export const NODES = 'i-0f';
export const ASSOCIATIONS = '5e7a1d20-00a1-4c5e-8f00-00000000000';

export interface StatePart extends Part {
	/** When all is known that there is to know: epoch milliseconds. */
	readonly settledAt: number;
}

/** What can fail on a node: documents of associations. */
const DOCUMENTS = ['AWS-RunShellScript', 'AWS-UpdateSSMAgent'] as const;
type Document = (typeof DOCUMENTS)[number];

export function isOwn(associationName: string | undefined): boolean {
	return associationName?.startsWith(OWN) === true;
}

export function drawStates(draw: Draw, { startAt }: Setting): StatePart {
	const groups = drawGroups(draw.of('groups'));
	const ids = groups.map(({ nodes }) => nodes.map(({ id }) => id));
	const about = draw.of('disturbed');
	const runAt = about.one(RUNS);
	return {
		settledAt: startAt + SETTLED,
		groups,
		clocks: [FUNCTION],
		lastsMs: SETTLED,
		disturbedFromMs: runAt + about.whole(-20, 5) * MINUTE,
		deploys: (packaged) => deployed(packaged, drawAssociations(draw.of('associations'))),
		acts: [
			...drawRuns(draw.of('runs'), runAt),
			...drawScans(draw.of('scans'), ids, runAt),
			...drawTroubles(draw.of('troubles'), ids, runAt),
			...drawMishaps(draw.of('mishaps'), ids.flat()),
		],
	};
}

/** Of one group many can be ill at once, of the others a few; some nodes are in no patch group. */
function drawGroups(draw: Draw): FleetGroup[] {
	const sizes = { prod: draw.whole(3, 9), dev: draw.whole(1, 3), loose: draw.whole(0, 2) };
	return Object.entries(sizes).map(([name, size], index) => ({
		name: `state-${name}`,
		...{ min: 0, max: 20 },
		tags: { service: 'state', ...(name !== 'loose' && { PatchGroup: name }) },
		nodes: Array.from({ length: size }, (_, number) => ({ id: `${NODES}${index}${String(number + 1).padStart(14, '0')}` })),
	}));
}

interface Deployed {
	readonly id: string;
	readonly input: CreateAssociationCommandInput;
}

const idOf = (number: number) => `${ASSOCIATIONS}${number}`;

function drawAssociations(draw: Draw): Deployed[] {
	const all = { Key: 'tag:service', Values: ['state'] };
	const prod = { Key: 'tag:PatchGroup', Values: ['prod'] };
	const each = (number: number, name: string, document: Document, ...targets: { Key: string; Values: string[] }[]): Deployed => {
		const own = draw.of(name);
		return {
			id: idOf(number),
			input: {
				Name: document,
				AssociationName: name,
				Targets: targets,
				ScheduleExpression: own.one(['rate(30 minutes)', 'rate(1 hour)', 'rate(1 day)', 'rate(1 day)']),
				MaxConcurrency: own.one(['100%', '50%', '2']),
				MaxErrors: own.one(['100%', '100%', '10%', '0']),
				ComplianceSeverity: own.one(['CRITICAL', 'MEDIUM']),
				...(document === 'AWS-RunShellScript' && { Parameters: { commands: ['harden'] } }),
				...(own.chance(0.5) && { OutputLocation: { S3Location: { OutputS3BucketName: 'state-output', OutputS3KeyPrefix: 'state' } } }),
			},
		};
	};
	return [
		each(1, `${OWN}hardening`, 'AWS-RunShellScript', prod),
		...(draw.chance(0.6) ? [each(2, `${OWN}agents`, 'AWS-UpdateSSMAgent', all)] : []),
		...(draw.chance(0.3) ? [each(3, 'theirs', 'AWS-RunShellScript', all)] : []),
	];
}

/** Somebody has what comes once a day applied, some of it while things go wrong, and in the end. */
function drawRuns(draw: Draw, runAt: number): Act[] {
	return [runAt, runAt + at(draw, 5 * MINUTE, HOUR), SPAN + 10 * MINUTE].map((when, index) => ({
		id: `run ${index + 1}`,
		at: when,
		what: 'somebody has all associations of once a day applied',
		async do({ aws, services: { ssm } }: World) {
			const daily = ssm.stateManager.associations().filter((association) => settingsOf(association).schedule === 'rate(1 day)');
			const AssociationIds = daily.map(({ id }) => id);
			if (AssociationIds.length > 0) await tried(aws.ssm.send(new StartAssociationsOnceCommand({ AssociationIds })));
		},
	}));
}

/** Of the template what nodes' states have to do with. */
function deployed(packaged: Template, associations: readonly Deployed[]): Template {
	return {
		...packaged,
		// These operations have a clock of their own, and no playbooks.
		rules: packaged.rules.filter(({ name }) => !name.includes('-reconcile-') && !name.includes('-fleet-event-')),
		state: { ...packaged.state, patchBaselines: [], maintenanceWindows: [], windowTargets: [], windowTasks: [], associations },
	};
}

type Groups = readonly (readonly string[])[];

/** Some nodes of a group that go the same way: one, a few, or all of them. */
function drawNodes(draw: Draw, groups: Groups): string[] {
	const group = draw.weighted(groups.filter(({ length }) => length > 0).map((ids) => [ids.length, ids] as const));
	const some = draw.weighted([
		[3, 1],
		[2, Math.ceil(group.length / 2)],
		[2, group.length],
	]);
	const from = draw.whole(0, group.length - some);
	return group.slice(from, from + some);
}

/** How long it takes to get round from one node to the next. Milliseconds. */
function drawPace(draw: Draw): number {
	return draw.weighted([
		[3, 200],
		[2, draw.whole(1, 20) * 1_000],
		[1, draw.whole(20, 90) * 1_000],
	]);
}

const at = (draw: Draw, from: number, to: number) => Math.round(draw.whole(from, to) / 100) * 100;

/** When what begins at an instant is over; undefined where it never is. */
function drawEnd(draw: Draw, from: number): number | undefined {
	if (draw.chance(0.15)) return undefined;
	return Math.min(
		from +
			draw.weighted([
				[2, at(draw, MINUTE / 2, 5 * MINUTE)],
				[3, at(draw, 5 * MINUTE, HOUR)],
				[1, at(draw, HOUR, 3 * HOUR)],
			]),
		SPAN,
	);
}

function drawScans(draw: Draw, groups: Groups, runAt: number): Act[] {
	return Array.from({ length: draw.whole(0, 3) }, (_, index) => {
		const own = draw.of(`scan ${index}`);
		const from = own.chance(0.6) ? at(own, runAt - 15 * MINUTE, runAt + 20 * MINUTE) : at(own, 0, SPAN - HOUR);
		const until = drawEnd(own, from);
		const severity = own.one(['CRITICAL', 'HIGH', 'MEDIUM'] as const);
		const [pace, paceBack] = [drawPace(own), drawPace(own)];
		return drawNodes(own, groups).flatMap((id, number) => [
			scan(`scan ${index + 1} of ${id}`, from + number * pace, id, severity),
			...(until === undefined ? [] : [scan(`patching ${index + 1} of ${id}`, until + number * paceBack, id, undefined)]),
		]);
	}).flat();
}

/** @param severity of what is missing; undefined: nothing is. */
function scan(id: string, at: number, node: string, severity: 'CRITICAL' | 'HIGH' | 'MEDIUM' | undefined): Act {
	const Status = severity === undefined ? 'COMPLIANT' : 'NON_COMPLIANT';
	const Items = [{ Id: 'openssl', Title: 'openssl', Severity: severity ?? 'CRITICAL', Status } as const];
	return {
		id,
		at,
		what: `${node} is found ${severity === undefined ? 'compliant' : `noncompliant (${severity})`} with its patches`,
		async do({ aws, clock }: World) {
			const ExecutionSummary = { ExecutionTime: new Date(clock.now()) };
			const about = { ResourceId: node, ResourceType: 'ManagedInstance', ComplianceType: 'Patch', ExecutionSummary } as const;
			await tried(aws.ssm.send(new PutComplianceItemsCommand({ ...about, Items: [...Items] })));
		},
	};
}

function drawTroubles(draw: Draw, groups: Groups, runAt: number): Act[] {
	return Array.from({ length: draw.whole(0, 3) }, (_, index) => {
		const own = draw.of(`trouble ${index}`);
		const from = own.chance(0.7) ? at(own, runAt - 10 * MINUTE, runAt) : at(own, 0, SPAN - HOUR);
		const until = drawEnd(own, from);
		const document = own.one(DOCUMENTS);
		const seconds = own.whole(1, 60);
		return drawNodes(own, groups).flatMap((id) => [
			behave(`trouble ${index + 1} of ${id}`, from, id, document, { exitCode: 3, durationSeconds: seconds }),
			...(until === undefined ? [] : [behave(`repair ${index + 1} of ${id}`, until, id, document, { durationSeconds: seconds })]),
		]);
	}).flat();
}

function behave(
	id: string,
	at: number,
	node: string,
	document: Document,
	how: { readonly exitCode?: number; readonly durationSeconds: number },
): Act {
	return {
		id,
		at,
		what: `from now on ${document} ${how.exitCode === undefined ? 'succeeds' : 'fails'} on ${node}`,
		do({ services: { ssm } }: World) {
			if (ssm.node(node)) ssm.behave(node, { [document]: how });
		},
	};
}

function drawMishaps(draw: Draw, ids: readonly string[]): Act[] {
	const acts = ids.flatMap((id): Act[] => {
		const own = draw.of(id);
		if (!own.chance(0.8 / ids.length)) return [];
		const from = at(own, 0, SPAN);
		if (own.chance(0.6))
			return [{ id: `end of ${id}`, at: from, fault: 'a node vanishes', what: `${id} is gone`, do: (world) => vanish(world, id) }];
		const back = from + at(own, MINUTE, 90 * MINUTE);
		return [
			{
				...{ id: `loss of ${id}`, at: from, fault: "an agent's connection is lost", what: `the agent of ${id} is out of reach` },
				do: (world) => reach(world, id, 'lost'),
			},
			{ id: `return of ${id}`, at: back, what: `the agent of ${id} is back`, do: (world) => reach(world, id, 'online') },
		];
	});
	if (!draw.chance(0.15)) return acts;
	const from = at(draw, 0, SPAN - HOUR);
	const minutes = draw.whole(5, 60);
	return [
		...acts,
		{ id: 'state pause', at: from, what: `an operator pauses all starting for ${minutes} minutes`, do: (world) => pause(world) },
		{ id: 'state resume', at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world) => resume(world) },
	];
}
