/** `fleet -- request <runbook>`: asks for a runbook to be run, as anything else may ask that the request bus lets. */

import { randomUUID } from 'node:crypto';
import { DescribeRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Aws } from '../shared/aws/clients.ts';
import { callFailure, Fail } from '../shared/errors.ts';
import { REQUESTED, RequestDetail, requestProblem } from '../shared/kinds/event/event.ts';
import { operationId } from '../shared/operation/ids.ts';
import { parseEvent } from '../shared/parse.ts';
import { SERVICE } from '../shared/settings.ts';
import { actor, BY } from './support/act.ts';
import { oneLine } from './support/format.ts';
import { printJson, Refusal, readArguments, UsageError, type Verb } from './support/verb.ts';

/** Not one of ours: what Fleetkeeper itself publishes opens nothing. */
const SOURCE = 'ops.cli';

const text = { type: 'string' } as const;
const OPTIONS = {
	...BY,
	parameter: { type: 'string', multiple: true },
	target: text,
	'target-parameter': text,
	'max-concurrency': text,
	'max-errors': text,
	reason: text,
	'dry-run': { type: 'boolean' },
} as const;

export const request: Verb = {
	usage:
		'request <runbook> --reason TEXT [--parameter NAME=VALUE]… [--target KEY=VALUE,… --target-parameter NAME ' +
		'[--max-concurrency N] [--max-errors N]] [--dry-run] [--by NAME] [--json]',
	summary: 'asks for a runbook that a playbook on: request allows',
	details:
		'A --parameter that is given again adds a value to its list. --target runs the runbook once for each resource it leads to, given as ' +
		'the parameter that --target-parameter names: tag:<key>=<values>, ResourceGroup=<name> or ParameterValues=<values>; --max-concurrency ' +
		'(default 10) and --max-errors (default 0) are numbers or percentages. --dry-run prints the event, and sends nothing.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const [runbook] = positionals;
		if (runbook === undefined) throw new UsageError('names no runbook');
		const reason = oneLine(values.reason ?? '');
		if (reason === '') throw new UsageError('takes a --reason: it is on record with the operation');
		const detail = checked({
			runbook,
			...(values.parameter && { parameters: parametersOf(values.parameter) }),
			...(values.target !== undefined && { targets: [targetOf(values.target)] }),
			...(values['target-parameter'] !== undefined && { targetParameter: values['target-parameter'] }),
			...(values['max-concurrency'] !== undefined && { maxConcurrency: values['max-concurrency'] }),
			...(values['max-errors'] !== undefined && { maxErrors: values['max-errors'] }),
			reason,
			requestedBy: actor(desk, values.by),
			// The SDK repeats a call whose reply was lost: both are one request.
			requestId: randomUUID(),
		});
		const bus = `${SERVICE}-${desk.stage}-requests`;
		if (values['dry-run']) {
			printJson(desk, { EventBusName: bus, Source: SOURCE, DetailType: REQUESTED, Detail: detail });
			return undefined;
		}
		const aws = desk.connect();
		const place = await placeOf(aws, bus, desk.stage);
		const eventId = await put(aws, bus, detail);
		const operation =
			place && operationId({ kind: 'event', source: SOURCE, detailType: REQUESTED, key: [detail.requestId], resources: [], ...place }, 1);
		if (values.json) printJson(desk, { eventId, requestId: detail.requestId, ...(operation && { operation }) });
		else {
			desk.io.out(`Requested ${runbook}: event ${eventId}.`);
			desk.io.out(
				operation === undefined
					? 'fleet -- list shows its operation in a moment, if a playbook allows it.'
					: `If a playbook allows it, its operation is ${operation} in a moment: fleet -- show ${operation}`,
			);
			desk.io.out(`If none does, it waits with the reason in queue ${SERVICE}-${desk.stage}-fleet-event-dead-letters.`);
		}
		return undefined;
	},
};

/** `['Steps=a', 'Steps=b', 'Mode=soft']` as `{ Steps: ['a', 'b'], Mode: ['soft'] }`. */
function parametersOf(given: readonly string[]): Record<string, string[]> {
	const parameters: Record<string, string[]> = {};
	for (const each of given) {
		const [name, value] = splitAt(each, '--parameter takes NAME=VALUE');
		parameters[name] = [...(parameters[name] ?? []), value];
	}
	return parameters;
}

function targetOf(given: string) {
	const [key, values] = splitAt(given, '--target takes KEY=VALUE,…');
	return { key, values: values.split(',') };
}

function splitAt(given: string, problem: string): [string, string] {
	const at = given.indexOf('=');
	if (at < 1) throw new UsageError(`${problem}, not '${given}'`);
	return [given.slice(0, at), given.slice(at + 1)];
}

/** @throws UsageError where the function would refuse it. */
function checked<D extends { readonly runbook: string }>(detail: D): D {
	try {
		const problem = requestProblem(parseEvent(RequestDetail, detail, 'a request'));
		if (problem !== undefined) throw new UsageError(problem);
		return detail;
	} catch (error) {
		if (!(error instanceof Fail)) throw error;
		throw new UsageError(error.message.replace(/^.*? of a request: /, ''));
	}
}

/**
 * Account and Region of the bus, by the rule on it; nothing where the caller may not ask. An event for a bus that is not there is lost
 * without a word.
 * @throws Refusal where there is none.
 */
async function placeOf({ events }: Aws, EventBusName: string, stage: string) {
	try {
		const { Arn = '' } = await events.send(new DescribeRuleCommand({ Name: `${SERVICE}-${stage}-fleet-event-requests`, EventBusName }));
		const [, , , region = '', account = ''] = Arn.split(':');
		return { account, region };
	} catch (error) {
		if ((error as Error).name === 'ResourceNotFoundException') {
			throw new Refusal(`Stage ${stage} takes no requests here: event bus ${EventBusName}, or its rule, is not there.`);
		}
		if (callFailure(error) === 'refused') return undefined;
		throw error;
	}
}

async function put({ events }: Aws, EventBusName: string, detail: object): Promise<string> {
	const entry = { EventBusName, Source: SOURCE, DetailType: REQUESTED, Detail: JSON.stringify(detail) };
	const { Entries: [result] = [] } = await events.send(new PutEventsCommand({ Entries: [entry] }));
	if (result?.EventId === undefined)
		throw new Refusal(`EventBridge did not take the request: ${result?.ErrorCode} (${result?.ErrorMessage})`);
	return result.EventId;
}
