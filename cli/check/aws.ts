/** What only AWS knows of the things that playbooks name: groups and hooks, alarms, rules, documents, calendars. */

import { DescribeDocumentCommand, GetCalendarStateCommand } from '@aws-sdk/client-ssm';
import type { Aws } from '../../shared/aws/clients.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import { isLifecycle, type LifecyclePlaybook, type Playbook } from '../../shared/playbook/types.ts';
import { deployedDocument, type Settings } from '../../shared/settings.ts';
import { checkAlarms } from './alarms.ts';
import { documentProblems, type NamedDocument, namedDocuments } from './documents.ts';
import type { CheckedPlaybook } from './folder.ts';
import { checkGroups } from './groups.ts';
import { checkRules } from './rules.ts';

/** Rejects with what the SDK throws, save for a document or calendar that is not there. */
export async function checkAtAws(aws: Aws, settings: Settings, playbooks: readonly CheckedPlaybook[]): Promise<Problem[]> {
	const of = <P extends Playbook>(is: (playbook: Playbook) => playbook is P) =>
		playbooks.filter((checked): checked is CheckedPlaybook<P> => is(checked.playbook));
	const problems = [
		...(await checkGroups(
			aws,
			of((playbook): playbook is LifecyclePlaybook => isLifecycle(playbook.on)),
		)),
		...(await checkAlarms(
			aws,
			of((playbook) => playbook.on === 'alarm'),
		)),
		...(await checkRules(
			aws,
			of((playbook) => playbook.on === 'noncompliant'),
		)),
	];
	for (const checked of playbooks) {
		problems.push(...(await checkDocuments(aws, settings, checked)));
		problems.push(...(await calendarProblems(aws, checked)));
	}
	return problems;
}

/** The documents that a playbook names. Rejects as `checkAtAws`. */
export async function checkDocuments(aws: Aws, settings: Settings, checked: CheckedPlaybook): Promise<Problem[]> {
	const problems: Problem[] = [];
	for (const named of namedDocuments(checked.playbook)) problems.push(...(await atAwsDocument(aws, settings, checked, named)));
	return problems;
}

async function atAwsDocument(aws: Aws, settings: Settings, checked: CheckedPlaybook, named: NamedDocument): Promise<Problem[]> {
	const Name = deployedDocument(settings, named.document);
	try {
		const { Document } = await aws.ssm.send(new DescribeDocumentCommand({ Name }));
		const parameters = (Document?.Parameters ?? []).map((parameter) => ({
			name: parameter.Name ?? '',
			required: parameter.DefaultValue === undefined,
		}));
		return documentProblems(checked, named, { type: Document?.DocumentType ?? 'of an unknown type', parameters }, `document ${Name}`);
	} catch (error) {
		if ((error as Error).name !== 'InvalidDocument') throw error;
		return [checked.problem(named.at, 'error', `there is no document ${Name} in this account and Region`)];
	}
}

/** A calendar that is not there holds all work back. Rejects as `checkAtAws`. */
export async function calendarProblems(aws: Aws, checked: CheckedPlaybook): Promise<Problem[]> {
	const { names, closed = 'wait' } = checked.playbook.brakes?.calendar ?? { names: [] };
	const problems: Problem[] = [];
	for (const name of names) {
		try {
			const { State, NextTransitionTime } = await aws.ssm.send(new GetCalendarStateCommand({ CalendarNames: [name] }));
			if (State === 'OPEN') continue;
			const until = NextTransitionTime === undefined ? '' : ` until ${NextTransitionTime}`;
			const fate = closed === 'wait' ? 'waits' : 'is skipped';
			problems.push(checked.problem(['calendar'], 'warning', `calendar ${name} is ${State}${until}: work ${fate}`));
		} catch (error) {
			if (!(error as Error).name.startsWith('InvalidDocument')) throw error;
			problems.push(checked.problem(['calendar'], 'error', `there is no calendar ${name} in this account and Region`));
		}
	}
	return problems;
}
