/** Opening operations for runs of the maintenance windows of patch groups, however they became known. */

import { Drop } from '../errors.ts';
import { isEnd, WindowEvent } from '../kinds/patch/event.ts';
import { JUDGED_WITHIN, verdictAt } from '../kinds/patch/timers.ts';
import type { PatchOperation, PatchRing } from '../kinds/patch/types.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { PatchSubject } from '../operation/types.ts';
import { inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import type { PatchSettings } from '../patching/settings.ts';
import type { PatchWindow, WindowReader } from '../patching/windows.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { opened } from './opened.ts';

const HOUR = 3_600_000;

/** A run of a window, as somebody saw it. Instants are epoch milliseconds. */
interface Seen extends Pick<PatchSubject, 'account' | 'region' | 'executionId'> {
	readonly status: string;
	readonly startedAt: number;
	readonly endedAt: number | undefined;
	readonly seenBy: 'event' | 'sweep';
	readonly eventId?: string;
}

/** Opens an operation for each run of a patch group's window, or tells the one that there is. Results are in order of the events. */
export async function openFromWindows(
	services: Services,
	windows: WindowReader,
	events: readonly unknown[],
): Promise<Settled<Opening<'patch'>>[]> {
	// A run's end may be in the batch that its start is in: one after another they meet.
	return inParallel(events, 1, (event) =>
		attempt(async () => {
			const [opening] = await admit(services, [await sightingIn(services, windows, event)]);
			if (opening?.ok) return opening.value;
			throw opening?.error;
		}),
	);
}

/**
 * What an event says. An operation acts before it is on record, and finds out then that there is one already: a late copy of an event must
 * not take back what that one has granted since. So it is looked for first.
 */
async function sightingIn(services: Services, windows: WindowReader, event: unknown): Promise<Sighting<'patch'>> {
	const { id, account, region, time, detail } = parseEvent(WindowEvent, event, "a maintenance window's run");
	const { 'window-id': windowId, 'window-execution-id': executionId, status } = detail;
	settingsOf(services);
	const window = await windows.of(windowId);
	if (window === undefined) throw new Drop('foreign-window', `maintenance window ${windowId} is not one of a patch group of this stage`);
	const at = instant(time) ?? services.now();
	const sighting = sightingOf(services, window, {
		...{ account, region, executionId, status, seenBy: 'event', eventId: id },
		startedAt: instant(detail['start-time']) ?? at,
		endedAt: instant(detail['end-time']) ?? at,
	});
	const known = await services.ledger.load([operationId(sighting.subject, 1)]);
	return known.length === 0 ? sighting : { ...sighting, open: (occurrence, last) => (last ? sighting.open(occurrence, last) : undefined) };
}

function instant(text: string | undefined): number | undefined {
	const at = Date.parse(text ?? '');
	return Number.isNaN(at) ? undefined : at;
}

/** @throws Drop where this stage patches nothing. */
function settingsOf({ settings }: Services): PatchSettings {
	if (settings.patching !== undefined) return settings.patching;
	throw new Drop('patching-off', 'this stage has no patch groups: no run of a window is followed');
}

/** @throws Drop where the settings do not know the group. */
export function sightingOf(services: Services, window: PatchWindow, seen: Seen): Sighting<'patch'> {
	const ring = ringOf(settingsOf(services), window);
	const { account, region, executionId, status, endedAt } = seen;
	const subject: PatchSubject = { kind: 'patch', group: window.group, windowId: window.id, executionId, account, region };
	return {
		subject,
		open(occurrence, last) {
			if (last !== undefined) throw new Drop('old-news', `${last.id} was about this very run, and is closed`);
			return operationFor(services, subject, window, ring, occurrence, seen);
		},
		facts: () => (isEnd(status) ? [{ type: 'window-run', status, endedAt }] : []),
	};
}

function ringOf({ groups, successPercent }: PatchSettings, { id, group }: PatchWindow): PatchRing {
	const index = groups.findIndex(({ name }) => name === group);
	const [before, own, next] = [groups[index - 1], groups[index], groups[index + 1]];
	if (own === undefined) throw new Drop('unknown-group', `window ${id} is of patch group ${group}, which the settings do not have`);
	const { soakDays, approveAfterDays } = own;
	return {
		...{ successPercent, soakDays, approveAfterDays },
		...(before && { before: { group: before.name, approveAfterDays: before.approveAfterDays } }),
		...(next && { next: next.name }),
	};
}

function operationFor(
	{ now }: Services,
	subject: PatchSubject,
	{ hours, cutoffHours }: PatchWindow,
	ring: PatchRing,
	occurrence: number,
	{ status, startedAt, seenBy, eventId }: Seen,
): PatchOperation {
	const { group, account, region, windowId, executionId } = subject;
	const at = now();
	const endsAt = startedAt + hours * HOUR;
	const found = seenBy === 'event' ? 'its event came' : 'the sweep found it: its event never came';
	const why = `window ${windowId} of patch group ${group} runs (${executionId}); ${found}`;
	return {
		...opened(subject, occurrence, at, why),
		// No playbook asks for it: the settings of the stage do.
		playbook: { name: 'patching', parameterVersion: 0 },
		ring,
		// How it stands is looked up first: an event says no more than that it runs, or that it has ended.
		window: { startedAt, endsAt, cutoffAt: endsAt - cutoffHours * HOUR, status: isEnd(status) ? 'IN_PROGRESS' : status },
		chores: [],
		lookAt: at,
		state: 'running',
		deadlineAt: Math.max(verdictAt({ endsAt }), at) + JUDGED_WITHIN,
		...(eventId !== undefined && { eventId }),
		occasion: { detail: {}, account, region },
	};
}
