/** Change calendars of a world. */

import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import type { Flow } from './support.ts';

/** `20260302T100000Z`, as iCalendar writes it. */
const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** A person makes a change calendar that is closed at times. Epoch milliseconds. */
export async function makeCalendar(flow: Flow, Name: string, ...closed: readonly { readonly from: number; readonly to: number }[]) {
	const events = closed.flatMap(({ from, to }, index) => [
		...['BEGIN:VEVENT', `UID:${index}`, `DTSTART:${stamp(from)}`, `DTEND:${stamp(to)}`, 'SUMMARY:freeze', 'END:VEVENT'],
	]);
	const head = ['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', 'X-CALENDAR-TYPE:DEFAULT_OPEN'];
	const Content = [...head, ...events, 'END:VCALENDAR', ''].join('\r\n');
	await flow.people(({ ssm }) =>
		ssm.send(new CreateDocumentCommand({ Name, DocumentType: 'ChangeCalendar', DocumentFormat: 'TEXT', Content })),
	);
}
