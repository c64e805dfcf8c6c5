/** How the operation of an event ends. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { EndingEffect, EventOperation } from '../../operation/types.ts';
import { type Decision, end } from '../ending.ts';

interface EventDecision extends Decision {
	/** Work may still run. */
	readonly cancel?: boolean;
}

/** Decides how an operation ends; its OpsItem, or the one that a failure asks for, is told. It is never resolved: that is for people. */
export function decide(operation: EventOperation, decision: EventDecision, now: number): Step<EventOperation> {
	const { work, then } = operation;
	const failed = decision.state === 'failed' || decision.state === 'timed-out';
	const follows = failed ? then.onFailure : {};
	const pending: EndingEffect[] = decision.cancel && work !== undefined ? ['cancel-work'] : [];
	const telling = tellingOf({ ...operation, opsItem: operation.opsItem ?? follows.opsItem });
	return end(operation, decision, { then: follows, pending: telling === undefined ? pending : [...pending, telling] }, {}, now);
}

function tellingOf({ opsItem, result }: Pick<EventOperation, 'result'> & { readonly opsItem: EventOperation['opsItem'] | undefined }) {
	if (result?.opsItemId !== undefined) return 'update-ops-item';
	// What OpsCenter has refused it goes on refusing.
	return opsItem === undefined || result?.opsItem === 'refused' ? undefined : 'open-ops-item';
}
