/** Which nodes Systems Manager reaches. */

import { DescribeInstanceInformationCommand, type InstanceInformation } from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { requestIdOf } from '../errors.ts';
import { nodeOf } from '../kinds/subjects.ts';
import type { Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform } from '../operation/services.ts';
import { chunks } from '../parallel.ts';

/** Values of one filter, and results of one page, of DescribeInstanceInformation. */
const NODES_PER_CALL = 50;

/** Asks for up to 50 nodes in a call; one id that AWS refuses is isolated by halving, so that it holds up nobody else. */
export const checkNodes: Perform = async (deps, operations) => {
	const facts = new Map<string, Fact>();
	for (const batch of chunks(operations, NODES_PER_CALL)) {
		const byNode = await nodeFacts(deps, batch.map(nodeOf));
		for (const operation of batch) {
			const fact = byNode.get(nodeOf(operation));
			if (fact !== undefined) facts.set(operation.id, fact);
		}
	}
	return facts;
};

export async function nodeFacts(deps: Pick<Deps, 'aws'>, instanceIds: readonly string[]): Promise<Map<string, Fact>> {
	try {
		const { nodes, requestId } = await describe(deps, instanceIds);
		return new Map(instanceIds.map((id) => [id, nodeFact(nodes.get(id), requestId)]));
	} catch (error) {
		if (!isAboutNodes(error)) {
			const fact = notDone('check-node', error, 'retry');
			return new Map(instanceIds.map((id) => [id, fact]));
		}
		if (instanceIds.length === 1) return new Map(instanceIds.map((id) => [id, nodeFact(undefined, requestIdOf(error))]));
		const middle = Math.ceil(instanceIds.length / 2);
		const [left, right] = await Promise.all([nodeFacts(deps, instanceIds.slice(0, middle)), nodeFacts(deps, instanceIds.slice(middle))]);
		return new Map([...left, ...right]);
	}
}

/** Errors that one bad id brings on the whole call: any other refusal says nothing about the nodes. */
function isAboutNodes(error: unknown): boolean {
	return ['InvalidInstanceId', 'InvalidInstanceInformationFilterValue', 'ValidationException'].includes((error as Error).name);
}

async function describe({ aws }: Pick<Deps, 'aws'>, instanceIds: readonly string[]) {
	const nodes = new Map<string, InstanceInformation>();
	let requestId: string | undefined;
	let NextToken: string | undefined;
	do {
		const output = await aws.ssm.send(
			new DescribeInstanceInformationCommand({
				Filters: [{ Key: 'InstanceIds', Values: [...new Set(instanceIds)] }],
				MaxResults: NODES_PER_CALL,
				...(NextToken && { NextToken }),
			}),
		);
		for (const node of output.InstanceInformationList ?? []) if (node.InstanceId) nodes.set(node.InstanceId, node);
		requestId ??= requestIdOf(output);
		NextToken = output.NextToken;
	} while (NextToken);
	return { nodes, requestId };
}

function nodeFact(node: InstanceInformation | undefined, requestId: string | undefined): Fact {
	const status = node === undefined ? 'not-registered' : node.PingStatus === 'Online' ? 'online' : 'connection-lost';
	const since = status === 'connection-lost' ? node?.LastPingDateTime?.toISOString() : undefined;
	return { type: 'node', status, ...(since && { since }), requestId };
}
