/** Requests to run a runbook: good ones, forbidden ones, malformed ones, and those that come twice. */

import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act, Setting } from '../flow.ts';
import { FORBIDDEN, LINGER, REQUEST, RESTART } from './event-playbooks.ts';

const BUS = 'fleetkeeper-local-requests';
const SOURCE = 'ops.pipeline';

/** A request of a story. */
export interface Asked {
	/** It is in the request, as its reason. */
	readonly name: string;
	readonly detail: Readonly<Record<string, unknown>>;
	readonly source: string;
	readonly bus: string;
	/**
	 * `fit`: a playbook decides whether it is allowed. `refused`: a playbook may allow it, and Systems Manager does not. `malformed`: nobody
	 * can allow it. `ignored`: it is not for us, or says that it is ours.
	 */
	readonly is: 'fit' | 'refused' | 'malformed' | 'ignored';
}

const MALFORMED: readonly ((instance: string) => Readonly<Record<string, unknown>>)[] = [
	() => ({ runbook: `${LINGER}; reboot` }),
	() => ({}),
	(InstanceId) => ({ runbook: LINGER, parameters: { InstanceId }, colour: 'red' }),
	() => ({ runbook: LINGER, parameters: { InstanceId: 7 } }),
	(instance) => ({ runbook: LINGER, targets: [{ key: 'ParameterValues', values: [instance] }] }),
	(InstanceId) => ({ runbook: LINGER, parameters: { InstanceId }, maxConcurrency: '1' }),
	(instance) => ({
		runbook: LINGER,
		targets: [{ key: 'ParameterValues', values: [instance] }],
		targetParameter: 'InstanceId',
		maxErrors: '-1',
	}),
	(InstanceId) => ({ runbook: LINGER, parameters: { InstanceId }, requestId: 'two words' }),
	(InstanceId) => ({ runbook: LINGER, parameters: { InstanceId, AutomationAssumeRole: 'arn:aws:iam::111122223333:role/admin' } }),
	(InstanceId) => ({
		runbook: LINGER,
		parameters: { InstanceId },
		targets: [{ key: 'ParameterValues', values: [InstanceId] }],
		targetParameter: 'InstanceId',
	}),
];

export function drawRequests(draw: Draw, instances: readonly string[]): Asked[] {
	return Array.from({ length: draw.whole(0, 6) }, (_, index): Asked => {
		const each = draw.of(`request ${index}`);
		const name = `request ${index + 1}`;
		const instance = each.one(instances);
		const about = { name, source: SOURCE, bus: BUS, is: 'fit' } as const;
		const said = {
			reason: name,
			...(each.chance(0.5) && { requestedBy: 'pipeline 7' }),
			...(each.chance(0.5) && { requestId: `CHG-${index + 1}` }),
		};
		const fit = { ...drawFit(each, instance, instances), ...said };
		return each.weighted<Asked>([
			[20, { ...about, detail: fit }],
			[2, { ...about, detail: { runbook: FORBIDDEN, parameters: { InstanceId: instance }, ...said } }],
			// The runbook has no such parameter.
			[2, { ...about, is: 'refused', detail: { runbook: LINGER, parameters: { Colour: 'red' }, ...said } }],
			[5, { ...about, is: 'malformed', detail: { ...said, ...each.one(MALFORMED)(instance) } }],
			[1, { ...about, is: 'ignored', detail: fit, bus: 'default', source: 'ops.stray' }],
			[1, { ...about, is: 'ignored', detail: fit, source: 'fleetkeeper' }],
		]);
	});
}

function drawFit(draw: Draw, instance: string, instances: readonly string[]): Readonly<Record<string, unknown>> {
	const pause = `PT${draw.weighted([
		[4, draw.whole(1, 60)],
		[2, draw.whole(60, 400)],
	])}S`;
	const options = { Pause: pause, ...(draw.chance(0.2) && { Fails: 'yes' }) };
	const rate = {
		...(draw.chance(0.5) && { maxConcurrency: draw.one(['1', '2', '50%']) }),
		...(draw.chance(0.5) && { maxErrors: draw.one(['0', '1', '100%']) }),
	};
	const many = { runbook: LINGER, parameters: options, targetParameter: 'InstanceId', ...rate };
	const gone = draw.chance(0.2) ? ['i-0000000000000dead'] : [];
	return draw.weighted([
		[6, { runbook: LINGER, parameters: { InstanceId: instance, ...options } }],
		[2, { runbook: RESTART, parameters: { InstanceId: [instance] } }],
		[2, { ...many, targets: [{ key: 'ParameterValues', values: [...gone, ...instances.slice(0, 3)] }] }],
		[1, { ...many, targets: [{ key: 'tag:service', values: ['spot'] }] }],
	]);
}

/** Asks each, some of them more than once. */
export function requestActs(draw: Draw, requests: readonly Asked[], { actsWithinMs }: Setting): Act[] {
	return requests.flatMap(({ name, ...request }, index) => {
		const each = draw.of(`times ${index}`);
		const first = Math.round(each.whole(0, actsWithinMs) / 100) * 100;
		const again =
			'requestId' in request.detail && each.chance(0.6) ? [1, each.whole(1, 1_200), each.whole(600, 2_400)].slice(0, each.whole(1, 3)) : [];
		return [0, ...again].map((seconds, time) => ({
			id: `${name}${time === 0 ? '' : ` again ${time}`}`,
			at: first + seconds * 1_000,
			what: `${request.source} asks on ${request.bus}: ${JSON.stringify(request.detail)}`,
			do: (world: World) => ask(world, request),
		}));
	});
}

async function ask({ aws }: World, { bus, source, detail }: Omit<Asked, 'name'>): Promise<void> {
	const entry = { EventBusName: bus, Source: source, DetailType: REQUEST, Detail: JSON.stringify(detail) };
	await aws.events.send(new PutEventsCommand({ Entries: [entry] }));
}
