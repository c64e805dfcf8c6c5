/** Requests to run a runbook: good ones, forbidden ones, malformed ones, and those that come twice. */

import type { Draw } from '../draw.ts';
import { type Asked, BUS, SOURCE } from './asking.ts';
import { FORBIDDEN, LINGER, RESTART } from './event-playbooks.ts';

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
