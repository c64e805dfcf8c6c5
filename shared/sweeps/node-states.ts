/** Finds what Systems Manager knows of nodes and no operation is about: its events never came. */

import { Drop, describeError } from '../errors.ts';
import { knows } from '../kinds/state/findings.ts';
import type { ComplianceType } from '../kinds/state/types.ts';
import { openFromFindings } from '../opening/state.ts';
import { type Found, openStates } from '../opening/state-bundles.ts';
import type { SweepReport } from '../operation/clock.ts';
import type { Services } from '../operation/services.ts';
import type { StateSubject } from '../operation/types.ts';
import { goneOf, listNoncompliant } from '../outcomes/state.ts';
import { chunks } from '../parallel.ts';
import { sweepAssociations } from './associations.ts';

const TYPES: readonly ComplianceType[] = ['Patch', 'Association'];
/** Nodes that are opened together; no batch is begun after this, and the next sweep goes on with the rest. Milliseconds. */
const BATCH = 100;
const BEGIN_WITHIN = 20_000;

type Where = Pick<StateSubject, 'account' | 'region'>;

/** Finds associations that fail too. @param where the account and the Region of the nodes. */
export async function sweepStates(services: Services, where: Where): Promise<SweepReport> {
	const reports = [await sweepAssociations(services, where), await sweepNodes(services, where)];
	const sum = (count: (report: SweepReport) => number) => reports.reduce((total, report) => total + count(report), 0);
	return { waiting: sum(({ waiting }) => waiting), opened: sum(({ opened }) => opened) };
}

async function sweepNodes(services: Services, where: Where): Promise<SweepReport> {
	let waiting = 0;
	let opened = 0;
	for (const complianceType of TYPES) {
		try {
			const { nodes } = await listNoncompliant(services, complianceType);
			waiting += nodes.size;
			const found = [...nodes].map(([node, severity]): Found => {
				return { ...where, complianceType, node, is: 'noncompliant', at: services.now(), severity };
			});
			opened += await open(services, await unknownOf(services, found));
		} catch (error) {
			services.log.error('Nodes could not be swept; the next sweep tries again', { complianceType, why: describeError(error) });
		}
	}
	if (opened > 0) services.log.warn('The sweep found nodes whose events never came', { opened });
	return { waiting, opened };
}

async function unknownOf(services: Services, found: readonly Found[]): Promise<Found[]> {
	const open = found.length > 0 ? await openStates(services) : [];
	const unknown = found.filter(
		({ node, complianceType }) => !open.some((operation) => operation.subject.complianceType === complianceType && knows(operation, node)),
	);
	const gone = await goneOf(
		services,
		unknown.map(({ node }) => node),
	);
	return unknown.filter(({ node }) => !gone.has(node));
}

/** @returns how many operations were opened. */
async function open(services: Services, found: readonly Found[]): Promise<number> {
	const beganAt = services.now();
	const opened = new Set<string>();
	for (const batch of chunks(found, BATCH)) {
		if (services.now() - beganAt > BEGIN_WITHIN) break;
		for (const result of (await openFromFindings(services, batch, await openStates(services))).values()) {
			if (result.ok && result.value.outcome === 'opened') opened.add(result.value.operation.id);
			if (result.ok || result.error instanceof Drop) continue;
			services.log.error('A swept node was not opened; the next sweep tries again', { why: describeError(result.error) });
		}
	}
	return opened.size;
}
