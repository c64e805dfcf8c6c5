/** The state of change calendars, and the events of its changes. */

import type { GetCalendarStateCommandInput, GetCalendarStateCommandOutput } from '@aws-sdk/client-ssm';
import { CALENDAR_EVENTS_APART_MS, LATENCY_MS, within } from '../assumptions.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { type Calendar, nextTransition, parseCalendar, stateAt } from './calendar.ts';
import type { Documents, StoredDocument } from './documents.ts';

export class Calendars {
	readonly #ctx: AwsContext;
	readonly #documents: Documents;
	/** By document: cancels the timer of its next transition. */
	readonly #timers = new Map<string, () => void>();

	constructor(ctx: AwsContext, documents: Documents) {
		this.#ctx = ctx;
		this.#documents = documents;
		documents.onChange((document) => {
			if (document.type === 'ChangeCalendar') this.#arm(document.name, this.#ctx.clock.now());
		});
	}

	/**
	 * Of several calendars the state is OPEN only while all of them are.
	 * @throws AwsError `InvalidDocument`, `InvalidDocumentType`, `ValidationException`.
	 */
	state({ CalendarNames = [], AtTime }: GetCalendarStateCommandInput): Output<GetCalendarStateCommandOutput> {
		const time = AtTime === undefined ? this.#ctx.clock.now() : Date.parse(AtTime);
		if (Number.isNaN(time)) throw new AwsError('ValidationException', `AtTime is no ISO 8601 time: ${AtTime}`);
		if (CalendarNames.length === 0) throw new AwsError('ValidationException', 'At least one calendar must be named.');
		const calendars = CalendarNames.map((name) => calendarOf(this.#documents.get(name)));
		const all = (at: number) => (calendars.every((calendar) => stateAt(calendar, at) === 'OPEN') ? 'OPEN' : 'CLOSED');
		const next = nextOf(calendars, time, all);
		return { State: all(time), AtTime: seconds(time), ...(next === undefined ? {} : { NextTransitionTime: seconds(next) }) };
	}

	/** Waits for the first transition after `from`, and from there for the next. */
	#arm(name: string, from: number): void {
		const { clock } = this.#ctx;
		this.#timers.get(name)?.();
		this.#timers.delete(name);
		const document = this.#documents.all().find((each) => each.name === name);
		if (!document) return;
		const calendar = calendarOf(document);
		const at = nextTransition(calendar, from);
		if (at === undefined) return;
		const cancel = clock.after(at - clock.now(), () => {
			if (at - from >= CALENDAR_EVENTS_APART_MS || stateAt(calendar, from - 1) === stateAt(calendar, from)) {
				clock.after(within(clock, LATENCY_MS.calendarEvent), () => this.#emit(name, calendar, at));
			}
			this.#arm(name, at);
		});
		this.#timers.set(name, cancel);
	}

	#emit(name: string, calendar: Calendar, at: number): void {
		const { region, account } = this.#ctx;
		const next = nextTransition(calendar, at);
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'Calendar State Change',
			resources: [`arn:aws:ssm:${region}:${account}:document/${name}`],
			detail: {
				state: stateAt(calendar, at),
				atTime: seconds(at),
				...(next === undefined ? {} : { nextTransitionTime: seconds(next) }),
			},
		});
	}
}

/** What a calendar says now is its latest version: a calendar is edited in place. */
function calendarOf(document: StoredDocument): Calendar {
	if (document.type !== 'ChangeCalendar') throw new AwsError('InvalidDocumentType', `${document.name} is not a ChangeCalendar document.`);
	return parseCalendar(document.versions.at(-1)?.text ?? '');
}

/** The first transition of one of them at which the state of all together changes. */
function nextOf(calendars: readonly Calendar[], time: number, all: (at: number) => string): number | undefined {
	let at: number | undefined = time;
	while (at !== undefined) {
		const nexts: number[] = calendars.flatMap((calendar) => nextTransition(calendar, at as number) ?? []);
		at = nexts.length === 0 ? undefined : Math.min(...nexts);
		if (at !== undefined && all(at) !== all(time)) return at;
	}
	return undefined;
}

/** `2026-03-02T09:00:00Z` */
function seconds(at: number): string {
	return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
