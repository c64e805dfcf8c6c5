/** What the OpsItem of nodes that are not compliant says: one a node, or one a patch group, while it is open. Pure. */

import type { StateOperation } from '../../operation/types.ts';
import type { OpsItemText } from '../kind.ts';
import { subjectOf } from '../subjects.ts';
import { nodesOf } from './findings.ts';

/** Nodes that are named. */
const NAMED = 48;
/** What the description has room for. */
const FIRST = 12;

const WHERE = {
	Patch: 'aws ssm describe-instance-patches --instance-id <node>',
	Association: 'aws ssm describe-instance-associations-status --instance-id <node>',
} as const;

export function stateItem(operation: StateOperation): OpsItemText {
	const { id, subject, severity = 'unspecified' } = operation;
	const { complianceType, node, group = '' } = subject;
	const nodes = nodesOf(operation);
	const critical = severity === 'critical';
	const what = complianceType === 'Patch' ? 'patches' : 'associations';
	return {
		key: `state/${complianceType}/${node ?? group}`,
		title:
			node === undefined ? `Nodes of ${groupText(group)} do not comply with their ${what}` : `${node} does not comply with its ${what}`,
		spec: { severity: critical ? '2' : '3', category: complianceType === 'Patch' ? 'Security' : 'Availability' },
		intro:
			`What is wrong with a node: ${WHERE[complianceType]}. ` +
			'This is kept up to date in the operational data, and resolved once Systems Manager finds all of it compliant.',
		line: `${node === undefined ? `${countText(nodes.length)}: ${listed(nodes, FIRST)}` : `Patch group: ${operation.group}`} [${id}]`,
		// Deduplication hashes them too: of a group, the nodes change.
		resources: subjectOf(subject).arns(subject),
		data: { complianceType, patchGroup: operation.group },
		own: {
			operation: id,
			severity,
			status: statusOf(operation),
			...(node === undefined && { noncompliant: String(nodes.length), nodes: listed(nodes, NAMED) || 'none' }),
		},
		...(critical && { raisedTo: '2' }),
		isResolved: true,
	};
}

/** Where nodes carry no tag that says so, this stands for their patch group: no tag's value can have brackets. */
export const NO_GROUP = '(none)';

function groupText(group: string): string {
	return group === NO_GROUP ? 'no patch group' : `patch group ${group}`;
}

export function countText(nodes: number): string {
	return nodes === 1 ? '1 node is not compliant' : `${nodes} nodes are not compliant`;
}

/** The first of some nodes, and how many more there are. */
export function listed(nodes: readonly string[], most: number): string {
	const more = nodes.length - most;
	return `${nodes.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function statusOf({ ending, nodes }: StateOperation): string {
	if (ending?.state === 'succeeded') return `solved: ${ending.reason}`;
	if (ending !== undefined) return `${ending.state}: ${ending.reason}`;
	return countText(Object.keys(nodes).length);
}
