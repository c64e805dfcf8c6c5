/** Whether a command that is to be asked for can be run: playbook, document and parameters. */

import { DescribeDocumentCommand, type DocumentDescription } from '@aws-sdk/client-ssm';
import { COMMAND_REQUESTED, type CommandRequest } from '../../shared/kinds/command/event.ts';
import { timeProblem } from '../../shared/opening/command.ts';
import type { Services } from '../../shared/operation/services.ts';
import { matchEvent } from '../../shared/playbook/match.ts';
import { nearest } from '../../shared/playbook/problem.ts';
import { SUPPLIED_PARAMETERS } from '../../shared/playbook/relations.ts';
import { allowedBy } from '../../shared/playbook/startable.ts';
import type { EventPattern, PlaybookSet } from '../../shared/playbook/types.ts';
import { deployedDocument, isOwnDocument } from '../../shared/settings.ts';
import { Refusal } from '../support/verb.ts';

type Detail = CommandRequest['detail'];

/** @throws Refusal where no playbook in force allows it, saying what those allow that there are. */
export async function mustBeAllowed({ playbooks }: Services, detail: Detail, source: string): Promise<void> {
	const { set, reason } = await playbooks.load();
	if (reason !== undefined) throw new Refusal(`Whether a playbook allows it is not known: ${reason}.`);
	const found = matchEvent('request', { source, 'detail-type': COMMAND_REQUESTED, detail }, set);
	if ('playbook' in found) {
		const beyond = timeProblem(detail, found.playbook.playbook);
		if (beyond !== undefined) throw new Refusal(`${beyond}.`);
		return;
	}
	const commands = set.playbooks.flatMap(({ playbook }) => (playbook.on === 'request' ? allowedBy(playbook, 'command') : []));
	const meant = nearest(detail.command, commands);
	const hint = commands.includes(detail.command)
		? (parameterHint(set, detail) ?? 'its playbook wants other targets or settings: fleet -- check shows which')
		: meant
			? `did you mean ${meant}?`
			: `they allow ${[...new Set(commands)].join(', ') || 'no commands'}`;
	throw new Refusal(`No playbook in force allows command ${detail.command} as it is asked for (${found.none}); ${hint}.`);
}

/** The first parameter that has a value which no playbook lists that lists values for it. */
function parameterHint({ playbooks }: PlaybookSet, { command, parameters = {} }: Detail): string | undefined {
	const listed = playbooks.flatMap(({ playbook }) => {
		const wanted = playbook.on === 'request' && allowedBy(playbook, 'command').includes(command) ? playbook.when.detail['parameters'] : {};
		return Object.entries((wanted ?? {}) as EventPattern);
	});
	for (const [name, value] of Object.entries(parameters)) {
		const values = listed.flatMap(([each, conditions]) => (each === name && Array.isArray(conditions) ? conditions : []));
		const named = values.filter((each): each is string => typeof each === 'string');
		const [given = ''] = [value].flat();
		if (named.length === 0 || named.includes(given)) continue;
		const meant = nearest(given, named);
		return `parameter ${name} is '${given}', ${meant ? `did you mean ${meant}?` : `and may be ${named.join(', ')}`}`;
	}
	return undefined;
}

/** @throws Refusal where there is no such Command document, or it takes other parameters. */
export async function mustFitDocument({ aws, settings }: Services, { command, parameters = {} }: Detail): Promise<void> {
	const Name = deployedDocument(settings, command);
	const { DocumentType, Parameters = [] } = await aws.ssm.send(new DescribeDocumentCommand({ Name })).then(
		({ Document = {} }): DocumentDescription => Document,
		(error: unknown) => {
			if ((error as Error).name !== 'InvalidDocument') throw error;
			throw new Refusal(`There is no document ${Name} in this account and Region.`);
		},
	);
	if (DocumentType !== 'Command')
		throw new Refusal(`Document ${Name} is ${DocumentType}, not Command: fleet -- request asks for runbooks.`);
	const known = Parameters.map(({ Name: name = '' }) => name);
	const unknown = Object.keys(parameters).find((name) => !known.includes(name));
	if (unknown !== undefined) {
		const meant = nearest(unknown, known);
		throw new Refusal(`Document ${Name} has no parameter ${unknown}; ${meant ? `did you mean ${meant}?` : `it has ${known.join(', ')}.`}`);
	}
	const supplied = isOwnDocument(command) ? SUPPLIED_PARAMETERS : [];
	const absent = Parameters.find(
		({ Name: name = '', DefaultValue }) => DefaultValue === undefined && !(name in parameters) && !supplied.includes(name),
	);
	if (absent !== undefined)
		throw new Refusal(`Document ${Name} needs the parameter ${absent.Name}: give --parameter ${absent.Name}=<value>.`);
}
