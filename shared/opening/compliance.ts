/** Remediations to be opened for what AWS Config finds noncompliant, however that became known. */

import { Drop } from '../errors.ts';
import { opensAgain } from '../kinds/compliance/findings.ts';
import { recent } from '../kinds/compliance/timers.ts';
import type { Services } from '../operation/services.ts';
import type { ComplianceFinding, ComplianceOperation, ComplianceSubject, Occasion } from '../operation/types.ts';
import { matchEvent } from '../playbook/match.ts';
import type { CompiledPlaybook, CompliancePlaybook, PlaybookSet } from '../playbook/types.ts';
import type { Sighting } from './admit.ts';
import { opened } from './opened.ts';

/** What a rule finds of a resource. */
export interface Found {
	readonly subject: ComplianceSubject;
	readonly finding: ComplianceFinding;
	readonly annotation?: string;
	readonly occasion: Occasion;
	readonly seenBy: 'event' | 'sweep';
	readonly eventId?: string;
}

/** @throws Drop saying why no playbook is for it. */
export function playbookFor(set: PlaybookSet, { subject, occasion }: Found): CompiledPlaybook<CompliancePlaybook> {
	const matched = matchEvent('noncompliant', { source: 'aws.config', ...occasion }, set);
	if ('playbook' in matched) return matched.playbook;
	throw new Drop('no-playbook', `${subject.resourceId} under rule ${subject.rule} is left alone: ${matched.none}`);
}

/**
 * A resource that is to be remediated.
 * @param again whether, after the last operation about it, there is reason for another: by default, where it knew nothing of this finding.
 */
export function toOpen(
	services: Services,
	found: Found,
	compiled: CompiledPlaybook<CompliancePlaybook>,
	again = (last: ComplianceOperation) => opensAgain(last, found.finding, found.eventId),
): Sighting<'compliance'> {
	return {
		subject: found.subject,
		open: (occurrence, last) => (!last || again(last) ? operationFor(services, found, compiled, occurrence, last) : undefined),
		facts: () => [{ type: 'compliance', from: 'event', ...found.finding }],
	};
}

function operationFor(
	{ now }: Services,
	{ subject, finding, annotation, occasion, seenBy, eventId }: Found,
	{ playbook, parameterVersion }: CompiledPlaybook<CompliancePlaybook>,
	occurrence: number,
	last: ComplianceOperation | undefined,
): ComplianceOperation {
	const at = now();
	const { rule, resourceType, resourceId } = subject;
	const found = seenBy === 'event' ? 'its event came' : 'the sweep found it: its event never came';
	const why = `${playbook.name}: ${rule} finds ${resourceType} ${resourceId} noncompliant${annotation ? ` (${annotation})` : ''}; ${found}`;
	return {
		...opened(subject, occurrence, at, why),
		playbook: { name: playbook.name, parameterVersion },
		run: playbook.run,
		then: playbook.then,
		...(playbook.brakes && { brakes: playbook.brakes }),
		settings: playbook.compliance,
		state: 'starting',
		deadlineAt: at + playbook.run.timeoutSeconds * 1_000,
		...(eventId !== undefined && { eventId }),
		occasion,
		finding,
		remediatedAt: recent(last?.remediatedAt ?? [], at),
	};
}
