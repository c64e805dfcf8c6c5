/** What the settings of a stage make of its playbooks. */

import type { Settings, StagePart } from '../settings.ts';
import type { CompiledPlaybook, PlaybookOn, PlaybookSet } from './types.ts';

const PART_OF: Readonly<Record<PlaybookOn, StagePart>> = {
	'instance-terminating': 'lifecycle',
	'instance-launching': 'lifecycle',
	alarm: 'alarms',
	noncompliant: 'compliance',
	event: 'events',
	request: 'events',
	session: 'sessions',
	inventory: 'state',
};

/** Without the playbooks of parts that are off, so that neither an event nor a sweep opens anything for them; the others with the stage's calendar where they name none. */
export function forStage(set: PlaybookSet, { parts, calendar }: Pick<Settings, 'parts' | 'calendar'>): PlaybookSet {
	const on = parts ? set.playbooks.filter(({ playbook }) => parts.includes(PART_OF[playbook.on])) : set.playbooks;
	return { ...set, playbooks: calendar === undefined ? on : on.map((each) => withCalendar(each, calendar)) };
}

function withCalendar(compiled: CompiledPlaybook, calendar: string): CompiledPlaybook {
	const { playbook } = compiled;
	if (playbook.brakes?.calendar) return compiled;
	return { ...compiled, playbook: { ...playbook, brakes: { ...playbook.brakes, calendar: { names: [calendar], closed: 'wait' } } } };
}
