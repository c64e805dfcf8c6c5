/** Finds associations of ours that fail and that no operation is about: their events never came. */

import { ListAssociationsCommand } from '@aws-sdk/client-ssm';
import { Drop, describeError } from '../errors.ts';
import { admit, type Sighting } from '../opening/admit.ts';
import { isOwn, operationFor } from '../opening/association.ts';
import type { SweepReport } from '../operation/clock.ts';
import type { Services } from '../operation/services.ts';
import type { AssociationOperation, AssociationSubject } from '../operation/types.ts';

/** Associations of one page, and pages of one sweep: of 2,000 associations an account may have, those that fail. */
const PAGE = 50;
const PAGES = 20;
/** What a person has ended is left alone for so long, and what a list may show late. Milliseconds. */
const LEFT_ALONE = 86_400_000;
const LIST_LAG = 600_000;

/** @param where the account and the Region of the associations. */
export async function sweepAssociations(services: Services, where: Where): Promise<SweepReport> {
	try {
		const failing = await failingOf(services);
		const results = await admit(
			services,
			failing.map((each) => sightingOf(services, where, each)),
		);
		for (const result of results) {
			if (result.ok || result.error instanceof Drop) continue;
			services.log.error('A swept association was not opened; the next sweep tries again', { why: describeError(result.error) });
		}
		const opened = results.filter((result) => result.ok && result.value.outcome === 'opened').length;
		if (opened > 0) services.log.warn('The sweep found associations whose events never came', { opened });
		return { waiting: failing.length, opened };
	} catch (error) {
		services.log.error('Associations could not be swept; the next sweep tries again', { why: describeError(error) });
		return { waiting: 0, opened: 0 };
	}
}

type Where = Pick<AssociationSubject, 'account' | 'region'>;

interface Failing {
	readonly associationId: string;
	readonly name: string;
}

async function failingOf(services: Services): Promise<Failing[]> {
	const failing: Failing[] = [];
	let NextToken: string | undefined;
	for (let page = 0; page < PAGES; page += 1) {
		const output = await services.aws.ssm.send(
			new ListAssociationsCommand({
				AssociationFilterList: [{ key: 'AssociationStatusName', value: 'Failed' }],
				MaxResults: PAGE,
				...(NextToken && { NextToken }),
			}),
		);
		for (const { AssociationId, AssociationName } of output.Associations ?? []) {
			if (AssociationId && AssociationName && isOwn(services, AssociationName)) {
				failing.push({ associationId: AssociationId, name: AssociationName });
			}
		}
		NextToken = output.NextToken;
		if (NextToken === undefined) return failing;
	}
	services.log.warn('The sweep leaves the rest to events: too many associations fail');
	return failing;
}

function sightingOf(services: Services, where: Where, { associationId, name }: Failing): Sighting<'association'> {
	const subject: AssociationSubject = { kind: 'association', associationId, ...where };
	return {
		subject,
		open(occurrence, last) {
			if (last !== undefined && !mayOpenAgain(last, services.now())) return undefined;
			return operationFor(services, { subject, name, facts: [] }, occurrence);
		},
		facts: () => [],
	};
}

/** What ended while it still failed is left alone for a day. */
function mayOpenAgain({ failing, closedAt = 0 }: AssociationOperation, now: number): boolean {
	return now - closedAt >= (failing > 0 ? LEFT_ALONE : LIST_LAG);
}
