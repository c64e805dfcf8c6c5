/** Operations about agents, led fact by fact. */

import { nextAgent } from '../../../../shared/kinds/agent/next.ts';
import type { AgentCause, Trouble } from '../../../../shared/kinds/agent/types.ts';
import { LONGEST } from '../../../../shared/kinds/telling.ts';
import type { AgentFact, Fact } from '../../../../shared/operation/facts.ts';
import { operationId } from '../../../../shared/operation/ids.ts';
import type { AgentOperation } from '../../../../shared/operation/types.ts';
import { Life, MINUTE, OPENED_AT } from '../../../support/operations.ts';

export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;

/** Some instances without a profile, known since the opening. */
export function anAgent(ids: readonly string[], cause: AgentCause = 'no-profile', changes: Partial<AgentOperation> = {}): AgentOperation {
	const subject = { kind: 'agent', cause, account: '111122223333', region: 'eu-west-1' } as const;
	return {
		id: operationId(subject, 1),
		kind: 'agent',
		subject,
		occurrence: 1,
		playbook: { name: 'agent-health', parameterVersion: 0 },
		nodes: Object.fromEntries(ids.map((id) => [id, { since: OPENED_AT, detail: 'never seen' }])),
		more: 0,
		count: ids.length,
		lookAt: OPENED_AT + 15 * MINUTE,
		looks: 0,
		toldAt: 0,
		state: 'verifying',
		history: [],
		openedAt: OPENED_AT,
		deadlineAt: OPENED_AT + LONGEST,
		occasion: { detail: {}, account: subject.account, region: subject.region },
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
		...changes,
	};
}

export const itemOpened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001', opsItem: 'opened' };
export const itemResolved: Fact = { type: 'done', effect: 'resolve-ops-item', opsItemId: 'oi-000000000001' };
/** No playbook is for them. */
export const unclaimed: Fact = { type: 'handed', ids: [], more: false };

/** From the opening to its OpsItem, without a playbook. */
export const told = (operation: AgentOperation) => new Life(operation, nextAgent).meets({ type: 'opened' }, itemOpened, unclaimed);

export function found(ids: readonly string[], changes: Partial<AgentFact> = {}, detail = 'never seen'): Fact {
	const troubles = ids.map((id): Trouble => ({ id, cause: 'no-profile', detail }));
	return { type: 'agents', from: 'look', complete: true, troubles, ...changes };
}
