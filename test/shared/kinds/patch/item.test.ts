import { describe, expect, it } from 'vitest';
import { patchItem } from '../../../../shared/kinds/patch/item.ts';
import { unprovedOf } from '../../../../shared/kinds/patch/words.ts';
import type { PatchOperation } from '../../../../shared/operation/types.ts';
import { OPENED_AT } from '../../../support/operations.ts';
import { aRun, DAY, finding, GRANT, HOUR, RUN } from '../../../support/patch-core.ts';

const REPORT = 's3://fleetkeeper-test-output-111122223333-eu-west-1/patch-reports/test/20260302T090000Z-14bea65d.json';
const FOUND = finding({ well: 18, 'not-back': 1, failed: 1 });
const reported = (changes: Partial<PatchOperation> = {}) =>
	aRun({
		granted: GRANT,
		found: FOUND,
		report: REPORT,
		window: { ...aRun().window, status: 'SUCCESS', endedAt: OPENED_AT + HOUR },
		...changes,
	});
const failed = reported({ ending: { state: 'failed', reason: 'the run proves nothing', then: {}, pending: [] } });

describe('the OpsItem of a patch group', () => {
	it('says what, how many, which nodes, where the report is and what to do', () => {
		const { key, title, line, spec, data } = patchItem(failed);
		expect([key, title]).toEqual(['patch/test', 'Patch group test: not all is well after its maintenance window']);
		expect(spec).toEqual({ severity: '2', category: 'Security' });
		expect(data).toEqual({ patchGroup: 'test', maintenanceWindow: RUN.windowId });
		expect(line.split('\n')).toEqual([
			'Run of 2026-03-02 09:00:00 UTC: 18 of 20 nodes are well; 1 not back, 1 failed.',
			'The ring of prod stays closed.',
			'What to do: see to the nodes, and patch them on demand (fleet -- patch); the next run of test that proves well opens the ring of prod. ' +
				`The whole story: fleet -- show ${failed.id}`,
			`Every node is in the report: ${REPORT}`,
			'Nodes: i-not-back-0 not back (so it is), i-failed-0 failed (so it is).',
		]);
	});

	it('is less severe while the ring may yet open, and more once it does not', () => {
		const soaking = patchItem(reported({ state: 'verifying', soaksUntil: OPENED_AT + 2 * DAY }));
		expect([soaking.spec.severity, soaking.raisedTo, patchItem(failed).raisedTo]).toEqual(['3', undefined, '2']);
		expect(soaking.line).toContain(
			'The ring of prod opens after the soak, on 2026-03-04 09:00:00 UTC, if 95% of the nodes are still well.',
		);
	});

	it('names what went wrong with the run itself', () => {
		const window = { ...failed.window, status: 'TIMED_OUT', troubles: ['task AWS-RunPatchBaseline: TIMED_OUT, never started'] };
		expect(patchItem({ ...failed, window }).line).toContain(
			'Note that the run timed out: its window cut it off before everything was done (task AWS-RunPatchBaseline: TIMED_OUT, never started).',
		);
	});

	it('fits into OpsCenter, however many nodes there are', () => {
		const { line, own } = patchItem({ ...failed, found: finding({ 'never-reached': 2_000, well: 1 }) });
		expect(line.slice(0, 2_048)).toContain(REPORT);
		expect(JSON.stringify(own).length).toBeLessThan(6_800);
	});

	it('says that the nodes could not be read', () => {
		const { found: _, report: __, ...unread } = failed;
		expect(patchItem(unread).line).toContain('its nodes could not be read');
	});
});

describe('what the group before has not proved', () => {
	/** The run of dev began three days before, and its patches are a week old at least. */
	const of = (changes: Partial<PatchOperation>) => unprovedOf(aRun({ granted: GRANT, ...changes }));
	const approving = (approveAfterDays: number) => ({ ring: { ...aRun().ring, approveAfterDays } });

	it('is nothing where patches are approved as many days later as the window comes', () => {
		expect(of(approving(10))).toBeUndefined();
		expect(of({ ...approving(10), granted: { ...GRANT, startedAt: GRANT.startedAt - HOUR } })).toBeUndefined();
	});

	it('is what was released in between where they are approved sooner', () => {
		expect(of(approving(8))).toBe(
			'patches released from 2026-02-20 09:00:00 UTC to 2026-02-22 09:00:00 UTC may be newer than what dev proved in its run of ' +
				'2026-02-27 09:00:00 UTC',
		);
	});

	it('is not known where nobody says which run has opened the ring, and nothing for the first group', () => {
		expect(unprovedOf(aRun())).toBe('what dev had proved before this run is not known');
		expect(unprovedOf(aRun({ ring: { successPercent: 95, soakDays: 2, approveAfterDays: 7, next: 'test' } }))).toBeUndefined();
	});
});
