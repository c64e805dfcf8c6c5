/** Finds runs of patch windows that no operation is about: their events never came. */

import { Drop, describeError } from '../errors.ts';
import { admit, type Sighting } from '../opening/admit.ts';
import { sightingOf } from '../opening/patch.ts';
import type { SweepReport } from '../operation/clock.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { PatchSubject } from '../operation/types.ts';
import { type PatchWindow, runsOf, startOf, windowsOf } from '../patching/windows.ts';

/** Runs that began longer ago are left alone: what they did to their nodes nobody can tell any more. Milliseconds. */
const LOOK_BACK = 7 * 86_400_000;
/** The event of a run that has just begun is on its way. Milliseconds. */
const ON_ITS_WAY = 5 * 60_000;

type Where = Pick<PatchSubject, 'account' | 'region'>;

/** @param where the account and the Region of the windows. */
export async function sweepWindows(services: Services, where: Where): Promise<SweepReport> {
	const { patching } = services.settings;
	if (patching === undefined) return { waiting: 0, opened: 0 };
	const windows = await windowsOf(
		services,
		patching.groups.map(({ name }) => name),
	);
	const report = { waiting: 0, opened: 0 };
	for (const window of windows) {
		try {
			const sightings = await unknownOf(services, window, where);
			report.waiting += sightings.length;
			report.opened += await open(services, sightings);
		} catch (error) {
			services.log.error('A window could not be swept; the next sweep tries again', { window: window.id, why: describeError(error) });
		}
	}
	if (report.opened > 0) services.log.warn('The sweep found runs of patch windows whose events never came', { ...report });
	return report;
}

async function unknownOf(services: Services, window: PatchWindow, where: Where): Promise<Sighting<'patch'>[]> {
	const runs = (await runsOf(services, window.id, services.now() - LOOK_BACK)).filter(
		(run) => run.Status !== 'PENDING' && services.now() - startOf(run) >= ON_ITS_WAY,
	);
	const sightings = runs.map((run) => {
		const { WindowExecutionId: executionId = '', Status: status = '', EndTime } = run;
		return sightingOf(services, window, {
			...where,
			executionId,
			status,
			startedAt: startOf(run),
			endedAt: EndTime?.getTime(),
			seenBy: 'sweep',
		});
	});
	const ids = sightings.map(({ subject }) => operationId(subject, 1));
	const known = new Set((ids.length > 0 ? await services.ledger.load(ids) : []).map(({ id }) => id));
	return sightings.filter((_, index) => !known.has(ids[index] ?? ''));
}

async function open(services: Services, sightings: readonly Sighting<'patch'>[]): Promise<number> {
	let opened = 0;
	for (const result of await admit(services, sightings)) {
		if (result.ok && result.value.outcome === 'opened') opened += 1;
		if (!result.ok && !(result.error instanceof Drop))
			services.log.error('A swept run was not opened; the next sweep tries again', { why: describeError(result.error) });
	}
	return opened;
}
