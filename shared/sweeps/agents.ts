/** The check of all agents: once a day, and once after nodes have registered or were deregistered. */

import { askForCheck, beginCheck, isAskedFor } from '../agents/check.ts';
import { type AgentClients, factOf, surveyAgents } from '../agents/survey.ts';
import { describeError } from '../errors.ts';
import { RegistrationEvent } from '../kinds/agent/event.ts';
import type { AgentCause } from '../kinds/agent/types.ts';
import { admit } from '../opening/admit.ts';
import { openAgents, sightingOf } from '../opening/agent.ts';
import { handleOwnClock, type SweepReport, whereOf } from '../operation/clock.ts';
import { advance } from '../operation/engine.ts';
import type { AgentFact } from '../operation/facts.ts';
import type { Services } from '../operation/services.ts';
import type { TickReport } from '../operation/tick.ts';
import type { AgentSubject } from '../operation/types.ts';
import { parseEvent } from '../parse.ts';
import { attempt, type Settled } from '../settled.ts';

type Where = Pick<AgentSubject, 'account' | 'region'>;

/** The daily check; a minute in which operations are due, or in which a check may begin that somebody has asked for. */
export async function handleAgentClock(services: Services, clients: AgentClients, event: unknown): Promise<TickReport | SweepReport> {
	const where = whereOf(event);
	const report = await handleOwnClock(services, 'agent', () => sweepAgents(services, clients, where), event);
	if ('due' in report) await checkIfAsked(services, clients, where);
	return report;
}

/** Where another check has begun lately, that will do. */
async function sweepAgents(services: Services, clients: AgentClients, where: Where): Promise<SweepReport> {
	const began = await beginCheck(services);
	return began ? check(services, clients, where, 'check') : { waiting: 0, opened: 0 };
}

async function checkIfAsked(services: Services, clients: AgentClients, where: Where): Promise<SweepReport | undefined> {
	if (!(await isAskedFor(services)) || !(await beginCheck(services))) return undefined;
	return check(services, clients, where, 'registration');
}

/** What became of an event. */
export interface Heard {
	/** `asked`: a check has begun lately, and the clock begins the next. */
	readonly outcome: 'checked' | 'asked';
}

/** Nodes have registered, or were deregistered: one check for all of them. Results are in order of the events. */
export async function hearRegistrations(services: Services, clients: AgentClients, events: readonly unknown[]): Promise<Settled<Heard>[]> {
	const heard = await Promise.all(events.map((event) => attempt(() => parseEvent(RegistrationEvent, event, "a node's registration"))));
	const first = heard.find((each) => each.ok);
	if (!first?.ok) return heard.map((each) => (each.ok ? { ok: true, value: { outcome: 'asked' } } : each));
	const { account, region } = first.value;
	const done = await attempt(async (): Promise<Heard> => {
		await askForCheck(services, services.now());
		const report = await checkIfAsked(services, clients, { account, region });
		return { outcome: report === undefined ? 'asked' : 'checked' };
	});
	return heard.map((each) => (each.ok ? done : each));
}

async function check(services: Services, clients: AgentClients, where: Where, from: AgentFact['from']): Promise<SweepReport> {
	try {
		const open = await openAgents(services);
		const survey = await surveyAgents(services, clients, where, open);
		const causes = [...new Set(survey.troubles.map(({ cause }) => cause))];
		const results = await admit(
			services,
			causes.map((cause) => sightingOf(services, where, cause, survey, from)),
		);
		for (const result of results) {
			if (!result.ok) services.log.error('A cause was not opened; the next check tries again', { why: describeError(result.error) });
		}
		const rest = open.filter(({ subject }) => !causes.includes(subject.cause));
		await advance(
			services,
			rest.map((operation) => ({ operation, facts: [factOf(survey, from, operation.subject.cause)] })),
		);
		const opened = results.filter((result) => result.ok && result.value.outcome === 'opened').length;
		services.log.info('Looked at all agents', { ...countsOf(survey.troubles), opened });
		return { waiting: survey.troubles.length, opened };
	} catch (error) {
		services.log.error('Agents could not be looked at; the clock tries again', { why: describeError(error) });
		// This one has not done it.
		await askForCheck(services, services.now() + 1);
		return { waiting: 0, opened: 0 };
	}
}

/** How many have which cause. */
function countsOf(troubles: readonly { readonly cause: AgentCause }[]): Partial<Record<AgentCause, number>> {
	const counts: Partial<Record<AgentCause, number>> = {};
	for (const { cause } of troubles) counts[cause] = (counts[cause] ?? 0) + 1;
	return counts;
}
