/** `fleet -- show <operation>`: its whole story. */

import { nodesText } from '../shared/kinds/association/item.ts';
import { nodesOf } from '../shared/kinds/state/findings.ts';
import { listed } from '../shared/kinds/state/item.ts';
import { subjectOf } from '../shared/kinds/subjects.ts';
import { summarise } from '../shared/operation/summary.ts';
import type { Operation } from '../shared/operation/types.ts';
import { agentRows } from './show/agent.ts';
import { inventoryRows } from './show/inventory.ts';
import { countsOf, type NodeLine, nodeLines, ringRows, unwellRows } from './show/nodes.ts';
import { patchRows } from './show/patch.ts';
import { sessionRows } from './show/session.ts';
import { findOperation } from './support/find.ts';
import { endText, hasTime, historyRow, instant, oneLine, span, stateText, table } from './support/format.ts';
import { printJson, readArguments, type Verb } from './support/verb.ts';

export const show: Verb = {
	usage: 'show <operation> [--json]',
	summary: "one operation's whole story",
	details: 'The id at the end of a line finds the AWS call behind it in CloudTrail.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, {}, [1, 1]);
		const operation = await findOperation(desk.services(), positionals[0] as string);
		const nodes = operation.kind === 'command' ? await nodeLines(desk.services(), operation) : undefined;
		if (values.json) printJson(desk, { ...summarise(operation), ...(nodes && { nodes }) });
		else for (const line of story(operation, nodes ?? [], desk.services().now())) desk.io.out(line);
		return undefined;
	},
};

type Row = readonly [string, string];

/** Nodes that a line names. */
const NODES = 10;

/** What an operation is about, and how that stands. */
function aboutOf(operation: Operation, nodes: readonly NodeLine[], now: number): Row[] {
	switch (operation.kind) {
		case 'lifecycle': {
			const { instanceId, group, hook, transition } = operation.subject;
			const { heartbeatTimeoutSeconds } = operation.hookTimers;
			return [
				['node', `${instanceId} of ${group}`],
				['hook', `${hook}, ${transition}, heartbeat timeout ${heartbeatTimeoutSeconds} s`],
			];
		}
		case 'alarm': {
			const { state, stateAt, reason, count, held, flapping } = operation.alarm;
			return [
				['alarm', operation.subject.alarm],
				['is', `${state} since ${instant(stateAt)}: ${oneLine(reason)}`],
				['went off', `${count === 1 ? 'once' : `${count} times`}${flapping ? ': it flaps, and no work is started until it is calm' : ''}`],
				...(held === undefined ? [] : [['held', `until ${instant(held.until)}: ${oneLine(held.why)}`] as const]),
			];
		}
		case 'compliance': {
			const { rule, resourceType, resourceId } = operation.subject;
			const { remediatedAt, settings } = operation;
			return [
				['resource', `${resourceType} ${resourceId}`],
				['rule', rule],
				['remediated', `${remediatedAt.length} of ${settings.attempts} times within 24 hours`],
			];
		}
		case 'event': {
			const { source, detailType, key, resources } = operation.subject;
			const { events, request, node } = operation;
			return [
				['event', `${oneLine(detailType)} of ${oneLine(source)}${events === 1 ? '' : `, ${events} times`}`],
				['about', oneLine([...key, ...resources].join(', '))],
				...(request === undefined
					? []
					: [['request', oneLine(`by ${request.by ?? 'somebody'}: ${request.reason ?? 'no reason given'}`)] as const]),
				...(node === undefined ? [] : [['node', node] as const]),
			];
		}
		case 'command': {
			const { subject, request, maxConcurrency, maxErrors, commands, output } = operation;
			const parts = commands > 1 ? `, in ${commands} commands one after another` : '';
			const per = operation.rings ? ', for each ring' : '';
			return [
				['targets', oneLine(subject.on)],
				['request', oneLine(`by ${request.by ?? subject.source}: ${request.reason ?? 'no reason given'}`)],
				['rate', `MaxConcurrency ${maxConcurrency}, MaxErrors ${maxErrors}${per}${parts}`],
				['nodes', countsOf(operation, nodes)],
				...ringRows(operation),
				['output', output.s3],
				['logs', `log group ${output.logGroup}, streams <command>/<node>/<step>/stdout and stderr`],
			];
		}
		case 'patch':
			return patchRows(operation);
		case 'association': {
			const { subject, name, document, failing, nodes, again, output } = operation;
			return [
				['association', `${oneLine(name)}, ${subject.associationId}`],
				...(document === undefined ? [] : [['applies', oneLine(document)] as const]),
				['fails on', failing === 0 ? 'no node' : oneLine(nodesText({ failing, nodes }, NODES))],
				...(again?.sent ? [['applied again', `on ${again.nodes.length} of its nodes at ${instant(again.at)}`] as const] : []),
				...(output === undefined ? [] : [['output', oneLine(output)] as const]),
			];
		}
		case 'session':
			return sessionRows(operation);
		case 'inventory':
			return inventoryRows(operation);
		case 'agent':
			return agentRows(operation, now);
		case 'state': {
			const nodes = nodesOf(operation);
			return [
				['about', subjectOf(operation.subject).about(operation.subject)],
				['patch group', oneLine(operation.group)],
				['not compliant', nodes.length === 0 ? 'no node any more' : `${nodes.length} of ${operation.count}: ${listed(nodes, NODES)}`],
				...(operation.severity === undefined ? [] : [['severity', operation.severity] as const]),
			];
		}
	}
}

/** What no playbook has opened is Fleetkeeper's own. */
function playbookText({ name, parameterVersion }: Operation['playbook']): string {
	return parameterVersion === 0 ? `none (${name})` : `${name}, version ${parameterVersion} of its parameter`;
}

function story(operation: Operation, nodes: readonly NodeLine[], now: number): string[] {
	const { id, playbook, subject, run, work, openedAt, deadlineAt, closedAt, result, history } = operation;
	const { account, region } = subject;
	const document = work?.document ?? run?.document;
	const facts: readonly Row[] = [
		['state', closedAt === undefined ? stateText(operation) : endText(operation)],
		...(result === undefined ? [] : [['reason', oneLine(result.reason)] as const]),
		...(result?.opsItemId === undefined ? [] : [['OpsItem', result.opsItemId] as const]),
		['playbook', playbookText(playbook)],
		...aboutOf(operation, nodes, now),
		['where', `${account} ${region}`],
		...(document === undefined ? [] : [['work', `${work?.type ?? run?.type} ${document}: ${work?.externalId ?? 'not started'}`] as const]),
		['opened', `${instant(openedAt)}, ${span(now - openedAt)} ago`],
		...(run === undefined ? [] : [['deadline', hasTime(operation) ? 'counts from the start of its work' : instant(deadlineAt)] as const]),
	];
	const unwell = unwellRows(nodes);
	return [
		id,
		...table(facts).map((line) => `  ${line}`),
		'',
		...(unwell.length > 0 ? [...unwell, ''] : []),
		...table(history.map(historyRow)),
	];
}
