/** A story of events and requests: nodes that EC2 takes back, notices of AWS Health, requests, and the playbooks for them. */

import type { FleetGroup, FleetNode } from '../../fleet.ts';
import type { Draw } from '../draw.ts';
import type { Act, Part, Setting } from '../flow.ts';
import { pause, resume, vanish } from '../people.ts';
import { type Asked, requestActs } from './asking.ts';
import { CALENDAR, drawPlaybooks, HEALTH, REQUEST, RUNBOOK, SPOT } from './event-playbooks.ts';
import { drawRequests } from './event-requests.ts';
import { drawCalendar } from './lifecycle-playbooks.ts';

const MINUTE = 60_000;

export interface EventPart extends Part {
	readonly requests: readonly Asked[];
}

export function drawEvents(draw: Draw, setting: Setting): EventPart {
	const group = drawNodes(draw.of('nodes'));
	const playbooks = drawPlaybooks(draw.of('playbooks'));
	const ids = group.nodes.map(({ id }) => id);
	const requests = drawRequests(draw.of('requests'), ids);
	const calendar = playbooks.some((playbook) => playbook.calendar !== undefined);
	return {
		groups: [group],
		playbooks,
		requests,
		documents: [RUNBOOK, ...(calendar ? [drawCalendar(draw.of('calendar'), setting, CALENDAR)] : [])],
		acts: [
			...drawInterruptions(draw.of('interruptions'), ids, setting),
			...drawNotices(draw.of('notices'), ids, setting),
			...requestActs(draw.of('asking'), requests, setting, { detailType: REQUEST, again: 0.6 }),
			...drawPause(draw.of('pause'), setting),
		],
	};
}

function drawNodes(draw: Draw): FleetGroup {
	const nodes = Array.from({ length: draw.whole(1, 5) }, (_, number): FleetNode => {
		const each = draw.of(`node ${number}`);
		return {
			id: `i-0e${String(number + 1).padStart(15, '0')}`,
			agent: each.weighted([
				[24, 'online'],
				[2, 'lost'],
				[2, 'deaf'],
				[1, 'none'],
			]),
			behaviours: {
				'drain-node': {
					durationSeconds: each.weighted([
						[5, each.whole(2, 60)],
						[3, each.whole(60, 500)],
					]),
					stdout: 'drained\n',
					oncePer: 'WorkId',
					...(each.chance(0.2) && (each.chance(0.3) ? { hangs: true } : { exitCode: 3, stdout: 'stuck\n' })),
				},
			},
		};
	});
	return { name: 'spot-silver', min: 0, max: 40, tags: { service: 'spot' }, nodes };
}

const within = (draw: Draw, { actsWithinMs }: Setting) => Math.round(draw.whole(0, actsWithinMs) / 100) * 100;

/** EC2 says two minutes before that it takes an instance back, and then it does. */
function drawInterruptions(draw: Draw, ids: readonly string[], setting: Setting): Act[] {
	const together = within(draw, setting);
	return ids.flatMap((id, index) => {
		const each = draw.of(`node ${index}`);
		const times = each.weighted([
			[4, 0],
			[4, 1],
			[2, each.whole(2, 4)],
		]);
		const acts = Array.from(
			{ length: times },
			(_, number): Act => ({
				id: `interruption ${id} ${number + 1}`,
				at: each.chance(0.4) ? together + number * 1_000 : within(each, setting),
				what: `EC2 says that it takes ${id} back`,
				do: (world) =>
					world.putEvent({
						source: 'aws.ec2',
						detailType: SPOT,
						resources: [`arn:aws:ec2:eu-west-1a:instance/${id}`],
						detail: { 'instance-id': id, 'instance-action': 'terminate' },
					}),
			}),
		);
		const last = acts.at(-1);
		if (last === undefined || !each.chance(0.25)) return acts;
		return [
			...acts,
			{ id: `end of ${id}`, at: last.at + 2 * MINUTE, fault: 'a node vanishes', what: `${id} is gone`, do: (world) => vanish(world, id) },
		];
	});
}

/** A notice has several pages, and is updated. */
function drawNotices(draw: Draw, ids: readonly string[], setting: Setting): Act[] {
	return Array.from({ length: draw.whole(0, 3) }, (_, number) => draw.of(`notice ${number}`)).flatMap((each, number) => {
		const eventArn = `arn:aws:health:eu-west-1::event/EC2/RETIREMENT/${number + 1}`;
		const at = within(each, setting);
		const pages = each.weighted([
			[3, 1],
			[2, each.whole(2, 3)],
		]);
		const instance = each.one(ids);
		return Array.from(
			{ length: pages },
			(_, page): Act => ({
				id: `notice ${number + 1} page ${page + 1}`,
				at: at + page * each.one([1_000, 5 * MINUTE]),
				what: `AWS Health says that ${instance} is retired: ${eventArn}, page ${page + 1}`,
				do: (world) =>
					world.putEvent({
						source: 'aws.health',
						detailType: HEALTH,
						// The title of an OpsItem names the resource: each notice has its own.
						resources: [`arn:aws:ec2:eu-west-1:111122223333:volume/vol-${number + 1}`],
						detail: {
							eventArn,
							service: 'EC2',
							eventTypeCategory: 'scheduledChange',
							page: String(page + 1),
							totalPages: String(pages),
							affectedEntities: [{ entityValue: instance }],
						},
					}),
			}),
		);
	});
}

function drawPause(draw: Draw, setting: Setting): Act[] {
	if (!draw.chance(0.15)) return [];
	const from = within(draw, setting);
	const minutes = draw.whole(1, 20);
	return [
		{ id: 'event pause', at: from, what: `an operator pauses all starting for ${minutes} minutes`, do: (world) => pause(world) },
		{ id: 'event resume', at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world) => resume(world) },
	];
}
