/** The work has ended well: what AWS Config says decides. Pure. */

import type { ComplianceFact, Fact, Step } from '../../operation/facts.ts';
import type { ComplianceOperation } from '../../operation/types.ts';
import { ask, note, nothing } from '../steps.ts';
import { proven } from './attempts.ts';
import { decide, gone } from './ending.ts';
import { learned, proves } from './findings.ts';
import { LOOK_AGAIN, LOOKS_AFTER_EVALUATION, LOOKS_BEFORE_EVALUATION, lookBackoff } from './timers.ts';

type Verify = NonNullable<ComplianceOperation['verify']>;

/** AWS Config's answer, once the settle time is over. */
export function looked(operation: ComplianceOperation, fact: ComplianceFact, now: number): Step<ComplianceOperation> {
	const { verify } = operation;
	const { compliance, requestId } = fact;
	if (verify === undefined) return nothing(operation);
	const known = learned(operation, fact, now);
	if (compliance === undefined || compliance === 'NOT_APPLICABLE') return gone(known, now, requestId);
	if (compliance !== 'INSUFFICIENT_DATA' && proves(fact, operation)) return proven(known, now, requestId);
	return inVain(operation, verify, 'its last evaluation began before the work had ended', now);
}

/** AWS Config gave no answer. */
export function unanswered(operation: ComplianceOperation, { why, message }: Extract<Fact, { type: 'not-done' }>, now: number) {
	const { verify } = operation;
	if (verify === undefined) return nothing(operation);
	if (why === 'refused') return unproved(operation, message, now);
	return verify.looks < LOOKS_BEFORE_EVALUATION
		? nothing({ ...operation, verify: { ...verify, looks: verify.looks + 1, lookAt: now + lookBackoff(verify.looks + 1) } })
		: unproved(operation, message, now);
}

/** Nothing new: the rule is evaluated anew, once, and then it is a matter of time. */
function inVain(operation: ComplianceOperation, verify: Verify, why: string, now: number): Step<ComplianceOperation> {
	const looks = verify.looks + 1;
	if (verify.evaluatedAt !== undefined) {
		if (looks >= LOOKS_AFTER_EVALUATION) return unproved(operation, why, now);
		return nothing({ ...operation, verify: { ...verify, looks, lookAt: now + LOOK_AGAIN } });
	}
	if (looks >= LOOKS_BEFORE_EVALUATION) return unproved(operation, why, now);
	return ask({ ...operation, verify: { ...verify, looks, lookAt: now + lookBackoff(looks) } }, [{ name: 'evaluate-rule' }]);
}

/** The answer to the wish that the rule be evaluated anew. */
export function evaluation(operation: ComplianceOperation, fact: Extract<Fact, { type: 'done' | 'not-done' }>, now: number) {
	const { verify, history } = operation;
	if (verify === undefined) return nothing(operation);
	const evaluating = { ...operation, verify: { ...verify, evaluatedAt: now, looks: 0, lookAt: now + LOOK_AGAIN } };
	if (fact.type === 'done') return nothing(evaluating, note('rule evaluated anew', fact.note ?? '', fact.requestId));
	const said = note('rule not evaluated', fact.message, fact.requestId);
	// It may evaluate the rule by itself.
	if (fact.why === 'refused') return nothing(evaluating, said);
	return history.at(-1)?.what === said.what ? nothing(operation) : nothing(operation, said);
}

function unproved(operation: ComplianceOperation, why: string, now: number): Step<ComplianceOperation> {
	const { rule, resourceType } = operation.subject;
	const advice = `see that the rule works and that AWS Config records ${resourceType}`;
	return decide(operation, { state: 'failed', reason: `the work succeeded, and ${rule} does not show it (${why}): ${advice}` }, now);
}
