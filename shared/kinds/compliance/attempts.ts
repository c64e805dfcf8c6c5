/** The attempts of a remediation: how each begins, and what becomes of it. Pure. */

import type { Effect, Note, Step, WorkFact } from '../../operation/facts.ts';
import type { ComplianceOperation } from '../../operation/types.ts';
import { resolveNode, resolveParameters } from '../../playbook/parameters.ts';
import { wouldRun } from '../dry-run.ts';
import { end } from '../ending.ts';
import { ask, change, note } from '../steps.ts';
import { begin, type Course, type Failure, hasBegun } from '../working.ts';
import { compliant, decide, exhausted, gone } from './ending.ts';
import { proves } from './findings.ts';
import { attemptsLeft, isStale, recent } from './timers.ts';

export const course: Course<ComplianceOperation> = {
	// Whether the resource is still noncompliant is looked at last of all, once no brake holds the work back: `unlessStale`.
	look: () => [],
	deadline: ({ run }, now) => now + run.timeoutSeconds * 1_000,
	failed,
	succeeded,
	heldBack: (operation, reason, requestId, now) => decide(operation, { state: 'skipped', reason, requestId }, now),
};

export function opened(operation: ComplianceOperation, now: number): Step<ComplianceOperation> {
	const { run, occasion, brakes } = operation;
	if (brakes?.observe) return observed(operation, now);
	if (attemptsLeft(operation, now) <= 0) return exhausted(operation, `${operation.subject.rule} finds it noncompliant again`, now);
	// No later attempt could do better than fail for these.
	const parameters = resolveParameters(run.parameters, occasion);
	if (!parameters.ok) return decide(operation, { state: 'failed', reason: parameters.problem }, now);
	const found = run.type === 'command' ? resolveNode(run.node ?? '', occasion) : undefined;
	if (found?.ok === false) return decide(operation, { state: 'failed', reason: `run.node: ${found.problem}` }, now);
	const known = found === undefined ? operation : change(operation, { node: found.node });
	return isStale(known, now) ? begin(course, known, now) : goOn(known, now);
}

/** The dry run: what would have been done is all that is done. */
function observed(operation: ComplianceOperation, now: number): Step<ComplianceOperation> {
	const { onFailure } = operation.then;
	const ending = { then: onFailure, pending: onFailure.opsItem === undefined ? [] : (['open-ops-item'] as const) };
	return end(operation, { state: 'skipped', reason: `observed only: would ${wouldRun(operation)}` }, ending, { observed: true }, now);
}

/** The resource is noncompliant, as far as is known just now: the work goes on to its start. */
export function goOn(operation: ComplianceOperation, now: number, ...notes: Note[]): Step<ComplianceOperation> {
	if (operation.run.type === 'command') return ask(operation, [{ name: 'check-node' }], ...notes);
	const step = begin(course, operation, now);
	return { ...step, notes: [...notes, ...step.notes] };
}

/**
 * Work starts by what is known of the resource now: after a wait, or where the event came late, its compliance is read first. The
 * deadline counts from the start of each attempt.
 */
export function unlessStale(step: Step<ComplianceOperation>, now: number): Step<ComplianceOperation> {
	const { operation, effects, notes } = step;
	// What was perhaps sent before is sent again, whatever is known.
	if (!effects.some((effect) => effect.name === 'start-work' && effect.work.attempt === 1)) return step;
	if (isStale(operation, now)) return ask(change(operation, {}, 'work'), [{ name: 'read-compliance' }], ...notes);
	return { ...step, operation: change(operation, { deadlineAt: course.deadline(operation, now) }) };
}

/** The operation, ready for the next attempt: what is started then is other work, whatever became of the last. */
export function afresh({ verify: _proofless, ...operation }: ComplianceOperation): ComplianceOperation {
	const { work, attempts } = operation;
	// A start that was counted has an id at AWS.
	const uncounted = work !== undefined && work.externalId === undefined ? 1 : 0;
	return change(operation, { state: 'starting', attempts: { ...attempts, start: attempts.start + uncounted } }, 'work', 'waiting');
}

/** The attempt counts from its begin, whatever came of it. */
function counted(operation: ComplianceOperation, now: number): ComplianceOperation {
	const { remediatedAt, work } = operation;
	return { ...operation, remediatedAt: recent([...remediatedAt, work?.startedAt ?? work?.recordedAt ?? now], now) };
}

function failed(operation: ComplianceOperation, failure: Failure, now: number): Step<ComplianceOperation> {
	const { finding, work, slot, settings } = operation;
	const { state, reason, requestId, cancel = false } = failure;
	// Who waited in vain has tried nothing.
	if (state === 'timed-out' && !hasBegun(operation)) return decide(operation, failure, now);
	const tried = counted(operation, now);
	if (finding.compliance === 'NOT_APPLICABLE') return gone(tried, now, requestId);
	// A resource that was found compliant meanwhile is looked at once more before this is called a failure.
	if (attemptsLeft(tried, now) <= 0 && finding.compliance !== 'COMPLIANT') return decide(tried, failure, now);
	const effects: Effect[] = [];
	if (cancel && work !== undefined) effects.push({ name: 'cancel-work' });
	if (slot) effects.push({ name: 'release-slot' });
	const later = change(tried, { state: 'waiting', waiting: 'retry', dueAt: now + settings.settleSeconds * 1_000 }, 'slot');
	return ask(later, effects, note('attempt failed', `${reason}; looked at again in ${settings.settleSeconds} s`, requestId));
}

/** The work has ended well; the world has yet to show it. Nothing is under way any more: its slot is for others. */
function succeeded(operation: ComplianceOperation, reason: string, fact: WorkFact, now: number): Step<ComplianceOperation> {
	const { settings, slot, finding } = operation;
	const after = fact.endedAt ?? now;
	const verify = { after, lookAt: after + settings.settleSeconds * 1_000, looks: 0 };
	const verifying: ComplianceOperation = { ...change(counted(operation, now), { state: 'verifying' }, 'slot'), verify };
	const said = note('work succeeded', reason, fact.requestId);
	const effects: Effect[] = slot ? [{ name: 'release-slot' }] : [];
	// The event of the work's end may be the later of the two. Another attempt takes a slot of its own: the clock begins it.
	const known = finding.compliance === 'NOT_APPLICABLE' || proves(finding, verifying);
	if (known && finding.compliance === 'NON_COMPLIANT') return ask({ ...verifying, verify: { ...verify, lookAt: now } }, effects, said);
	if (!known) return ask(verifying, effects, said);
	const step = proven(verifying, now);
	return { ...step, effects: [...effects, ...step.effects], notes: [said, ...step.notes] };
}

/** What was found proves something of the work, which has ended well. */
export function proven(operation: ComplianceOperation, now: number, requestId?: string): Step<ComplianceOperation> {
	const { finding, subject, settings, remediatedAt } = operation;
	if (finding.compliance === 'COMPLIANT') return compliant(operation, now, requestId);
	if (finding.compliance === 'NOT_APPLICABLE') return gone(operation, now, requestId);
	if (attemptsLeft(operation, now) <= 0) {
		// An event that came late may not be the last word: nothing is called a failure by it.
		if (isStale(operation, now)) return ask(operation, [{ name: 'read-compliance' }]);
		return exhausted(operation, `${subject.rule} still finds it noncompliant`, now, requestId);
	}
	const why = `${subject.rule} evaluated it after the work: remediation ${remediatedAt.length} of ${settings.attempts} within 24 hours did not help`;
	return goOn(afresh(operation), now, note('still noncompliant', why, requestId));
}
