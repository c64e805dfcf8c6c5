/** The playbooks of a story of events and requests, and the runbook that most of them run. */

import type { DocumentDefinition } from '../../template.ts';
import type { Draw } from '../draw.ts';
import type { PlaybookText } from '../flow.ts';
import { AUTOMATION_ROLE } from './compliance-resources.ts';

/** A playbook for events or for requests, as far as the simulation draws them. */
export interface EventText extends PlaybookText {
	readonly when: { readonly source?: readonly string[]; readonly detail?: { readonly runbook?: readonly string[] } };
	readonly run?: { readonly command?: string; readonly automation?: string; readonly timeout: string; readonly parameters?: object };
	readonly about?: string;
	readonly opsItem?: object;
	readonly then?: { readonly onFailure: { readonly opsItem: object } };
	readonly limits?: { readonly concurrent?: number; readonly perHour?: number; readonly beyond: string };
	readonly calendar?: string;
	readonly calendarClosed?: string;
	readonly mode?: string;
}

export const CALENDAR = 'event-freeze';
export const SPOT = 'EC2 Spot Instance Interruption Warning';
export const HEALTH = 'AWS Health Event';
export const REQUEST = 'Run Automation Requested';

/** The story's own runbook: it takes its time, and fails where it is told to. */
export const LINGER = 'linger';
/** A packaged one. */
export const RESTART = 'restart-node';
/** A packaged one that no playbook allows. */
export const FORBIDDEN = 'isolate-node';

const INSTANCE = { Service: 'ec2', Api: 'DescribeInstances', InstanceIds: ['{{ InstanceId }}'] };

const content = {
	schemaVersion: '0.3',
	assumeRole: AUTOMATION_ROLE,
	description: 'Takes its time over a node.',
	parameters: {
		InstanceId: { type: 'String', description: 'The node.', allowedPattern: '^i-[0-9a-f]{17}$' },
		Pause: { type: 'String', description: 'How long it takes.', default: 'PT5S', allowedPattern: '^PT[0-9]{1,4}S$' },
		Fails: { type: 'String', description: 'Whether it fails.', default: 'no', allowedPattern: '^(yes|no)$' },
	},
	mainSteps: [
		{ name: 'work', action: 'aws:sleep', inputs: { Duration: '{{ Pause }}' } },
		{
			name: 'choose',
			action: 'aws:branch',
			inputs: { Choices: [{ Variable: '{{ Fails }}', StringEquals: 'yes', NextStep: 'fail' }], Default: 'done' },
		},
		{
			name: 'fail',
			action: 'aws:assertAwsResourceProperty',
			isEnd: true,
			inputs: { ...INSTANCE, PropertySelector: '$.Reservations[0].Instances[0].State.Name', DesiredValues: ['unheard of'] },
		},
		{ name: 'done', action: 'aws:executeAwsApi', isEnd: true, inputs: INSTANCE },
	],
};

export const RUNBOOK: DocumentDefinition = {
	name: `fleetkeeper-local-${LINGER}`,
	type: 'Automation',
	format: 'JSON',
	content: JSON.stringify(content),
};

export function drawPlaybooks(draw: Draw): EventText[] {
	return [
		...(draw.chance(0.85) ? [drawSpot(draw.of('spot'))] : []),
		...(draw.chance(0.8) ? [drawHealth(draw.of('health'))] : []),
		...(draw.chance(0.9) ? [drawRequests(draw.of('requests'), 'on-request', 100, [LINGER, RESTART])] : []),
		...(draw.chance(0.2) ? [drawRequests(draw.of('special requests'), 'on-request-special', 90, [LINGER])] : []),
	];
}

const ITEM = { severity: '3', category: 'Availability' };

function drawBrakes(draw: Draw) {
	const limits = {
		...(draw.chance(0.8) && { concurrent: draw.whole(1, 2) }),
		...(draw.chance(0.3) && { perHour: draw.whole(5, 10) }),
	};
	return {
		...(draw.chance(0.3) && Object.keys(limits).length > 0 && { limits: { ...limits, beyond: draw.one(['wait', 'skip']) } }),
		...(draw.chance(0.25) && { calendar: CALENDAR, calendarClosed: draw.one(['wait', 'skip']) }),
		...(draw.chance(0.08) && { mode: 'observe' }),
	};
}

const drawTimeout = (draw: Draw) =>
	`${draw.weighted([
		[2, draw.whole(1, 3)],
		[5, draw.whole(4, 20)],
	])}m`;

const onFailure = (draw: Draw) => draw.chance(0.5) && { then: { onFailure: { opsItem: ITEM } } };

function drawSpot(draw: Draw): EventText {
	const item = draw.chance(0.6);
	const command = draw.chance(0.65);
	const node = '$.detail.instance-id';
	const timeout = drawTimeout(draw);
	const run = command
		? { command: 'drain-node', node, timeout }
		: {
				automation: LINGER,
				parameters: { InstanceId: node, Pause: `PT${draw.whole(1, 240)}S`, Fails: draw.one(['no', 'no', 'yes']) },
				timeout,
			};
	const works = !item || draw.chance(0.8);
	return {
		name: 'on-interruption',
		priority: 300,
		on: 'event',
		when: { source: ['aws.ec2'], 'detail-type': [SPOT] } as EventText['when'],
		// An OpsItem for each of several events of one node could not be told from a second one of the same.
		...((item || draw.chance(0.7)) && { about: node }),
		...(item && { opsItem: ITEM }),
		...(works && { run, ...onFailure(draw) }),
		...drawBrakes(draw.of('brakes')),
	};
}

function drawHealth(draw: Draw): EventText {
	return {
		name: 'health-notices',
		priority: 310,
		on: 'event',
		when: { source: ['aws.health'], detail: { eventTypeCategory: ['issue', 'scheduledChange'] } } as EventText['when'],
		about: '$.detail.eventArn',
		opsItem: ITEM,
		...(draw.chance(0.3) && {
			run: { automation: LINGER, parameters: { InstanceId: '$.detail.affectedEntities.0.entityValue' }, timeout: drawTimeout(draw) },
		}),
		...drawBrakes(draw.of('brakes')),
	};
}

function drawRequests(draw: Draw, name: string, priority: number, runbook: readonly string[]): EventText {
	return {
		name,
		priority,
		on: 'request',
		when: { detail: { runbook } },
		run: { timeout: drawTimeout(draw) },
		...onFailure(draw),
		...drawBrakes(draw.of('brakes')),
	};
}

/** The playbook that claims an event of a type, or a request for a runbook: the one of the lowest priority. */
export function claiming(playbooks: readonly EventText[], detailType: string, runbook?: string): EventText | undefined {
	const claims = ({ name, on, when }: EventText) => {
		if (detailType === REQUEST) return on === 'request' && when.detail?.runbook?.includes(runbook ?? '') === true;
		return name === (detailType === SPOT ? 'on-interruption' : 'health-notices');
	};
	return playbooks.filter(claims).sort((a, b) => a.priority - b.priority)[0];
}
