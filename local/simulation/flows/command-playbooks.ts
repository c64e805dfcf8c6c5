/** The playbooks of a story of commands on many nodes. */

import type { Draw } from '../draw.ts';
import type { PlaybookText } from '../flow.ts';

/** A playbook for requests of commands, as far as the simulation draws them. */
export interface CommandText extends PlaybookText {
	readonly when: { readonly detail: { readonly command: readonly string[] } };
	readonly run: { readonly timeout: string; readonly deliverWithin?: string };
	readonly then?: { readonly onFailure: { readonly opsItem: object } };
	readonly limits?: { readonly concurrent?: number; readonly perHour?: number; readonly beyond: string };
	readonly calendar?: string;
	readonly calendarClosed?: string;
	readonly mode?: string;
}

export const CALENDAR = 'command-freeze';
/** A packaged one: a node that did it once does nothing the second time. */
export const RESTART = 'restart-service';
/** One of AWS's: it does what it is told as often as it is told. */
export const SHELL = 'AWS-RunShellScript';
/** A packaged one that no playbook allows. */
export const FORBIDDEN = 'free-disk-space';

/** Minutes that no playbook of a story allows. */
export const TOO_LONG = 60;

export function drawPlaybooks(draw: Draw): CommandText[] {
	return [
		...(draw.chance(0.95) ? [drawPlaybook(draw.of('first'), 'on-command', 100, [RESTART, SHELL])] : []),
		...(draw.chance(0.2) ? [drawPlaybook(draw.of('special'), 'on-command-special', 90, [RESTART])] : []),
	];
}

function drawPlaybook(draw: Draw, name: string, priority: number, command: readonly string[]): CommandText {
	const limits = {
		...(draw.chance(0.8) && { concurrent: draw.whole(1, 2) }),
		...(draw.chance(0.3) && { perHour: draw.whole(2, 6) }),
	};
	const minutes = draw.weighted([
		[1, draw.whole(1, 3)],
		[5, draw.whole(6, 25)],
	]);
	return {
		name,
		priority,
		on: 'request',
		when: { detail: { command } },
		run: { timeout: `${minutes}m`, ...(draw.chance(0.7) && { deliverWithin: `${draw.whole(30, minutes * 30)}s` }) },
		...(draw.chance(0.6) && { then: { onFailure: { opsItem: { severity: '3', category: 'Availability' } } } }),
		...(draw.chance(0.25) && Object.keys(limits).length > 0 && { limits: { ...limits, beyond: draw.one(['wait', 'wait', 'skip']) } }),
		...(draw.chance(0.2) && { calendar: CALENDAR, calendarClosed: draw.one(['wait', 'wait', 'skip']) }),
		...(draw.chance(0.06) && { mode: 'observe' }),
	};
}

/** The playbook that allows a command: the one of the lowest priority. */
export function claiming(playbooks: readonly CommandText[], command: string): CommandText | undefined {
	return playbooks.filter(({ when }) => when.detail.command.includes(command)).sort((a, b) => a.priority - b.priority)[0];
}
