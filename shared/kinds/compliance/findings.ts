/** What a rule found of a resource, and which of two findings is the newer. Pure. */

import type { ComplianceFact } from '../../operation/facts.ts';
import type { ComplianceFinding, ComplianceOperation } from '../../operation/types.ts';

/** Events come late, twice and in any order: an evaluation that began before the one that is known says nothing new. */
export function isNewer({ evaluatedAt }: Pick<ComplianceFinding, 'evaluatedAt'>, known: ComplianceFinding): boolean {
	return evaluatedAt !== undefined && evaluatedAt > (known.evaluatedAt ?? 0);
}

/** Whether a finding proves something of the work: its evaluation began after the work had ended. */
export function proves({ evaluatedAt }: Pick<ComplianceFinding, 'evaluatedAt'>, { verify }: ComplianceOperation): boolean {
	return verify !== undefined && evaluatedAt !== undefined && evaluatedAt > verify.after;
}

/** The operation, with what AWS Config has said last. @param knownAt until when that is known to have been so. */
export function learned(operation: ComplianceOperation, fact: ComplianceFact, knownAt: number): ComplianceOperation {
	const { compliance = 'NOT_APPLICABLE', evaluatedAt = operation.finding.evaluatedAt } = fact;
	return { ...operation, finding: { compliance, ...(evaluatedAt !== undefined && { evaluatedAt }), knownAt } };
}

/**
 * Whether what was found gives reason for another operation, after the last one of the resource has closed.
 * @param found that the resource is noncompliant.
 */
export function opensAgain({ finding, eventId }: ComplianceOperation, found: ComplianceFinding, foundEventId?: string): boolean {
	if (foundEventId !== undefined && foundEventId === eventId) return false;
	return found.evaluatedAt === undefined || isNewer(found, finding);
}
