/** `fleet -- run <document>`: asks for a command to be run on many nodes, once it is known that it can be. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fail } from '../shared/errors.ts';
import { COMMAND_REQUESTED, CommandRequest, commandProblem } from '../shared/kinds/command/event.ts';
import { targetsText } from '../shared/kinds/command/targets.ts';
import { operationId } from '../shared/operation/ids.ts';
import { parseEvent } from '../shared/parse.ts';
import { DURATION, DURATION_FORMS, durationSeconds } from '../shared/playbook/duration.ts';
import { SERVICE } from '../shared/settings.ts';
import { mustBeAllowed, mustFitDocument, nodesAt } from './run/checks.ts';
import { awaitEnd } from './run/wait.ts';
import { nodeLines } from './show/nodes.ts';
import { actor, BY } from './support/act.ts';
import { busOf, parametersOf, placeOf, put, SOURCE, targetOf } from './support/asking.ts';
import { findOperation } from './support/find.ts';
import { endText, oneLine } from './support/format.ts';
import { type Desk, printJson, Refusal, readArguments, UsageError, type Verb } from './support/verb.ts';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const OPTIONS = {
	...BY,
	parameter: texts,
	target: texts,
	group: text,
	'ids-file': text,
	'failed-of': text,
	'max-concurrency': text,
	'max-errors': text,
	timeout: text,
	'deliver-within': text,
	calendar: texts,
	reason: text,
	'dry-run': { type: 'boolean' },
	wait: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];
type Detail = CommandRequest['detail'];

export const run: Verb = {
	usage:
		'run <document> --reason TEXT (--target KEY=VALUE,… … | --group NAME | --ids-file FILE | --failed-of OPERATION) ' +
		'[--parameter NAME=VALUE]… [--max-concurrency N] [--max-errors N] [--timeout 30m] [--deliver-within 10m] [--calendar NAME]… ' +
		'[--dry-run] [--wait] [--by NAME] [--json]',
	summary: 'asks for a command on many nodes that a playbook on: request allows',
	details:
		'--target is InstanceIds=<ids>, tag:<key>=<values> or tag-key=<keys>; of several, all must be met. --ids-file has an id a line; ' +
		'--failed-of takes the nodes that did not succeed in another operation. A --parameter that is given again adds a value to its list. ' +
		'--max-concurrency (default 50) and --max-errors (default 0) are numbers or percentages. Document, parameters and targets are ' +
		'checked first. --dry-run prints the event and sends nothing; --wait stays until the end, and ends with 1 unless every node succeeded.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const [document] = positionals;
		if (document === undefined) throw new UsageError('names no document');
		const reason = oneLine(values.reason ?? '');
		if (reason === '') throw new UsageError('takes a --reason: it is on record with the operation');
		const detail = checked({
			command: document,
			...(values.parameter && { parameters: parametersOf(values.parameter) }),
			targets: await targetsOf(values, desk),
			...(values['max-concurrency'] !== undefined && { maxConcurrency: values['max-concurrency'] }),
			...(values['max-errors'] !== undefined && { maxErrors: values['max-errors'] }),
			...secondsOf('timeoutSeconds', '--timeout', values.timeout),
			...secondsOf('deliverWithinSeconds', '--deliver-within', values['deliver-within']),
			...(values.calendar && { calendar: values.calendar }),
			reason,
			requestedBy: actor(desk, values.by),
			// The SDK repeats a call whose reply was lost: both are one request.
			requestId: desk.newId(),
		});
		const services = desk.services();
		await mustBeAllowed(services, detail, SOURCE);
		await mustFitDocument(services, detail);
		const nodes = await nodesAt(services, detail.targets);
		const bus = busOf(desk.stage);
		if (values['dry-run']) {
			printJson(desk, { EventBusName: bus, Source: SOURCE, DetailType: COMMAND_REQUESTED, Detail: detail });
			return undefined;
		}
		const aws = desk.connect();
		const place = await placeOf(aws, bus, desk.stage);
		const eventId = await put(aws, bus, COMMAND_REQUESTED, detail);
		const { requestId = '' } = detail;
		const on = targetsText(detail.targets);
		const operation = place && operationId({ kind: 'command', source: SOURCE, requestId, document, on, ...place }, 1);
		if (values.json && !values.wait)
			printJson(desk, { eventId, requestId, ...(nodes !== undefined && { nodes }), ...(operation && { operation }) });
		else if (!values.json) {
			desk.io.out(`Requested ${document} on ${on}${nodes === undefined ? '' : ` (${nodes} nodes now)`}: event ${eventId}.`);
			if (operation !== undefined) desk.io.out(`Its operation is ${operation} in a moment: fleet -- show ${operation}`);
			desk.io.out(`If it is refused, it waits with the reason in queue ${SERVICE}-${desk.stage}-fleet-event-dead-letters.`);
		}
		if (!values.wait) return undefined;
		if (operation === undefined) throw new Refusal('Which operation to wait for is not known: the rule on the request bus cannot be read.');
		const ended = await awaitEnd(services, operation);
		if (values.json) printJson(desk, { operation, state: ended.state, result: ended.result });
		else desk.io.out(`${operation}: ${endText(ended)}: ${oneLine(ended.result?.reason ?? '')}`);
		return ended.state === 'succeeded' ? 0 : 1;
	},
};

async function targetsOf(values: Values, desk: Desk): Promise<Detail['targets']> {
	const { target, group, 'ids-file': file, 'failed-of': failedOf } = values;
	const given = [target, group, file, failedOf].filter((each) => each !== undefined);
	if (given.length === 0) throw new UsageError('says no nodes: give --target, --group, --ids-file or --failed-of');
	if (given.length > 1) throw new UsageError('takes one of --target, --group, --ids-file and --failed-of');
	if (group !== undefined) return [{ key: 'ResourceGroup', values: [group] }];
	if (file !== undefined) return [{ key: 'InstanceIds', values: idsIn(resolve(desk.io.cwd, file)) }];
	if (failedOf !== undefined) return [{ key: 'InstanceIds', values: await failedNodes(desk, failedOf) }];
	return (target ?? []).map(targetOf);
}

function idsIn(file: string): string[] {
	try {
		const ids = readFileSync(file, 'utf8').split(/[\s,]+/);
		return ids.filter((id) => id !== '');
	} catch (error) {
		throw new UsageError(`--ids-file cannot be read: ${(error as Error).message}`);
	}
}

async function failedNodes(desk: Desk, text: string): Promise<string[]> {
	const services = desk.services();
	const operation = await findOperation(services, text);
	if (operation.kind !== 'command') throw new Refusal(`${operation.id} is no command on many nodes.`);
	if (operation.closedAt === undefined) throw new Refusal(`${operation.id} is not over: ask again when it is, or fleet -- cancel it.`);
	const unwell = (await nodeLines(services, operation)).filter(({ end }) => end !== 'succeeded');
	if (unwell.length === 0) throw new Refusal(`${operation.id} has no nodes on record that did not succeed.`);
	return [...new Set(unwell.map(({ node }) => node))];
}

function secondsOf(key: 'timeoutSeconds' | 'deliverWithinSeconds', option: string, given: string | undefined) {
	if (given === undefined) return {};
	if (!DURATION.test(given)) throw new UsageError(`${option} takes a duration such as ${DURATION_FORMS}, not '${given}'`);
	return { [key]: durationSeconds(given) };
}

/** @throws UsageError where the function would refuse it. */
function checked(detail: object): Detail {
	const envelope = { id: 'request', account: '000000000000', region: 'eu-west-1', source: SOURCE, 'detail-type': COMMAND_REQUESTED };
	try {
		const { detail: parsed } = parseEvent(CommandRequest, { ...envelope, detail }, 'a request');
		const problem = commandProblem(parsed);
		if (problem !== undefined) throw new UsageError(problem);
		return parsed;
	} catch (error) {
		if (!(error instanceof Fail)) throw error;
		throw new UsageError(error.message.replace(/^.*? of a request: /, '').replaceAll('detail.', ''));
	}
}
