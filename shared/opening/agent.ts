/** Opening operations for nodes that are not managed as they should be: one for each cause. */

import { factOf, type Survey } from '../agents/survey.ts';
import { causeText } from '../kinds/agent/causes.ts';
import { learn, sizeOf } from '../kinds/agent/findings.ts';
import { lookAfter } from '../kinds/agent/next.ts';
import type { AgentCause } from '../kinds/agent/types.ts';
import { listed } from '../kinds/state/item.ts';
import { LONGEST } from '../kinds/telling.ts';
import type { AgentFact } from '../operation/facts.ts';
import { lineOf } from '../operation/history.ts';
import type { Services } from '../operation/services.ts';
import type { AgentOperation, AgentSubject } from '../operation/types.ts';
import type { Sighting } from './admit.ts';
import { opened } from './opened.ts';

/** What a person has ended while it lasted is left alone for so long. Milliseconds. */
const LEFT_ALONE = 86_400_000;
/** Nodes that the first line of a story names. */
const NAMED = 5;

/** All operations of this kind that are open: one for each cause at most. Their index may lag a moment behind. */
export async function openAgents({ ledger }: Pick<Services, 'ledger'>): Promise<AgentOperation[]> {
	const ids = await ledger.due(Number.MAX_SAFE_INTEGER, 'agent');
	const operations = ids.length > 0 ? ((await ledger.load(ids)) as AgentOperation[]) : [];
	return operations.filter(({ closedAt }) => closedAt === undefined);
}

/** What a look has found for one cause. */
export function sightingOf(
	services: Services,
	where: Pick<AgentSubject, 'account' | 'region'>,
	cause: AgentCause,
	survey: Survey,
	from: AgentFact['from'],
): Sighting<'agent'> {
	const subject: AgentSubject = { kind: 'agent', cause, ...where };
	const fact = factOf(survey, from, cause);
	return {
		subject,
		open(occurrence, last) {
			if (last !== undefined && isLeftAlone(last, services.now())) return undefined;
			return operationFor(services, subject, fact, occurrence);
		},
		facts: () => [fact],
	};
}

function isLeftAlone(last: AgentOperation, now: number): boolean {
	return sizeOf(last) > 0 && now - (last.closedAt ?? 0) < LEFT_ALONE;
}

function operationFor(services: Services, subject: AgentSubject, fact: AgentFact, occurrence: number): AgentOperation {
	const openedAt = services.now();
	const empty: AgentOperation = {
		...opened(subject, occurrence, openedAt),
		playbook: { name: 'agent-health', parameterVersion: 0 },
		...{ nodes: {}, more: 0, count: 0 },
		...{ lookAt: openedAt + lookAfter(0), looks: 0, toldAt: 0 },
		state: 'verifying',
		deadlineAt: openedAt + LONGEST,
		occasion: { detail: {}, account: subject.account, region: subject.region },
	};
	const { operation, fallen } = learn(empty, fact.troubles, fact.complete, openedAt);
	const only = fallen.length === 1 ? ` (${operation.nodes[fallen[0] ?? '']?.detail})` : '';
	const by = fact.from === 'registration' ? 'a node registered, or was deregistered' : 'the daily check found it';
	const why = `${causeText(subject.cause, sizeOf(operation))}: ${listed(fallen, NAMED)}${only}; ${by}`;
	return { ...operation, history: [lineOf({ what: 'opened', why, requestId: fact.requestId }, openedAt)] };
}
