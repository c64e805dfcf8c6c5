/** How the nodes of operations stand: one look for all of them. */

import { openAgents } from '../opening/agent.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform } from '../operation/services.ts';
import type { AgentOperation } from '../operation/types.ts';
import { attempt } from '../settled.ts';
import { type AgentClients, factOf, surveyAgents } from './survey.ts';

export function readAgents(clients: AgentClients): Perform<AgentOperation> {
	return async (services, operations) => {
		const [first] = operations;
		if (first === undefined) return new Map();
		// Those that are not due may hold nodes that have been put right.
		const read = await attempt(async () => surveyAgents(services, clients, first.subject, await openAgents(services)));
		return new Map(
			operations.map(({ id, subject }) => [id, read.ok ? factOf(read.value, 'look', subject.cause) : notDone('survey-agents', read.error)]),
		);
	};
}
