/** Opening remediations from AWS Config's events. */

import { Drop, Retry } from '../errors.ts';
import { ComplianceEvent } from '../kinds/compliance/event.ts';
import { opensAgain } from '../kinds/compliance/findings.ts';
import type { Services } from '../operation/services.ts';
import { parseEvent } from '../parse.ts';
import { claimsRule } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { type Found, playbookFor, toOpen } from './compliance.ts';

/**
 * Opens a remediation for each event of a resource that became noncompliant under a rule that a playbook claims, and tells those that are
 * open of what else is found. Results are in order of the events.
 */
export async function openFromFindings(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'compliance'>>[]> {
	const loaded = await services.playbooks.load();
	const sightings = await Promise.all(
		events.map((event) =>
			attempt(() => {
				const found = foundBy(event);
				return { found, sighting: sightingOf(services, loaded, found) };
			}),
		),
	);
	const admitted = sightings.flatMap((each) => (each.ok ? [each.value] : []));
	const openings = await admit(
		services,
		admitted.map(({ sighting }) => sighting),
	);
	const byOne = new Map(admitted.map((each, index) => [each, openings[index]]));
	return sightings.map((each) => {
		if (!each.ok) return each;
		const opening = byOne.get(each.value);
		return opening === undefined ? { ok: false, error: new Retry('the event was not handled') } : unlessMissed(opening, each.value.found);
	});
}

/** An operation that others closed at the same moment has not heard that the resource is noncompliant: another one must be opened. */
function unlessMissed(opening: Settled<Opening<'compliance'>>, { finding, eventId }: Found): Settled<Opening<'compliance'>> {
	if (!opening.ok || opening.value.outcome === 'opened' || finding.compliance !== 'NON_COMPLIANT') return opening;
	const { operation } = opening.value;
	if (operation.closedAt === undefined || !opensAgain(operation, finding, eventId)) return opening;
	return { ok: false, error: new Retry(`${operation.id} closed before it heard of event ${eventId}`) };
}

/** @throws Fail where the event is no compliance change. */
function foundBy(event: unknown): Found {
	const { id, account, region, source, time, resources = [], detail, ...rest } = parseEvent(ComplianceEvent, event, 'a compliance change');
	const { complianceType, configRuleInvokedTime, resultRecordedTime, annotation } = detail.newEvaluationResult;
	const evaluatedAt = instant(configRuleInvokedTime) ?? instant(resultRecordedTime);
	return {
		subject: {
			kind: 'compliance',
			rule: detail.configRuleName,
			resourceType: detail.resourceType,
			resourceId: detail.resourceId,
			account: detail.awsAccountId,
			region: detail.awsRegion,
		},
		finding: {
			compliance: complianceType,
			...(evaluatedAt !== undefined && { evaluatedAt }),
			knownAt: instant(resultRecordedTime) ?? instant(time) ?? 0,
		},
		...(annotation && { annotation }),
		occasion: { id, account, region, source, 'detail-type': rest['detail-type'], resources, detail, ...(time !== undefined && { time }) },
		seenBy: 'event',
		eventId: id,
	};
}

/** A time of an event, in whatever form of ISO 8601; epoch milliseconds. */
function instant(text: string | null | undefined): number | undefined {
	const at = Date.parse(text ?? '');
	return Number.isNaN(at) ? undefined : at;
}

/**
 * @throws Drop where no playbook is for what was found.
 * @throws Retry where the playbooks are not known yet.
 */
function sightingOf(services: Services, { set, reason }: LoadedPlaybooks, found: Found): Sighting<'compliance'> {
	if (reason !== undefined) throw new Retry(`${reason}: the event is tried again when playbook-change has run`);
	const { subject, finding } = found;
	const { rule, resourceId } = subject;
	if (finding.compliance === 'NON_COMPLIANT') return toOpen(services, found, playbookFor(set, found));
	if (claimsRule(set, rule).length === 0)
		throw new Drop('no-playbook', `${resourceId} under rule ${rule} is left alone: no playbook names it`);
	return {
		subject,
		open: () => {
			throw new Drop('nothing-open', `${resourceId} is ${finding.compliance} under rule ${rule}, and nothing is open about it`);
		},
		facts: () => [{ type: 'compliance', from: 'event', ...finding }],
	};
}
