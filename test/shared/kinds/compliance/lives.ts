/** Remediations that are led fact by fact. */

import { nextCompliance } from '../../../../shared/kinds/compliance/next.ts';
import type { ComplianceFact, Fact } from '../../../../shared/operation/facts.ts';
import type { ComplianceOperation } from '../../../../shared/operation/types.ts';
import { aFinding, Life, startedAs } from '../../../support/operations.ts';

type Compliance = NonNullable<ComplianceFact['compliance']>;

export const life = (changes: Partial<ComplianceOperation> = {}) => new Life(aFinding(changes), nextCompliance);
/** From the opening to a runbook that runs as `execution-1`. */
export const running = (changes: Partial<ComplianceOperation> = {}) => life(changes).meets({ type: 'opened' }, startedAs('execution-1'));

/** AWS Config's event of an evaluation that began at an instant. */
export const event = (compliance: Compliance, evaluatedAt: number): Fact => ({
	type: 'compliance',
	from: 'event',
	compliance,
	evaluatedAt,
});
/** AWS Config's answer; nothing where it has no result. */
export const result = (compliance?: Compliance, evaluatedAt?: number): Fact => ({
	type: 'compliance',
	from: 'look',
	...(compliance && { compliance }),
	...(evaluatedAt !== undefined && { evaluatedAt }),
});
export const evaluated: Fact = { type: 'done', effect: 'evaluate-rule' };
export const notEvaluated: Fact = { type: 'not-done', effect: 'evaluate-rule', why: 'retry', message: 'LimitExceededException' };
export const itemOpened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001', opsItem: 'opened' };
