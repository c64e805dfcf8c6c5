/** Asking Systems Manager which nodes are not compliant. */

import { ListResourceComplianceSummariesCommand } from '@aws-sdk/client-ssm';
import { requestIdOf } from '../errors.ts';
import type { ComplianceType, NodeFinding } from '../kinds/state/types.ts';
import type { Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { StateOperation } from '../operation/types.ts';
import { chunks, groupBy } from '../parallel.ts';
import { attempt } from '../settled.ts';
import { nodeFacts } from '../work/nodes.ts';

/** Nodes of one page, and pages of one list: more nodes than a Region has. */
const PAGE = 50;
const PAGES = 60;
const NODES_PER_CALL = 50;

export interface Noncompliant {
	/** The highest severity of what is wrong, by node. */
	readonly nodes: ReadonlyMap<string, string>;
	/** Nodes that it does not have are compliant. */
	readonly complete: boolean;
	readonly requestId?: string | undefined;
}

/** All nodes that are not compliant in one way. Rejects with what the SDK throws. */
export async function listNoncompliant({ aws }: Pick<Services, 'aws'>, type: ComplianceType): Promise<Noncompliant> {
	const nodes = new Map<string, string>();
	let NextToken: string | undefined;
	let requestId: string | undefined;
	for (let page = 0; page < PAGES; page += 1) {
		const output = await aws.ssm.send(
			new ListResourceComplianceSummariesCommand({
				Filters: [
					{ Key: 'ComplianceType', Values: [type], Type: 'EQUAL' },
					{ Key: 'Status', Values: ['NON_COMPLIANT'], Type: 'EQUAL' },
				],
				MaxResults: PAGE,
				...(NextToken && { NextToken }),
			}),
		);
		for (const { ComplianceType, ResourceId, Status, OverallSeverity = '' } of output.ResourceComplianceSummaryItems ?? []) {
			if (ComplianceType === type && Status === 'NON_COMPLIANT' && ResourceId) nodes.set(ResourceId, OverallSeverity.toLowerCase());
		}
		NextToken = output.NextToken;
		requestId ??= requestIdOf(output);
		if (NextToken === undefined) return { nodes, complete: true, requestId };
	}
	return { nodes, complete: false, requestId };
}

/** Those of some nodes that Systems Manager does not manage: what it once found of them says nothing any more. */
export async function goneOf(services: Services, nodes: readonly string[]): Promise<ReadonlySet<string>> {
	const gone = new Set<string>();
	for (const ids of chunks(nodes, NODES_PER_CALL)) {
		for (const [id, fact] of await nodeFacts(services, ids)) if (fact.type === 'node' && fact.status === 'not-registered') gone.add(id);
	}
	return gone;
}

/** How the nodes of operations stand: one list for all that are about the same type of compliance. */
export const readNodeStates: Perform<StateOperation> = async (services, operations) => {
	const facts = new Map<string, Fact>();
	for (const group of groupBy(operations, ({ subject }) => subject.complianceType).values()) {
		const read = await attempt(() => readGroup(services, group));
		for (const operation of group) facts.set(operation.id, read.ok ? read.value(operation) : notDone('read-node-state', read.error));
	}
	return facts;
};

async function readGroup(services: Services, group: readonly StateOperation[]): Promise<(operation: StateOperation) => Fact> {
	const at = services.now();
	const [first] = group as [StateOperation];
	const { nodes, complete, requestId } = await listNoncompliant(services, first.subject.complianceType);
	const known = new Set(group.flatMap((operation) => Object.keys(operation.nodes)));
	const gone = await goneOf(
		services,
		[...known].filter((node) => nodes.has(node)),
	);
	const finding = (node: string): NodeFinding[] => {
		const severity = nodes.get(node);
		if (gone.has(node)) return [{ node, is: 'gone', at }];
		if (severity !== undefined) return [{ node, is: 'noncompliant', at, severity }];
		return complete ? [{ node, is: 'compliant', at }] : [];
	};
	return (operation) => ({ type: 'state', from: 'look', findings: Object.keys(operation.nodes).flatMap(finding), requestId });
}
