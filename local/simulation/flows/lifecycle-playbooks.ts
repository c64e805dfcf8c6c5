/** The playbooks of a lifecycle story, and the calendar that they share. */

import type { FleetGroup } from '../../fleet.ts';
import type { DocumentDefinition } from '../../template.ts';
import type { Draw } from '../draw.ts';
import type { PlaybookText, Setting } from '../flow.ts';
import { FOREIGN } from './lifecycle-groups.ts';

const MINUTE = 60_000;
const CALENDAR = 'change-freeze';

const COMMANDS = { 'drain-node': {}, 'bootstrap-node': {}, 'AWS-RunShellScript': { commands: ['systemctl stop nginx'] } } as const;

function drawRun(draw: Draw, on: string): Readonly<Record<string, unknown>> {
	const launch = on === 'instance-launching';
	const minutes = draw.weighted([
		[2, draw.whole(1, 3)],
		[5, draw.whole(4, 12)],
		[3, draw.whole(15, 40)],
	]);
	const timing = {
		timeout: `${minutes}m`,
		...(draw.chance(0.4) && { deliverWithin: `${draw.one([30, draw.whole(30, minutes * 60)])}s` }),
		...(launch && minutes > 1 && draw.chance(0.6) && { registerWithin: `${draw.whole(20, minutes * 60 - 1)}s` }),
	};
	if (!launch && draw.chance(0.2)) {
		const parameters = { InstanceId: '$.detail.EC2InstanceId', GroupName: ['$.detail.AutoScalingGroupName'] };
		const { deliverWithin: _none, ...rest } = timing;
		return { automation: 'collect-and-drain', parameters, ...rest };
	}
	const command = draw.weighted([
		[5, launch ? 'bootstrap-node' : 'drain-node'],
		[2, 'AWS-RunShellScript'],
	] as const);
	return { command, parameters: COMMANDS[command], ...timing };
}

export function drawPlaybooks(draw: Draw, { name: group, tags = {}, hooks = [] }: FleetGroup, index: number): PlaybookText[] {
	const occasions = hooks.flatMap(({ name, on }) =>
		name === FOREIGN ? [] : [{ hook: name, on: on === 'launch' ? 'instance-launching' : 'instance-terminating' }],
	);
	return occasions.flatMap(({ hook, on }) => {
		// A group that no playbook claims, now and then.
		if (draw.chance(0.06)) return [];
		const kind = on === 'instance-launching' ? 'bootstrap' : 'drain';
		const first = drawPlaybook(draw.of(`${kind} first`), { name: `${kind}-${index}`, priority: 100 + index * 10, on, hook, group, tags });
		if (!draw.chance(0.2)) return [first];
		return [
			first,
			drawPlaybook(draw.of(`${kind} second`), { name: `${kind}-${index}-special`, priority: 99 + index * 10, on, hook, group, tags }),
		];
	});
}

interface Claim {
	readonly name: string;
	readonly priority: number;
	readonly on: string;
	readonly hook: string;
	readonly group: string;
	readonly tags: Readonly<Record<string, string>>;
}

function drawPlaybook(draw: Draw, { name, priority, on, hook, group, tags }: Claim): PlaybookText {
	const launch = on === 'instance-launching';
	const service = draw.weighted([
		[6, undefined],
		[3, tags['service']],
		[1, 'absent'],
	]);
	const limits = {
		...(draw.chance(0.7) && { concurrent: draw.whole(1, 3) }),
		...(draw.chance(0.4) && { perHour: draw.whole(1, 4) }),
	};
	return {
		name,
		priority,
		on,
		when: {
			detail: {
				AutoScalingGroupName: draw.chance(0.5) ? [group] : [{ prefix: group.slice(0, 4) }],
				LifecycleHookName: draw.chance(0.7) ? [hook] : [{ prefix: hook.slice(0, -2) }],
				...(!launch && draw.chance(0.15) && { Destination: ['WarmPool', 'EC2'] }),
			},
			...(service !== undefined && { tags: { service: [service] } }),
		},
		run: drawRun(draw, on),
		then: {
			onSuccess: {
				lifecycle: draw.weighted([
					[9, 'continue'],
					[1, 'abandon'],
				]),
			},
			onFailure: {
				lifecycle: launch
					? draw.weighted([
							[9, 'abandon'],
							[1, 'continue'],
						])
					: draw.one(['continue', 'abandon']),
				...(draw.chance(0.6) && { opsItem: { severity: draw.one(['2', '3']), category: 'Availability' } }),
			},
		},
		...(draw.chance(0.25) && Object.keys(limits).length > 0 && { limits: { ...limits, beyond: draw.one(['wait', 'wait', 'skip']) } }),
		...(draw.chance(0.12) && { calendar: CALENDAR, calendarClosed: draw.one(['wait', 'wait', 'skip']) }),
		...(draw.chance(0.06) && { mode: 'observe' }),
	};
}

/** `2026-03-02T10:00:00Z`, as iCalendar writes it. */
const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');

export function drawCalendar(draw: Draw, { startAt, actsWithinMs }: Setting, name = CALENDAR): DocumentDefinition {
	const from = startAt + draw.whole(-10, actsWithinMs / MINUTE) * MINUTE;
	const to = from + draw.whole(3, 25) * MINUTE;
	const event = ['BEGIN:VEVENT', 'UID:1', `DTSTART:${stamp(from)}`, `DTEND:${stamp(to)}`, 'SUMMARY:freeze', 'END:VEVENT'];
	const head = ['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', 'X-CALENDAR-TYPE:DEFAULT_OPEN'];
	return { name, type: 'ChangeCalendar', format: 'TEXT', content: [...head, ...event, 'END:VCALENDAR', ''].join('\r\n') };
}
