/** Whether a command that is to be asked for can be run: playbook, document, parameters and targets. */

import { DescribeDocumentCommand, DescribeInstanceInformationCommand, type DocumentDescription } from '@aws-sdk/client-ssm';
import { COMMAND_REQUESTED, type CommandRequest } from '../../shared/kinds/command/event.ts';
import { BY_GROUP, idsIn } from '../../shared/kinds/command/targets.ts';
import { timeProblem } from '../../shared/opening/command.ts';
import type { Services } from '../../shared/operation/services.ts';
import { chunks, inParallel } from '../../shared/parallel.ts';
import { matchEvent } from '../../shared/playbook/match.ts';
import { nearest } from '../../shared/playbook/problem.ts';
import { SUPPLIED_PARAMETERS } from '../../shared/playbook/relations.ts';
import { allowedBy } from '../../shared/playbook/startable.ts';
import { deployedDocument, isOwnDocument } from '../../shared/settings.ts';
import { Refusal } from '../support/verb.ts';

type Detail = CommandRequest['detail'];

/** Values of one filter, and results of one page, of DescribeInstanceInformation. */
const PAGE = 50;

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
		? 'its playbook wants other targets or settings: fleet -- check shows which'
		: meant
			? `did you mean ${meant}?`
			: `they allow ${[...new Set(commands)].join(', ') || 'no commands'}`;
	throw new Refusal(`No playbook in force allows command ${detail.command} as it is asked for (${found.none}); ${hint}.`);
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

/**
 * How many managed nodes the targets lead to now; undefined for a resource group, of which AWS alone knows the nodes.
 * @throws Refusal where there are none, or one that is named is not managed.
 */
export async function nodesAt({ aws }: Services, targets: Detail['targets']): Promise<number | undefined> {
	if (targets.some(({ key }) => key === BY_GROUP)) return undefined;
	const ids = idsIn(targets);
	const filters =
		ids.length > 0
			? chunks(ids, PAGE).map((Values) => [{ Key: 'InstanceIds', Values }])
			: [targets.map(({ key, values }) => ({ Key: key, Values: [...values] }))];
	const found = (await inParallel(filters, 1, (Filters) => managed(aws, Filters))).flat();
	if (found.length === 0) throw new Refusal('The targets match no managed node: nothing would be run.');
	const missing = ids.filter((id) => !found.includes(id));
	if (missing.length > 0)
		throw new Refusal(`Systems Manager does not manage ${missing.slice(0, 5).join(', ')}: leave ${missing.length} out.`);
	return found.length;
}

/** One id that AWS does not know makes it refuse the whole call: it names those that it means. */
async function managed({ ssm }: Services['aws'], Filters: { Key: string; Values: string[] }[]): Promise<string[]> {
	const found: string[] = [];
	let NextToken: string | undefined;
	do {
		const input = { Filters, MaxResults: PAGE, ...(NextToken && { NextToken }) };
		const output = await ssm.send(new DescribeInstanceInformationCommand(input)).catch((error: unknown) => {
			if ((error as Error).name !== 'InvalidInstanceId') throw error;
			throw new Refusal(`Systems Manager does not manage all of these nodes: ${(error as Error).message}`);
		});
		found.push(...(output.InstanceInformationList ?? []).map(({ InstanceId = '' }) => InstanceId));
		NextToken = output.NextToken;
	} while (NextToken);
	return found;
}
