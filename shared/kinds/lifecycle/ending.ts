/** How the operation of a lifecycle action ends. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { EndingEffect, LifecycleOperation, LifecycleThen } from '../../operation/types.ts';
import { type Decision, end } from '../ending.ts';

/** How often a complete call may answer "no active lifecycle action" while another hook could be what holds the instance. */
const AMBIGUOUS_ATTEMPTS = 3;

interface LifecycleDecision extends Decision {
	readonly then: LifecycleThen;
	/** False where the hook is known to be over, or not to be ours to complete. */
	readonly complete?: boolean;
	/** True where work may still run. */
	readonly cancel?: boolean;
}

/** Decides how an operation ends, and asks for the first effect of that. */
export function decide(operation: LifecycleOperation, decision: LifecycleDecision, now: number): Step<LifecycleOperation> {
	const { then, complete = true, cancel = false } = decision;
	const pending: EndingEffect[] = [];
	if (cancel && operation.work !== undefined) pending.push('cancel-work');
	if (complete) pending.push('complete-lifecycle');
	if (then.opsItem !== undefined) pending.push('open-ops-item');
	const result = operation.brakes?.observe ? ({ observed: true } as const) : complete ? {} : ({ lifecycle: 'over' } as const);
	return end(operation, decision, { then, pending }, result, now);
}

/** Whether "no active lifecycle action" can be believed although the instance still waits: another hook may hold it. */
export function isAmbiguousForGood(operation: LifecycleOperation): boolean {
	return operation.attempts.ending >= AMBIGUOUS_ATTEMPTS;
}
