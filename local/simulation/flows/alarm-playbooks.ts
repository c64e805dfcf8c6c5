/** The playbooks of an alarm story. */

import type { Draw } from '../draw.ts';
import type { AlarmText } from './alarm-claims.ts';

export const FREEZE = 'release-freeze';

/** One for most alarms, and now and then one before it for a few of them. */
export function drawAlarmPlaybooks(draw: Draw): AlarmText[] {
	const most = draw.one([
		[{ prefix: 'shop-' }, { suffix: '-high' }],
		[{ prefix: 'shop-' }, { prefix: 'api-' }],
		[{ wildcard: 'shop-*' }],
		[{ suffix: '-high' }, 'shop-unwell', 'shop-orders-low'],
		[{ prefix: 'shop-' }, { suffix: '-high' }, { prefix: 'TargetTracking-shop' }],
	] as const);
	const general = drawPlaybook(draw.of('general'), 'alarms', 300, most);
	if (draw.chance(0.25)) {
		const few = draw.one([
			['shop-cpu-high'],
			[{ suffix: '-high' }],
			[{ wildcard: 'shop-*-full' }, 'shop-errors'],
			['shop-unwell'],
		] as const);
		return [general, drawPlaybook(draw.of('special'), 'alarms-special', 299, few)];
	}
	// Then an OK is for no playbook, and must be heard of all the same.
	if (!draw.chance(0.25)) return [general];
	return [{ ...general, when: { detail: { ...general.when.detail, state: { value: ['ALARM'] } } } }];
}

type Conditions = AlarmText['when']['detail']['alarmName'];

function drawPlaybook(draw: Draw, name: string, priority: number, alarmName: Conditions): AlarmText {
	const waits = draw.whole(10, 45);
	const insufficientData = draw.weighted([
		[4, undefined],
		[1, 'ignore'],
		[2, 'ok'],
		[4, 'alarm'],
	] as const);
	const limits = {
		...(draw.chance(0.5) && { concurrent: draw.one([1, 1, 2]) }),
		...(draw.chance(0.7) && { perHour: draw.one([1, 1, 1, 3]) }),
	};
	return {
		name,
		priority,
		on: 'alarm',
		when: { detail: { alarmName } },
		...(draw.chance(0.75) && { run: drawRun(draw.of('run'), waits) }),
		...(draw.chance(0.8) && {
			opsItem: {
				...(draw.chance(0.8) && { severity: draw.one(['1', '2', '3', '4']) }),
				...(draw.chance(0.5) && { category: 'Performance', priority: 2 }),
				...(draw.chance(0.3) && { runbooks: ['restart-node'] }),
			},
		}),
		...(draw.chance(0.85) && { calm: draw.one(['1m', '2m', '4m', '10m']) }),
		waitForOk: `${waits}m`,
		...(insufficientData && { insufficientData }),
		...(draw.chance(0.35) && { flapping: { times: draw.whole(2, 4), within: `${draw.whole(5, 60)}m` } }),
		...(draw.chance(0.75) && Object.keys(limits).length > 0 && { limits: { ...limits, beyond: draw.one(['wait', 'skip']) } }),
		...(draw.chance(0.5) && { calendar: FREEZE, calendarClosed: draw.one(['wait', 'skip']) }),
		...(draw.chance(0.12) && { mode: 'observe' }),
	};
}

function drawRun(draw: Draw, waits: number): NonNullable<AlarmText['run']> {
	const minutes = draw.whole(2, Math.min(waits, 20));
	const timeout = `${minutes}m`;
	const InstanceId = '$.dimensions.InstanceId';
	return draw.weighted([
		[3, { automation: 'restart-node', parameters: { InstanceId }, timeout: `${Math.max(minutes, 5)}m` }],
		[2, { automation: 'collect-and-drain', parameters: { InstanceId: [InstanceId], GroupName: 'shop' }, timeout }],
		[4, { command: 'restart-service', node: InstanceId, parameters: { ServiceName: 'nginx' }, timeout }],
		[
			2,
			{
				command: 'AWS-RunShellScript',
				node: InstanceId,
				parameters: { commands: ['systemctl restart nginx'] },
				timeout,
				...(draw.chance(0.5) && { deliverWithin: `${draw.whole(30, minutes * 60)}s` }),
			},
		],
	]);
}
