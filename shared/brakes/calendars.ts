/** Change Calendars: whether work may start now. */

import { GetCalendarStateCommand } from '@aws-sdk/client-ssm';
import { describeError, requestIdOf } from '../errors.ts';
import type { BrakeFact, Fact } from '../operation/facts.ts';
import type { Perform, Services } from '../operation/services.ts';
import { groupBy } from '../parallel.ts';

/** How long an answer is believed. Milliseconds. */
const CACHED_MS = 60_000;

export const askCalendars: Perform = async (services, operations) => {
	const facts = new Map<string, Fact>();
	for (const [names, group] of groupBy(operations, ({ brakes }) => brakes?.calendar?.names.join(', ') ?? '')) {
		const fact = await ask(services, names, group[0]?.brakes?.calendar?.names ?? []);
		for (const { id } of group) facts.set(id, fact);
	}
	return facts;
};

/** Of several calendars AWS answers OPEN only where all are. One that cannot be read counts as closed, and is never a reason to skip. */
async function ask({ aws, calendars, now }: Services, key: string, names: readonly string[]): Promise<Fact> {
	const known = calendars.get(key);
	if (known !== undefined && now() - known.at < CACHED_MS) return known.fact;
	try {
		const output = await aws.ssm.send(new GetCalendarStateCommand({ CalendarNames: [...names] }));
		const until = output.NextTransitionTime === undefined ? '' : ` until ${output.NextTransitionTime}`;
		const why = `calendar ${key} is ${output.State}${until}`;
		const fact: BrakeFact = { type: 'brake', brake: 'calendar', free: output.State === 'OPEN', why, requestId: requestIdOf(output) };
		calendars.set(key, { at: now(), fact });
		return fact;
	} catch (error) {
		const message = `calendar ${key} cannot be read: ${describeError(error)}`;
		return { type: 'not-done', effect: 'ask-calendar', why: 'retry', message, requestId: requestIdOf(error) };
	}
}
