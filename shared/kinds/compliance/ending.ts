/** How a remediation ends. Pure. */

import type { Step } from '../../operation/facts.ts';
import type { ComplianceOperation, EndingEffect } from '../../operation/types.ts';
import { type Decision, end } from '../ending.ts';

interface ComplianceDecision extends Decision {
	/** Work may still run. */
	readonly cancel?: boolean;
}

/** Decides how an operation ends. Of a failure the OpsItem of its rule tells. */
export function decide(
	operation: ComplianceOperation,
	decision: ComplianceDecision,
	now: number,
	said?: string,
): Step<ComplianceOperation> {
	const failed = decision.state === 'failed' || decision.state === 'timed-out';
	// One item a rule, whatever the playbook says of it: people would be told of each resource by itself otherwise.
	const then = failed ? { opsItem: operation.then.onFailure.opsItem ?? {} } : {};
	const pending: EndingEffect[] = decision.cancel && operation.work !== undefined ? ['cancel-work'] : [];
	if (failed) pending.push('open-ops-item');
	return end(operation, decision, { then, pending }, {}, now, said);
}

/** The resource complies. Where nothing was done to it, nothing was achieved. */
export function compliant(operation: ComplianceOperation, now: number, requestId?: string): Step<ComplianceOperation> {
	const { verify, attempts, subject } = operation;
	if (verify !== undefined) {
		const reason = `${subject.rule} finds it compliant, by an evaluation that began after the work had ended`;
		return decide(operation, { state: 'succeeded', reason, requestId }, now, 'compliant');
	}
	const reason =
		attempts.start > 0
			? `${subject.rule} finds it compliant, although the last attempt did not end well`
			: `${subject.rule} finds it compliant meanwhile: it is not touched`;
	return decide(operation, { state: attempts.start > 0 ? 'succeeded' : 'skipped', reason, requestId }, now, 'compliant');
}

/** The rule has nothing to say of the resource any more. */
export function gone(operation: ComplianceOperation, now: number, requestId?: string): Step<ComplianceOperation> {
	const { verify, subject } = operation;
	const reason = `${subject.rule} does not apply to it any more: the resource, or the rule, is gone`;
	return decide(operation, { state: verify === undefined ? 'skipped' : 'succeeded', reason, requestId }, now, 'gone');
}

/** As many remediations as the playbook allows within 24 hours have not helped. */
export function exhausted(operation: ComplianceOperation, why: string, now: number, requestId?: string): Step<ComplianceOperation> {
	const { attempts } = operation.settings;
	const remediations = `${attempts} ${attempts === 1 ? 'remediation' : 'remediations'} within 24 hours`;
	const reason = `${why}: ${remediations} did not help, or something undoes them, or AWS Config does not record what they change`;
	return decide(operation, { state: 'failed', reason, requestId }, now);
}
