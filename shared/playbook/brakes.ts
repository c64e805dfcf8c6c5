/** What a playbook says of holding its work back: limits, calendars, the dry run. */

import { type Finding, quote } from './problem.ts';
import type { PlaybookSource } from './schema.ts';
import { type Brakes, isLifecycle, type PlaybookOn } from './types.ts';

/** The name of a Change Calendar, or the ARN of its document. */
export const CALENDAR = /^([A-Za-z0-9_.-]{3,128}|arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:document\/[A-Za-z0-9_.-]{3,128})$/;

/** A new rule can find thousands of resources at once: without limits of its own a playbook works on so many at a time. */
const NONCOMPLIANT_AT_ONCE = 20;

export function brakesOf({ on, limits = defaultLimits(on), calendar, calendarClosed, mode }: PlaybookSource): Brakes {
	return {
		...(limits && {
			limits: {
				...(limits.concurrent !== undefined && { concurrent: limits.concurrent }),
				...(limits.perHour !== undefined && { perHour: limits.perHour }),
				beyond: limits.beyond ?? 'wait',
			},
		}),
		...(calendar !== undefined && { calendar: { names: [calendar].flat(), closed: calendarClosed ?? 'wait' } }),
		...(mode === 'observe' && { observe: true }),
	};
}

function defaultLimits(on: PlaybookOn): PlaybookSource['limits'] {
	return on === 'noncompliant' ? { concurrent: NONCOMPLIANT_AT_ONCE } : undefined;
}

export function brakeFindings({ on, limits, calendar, calendarClosed, mode }: PlaybookSource): Finding[] {
	const findings: Finding[] = [];
	if (limits && limits.concurrent === undefined && limits.perHour === undefined) {
		findings.push({ at: ['limits'], message: 'limits nothing', hint: 'write concurrent: <number>, perHour: <number> or both' });
	}
	for (const [i, name] of [calendar ?? []].flat().entries()) {
		if (CALENDAR.test(name)) continue;
		const at = ['calendar', ...(Array.isArray(calendar) ? [i] : [])];
		findings.push({ at, message: `${quote(name)} is not the name of a calendar`, hint: 'write its name, or the ARN of its document' });
	}
	if (Array.isArray(calendar) && calendar.length === 0) {
		findings.push({ at: ['calendar'], message: 'the list is empty', hint: 'name a calendar or leave it out' });
	}
	if (calendarClosed !== undefined && calendar === undefined) {
		findings.push({ at: ['calendarClosed'], message: 'has no effect without a calendar', hint: 'write calendar: <name>', onKey: true });
	}
	if (mode === 'observe' && isLifecycle(on)) {
		const message =
			"completes no lifecycle action: an instance whose hook only Fleetkeeper completes waits for the hook's own timeout and gets its default result";
		findings.push({ at: ['mode'], message, severity: 'warning' });
	}
	return findings;
}
