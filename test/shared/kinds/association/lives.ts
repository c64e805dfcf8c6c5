/** Operations about associations that fail, led fact by fact. */

import { nextAssociation } from '../../../../shared/kinds/association/next.ts';
import type { AssociationState, FailingNode } from '../../../../shared/kinds/association/types.ts';
import { LONGEST } from '../../../../shared/kinds/telling.ts';
import type { Fact } from '../../../../shared/operation/facts.ts';
import { operationId } from '../../../../shared/operation/ids.ts';
import type { AssociationOperation, AssociationSubject } from '../../../../shared/operation/types.ts';
import { Life, OPENED_AT } from '../../../support/operations.ts';

export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;
export const failing = (...numbers: readonly number[]): FailingNode[] => numbers.map((n) => ({ node: node(n), status: 'Failed' }));

const SUBJECT: AssociationSubject = {
	kind: 'association',
	associationId: '3c1d7e52-08fa-4b6e-9a41-5d2f6b7c8e90',
	account: '111122223333',
	region: 'eu-west-1',
};

/** An association that has just failed. */
export function anAssociation(changes: Partial<AssociationOperation> = {}): AssociationOperation {
	return {
		id: operationId(SUBJECT, 1),
		kind: 'association',
		subject: SUBJECT,
		occurrence: 1,
		playbook: { name: 'associations', parameterVersion: 0 },
		name: 'fleetkeeper-test-agents',
		failing: 0,
		nodes: [],
		knownAt: OPENED_AT,
		lookAt: OPENED_AT,
		looks: 0,
		state: 'waiting',
		waiting: 'retry',
		history: [],
		openedAt: OPENED_AT,
		deadlineAt: OPENED_AT + LONGEST,
		occasion: { detail: {}, account: SUBJECT.account, region: SUBJECT.region },
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
		...changes,
	};
}

export const life = (changes: Partial<AssociationOperation> = {}) => new Life(anAssociation(changes), nextAssociation);

/** State Manager's answer: the nodes that fail, and how many have yet to apply it. */
export const shows = (at: number, nodes: readonly FailingNode[], pending = 0, changes: Partial<AssociationState> = {}): Fact => ({
	type: 'association',
	from: 'look',
	at,
	found: {
		status: pending > 0 ? 'Pending' : nodes.length > 0 ? 'Failed' : 'Success',
		failing: nodes.length,
		pending,
		nodes,
		document: 'AWS-UpdateSSMAgent',
		...changes,
	},
});
export const gone = (at: number): Fact => ({ type: 'association', from: 'look', at });

/** State Manager's event of the whole association. */
export const event = (
	status: AssociationState['status'],
	at: number,
	counts?: { readonly failing: number; readonly pending: number },
): Fact => ({
	type: 'association',
	from: 'event',
	at,
	status,
	...counts,
});
export const nodeFails = (at: number, n: number, more: Partial<FailingNode> = {}): Fact => ({
	type: 'association',
	from: 'node',
	at,
	node: { node: node(n), status: 'Failed', ...more },
});

export const sent: Fact = { type: 'done', effect: 'apply-association', note: 'AWS-RefreshAssociation on 1 node' };
export const notSent = (why: 'retry' | 'refused', message = 'Rate exceeded'): Fact => ({
	type: 'not-done',
	effect: 'apply-association',
	why,
	message,
});
const itemOpened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001', opsItem: 'opened' };

/** From the opening to being applied again on the first nodes. */
export const again = (...nodes: readonly number[]) => life().meets({ type: 'opened' }, shows(OPENED_AT, failing(...nodes)), sent);
/** And from there to the OpsItem, since it still fails on them. */
export function stillFailing(...nodes: readonly number[]) {
	const one = again(...nodes)
		.after(600_000)
		.ticks();
	return one.meets(shows(one.now, failing(...nodes)), itemOpened);
}
