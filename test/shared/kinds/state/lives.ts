/** Operations about nodes that are not compliant, led fact by fact. */

import { GATHER, nextState } from '../../../../shared/kinds/state/next.ts';
import type { NodeFinding } from '../../../../shared/kinds/state/types.ts';
import { LONGEST } from '../../../../shared/kinds/telling.ts';
import type { Fact, StateFact } from '../../../../shared/operation/facts.ts';
import { operationId } from '../../../../shared/operation/ids.ts';
import type { StateOperation, StateSubject } from '../../../../shared/operation/types.ts';
import { Life, MINUTE, OPENED_AT } from '../../../support/operations.ts';

export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;
const SUBJECT: StateSubject = { kind: 'state', complianceType: 'Patch', group: 'prod', account: '111122223333', region: 'eu-west-1' };

/** Some nodes of patch group prod that are not compliant since the opening, of which nobody has been told. */
export function aState(nodes: readonly string[], changes: Partial<StateOperation> = {}): StateOperation {
	const subject = changes.subject ?? SUBJECT;
	return {
		id: operationId(subject, 1),
		kind: 'state',
		subject,
		occurrence: 1,
		playbook: { name: 'node-state', parameterVersion: 0 },
		group: 'prod',
		nodes: Object.fromEntries(nodes.map((each) => [each, OPENED_AT])),
		well: {},
		count: nodes.length,
		lookAt: OPENED_AT + 15 * MINUTE,
		looks: 0,
		toldAt: 0,
		...{ state: 'waiting', waiting: 'gathering' },
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

export const ofNode = (name: string, changes: Partial<StateOperation> = {}) => {
	const { group: _group, ...subject } = SUBJECT;
	return aState([name], { subject: { ...subject, node: name }, ...changes });
};

export const itemOpened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001', opsItem: 'opened' };
export const itemResolved: Fact = { type: 'done', effect: 'resolve-ops-item', opsItemId: 'oi-000000000001' };

export const opened = (operation: StateOperation) => new Life(operation, nextState).meets({ type: 'opened' });

/** From the opening to its OpsItem, which is there at the time from which these lives count. */
export const told = (operation: StateOperation) => {
	const life = opened({ ...operation, openedAt: OPENED_AT - GATHER });
	return life
		.after(GATHER)
		.ticks()
		.meets(look('noncompliant', OPENED_AT, ...Object.keys(operation.nodes)), itemOpened);
};

const found =
	(from: StateFact['from']) =>
	(is: NodeFinding['is'], at: number, ...nodes: readonly string[]): Fact => ({
		type: 'state',
		from,
		findings: nodes.map((each) => ({ node: each, is, at })),
	});
export const event = found('event');
export const look = found('look');
