/** What must hold of remediations: each finding that lasts is found and told, and none ends well without a proof. */

import type { Scene } from '../flow.ts';
import { decisionOf, type Recorded } from '../ledger.ts';
import { type Judgement, type Judgements, operationsAbout } from './compliance-findings.ts';
import { type ComplianceText, DEFAULT_ATTEMPTS } from './compliance-playbooks.ts';
import type { WorkAtAws } from './work-at-aws.ts';

const MINUTE = 60_000;
const SKEW = 6_000;
/** The time of an event, by which the end of work is known, has whole seconds. Milliseconds. */
const EVENT_TIME = 1_000;
/** Every sixth sweep asks AWS Config: the one at the hour, and at half past. Milliseconds. */
const ASKED_EVERY = 30 * MINUTE;
const SWEEP = 5 * MINUTE;

/** What the checks have of a story. */
export interface Checked {
	readonly scene: Scene;
	readonly judgements: Judgements;
	readonly works: WorkAtAws;
	readonly playbooks: readonly ComplianceText[];
}

/** Undisturbed sweeps that have asked AWS Config since an instant. A clock that differs may take one for another. */
function cleanSweeps({ clock, now }: Scene, after: number): number {
	let count = 0;
	for (let turn = Math.floor(after / ASKED_EVERY) * ASKED_EVERY; turn <= now(); turn += ASKED_EVERY) {
		count += clock.sweeps(Math.max(after, turn + SKEW), turn + SWEEP - SKEW);
	}
	return count;
}

/** A finding that nobody is about, and since when a sweep could have found that. */
export function unfoundSince(scene: Scene, judgement: Judgement): number | undefined {
	const since = judgement.noncompliantSince;
	if (since === undefined || judgement.claimedBy === undefined) return undefined;
	const last = operationsAbout(scene, judgement).at(-1);
	if (last === undefined) return since;
	// What ended while it was noncompliant was told; what complied is found again.
	if (last.closedAt === undefined || !endedWell(last)) return undefined;
	return Math.max(since, scene.closedOnRecord(last.id) ?? 0);
}

/** It was found to comply, or to be gone. */
function endedWell({ history }: Recorded): boolean {
	return history.some(({ what }) => what === 'compliant' || what === 'gone');
}

/** Every finding that lasts is opened within one sweep. */
export function checkFound({ scene, judgements }: Checked): void {
	for (const judgement of judgements.all) {
		const since = unfoundSince(scene, judgement);
		if (since === undefined) continue;
		const sweeps = cleanSweeps(scene, since + SKEW);
		if (sweeps > 0) scene.violated(1, `${judgement.name} is noncompliant, and ${sweeps} sweeps have not found it`);
	}
}

/** Only what a playbook claims is remediated, by that playbook. */
export function checkOpened({ scene, judgements }: Checked, operation: Recorded): void {
	const { id, playbook } = operation;
	const claimedBy = judgements.about(operation)?.claimedBy?.name;
	if (claimedBy !== playbook.name) scene.violated(3, `${id} is opened by ${playbook.name}, and ${claimedBy ?? 'no playbook'} claims it`);
}

/** What ends well has been proved, and what is let be was to be let be. */
export function checkClosed(checked: Checked, operation: Recorded): void {
	const { scene, works, judgements } = checked;
	const judgement = judgements.about(operation);
	if (operation.kind !== 'compliance' || judgement === undefined) return;
	const { id, state, verify, history } = operation;
	const decision = decisionOf(operation);
	const well = history.findLast(({ what }) => what === 'compliant' || what === 'gone');
	const named = `${id} (${judgement.name}) ended as ${state}`;
	if (state === 'failed' || state === 'timed-out') {
		checkFailed(checked, operation, judgement, decision?.at ?? '');
		return;
	}
	if (well === undefined) {
		if (state === 'succeeded') scene.violated(3, `${named}, and nothing says that it complies`);
		else if (!maySkip(judgement.claimedBy)) scene.violated(3, `${named}: ${decision?.why}`);
		return;
	}
	const workEndedAt = verify === undefined ? undefined : works.succeededAt(operation);
	if (verify !== undefined && workEndedAt === undefined) scene.violated(3, `${named}, and its work has not succeeded`);
	// What is gone is gone, whether the work had ended or not.
	const after = well.what === 'gone' || workEndedAt === undefined ? foundAt(operation) : workEndedAt - EVENT_TIME;
	if (!judgement.isDone(after, Date.parse(well.at) + SKEW))
		scene.violated(3, `${named} as ${well.what}, and no evaluation after ${new Date(after).toISOString()} has shown it`);
}

/** When the evaluation began that an operation was opened for. */
function foundAt({ occasion, openedAt }: Recorded): number {
	const { newEvaluationResult } = occasion.detail as { newEvaluationResult?: { readonly configRuleInvokedTime?: string } };
	return Date.parse(newEvaluationResult?.configRuleInvokedTime ?? '') || openedAt;
}

function maySkip(playbook: ComplianceText | undefined): boolean {
	return playbook?.mode === 'observe' || playbook?.limits?.beyond === 'skip' || playbook?.calendarClosed === 'skip';
}

/** A failure is one: no work that ended well was missed, nor a proof of it. */
function checkFailed({ scene, works }: Checked, operation: Recorded, judgement: Judgement, decided: string): void {
	if (operation.kind !== 'compliance') return;
	const decidedAt = Date.parse(decided);
	const { id, verify, result, finding } = operation;
	if (result?.reason.includes('refused the work')) scene.violated(3, `${id} ended as ${operation.state}: ${result.reason}`);
	if (verify === undefined) {
		checkMissed({ scene, works }, operation, decidedAt);
		return;
	}
	const workEndedAt = works.succeededAt(operation) ?? Number.POSITIVE_INFINITY;
	const last = judgement.evaluations.findLast(({ recordedAt }) => recordedAt < decidedAt - SKEW);
	const hadComplied = last !== undefined && last.compliance !== 'NON_COMPLIANT' && last.invokedAt > workEndedAt;
	// Who decides may have heard at that very moment that it has been undone: what is on record then tells which evaluation that was.
	const isUndone =
		finding.compliance === 'NON_COMPLIANT' &&
		judgement.evaluations.some(
			({ compliance, invokedAt, recordedAt }) =>
				compliance === 'NON_COMPLIANT' && invokedAt === finding.evaluatedAt && recordedAt > (last?.recordedAt ?? 0),
		);
	if (hadComplied && !isUndone)
		scene.violated(
			3,
			`${id} failed (${result?.reason}), and ${judgement.name} had complied for ${Math.round((decidedAt - last.recordedAt) / 1_000)} s`,
		);
}

/** Work that ended well is not taken for a failure. */
export function checkMissed({ scene, works }: Pick<Checked, 'scene' | 'works'>, operation: Recorded, decidedAt: number): void {
	const success = works.mustHaveKnown(operation, decidedAt);
	if (success === undefined) return;
	const before = Math.round((decidedAt - success) / 1_000);
	scene.violated(3, `${operation.id} takes its work for a failure, and it had succeeded ${before} s before`);
}

/** No more remediations of a resource under a rule than its playbook allows within 24 hours: no story is longer. */
export function checkAttempts({ scene, judgements, works }: Checked): void {
	const all = works.all();
	for (const judgement of judgements.all) {
		const { claimedBy } = judgement;
		const most = claimedBy?.mode === 'observe' ? 0 : claimedBy === undefined ? 0 : (claimedBy.attempts ?? DEFAULT_ATTEMPTS);
		const began = operationsAbout(scene, judgement).flatMap(({ id }) => (all.get(id) ?? []).filter(({ effective }) => effective));
		const count = new Set(began.map(({ workId }) => workId)).size;
		if (count > most)
			scene.violated(2, `${judgement.name} was remediated ${count} times, and ${claimedBy?.name ?? 'no playbook'} allows ${most}`);
	}
}

/** Of each failure OpsCenter was told, under its rule. */
export function checkTold({ scene }: Checked): void {
	const items = scene.world.services.ssm.opsItems();
	for (const operation of scene.operations.values()) {
		const { id, kind, state, subject, playbook, result, closedAt } = operation;
		if (kind !== 'compliance' || subject.kind !== 'compliance' || (state !== 'failed' && state !== 'timed-out')) continue;
		const decidedAt = Date.parse(decisionOf(operation)?.at ?? '');
		const told = items.some(
			({ title, status, createdAt, modifiedAt }) =>
				title === `${playbook.name} cannot make resources comply with ${subject.rule}` &&
				createdAt <= (closedAt ?? 0) + MINUTE &&
				(status === 'Open' || modifiedAt >= decidedAt - SKEW),
		);
		if (!told) scene.violated(1, `${id} ended as ${state} (${result?.reason}), and no OpsItem tells of it`);
	}
}
