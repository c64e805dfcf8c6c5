import { CreateDocumentCommand, GetCalendarStateCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { nextTransition, parseCalendar, stateAt } from '../../local/aws/ssm/calendar.ts';
import { clientOptions } from './support/sdk.ts';
import { errorOf, smallAws } from './support/small-aws.ts';

const FREEZE = ['DTSTART:20260302T100000Z', 'DTEND:20260302T120000Z'];
const CHANGE = 'Calendar State Change';

/** A calendar that is open but for its events. */
function calendar(events: readonly (readonly string[])[], type = 'DEFAULT_OPEN', ...properties: string[]): string {
	const body = events.flatMap((lines, index) => ['BEGIN:VEVENT', `UID:${index}`, ...lines, 'END:VEVENT']);
	const head = ['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', `X-CALENDAR-TYPE:${type}`, ...properties];
	return [...head, ...body, 'END:VCALENDAR', ''].join('\r\n');
}

/** When the state of a calendar is what, as its transitions from a time on have it. */
function transitions(text: string, from: string, count: number): string[] {
	const parsed = parseCalendar(text);
	const found: string[] = [];
	let at: number | undefined = Date.parse(from);
	while (found.length < count) {
		at = nextTransition(parsed, at);
		if (at === undefined) return [...found, 'never'];
		found.push(`${new Date(at).toISOString().slice(0, 16)} ${stateAt(parsed, at)}`);
	}
	return found;
}

describe('A change calendar', () => {
	it('that is open by default is closed during its events', () => {
		expect(transitions(calendar([FREEZE]), '2026-03-01T00:00Z', 3)).toEqual(['2026-03-02T10:00 CLOSED', '2026-03-02T12:00 OPEN', 'never']);
	});

	it('that is closed by default is open during its events', () => {
		expect(transitions(calendar([FREEZE], 'DEFAULT_CLOSED'), '2026-03-01T00:00Z', 2)).toEqual([
			'2026-03-02T10:00 OPEN',
			'2026-03-02T12:00 CLOSED',
		]);
	});

	it('has no transition where one event passes into another', () => {
		const text = calendar([FREEZE, ['DTSTART:20260302T113000Z', 'DURATION:PT2H']]);

		expect(transitions(text, '2026-03-01T00:00Z', 2)).toEqual(['2026-03-02T10:00 CLOSED', '2026-03-02T13:30 OPEN']);
	});

	it('keeps to the wall clock of a time zone across the change to summer time', () => {
		const nightly = ['DTSTART;TZID=Europe/London:20260328T220000', 'DTEND;TZID=Europe/London:20260329T060000', 'RRULE:FREQ=DAILY;COUNT=2'];

		expect(transitions(calendar([nightly]), '2026-03-01T00:00Z', 5)).toEqual([
			'2026-03-28T22:00 CLOSED',
			'2026-03-29T05:00 OPEN',
			'2026-03-29T21:00 CLOSED',
			'2026-03-30T05:00 OPEN',
			'never',
		]);
	});

	it('closes on weekends, every second week, until a day, but for an exception', () => {
		const weekends = [
			'DTSTART;VALUE=DATE:20260307',
			'DTEND;VALUE=DATE:20260308',
			'RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;UNTIL=20260405',
			'EXDATE;VALUE=DATE:20260321',
		];

		expect(transitions(calendar([weekends]), '2026-03-01T00:00Z', 9)).toEqual([
			'2026-03-07T00:00 CLOSED',
			'2026-03-09T00:00 OPEN',
			'2026-03-22T00:00 CLOSED',
			'2026-03-23T00:00 OPEN',
			'2026-04-04T00:00 CLOSED',
			'2026-04-06T00:00 OPEN',
			'never',
		]);
	});

	it('leaves out months without the day, and comes back every year', () => {
		const monthly = ['DTSTART;VALUE=DATE:20260131', 'RRULE:FREQ=MONTHLY;COUNT=3'];
		const yearly = ['DTSTART:20251224T000000Z', 'DTEND:20251227T000000Z', 'RRULE:FREQ=YEARLY'];

		expect(transitions(calendar([monthly]), '2026-01-01T00:00Z', 6).filter((each) => each.endsWith('CLOSED'))).toEqual([
			'2026-01-31T00:00 CLOSED',
			'2026-03-31T00:00 CLOSED',
			'2026-05-31T00:00 CLOSED',
		]);
		expect(transitions(calendar([yearly]), '2026-12-25T00:00Z', 2)).toEqual(['2026-12-27T00:00 OPEN', '2027-12-24T00:00 CLOSED']);
	});

	it('reads folded lines, and times without a zone by the zone of the calendar', () => {
		const text = calendar([['DTSTART:2026030', ' 2T100000', 'DTEND:20260302T110000']], 'DEFAULT_OPEN', 'X-WR-TIMEZONE:Asia/Tokyo');

		expect(transitions(text, '2026-03-01T00:00Z', 2)).toEqual(['2026-03-02T01:00 CLOSED', '2026-03-02T02:00 OPEN']);
	});

	it.each([
		['nothing of the kind', 'schemaVersion: "2.2"'],
		['no type', 'BEGIN:VCALENDAR\nEND:VCALENDAR'],
		['an event without a start', calendar([['SUMMARY:When?']])],
		['a zone that is none', calendar([['DTSTART;TZID=Mars/Olympus:20260302T100000']])],
		['a recurrence that is not known', calendar([[...FREEZE, 'RRULE:FREQ=MONTHLY;BYDAY=2TU']])],
	])('with %s is refused', (_, content) => {
		const { call } = smallAws();
		const create = () =>
			call('ssm', 'CreateDocument', { Name: 'freeze', DocumentType: 'ChangeCalendar', DocumentFormat: 'TEXT', Content: content });

		expect(errorOf(create).code).toBe('InvalidDocumentContent');
	});
});

describe('GetCalendarState', () => {
	it('gives the state now or at a time, and the next change', async () => {
		const { ssm, call, advance } = smallAws();
		ssm.addDocument('freeze', 'ChangeCalendar', calendar([FREEZE]));
		const state = (input: object = {}) => call('ssm', 'GetCalendarState', { CalendarNames: ['freeze'], ...input });

		const now = state();
		const later = state({ AtTime: '2026-03-02T13:00:00+0200' });
		await advance(3 * 3_600);

		expect(now).toEqual({ State: 'OPEN', AtTime: '2026-03-02T09:00:00Z', NextTransitionTime: '2026-03-02T10:00:00Z' });
		expect(later).toEqual({ State: 'CLOSED', AtTime: '2026-03-02T11:00:00Z', NextTransitionTime: '2026-03-02T12:00:00Z' });
		expect(state()).toEqual({ State: 'OPEN', AtTime: '2026-03-02T12:00:00Z' });
	});

	it('of several calendars is OPEN while all of them are', () => {
		const { ssm, call } = smallAws();
		ssm.addDocument('freeze', 'ChangeCalendar', calendar([FREEZE]));
		ssm.addDocument('office', 'ChangeCalendar', calendar([['DTSTART:20260302T080000Z', 'DTEND:20260302T110000Z']], 'DEFAULT_CLOSED'));
		const at = (AtTime: string) => call('ssm', 'GetCalendarState', { CalendarNames: ['freeze', 'office'], AtTime });

		expect(at('2026-03-02T09:00:00Z')).toMatchObject({ State: 'OPEN', NextTransitionTime: '2026-03-02T10:00:00Z' });
		expect(at('2026-03-02T10:30:00Z')).toMatchObject({ State: 'CLOSED' });
		expect(at('2026-03-02T10:30:00Z')).not.toHaveProperty('NextTransitionTime');
	});

	it('is refused for a document of another type, for none, and for a time that is none', () => {
		const { ssm, call } = smallAws();
		ssm.addDocument('freeze', 'ChangeCalendar', calendar([FREEZE]));
		const refusal = (input: object) => errorOf(() => call('ssm', 'GetCalendarState', input)).code;

		expect(refusal({ CalendarNames: ['nobody'] })).toBe('InvalidDocument');
		expect(refusal({ CalendarNames: ['AWS-RunShellScript'] })).toBe('InvalidDocumentType');
		expect(refusal({ CalendarNames: ['freeze'], AtTime: 'soon' })).toBe('ValidationException');
	});

	it('answers the SDK client, about a calendar that it made', async () => {
		const client = new SSMClient(clientOptions(smallAws()));
		const document = { Name: 'freeze', DocumentType: 'ChangeCalendar', DocumentFormat: 'TEXT', Content: calendar([FREEZE]) } as const;

		await client.send(new CreateDocumentCommand(document));
		const answer = await client.send(
			new GetCalendarStateCommand({
				CalendarNames: ['arn:aws:ssm:eu-west-1:111122223333:document/freeze'],
				AtTime: '2026-03-02T10:00:00Z',
			}),
		);

		expect(answer).toMatchObject({ State: 'CLOSED', NextTransitionTime: '2026-03-02T12:00:00Z' });
	});
});

describe('A transition of a calendar', () => {
	it('is told, soon after it', async () => {
		const { ssm, events, advance } = smallAws();
		ssm.addDocument('freeze', 'ChangeCalendar', calendar([FREEZE]));

		await advance(4 * 3_600);

		expect(events).toMatchObject([
			{
				source: 'aws.ssm',
				detailType: CHANGE,
				resources: ['arn:aws:ssm:eu-west-1:111122223333:document/freeze'],
				detail: { state: 'CLOSED', atTime: '2026-03-02T10:00:00Z', nextTransitionTime: '2026-03-02T12:00:00Z' },
			},
			{ detail: { state: 'OPEN', atTime: '2026-03-02T12:00:00Z' } },
		]);
		expect(events.map(({ at }) => at - Date.parse('2026-03-02T10:00:00Z')).every((delay) => delay > 0)).toBe(true);
		expect(events[1]?.detail).not.toHaveProperty('nextTransitionTime');
	});

	it('follows the edited calendar, and ends with its document', async () => {
		const { ssm, call, details, advance } = smallAws();
		ssm.addDocument('freeze', 'ChangeCalendar', calendar([FREEZE]));
		ssm.addDocument('gone', 'ChangeCalendar', calendar([FREEZE]));

		const later = calendar([['DTSTART:20260302T103000Z', 'DTEND:20260302T120000Z']]);
		call('ssm', 'UpdateDocument', { Name: 'freeze', Content: later, DocumentVersion: '$LATEST', DocumentFormat: 'TEXT' });
		call('ssm', 'DeleteDocument', { Name: 'gone' });
		await advance(2 * 3_600);

		expect(details(CHANGE)).toMatchObject([{ state: 'CLOSED', atTime: '2026-03-02T10:30:00Z' }]);
	});

	it('has no event where it follows another within five minutes', async () => {
		const { ssm, details, advance } = smallAws();
		ssm.addDocument('brief', 'ChangeCalendar', calendar([['DTSTART:20260302T100000Z', 'DTEND:20260302T100400Z']]));

		await advance(2 * 3_600);

		expect(details(CHANGE)).toMatchObject([{ state: 'CLOSED' }]);
	});
});
