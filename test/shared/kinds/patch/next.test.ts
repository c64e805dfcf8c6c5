import { describe, expect, it } from 'vitest';
import { nextPatch } from '../../../../shared/kinds/patch/next.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import type { PatchOperation } from '../../../../shared/operation/types.ts';
import { Life, MINUTE, OPENED_AT } from '../../../support/operations.ts';
import { aRun, carriedOut, DAY, HOUR, looked, notDone, opened, patched } from '../../../support/patch-core.ts';

const BEGUN: Fact = { type: 'opened' };
const ENDED: Fact = { type: 'window-run', status: 'SUCCESS', endedAt: OPENED_AT + HOUR };
const WELL = { well: 20 };

const life = (changes: Partial<PatchOperation> = {}) => new Life(aRun(changes), nextPatch);
/** What the first look finds under way; what an earlier run had granted is withdrawn. */
const running = (changes: Partial<PatchOperation> = {}) => life(changes).meets(BEGUN, looked('IN_PROGRESS'), carriedOut('close-next-ring'));
const over = (status = 'SUCCESS', changes: Partial<PatchOperation> = {}) => running(changes).after(HOUR).meets(looked(status));
/** From the report to the soak: the group's own ring and the next are closed. */
const soaking = (nodes: Parameters<typeof patched>[0] = WELL) =>
	over().meets(patched(nodes), carriedOut('close-ring'), carriedOut('close-next-ring'));
/** Its soak is over, and its nodes are looked at again. */
const soaked = (nodes: Parameters<typeof patched>[0] = WELL) =>
	soaking()
		.after(2 * DAY)
		.ticks()
		.meets(patched(nodes));
const proved = () => soaked().meets(carriedOut('open-next-ring', 'the ring of prod is open'));
const operator = (verb: 'retry' | 'extend' | 'cancel' | 'complete', seconds?: number): Fact => ({
	...{ type: 'operator', verb, by: 'anna' },
	...(seconds !== undefined && { seconds }),
});

const LAST = { ring: { successPercent: 95, soakDays: 2, approveAfterDays: 13, before: { group: 'test', approveAfterDays: 10 } } };
const FIRST = { ring: { successPercent: 95, soakDays: 2, approveAfterDays: 7, next: 'test' } };

describe('a run of a patch group', () => {
	it('is looked at when it begins, and withdraws what an earlier one had granted the next group', () => {
		const it = life().meets(BEGUN);
		expect(it.asked).toEqual(['look-at-run']);
		expect(it.meets(looked('IN_PROGRESS')).asked).toEqual(['close-next-ring']);
		expect(it.meets(carriedOut('close-next-ring')).operation).toMatchObject({ state: 'running', withdrawn: true, chores: [] });
	});

	it('is reported when it has ended, soaks, and then opens the next ring', () => {
		const it = running().after(HOUR).meets(ENDED);
		expect(it.asked).toEqual(['look-at-run']);
		expect(it.meets(looked('SUCCESS')).asked).toEqual(['survey-nodes']);
		expect(it.meets(patched(WELL)).asked).toEqual(['close-ring']);
		expect(it.meets(carriedOut('close-ring')).asked).toEqual(['close-next-ring']);
		expect(it.meets(carriedOut('close-next-ring')).operation).toMatchObject({ state: 'verifying', dueAt: OPENED_AT + HOUR + 2 * DAY });
		expect(it.after(2 * DAY).ticks().asked).toEqual(['survey-nodes']);
		expect(it.meets(patched(WELL)).asked).toEqual(['open-next-ring']);
		it.meets(carriedOut('open-next-ring', 'the ring of prod is open'));
		expect(it.operation).toMatchObject({ state: 'succeeded', result: { reason: expect.stringContaining('the ring of prod is open') } });
	});

	it('keeps the next ring closed where too many nodes are not well, and tells of them', () => {
		const it = over().meets(patched({ well: 18, failed: 1, 'not-back': 0, missing: 1 }));
		expect(it.asked).toEqual(['open-ops-item']);
		expect(it.meets(opened).asked).toEqual(['close-ring']);
		it.meets(carriedOut('close-ring'), carriedOut('close-next-ring'));
		expect(it.operation.state).toBe('failed');
		expect(it.operation.result?.reason).toMatch(
			/18 of 20 nodes are well; 1 failed, 1 with patches missing.*i-failed-0.*the ring of prod stays closed/,
		);
	});

	it('keeps it closed where its nodes do not stay well', () => {
		const it = soaked({ well: 18, 'not-back': 2 });
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets(opened, carriedOut('close-ring'), carriedOut('close-next-ring'));
		expect(it.operation).toMatchObject({ state: 'failed', result: { reason: expect.stringContaining('the soak proves nothing') } });
	});

	it('keeps it closed where the group has no nodes', () => {
		expect(over().meets(patched({})).operation.ending).toMatchObject({ state: 'failed' });
	});

	it('tells of nodes that are not well also where enough are, and resolves that once all are', () => {
		const it = over().meets(patched({ well: 19, failed: 1 }));
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets(opened, carriedOut('close-ring'), carriedOut('close-next-ring'))
			.after(2 * DAY)
			.ticks();
		it.meets(patched(WELL), carriedOut('open-next-ring'));
		expect(it.asked).toEqual(['resolve-ops-item']);
		expect(it.meets({ ...opened, effect: 'resolve-ops-item' } as Fact).operation).toMatchObject({
			state: 'succeeded',
			result: { resolved: true },
		});
	});

	it('resolves what it has told also where it was cut off: by the end of the soak all nodes are back', () => {
		const it = over('TIMED_OUT').meets(patched(WELL), opened, carriedOut('close-ring'), carriedOut('close-next-ring'));
		expect(it.operation.result?.opsItemId).toBe('oi-1');
		expect(
			it
				.after(2 * DAY)
				.ticks()
				.meets(patched(WELL), carriedOut('open-next-ring')).asked,
		).toEqual(['resolve-ops-item']);
	});

	it('that proves well resolves the OpsItem of the run before it', () => {
		const it = life().meets(BEGUN, looked('SUCCESS', { opsItemId: 'oi-before' }), carriedOut('close-next-ring'), patched(WELL));
		it.meets(carriedOut('close-ring'), carriedOut('close-next-ring'))
			.after(3 * DAY)
			.ticks();
		it.meets(patched(WELL), carriedOut('open-next-ring'));
		expect([it.asked, it.operation.result?.opsItemId]).toEqual([['resolve-ops-item'], 'oi-before']);
	});

	it('of the last group closes its ring and ends with its report', () => {
		const it = over('SUCCESS', LAST).meets(patched(WELL));
		expect(it.asked).toEqual(['close-ring']);
		expect(it.meets(carriedOut('close-ring')).operation.state).toBe('succeeded');
	});

	it('of the first group leaves its own ring as it is', () => {
		expect(over('SUCCESS', FIRST).meets(patched(WELL)).asked).toEqual(['close-next-ring']);
	});

	it('is told by the clock where no event tells of its end', () => {
		const it = running()
			.after(20 * MINUTE)
			.ticks();
		expect(it.asked).toEqual(['look-at-run']);
		expect(it.meets(looked('IN_PROGRESS')).asked).toEqual([]);
		expect(
			it
				.after(20 * MINUTE)
				.ticks()
				.meets(looked('SUCCESS')).asked,
		).toEqual(['survey-nodes']);
	});

	it('is told once, however often its end is', () => {
		const { operation } = soaking();
		for (const fact of [ENDED, looked('SUCCESS'), looked('IN_PROGRESS')]) {
			expect(nextPatch(operation, fact, OPENED_AT + 2 * HOUR)).toEqual({ operation, notes: [], effects: [] });
		}
	});

	it('has ended once that is known, whatever a list still shows', () => {
		const it = running().after(HOUR).meets(ENDED, looked('IN_PROGRESS'));
		expect([it.asked, it.operation.window.status]).toEqual([['survey-nodes'], 'SUCCESS']);
	});
});

describe('a window that does nothing', () => {
	it.each([
		['with its ring closed', 'SUCCESS', { granted: undefined as never }],
		['that had nothing to run', 'SUCCESS', {}],
		['that was cut off, with its ring closed', 'TIMED_OUT', { granted: undefined as never }],
	])('%s is no run: no report, and no ring is touched', (_, status, changes) => {
		const it = life().meets(BEGUN, looked(status, { tasks: 0, ...changes }));
		expect(it.operation).toMatchObject({ state: 'skipped', result: { reason: expect.stringContaining('its ring is closed') } });
		expect(it.asked).toEqual([]);
	});

	it('that overlaps with the run before is reported, and leaves the rings to that', () => {
		const it = life().meets(BEGUN, looked('SKIPPED_OVERLAPPING', { tasks: 0 }));
		expect(it.asked).toEqual(['survey-nodes']);
		it.meets(patched({ 'never-reached': 20 }));
		expect([it.asked, it.operation.ending?.pending]).toEqual([['open-ops-item'], ['open-ops-item']]);
		expect(it.operation.result?.reason).toContain('was skipped, because the run before it still went on');
	});

	it.each([
		['CANCELLED', 'was cancelled'],
		['FAILED', 'failed'],
		['TIMED_OUT', 'timed out: its window cut it off before everything was done (task AWS-RunPatchBaseline: TIMED_OUT)'],
	])('for all nodes and ended %s is named so', (status, said) => {
		const it = life().meets(BEGUN, looked(status, { troubles: [`task AWS-RunPatchBaseline: ${status}`] }), carriedOut('close-next-ring'));
		expect(it.meets(patched({ 'never-reached': 20 })).operation.result?.reason).toContain(said);
	});
});

describe('nodes that do not come back', () => {
	const waiting = () => over().meets(patched({ well: 19, 'not-back': 1 }));
	/** Half an hour after the end of the window. */
	const LATE = 2 * HOUR + 30 * MINUTE;

	it('have time until half an hour after the end of the window', () => {
		const it = waiting();
		expect([it.asked, it.operation.state, it.operation.dueAt]).toEqual([[], 'running', OPENED_AT + HOUR + LATE]);
		expect(it.told).toContain('waiting for nodes');
	});

	it('count as well where they are back by then', () => {
		const it = waiting().after(LATE).ticks();
		expect(it.asked).toEqual(['survey-nodes']);
		expect(it.meets(patched(WELL)).operation).toMatchObject({ state: 'verifying', found: { nodes: { well: 20 } } });
	});

	it('get their verdict then, which counts against the group', () => {
		const it = waiting()
			.after(LATE)
			.ticks()
			.meets(patched({ well: 18, 'not-back': 2 }));
		expect(it.operation.result?.reason).toMatch(/2 not back.*i-not-back-0 not back/);
		expect(it.operation.ending?.state).toBe('failed');
	});

	it('hold up no run that its window never ends', () => {
		const it = running()
			.after(3 * HOUR + 30 * MINUTE)
			.ticks();
		expect(it.meets(looked('IN_PROGRESS')).asked).toEqual(['survey-nodes']);
		it.meets(patched({ well: 19, 'not-back': 1 }));
		expect(it.operation.state).toBe('verifying');
	});
});

describe('what AWS does not answer', () => {
	it.each(['retry', 'refused'] as const)('is asked again, and no ring is opened meanwhile (%s)', (why) => {
		const it = over().meets(notDone('survey-nodes', why));
		expect([it.asked, it.operation.dueAt]).toEqual([[], it.now + 5 * MINUTE]);
		expect(it.after(5 * MINUTE).ticks().asked).toEqual(['survey-nodes']);
		it.meets(notDone('survey-nodes', why));
		expect(it.told.filter((what) => what === 'survey-nodes not done')).toHaveLength(1);
	});

	it('within a day leaves the run unproved, and the ring closed', () => {
		const it = over()
			.meets(notDone('survey-nodes', 'retry'))
			.after(27 * HOUR)
			.ticks();
		expect(it.asked).toEqual(['open-ops-item']);
		expect(it.operation.result?.reason).toContain('could not be judged in time; the ring of prod stays closed');
	});

	it('after the soak leaves the ring closed as well', () => {
		const it = soaking()
			.after(2 * DAY)
			.ticks()
			.meets(notDone('survey-nodes', 'retry'));
		expect(it.after(DAY).ticks().operation.ending).toMatchObject({ state: 'failed' });
	});

	it('keeps a soak from being judged while the rings are not closed', () => {
		const it = over().meets(patched(WELL), notDone('close-ring', 'retry'));
		expect(it.after(2 * DAY).ticks().asked).toEqual(['close-ring']);
	});

	it('is asked again where it is the opening of the ring, which is recorded once', () => {
		const it = soaked().meets(notDone('open-next-ring', 'retry')).after(MINUTE).ticks();
		expect(it.asked).toEqual(['open-next-ring']);
		expect(it.meets(carriedOut('open-next-ring')).operation.state).toBe('succeeded');
	});

	it('ends it where the ring can never be opened, and it is closed then', () => {
		const it = soaked().meets(notDone('open-next-ring', 'refused', 'there is no maintenance window of prod'));
		expect(it.operation.ending).toMatchObject({ state: 'failed', pending: ['open-ops-item', 'close-ring', 'close-next-ring'] });
	});

	it('ends it without a word where a newer run of the group has begun', () => {
		const it = soaked().meets(notDone('open-next-ring', 'gone', 'the group has begun a newer run, patch-1'));
		expect(it.operation).toMatchObject({ state: 'skipped', result: { reason: expect.stringContaining('a newer run') } });
	});

	it('holds up no ending: a ring that cannot be closed now is tried again every minute', () => {
		const it = over()
			.meets(patched({ failed: 20 }), opened, notDone('close-ring', 'refused'))
			.after(MINUTE)
			.ticks();
		expect(it.asked).toEqual(['close-ring']);
		expect(it.meets(carriedOut('close-ring'), carriedOut('close-next-ring')).operation.state).toBe('failed');
	});
});

describe('a person', () => {
	it('has the run looked at by the next tick, and the nodes while they soak, which opens nothing early', () => {
		expect(running().meets(operator('retry')).ticks().asked).toEqual(['look-at-run']);
		const it = soaking().after(HOUR).meets(operator('retry'));
		expect([it.asked, it.operation.dueAt]).toEqual([[], it.now]);
		expect(it.ticks().asked).toEqual(['survey-nodes']);
		expect(it.meets(patched(WELL)).asked).toEqual([]);
		expect(it.operation).toMatchObject({ state: 'verifying', dueAt: OPENED_AT + HOUR + 2 * DAY });
	});

	it('prolongs the soak', () => {
		const it = soaking()
			.meets(operator('extend', 3_600))
			.after(2 * DAY)
			.ticks();
		expect(it.asked).toEqual([]);
		expect(it.after(HOUR).ticks().asked).toEqual(['survey-nodes']);
	});

	it('prolongs it also where the ring was about to be opened: its nodes are looked at again', () => {
		const it = soaked().meets(notDone('open-next-ring', 'retry'), operator('extend', 3_600)).after(MINUTE).ticks();
		expect(it.asked).toEqual([]);
		expect(it.after(HOUR).ticks().asked).toEqual(['survey-nodes']);
	});

	it.each([
		['cancel', 'failed'],
		['complete', 'skipped'],
	] as const)('can %s it, with the rings closed', (verb, state) => {
		const it = soaking().meets(operator(verb));
		expect(it.operation.ending?.pending).toEqual(['close-ring', 'close-next-ring']);
		it.meets(carriedOut('close-ring'), carriedOut('close-next-ring'));
		expect(it.operation).toMatchObject({ state, result: { reason: expect.stringContaining('by anna; the ring of prod stays closed') } });
	});

	it('closes the OpsItem with what is completed, and not with what is cancelled', () => {
		const told = () => over().meets(patched({ well: 19, failed: 1 }), opened);
		expect(told().meets(operator('complete')).asked).toEqual(['resolve-ops-item']);
		expect(told().meets(operator('cancel')).asked).toEqual(['update-ops-item']);
	});

	it('comes too late where it is over', () => {
		const { operation } = proved();
		expect(nextPatch(operation, operator('cancel'), OPENED_AT)).toEqual({ operation, notes: [], effects: [] });
	});
});
