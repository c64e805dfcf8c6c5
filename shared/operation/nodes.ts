/**
 * How the nodes of commands have ended, as the ledger has it beside their operations:
 *
 * | pk | sk |
 * | --- | --- |
 * | `nodes#<operation id>` | `<command id>#<node>#<when>` |
 *
 * `when` is the time of the event that told it, or `listed` for what was looked up, which knows more and sorts after every time. Nothing
 * is overwritten but by its like: events may come twice and in any order, and of a node the last one counts.
 */

import { putItems, queryItems, type Table } from '../aws/table.ts';
import type { NodeResult } from './types.ts';

const keyOf = (operationId: string) => `nodes#${operationId}`;
const LISTED = 'listed';

/** @param expiresAt when they go from the ledger. Seconds. Rejects with what the SDK throws, or with Retry. */
export async function putNodes(table: Table, operationId: string, results: readonly NodeResult[], expiresAt: number): Promise<void> {
	const items = results.map((result) => {
		const { commandId, node, listed, endedAt = 0 } = result;
		const when = listed ? LISTED : new Date(endedAt).toISOString();
		return { pk: keyOf(operationId), sk: `${commandId}#${node}#${when}`, result, expiresAt };
	});
	// A call takes a key once.
	await putItems(table, [...new Map(items.map((item) => [item.sk, item])).values()]);
}

/** What is known of each node that has ended: under one command, or under all of an operation. Read consistently. */
export async function nodesOf(table: Table, operationId: string, commandId = ''): Promise<NodeResult[]> {
	const items = await queryItems(
		table,
		{ KeyConditionExpression: `pk = :pk${commandId && ' AND begins_with(sk, :command)'}`, ConsistentRead: true },
		{ ':pk': keyOf(operationId), ...(commandId && { ':command': `${commandId}#` }) },
	);
	const last = new Map<string, NodeResult>();
	for (const { result } of items) {
		const known = result as NodeResult;
		last.set(`${known.commandId}#${known.node}`, known);
	}
	return [...last.values()];
}
