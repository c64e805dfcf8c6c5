/** `fleet -- show <operation>`: its whole story. */

import { summarise } from '../shared/operation/summary.ts';
import type { Operation } from '../shared/operation/types.ts';
import { findOperation } from './support/find.ts';
import { endText, instant, oneLine, span, stateText, table } from './support/format.ts';
import { printJson, readArguments, type Verb } from './support/verb.ts';

export const show: Verb = {
	usage: 'show <operation> [--json]',
	summary: "one operation's whole story",
	details: 'The id at the end of a line finds the AWS call behind it in CloudTrail.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, {}, [1, 1]);
		const operation = await findOperation(desk.services(), positionals[0] as string);
		if (values.json) printJson(desk, summarise(operation));
		else for (const line of story(operation, desk.services().now())) desk.io.out(line);
		return undefined;
	},
};

function story(operation: Operation, now: number): string[] {
	const { id, playbook, subject, run, work, openedAt, deadlineAt, closedAt, result, hookTimers, history } = operation;
	const facts: (readonly [string, string])[] = [
		['state', closedAt === undefined ? stateText(operation) : endText(operation)],
		...(result === undefined ? [] : [['reason', oneLine(result.reason)] as const]),
		...(result?.opsItemId === undefined ? [] : [['OpsItem', result.opsItemId] as const]),
		['playbook', `${playbook.name}, version ${playbook.parameterVersion} of its parameter`],
		['node', `${subject.instanceId} of ${subject.group}, ${subject.account} ${subject.region}`],
		['hook', `${subject.hook}, ${subject.transition}, heartbeat timeout ${hookTimers.heartbeatTimeoutSeconds} s`],
		['work', `${run.type} ${work?.document ?? run.document}: ${work?.externalId ?? 'not started'}`],
		['opened', `${instant(openedAt)}, ${span(now - openedAt)} ago`],
		['deadline', instant(deadlineAt)],
	];
	return [
		id,
		...table(facts).map((line) => `  ${line}`),
		'',
		...table(history.map(({ at, what, why, requestId }) => [instant(at), what, `${oneLine(why)}${requestId ? ` [${requestId}]` : ''}`])),
	];
}
