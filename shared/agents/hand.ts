/** Giving nodes to the playbook that is for their cause: each becomes an operation of its own, with the playbook's work and brakes. */

import { Drop, describeError, Fail } from '../errors.ts';
import { FINDING } from '../kinds/agent/event.ts';
import { toHand } from '../kinds/agent/findings.ts';
import type { FleetEvent } from '../kinds/event/event.ts';
import { openFromOwnFindings } from '../opening/event.ts';
import { arnOf } from '../opening/tags.ts';
import type { Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { AgentOperation } from '../operation/types.ts';
import { inParallel } from '../parallel.ts';
import { matchEvent } from '../playbook/match.ts';

/** Nodes of one round; the clock goes on with the next. Runbooks start at one a second, and several causes may have their turn at once. */
const AT_ONCE = 10;

export const handToPlaybooks: Perform<AgentOperation> = async (services, operations) => {
	const facts = await inParallel(operations, 1, async (operation) => [operation.id, await handSome(services, operation)] as const);
	return new Map(facts);
};

async function handSome(services: Services, operation: AgentOperation): Promise<Fact> {
	try {
		const { set } = await services.playbooks.load();
		const ids = toHand(operation, services.now());
		const claimed = ids.flatMap((id) => {
			const found = matchEvent('event', findingOf(services, operation, id), set);
			return 'playbook' in found ? [{ id, playbook: found.playbook.playbook.name }] : [];
		});
		const round = claimed.slice(0, AT_ONCE);
		const results = await openFromOwnFindings(
			services,
			round.map(({ id }) => findingOf(services, operation, id)),
		);
		const done = round.filter((_, index) => {
			const result = results[index];
			if (result === undefined || result.ok || result.error instanceof Drop) return true;
			services.log.error('A node was not given to its playbook', { operation: operation.id, why: describeError(result.error) });
			return result.error instanceof Fail;
		});
		const playbook = [...new Set(done.map((each) => each.playbook))].join(', ');
		return { type: 'handed', ids: done.map(({ id }) => id), playbook, more: done.length < claimed.length };
	} catch (error) {
		return notDone('hand-to-playbook', error, 'retry');
	}
}

/** Its id says which finding it is: a round that is done again opens nothing anew. */
function findingOf({ now }: Services, { id: operationId, subject, nodes }: AgentOperation, id: string): FleetEvent {
	const { cause, account, region } = subject;
	const { since = 0, handedAt = since, detail = '', profile } = nodes[id] ?? {};
	return {
		id: `${operationId}/${id}/${handedAt}`,
		...FINDING,
		...{ account, region },
		time: new Date(now()).toISOString(),
		resources: arnOf({ node: id, account, region }),
		detail: { cause, node: id, why: detail, ...(profile !== undefined && { profile }) },
	};
}
