/** While a playbook's calendar is CLOSED, no work of it is begun. */

import type { Part, Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';

/** For how long an answer of a calendar is believed, and how long the invocation that has it may go on. Milliseconds. */
const BELIEVED = 60_000;
const INVOCATION = 60_000;
const SKEW = 6_000;

/** A check of each write of an operation, for the calendars that a story's part brings. */
export function watchCalendars(scene: Scene, { documents = [], playbooks = [] }: Part): (after: Recorded, before?: Recorded) => void {
	const frozen = new Map(
		documents.flatMap(({ name, content }) => (content.startsWith('BEGIN:VCALENDAR') ? [[name, closedIn(content)] as const] : [])),
	);
	const calendarOf = new Map(playbooks.map((playbook) => [playbook.name, String(playbook['calendar'] ?? '')]));

	return ({ id, playbook, work }, before) => {
		const closed = frozen.get(calendarOf.get(playbook.name) ?? '');
		const begins = work !== undefined && work.id !== before?.work?.id && work.attempt === 1;
		if (!begins || closed === undefined) return;
		const since = scene.now() - closed.from;
		if (since > BELIEVED + INVOCATION + SKEW && scene.now() < closed.to - SKEW)
			scene.violated(3, `${id} begins its work ${Math.round(since / 1_000)} s after its calendar has closed`);
	};
}

/** The one closure of a calendar that is open otherwise. Epoch milliseconds. */
function closedIn(content: string): { readonly from: number; readonly to: number } {
	const instant = (name: string) => {
		const [, ...parts] = new RegExp(`${name}:(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z`).exec(content) ?? [];
		const [year, month, day, hour, minute, second] = parts;
		return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
	};
	return { from: instant('DTSTART'), to: instant('DTEND') };
}
