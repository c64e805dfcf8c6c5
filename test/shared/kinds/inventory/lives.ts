/** Operations about rules that software on nodes breaks, led fact by fact. */

import { nextInventory } from '../../../../shared/kinds/inventory/next.ts';
import type { RuleInForce, SoftwareFinding } from '../../../../shared/kinds/inventory/types.ts';
import { LONGEST } from '../../../../shared/kinds/telling.ts';
import type { Fact, InventoryFact } from '../../../../shared/operation/facts.ts';
import { operationId } from '../../../../shared/operation/ids.ts';
import type { InventoryOperation, InventorySubject, Run } from '../../../../shared/operation/types.ts';
import { Life, MINUTE, OPENED_AT } from '../../../support/operations.ts';

export const DAY = 1_440 * MINUTE;
export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;
const SUBJECT: InventorySubject = { kind: 'inventory', rule: 'no-telnet', account: '111122223333', region: 'eu-west-1' };
const REMOVE: Run = {
	...{ type: 'command', document: 'remove-packages', parameters: { Packages: ['telnet'] } },
	...{ timeoutSeconds: 900, deliverWithinSeconds: 180, registerWithinSeconds: 0 },
};
export const RULE: RuleInForce = { parameterVersion: 1, says: 'forbidden: telnet', opsItem: { severity: '2' }, run: REMOVE };

/** Some nodes that have telnet since the opening. */
export function anInventory(nodes: readonly string[], changes: Partial<InventoryOperation> = {}): InventoryOperation {
	return {
		...{ id: operationId(SUBJECT, 1), kind: 'inventory', subject: SUBJECT, occurrence: 1 },
		playbook: { name: 'no-telnet', parameterVersion: 1 },
		...{ says: RULE.says, opsItem: RULE.opsItem, remedy: REMOVE },
		nodes: Object.fromEntries(nodes.map((each) => [each, OPENED_AT])),
		what: Object.fromEntries(nodes.map((each) => [each, 'telnet 0.17 is forbidden'])),
		...{ well: {}, count: nodes.length, tried: {}, rounds: 0, gatherUntil: OPENED_AT + 5 * MINUTE },
		...{ lookAt: OPENED_AT + 60 * MINUTE, looks: 0, toldAt: 0, state: 'verifying', history: [] },
		...{ openedAt: OPENED_AT, deadlineAt: OPENED_AT + LONGEST },
		occasion: { detail: {}, account: SUBJECT.account, region: SUBJECT.region },
		...{ attempts: { start: 0, ending: 0 }, version: 0, publishedVersion: 0 },
		...changes,
	};
}

export const itemOpened: Fact = { type: 'done', effect: 'open-ops-item', opsItemId: 'oi-000000000001', opsItem: 'opened' };
export const itemResolved: Fact = { type: 'done', effect: 'resolve-ops-item', opsItemId: 'oi-000000000001' };

/** From the opening to its OpsItem. */
export const told = (operation: InventoryOperation) => new Life(operation, nextInventory).meets({ type: 'opened' }, itemOpened);

const found =
	(from: InventoryFact['from']) =>
	(is: SoftwareFinding['is'], at: number, ...nodes: readonly string[]): InventoryFact => ({
		...{ type: 'inventory', from, rule: RULE },
		findings: nodes.map((each) => ({ node: each, is, at, ...(is === 'found' && { what: 'telnet 0.17 is forbidden' }) })),
	});
export const event = found('event');
export const look = found('look');
