import { describe, expect, it } from 'vitest';
import { findingOf, isProven, judgeRun, judgeSoak, type NodePatches, type Seen } from '../../../../shared/kinds/patch/survey.ts';
import { OPENED_AT } from '../../../support/operations.ts';
import { aRun, finding, HOUR, RUN } from '../../../support/patch-core.ts';

const NODE = 'i-0123456789abcdef0';
const OVER = aRun({ window: { ...aRun().window, status: 'SUCCESS', endedAt: OPENED_AT + HOUR } });

/** What the run has reported of a node. */
const patches = (changes: Partial<NodePatches> = {}): NodePatches => ({
	...{ node: NODE, operation: 'Install', startedAt: OPENED_AT + 60_000, snapshotId: RUN.executionId },
	...{ installed: 12, missing: 0, failed: 0, pendingReboot: 0, critical: 0, security: 0, other: 0 },
	...changes,
});
const seen = (changes: Partial<Seen>): Seen => ({ tagged: [NODE], states: [], lost: new Map(), invocations: new Map(), ...changes });
const judged = (changes: Partial<Seen>) => judgeRun(OVER, seen(changes))[0];

/** Long before the run, by another; a scan since. */
const BEFORE = patches({ startedAt: OPENED_AT - 24 * HOUR, snapshotId: 'another' });
const SCANNED = patches({ operation: 'Scan', snapshotId: 'another', startedAt: OPENED_AT + 2 * HOUR });
const lost = new Map([[NODE, '2026-03-02T09:20:00.000Z']]);

describe('a node after a run', () => {
	it.each<[string, Partial<Seen>, string]>([
		['is well where the run has reported it so', { states: [patches()] }, 'well'],
		['is known by its time where its snapshot has another name', { states: [patches({ snapshotId: 'derived' })] }, 'well'],
		['lacks patches', { states: [patches({ missing: 2 })] }, 'missing'],
		['waits for a restart, which matters more', { states: [patches({ missing: 2, pendingReboot: 1 })] }, 'pending-reboot'],
		['has failed, which matters most', { states: [patches({ missing: 2, pendingReboot: 1, failed: 1 })] }, 'failed'],
		['was never reached where it has reported nothing', {}, 'never-reached'],
		['was never reached where what it reported is old', { states: [BEFORE] }, 'never-reached'],
		['is not back where its command has no end', { states: [patches()], invocations: new Map([[NODE, 'InProgress']]) }, 'not-back'],
		['is not back where its connection is lost since', { states: [patches({ pendingReboot: 2 })], lost }, 'not-back'],
		['was never reached where its connection had been lost before', { lost }, 'never-reached'],
		['has failed where its command did and reported nothing', { invocations: new Map([[NODE, 'Failed']]) }, 'failed'],
		['was never reached where its command ended without having begun', { invocations: new Map([[NODE, 'TimedOut']]) }, 'never-reached'],
		[
			'is well where a scan tells so, and its command had succeeded',
			{ states: [SCANNED], invocations: new Map([[NODE, 'Success']]) },
			'well',
		],
		['was never reached where only a scan is known', { states: [SCANNED] }, 'never-reached'],
		[
			'was never reached where others installed after the run',
			{ states: [patches({ snapshotId: 'x', startedAt: OPENED_AT + 2 * HOUR })] },
			'never-reached',
		],
	])('%s', (_, changes, verdict) => {
		expect(judged(changes)).toMatchObject({ node: NODE, verdict });
	});

	it('says since when it is silent', () => {
		expect(judged({ lost })?.why).toBe('connection lost since 2026-03-02T09:20:00.000Z');
		expect(judged({ states: [patches()], lost, invocations: new Map([[NODE, 'InProgress']]) })?.why).toBe(
			'its command has no end, connection lost since 2026-03-02T09:20:00.000Z',
		);
	});

	it('counts that the run has reached, tagged or not any more', () => {
		expect(judgeRun(OVER, seen({ tagged: [], states: [patches()] }))).toHaveLength(1);
		expect(judgeRun(OVER, seen({ tagged: [], states: [BEFORE] }))).toEqual([]);
	});
});

describe('a node after the soak', () => {
	const soaked = (changes: Partial<Seen>, run = OVER) => judgeSoak(run, seen(changes))[0]?.verdict;

	it.each<[string, Partial<Seen>, string]>([
		['is well as the run had left it', { states: [patches()] }, 'well'],
		['lacks what was approved since, and is well', { states: [{ ...SCANNED, missing: 3 }] }, 'well'],
		['lacks what the run had left missing', { states: [patches({ missing: 1 })] }, 'missing'],
		['has failed in what it reported since', { states: [{ ...SCANNED, failed: 1 }] }, 'failed'],
		['waits for a restart', { states: [{ ...SCANNED, pendingReboot: 1 }] }, 'pending-reboot'],
		['does not answer any more', { states: [patches()], lost }, 'not-back'],
		['has reported nothing since the run began', { states: [BEFORE] }, 'never-reached'],
		['is new, and was never looked at', {}, 'never-reached'],
	])('%s', (_, changes, verdict) => {
		expect(soaked(changes)).toBe(verdict);
	});

	it('is not well for a later scan where the run itself had left patches missing on it', () => {
		const run = { ...OVER, found: findingOf([{ node: NODE, verdict: 'missing', why: '' }], OPENED_AT) };
		expect(soaked({ states: [{ ...SCANNED, missing: 1 }] }, run)).toBe('missing');
		expect(soaked({ states: [SCANNED] }, run)).toBe('well');
	});

	it('is not counted once it has left the group', () => {
		expect(judgeSoak(OVER, seen({ tagged: [], states: [patches()] }))).toEqual([]);
	});
});

describe('what is found of a group', () => {
	it('has counts, sums and the names of those that are worst off', () => {
		const found = findingOf(
			[
				{ node: 'i-1', verdict: 'well', why: '', patches: patches() },
				{ node: 'i-2', verdict: 'missing', why: '2 patches are missing', patches: patches({ missing: 2, critical: 1, security: 1 }) },
				{ node: 'i-3', verdict: 'not-back', why: 'its command has no end' },
			],
			OPENED_AT,
		);
		expect(found).toMatchObject({
			nodes: { well: 1, missing: 1, 'not-back': 1, failed: 0, 'never-reached': 0, 'pending-reboot': 0 },
			patches: { installed: 24, missing: 2, failed: 0, pendingReboot: 0 },
			severity: { critical: 1, security: 1, other: 0 },
			unsettled: 1,
		});
		expect(found.named.map(({ node }) => node)).toEqual(['i-3', 'i-2']);
	});

	it('names so few nodes that thousands of them fit into an operation', () => {
		const found = finding({ 'never-reached': 5_000 });
		expect(found.nodes['never-reached']).toBe(5_000);
		expect(JSON.stringify(found).length).toBeLessThan(5_000);
	});

	it.each([
		[{ well: 19, failed: 1 }, 95, true],
		[{ well: 189, 'never-reached': 11 }, 95, false],
		[{ well: 190, 'never-reached': 10 }, 95, true],
		[{ well: 1 }, 100, true],
		[{}, 0, false],
	] as const)('%j at %i%% proves it: %s', (nodes, percent, proven) => {
		expect(isProven(finding(nodes), percent)).toBe(proven);
	});
});
