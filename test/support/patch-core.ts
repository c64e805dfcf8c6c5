/** Runs of the window of a patch group, as they stand at some moment, and what is found of their nodes. */

import { findingOf } from '../../shared/kinds/patch/survey.ts';
import type { NodeVerdict, PatchFinding, Verdict } from '../../shared/kinds/patch/types.ts';
import type { Fact, PatchedFact, WindowRunFact } from '../../shared/operation/facts.ts';
import { operationId } from '../../shared/operation/ids.ts';
import type { PatchOperation, PatchSubject } from '../../shared/operation/types.ts';
import type { PatchGroup, PatchSettings } from '../../shared/patching/settings.ts';
import { OPENED_AT } from './operations.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const RUN: PatchSubject = {
	kind: 'patch',
	group: 'test',
	windowId: 'mw-0123456789abcdef0',
	executionId: '14bea65d-5ccc-462d-a2f3-e99c81234567',
	account: '111122223333',
	region: 'eu-west-1',
};

/** A run of group `test`, between `dev` and `prod`, in a window of three hours, that has just begun. */
export function aRun({ subject = RUN, ...changes }: Partial<PatchOperation> = {}): PatchOperation {
	return {
		id: operationId(subject, 1),
		kind: 'patch',
		subject,
		occurrence: 1,
		playbook: { name: 'patching', parameterVersion: 0 },
		ring: { successPercent: 95, soakDays: 2, approveAfterDays: 10, before: { group: 'dev', approveAfterDays: 7 }, next: 'prod' },
		window: { startedAt: OPENED_AT, cutoffAt: OPENED_AT + 2 * HOUR, endsAt: OPENED_AT + 3 * HOUR, status: 'IN_PROGRESS' },
		chores: [],
		lookAt: OPENED_AT,
		state: 'running',
		history: [],
		openedAt: OPENED_AT,
		deadlineAt: OPENED_AT + 27 * HOUR,
		occasion: { detail: {}, account: subject.account, region: subject.region },
		attempts: { start: 0, ending: 0 },
		version: 1,
		publishedVersion: 1,
		...changes,
	};
}

/** The run of `dev` that has opened the ring. */
export const GRANT = { operation: 'patch-0123456789abcdef-1', startedAt: OPENED_AT - 3 * DAY };

/** What a look at the run tells, with one task where a test does not say otherwise. */
export function looked(status: string, changes: Partial<NonNullable<WindowRunFact['looked']>> = {}): WindowRunFact {
	const found = { tasks: 1, troubles: [], commands: ['command-1'], granted: GRANT, ...changes };
	return { type: 'window-run', status, ...(status !== 'IN_PROGRESS' && { endedAt: OPENED_AT + HOUR }), looked: found };
}

/** Nodes by what is to be said of them: `{ well: 19, failed: 1 }`. */
export function finding(nodes: Partial<Record<Verdict, number>>, at = OPENED_AT + HOUR): PatchFinding {
	const judged = Object.entries(nodes).flatMap(([verdict, count]) =>
		Array.from({ length: count }, (_, n): NodeVerdict => ({ node: `i-${verdict}-${n}`, verdict: verdict as Verdict, why: 'so it is' })),
	);
	return findingOf(judged, at);
}

export function patched(nodes: Partial<Record<Verdict, number>>): PatchedFact {
	return { type: 'patched', found: finding(nodes), report: 's3://output/patch-reports/test/1.json' };
}

/** An effect that was carried out, with something to tell. */
export const carriedOut = (effect: string, note = 'it is so'): Fact => ({ type: 'done', effect: effect as 'close-ring', note });
export const notDone = (effect: string, why: 'retry' | 'gone' | 'refused', message = 'Rate exceeded'): Fact => ({
	...{ type: 'not-done', effect: effect as 'close-ring', why, message },
});
export const opened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: 'oi-1', opsItem: 'opened', note: 'oi-1 opened' };

const group = (name: string, approveAfterDays: number): PatchGroup => ({
	...{ name, approveAfterDays, soakDays: 2, maxConcurrency: '50%', maxErrors: '10%', reboot: true, hours: 3, cutoffHours: 1 },
});
export const PATCHING: PatchSettings = { successPercent: 95, groups: [group('dev', 7), group('test', 10), group('prod', 13)] };
