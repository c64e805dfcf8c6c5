/** What the OpsItem of an association that fails says. Pure. */

import type { AssociationOperation } from '../../operation/types.ts';
import { instant } from '../alarm/timers.ts';
import type { OpsItemText } from '../kind.ts';
import { subjectOf } from '../subjects.ts';
import type { FailingNode } from './types.ts';

/** Nodes that the description has room for, and the operational data: a place of output is up to 300 characters. */
const FIRST = 5;
const NAMED = 16;

export function associationItem(operation: AssociationOperation): OpsItemText {
	const { id, subject, name, document, severity, output, nodes } = operation;
	const critical = severity === 'CRITICAL';
	return {
		key: `association/${name}`,
		title: `Association ${name} fails`,
		spec: { severity: critical ? '2' : '3', category: 'Availability' },
		intro:
			`It applies ${document ?? 'a document that is not known'}. ${againText(operation)}. ` +
			`Output: ${output ?? 'it keeps none'}. How it stands is kept in the operational data; this is resolved once it fails nowhere.`,
		line: `${failingText(operation)}: ${nodesText(operation, FIRST)} [${id}]`,
		resources: subjectOf(subject).arns(subject),
		data: { association: name, associationId: subject.associationId, ...(document && { document }) },
		own: {
			operation: id,
			status: statusOf(operation),
			failing: String(operation.failing),
			nodes: nodes.length > 0 ? nodesText(operation, NAMED, '\n') : 'not known',
			output: output ?? 'the association keeps none',
		},
		isResolved: true,
	};
}

export function failingText({ failing }: Pick<AssociationOperation, 'failing'>): string {
	return failing === 1 ? 'it fails on 1 node' : `it fails on ${failing} nodes`;
}

export function nodesText({ nodes, failing }: Pick<AssociationOperation, 'nodes' | 'failing'>, most: number, between = ', '): string {
	const more = Math.max(failing, nodes.length) - Math.min(nodes.length, most);
	return [...nodes.slice(0, most).map(nodeText), ...(more > 0 ? [`and ${more} more`] : [])].join(between);
}

function nodeText({ node, status, errorCode, output }: FailingNode): string {
	return `${node} ${status}${errorCode ? ` (${errorCode})` : ''}${output ? ` ${output}` : ''}`;
}

function againText({ again }: AssociationOperation): string {
	if (again?.sent !== true) return 'It could not be applied again';
	return `It was applied again on ${again.nodes.length === 1 ? '1 node' : `${again.nodes.length} nodes`} at ${instant(again.at)}`;
}

function statusOf(operation: AssociationOperation): string {
	const { ending } = operation;
	if (ending?.state === 'succeeded') return `solved: ${ending.reason}`;
	return ending === undefined ? failingText(operation) : `${ending.state}: ${ending.reason}`;
}
