/** The clock: once a minute what is due; every five minutes what should have been reported and was not; and calendars that open. */

import * as z from 'zod/mini';
import { reclaimSlots } from '../brakes/reclaim.ts';
import { Drop, Fail } from '../errors.ts';
import { inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import type { PlaybookSet } from '../playbook/types.ts';
import { SERVICE } from '../settings.ts';
import { attempt, type Settled } from '../settled.ts';
import type { OwnClock } from './ledger.ts';
import type { Services } from './services.ts';
import { type TickReport, tick } from './tick.ts';

type First = (ids: readonly string[]) => Promise<readonly string[]>;

/**
 * Moves everything that is due: heartbeats, look-ups, deadlines, what waited, what could not be published.
 * @param clock whose kinds of operations, where it is not the one of all others.
 * @param first what is done with what is due before it is looked at; gives the ids of what is left to look at.
 */
export async function tickDue(services: Services, clock?: OwnClock, first?: First): Promise<TickReport> {
	const now = services.now();
	const due = await services.ledger.due(now, clock);
	const ids = first === undefined ? due : await first(due);
	let dueSince = now;
	// The index may lag behind the operation it names.
	const report = await tick(services, ids, ({ dueAt = Number.POSITIVE_INFINITY }) => {
		dueSince = Math.min(dueSince, dueAt);
		return dueAt <= services.now();
	});
	// Of every tick, also where nothing is due: that it stays away tells that the clock stands still.
	services.count('SecondsBehind', clock === undefined ? {} : { clock }, Math.round((now - dueSince) / 1_000));
	if (ids.length > 0) services.log.info('Looked at what is due', { ...report });
	return report;
}

const CALENDAR_CHANGE = 'Calendar State Change';

/** `Calendar State Change`, as far as it is read. */
const CalendarEvent = z.object({
	source: z.literal('aws.ssm'),
	resources: z.array(z.string()).check(z.minLength(1, 'expected the ARN of the calendar')),
	detail: z.looseObject({ state: z.literal(['OPEN', 'CLOSED']) }),
});

/**
 * A calendar has opened: what waits for it need not wait for the next tick.
 * @throws Drop where it has closed, which is news to nobody: every start asks.
 */
async function calendarChanged(services: Services, event: unknown): Promise<TickReport> {
	const { resources, detail } = parseEvent(CalendarEvent, event, 'a change calendar');
	if (detail.state === 'CLOSED') throw new Drop('calendar-closed', `${resources.join(', ')} is closed: work asks when it is to start`);
	// Playbooks name a calendar by its ARN, or by the name at the end of it.
	const named = new Set(resources.flatMap((arn) => [arn, arn.slice(arn.indexOf('/') + 1)]));
	services.calendars.clear();
	const report = await tick(
		services,
		await services.ledger.open(),
		({ closedAt, waiting, brakes }) =>
			closedAt === undefined && waiting === 'calendar' && brakes?.calendar?.names.some((name) => named.has(name)) === true,
	);
	services.log.info('Looked at what waits for a calendar', { calendars: resources, ...report });
	return report;
}

/** Finds what should have been reported and was not, for the playbooks in force. */
export type Sweep = (set: PlaybookSet) => Promise<SweepReport>;

export interface SweepReport {
	/** What waits or is amiss at AWS, and a playbook could be for. */
	readonly waiting: number;
	readonly opened: number;
}

/** Looks for what should have been reported, kind by kind, and takes back the slots of what is gone. */
async function sweepAll(services: Services, sweeps: readonly Sweep[]): Promise<SweepReport> {
	await gaugeOpen(services);
	const { set } = await services.playbooks.load();
	await reclaimSlots(
		services,
		set.playbooks.map(({ playbook }) => playbook),
	);
	const reports = await inParallel(sweeps, 1, (sweep) => sweep(set));
	const sum = (count: (report: SweepReport) => number) => reports.reduce((total, report) => total + count(report), 0);
	return { waiting: sum(({ waiting }) => waiting), opened: sum(({ opened }) => opened) };
}

/** How many operations are open, and for how long the oldest is. Their index says it: none of them is read. */
async function gaugeOpen({ ledger, now, count }: Services): Promise<void> {
	const openings = await ledger.openings();
	const oldest = openings.reduce((earliest, openedAt) => Math.min(earliest, openedAt), now());
	count('OpenOperations', {}, openings.length);
	count('OldestOpenSeconds', {}, Math.round((now() - oldest) / 1_000));
}

/** Handles ticks and sweeps, as EventBridge's schedules send them, and calendars that open. */
export async function handleClock(
	services: Services,
	sweeps: readonly Sweep[],
	events: readonly unknown[],
): Promise<Settled<TickReport | SweepReport>[]> {
	return inParallel(events, 1, (event) =>
		attempt<TickReport | SweepReport>(() => {
			switch (typeOf(event)) {
				case 'Sweep':
					return sweepAll(services, sweeps);
				case CALENDAR_CHANGE:
					return calendarChanged(services, event);
				default:
					return tickDue(services);
			}
		}),
	);
}

/** Whether an event is a tick or a sweep, for a function that others come to as well. */
export function isOfClock(event: unknown): boolean {
	const { source, 'detail-type': type } = (event ?? {}) as { readonly source?: unknown; readonly 'detail-type'?: unknown };
	return (source === 'aws.events' && type === 'Scheduled Event') || (source === CLOCK && type === 'Sweep');
}

/** Handles a tick or a sweep for kinds of operations that have a clock of their own. */
export function handleOwnClock(
	services: Services,
	clock: OwnClock,
	sweep: () => Promise<SweepReport>,
	event: unknown,
	first?: First,
): Promise<TickReport | SweepReport> {
	return typeOf(event) === 'Sweep' ? sweep() : tickDue(services, clock, first);
}

/**
 * Whose nodes a sweep is to look for.
 * @throws Fail where it does not say so.
 */
export function whereOf(event: unknown): { readonly account: string; readonly region: string } {
	const { account, region } = event as { readonly account?: unknown; readonly region?: unknown };
	if (typeof account === 'string' && typeof region === 'string') return { account, region };
	throw new Fail("This sweep does not say where: it has no 'account' or no 'region' (infra/paths.cjs puts them there)");
}

const CLOCK = `${SERVICE}.clock`;
const TYPES = ['Scheduled Event', 'Sweep', CALENDAR_CHANGE];

/** @throws Fail where the event is none of these. */
function typeOf(event: unknown): string {
	const detailType = (event as { 'detail-type'?: unknown } | null)?.['detail-type'];
	if (TYPES.some((type) => type === detailType)) return String(detailType);
	const found = typeof detailType === 'string' ? `its detail-type is '${detailType}'` : 'it has no detail-type';
	throw new Fail(`This is not an event of the clock: ${found}, expected ${TYPES.map((type) => `'${type}'`).join(' or ')}`);
}
