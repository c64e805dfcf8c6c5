/** Asking for a command on many nodes, once it is known that it can be run: what `run`, `install` and `patch` have in common. */

import { Fail } from '../../shared/errors.ts';
import { COMMAND_REQUESTED, CommandRequest, commandProblem } from '../../shared/kinds/command/event.ts';
import { requestText } from '../../shared/kinds/command/targets.ts';
import { operationId } from '../../shared/operation/ids.ts';
import { parseEvent } from '../../shared/parse.ts';
import { SERVICE } from '../../shared/settings.ts';
import { actor, BY } from '../support/act.ts';
import { busOf, placeOf, put, SOURCE } from '../support/asking.ts';
import { endText, oneLine } from '../support/format.ts';
import { type Desk, printJson, Refusal, type readArguments, UsageError } from '../support/verb.ts';
import { mustBeAllowed, mustFitDocument } from './checks.ts';
import { nodesAt, nodesText } from './nodes.ts';
import { awaitEnd } from './wait.ts';
import { seconds, WHOM, whom } from './whom.ts';

const text = { type: 'string' } as const;

/** The options that all of them take. */
export const ASKING = {
	...BY,
	...WHOM,
	'max-concurrency': text,
	'max-errors': text,
	timeout: text,
	'deliver-within': text,
	calendar: { type: 'string', multiple: true },
	reason: text,
	'dry-run': { type: 'boolean' },
	wait: { type: 'boolean' },
} as const;

type AskingValues = ReturnType<typeof readArguments<typeof ASKING>>['values'];
type Detail = CommandRequest['detail'];

export const HOW_USAGE =
	'[--max-concurrency N] [--max-errors N] [--timeout 30m] [--deliver-within 10m] [--calendar NAME]… [--dry-run] [--wait] [--by NAME] [--json]';
export const HOW_DETAILS =
	'--ring names values of the tag PatchGroup: the next has its turn when --success-percent (default 95) of the nodes of the one before ' +
	'succeeded and it has soaked for --soak, and rate, errors and time are those of each. --max-concurrency (default 50) and --max-errors ' +
	'are numbers or percentages. Document, parameters and nodes are checked first. --dry-run prints the event and sends nothing; --wait ' +
	'stays until the end, and ends with 1 unless every node succeeded.';

/** For verbs that run a certain document: nodes, rings and rates are those of `run`. */
export const AS_RUN_USAGE = '[--soak 1d] [--success-percent N] [--dry-run] [--wait] [--by NAME] [--json]';
export const AS_RUN_DETAILS = 'Which nodes, in which rings and how fast is said as for run, with all of its options: fleet -- help run.';

/**
 * Asks for a command, and waits for its end where that is wanted.
 * @param chosen nodes by options of the verb's own.
 * @returns the exit status.
 * @throws UsageError, Refusal, and what the SDK throws.
 */
export async function ask(
	{ command, parameters }: Pick<Detail, 'command' | 'parameters'>,
	values: AskingValues,
	desk: Desk,
	chosen?: Detail['targets'],
): Promise<number | undefined> {
	const reason = oneLine(values.reason ?? '');
	if (reason === '') throw new UsageError('takes a --reason: it is on record with the operation');
	const detail = checked({
		command,
		...(parameters && { parameters }),
		...(await whom(values, desk, chosen)),
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
	const nodes = await nodesAt(services, detail);
	const bus = busOf(desk.stage);
	if (values['dry-run']) {
		printJson(desk, { EventBusName: bus, Source: SOURCE, DetailType: COMMAND_REQUESTED, Detail: detail });
		return undefined;
	}
	const aws = desk.connect();
	const place = await placeOf(aws, bus, desk.stage);
	const eventId = await put(aws, bus, COMMAND_REQUESTED, detail);
	const { requestId = '' } = detail;
	const on = requestText(detail);
	const operation = place && operationId({ kind: 'command', source: SOURCE, requestId, document: command, on, ...place }, 1);
	if (values.json && !values.wait) printJson(desk, { eventId, requestId, ...nodes, ...(operation && { operation }) });
	else if (!values.json) {
		desk.io.out(`Requested ${command} on ${on}${nodesText(nodes)}: event ${eventId}.`);
		if (operation !== undefined) desk.io.out(`Its operation is ${operation} in a moment: fleet -- show ${operation}`);
		desk.io.out(`If it is refused, it waits with the reason in queue ${SERVICE}-${desk.stage}-fleet-event-dead-letters.`);
	}
	if (!values.wait) return undefined;
	if (operation === undefined) throw new Refusal('Which operation to wait for is not known: the rule on the request bus cannot be read.');
	const ended = await awaitEnd(services, operation);
	if (values.json) printJson(desk, { operation, state: ended.state, result: ended.result });
	else desk.io.out(`${operation}: ${endText(ended)}: ${oneLine(ended.result?.reason ?? '')}`);
	return ended.state === 'succeeded' ? 0 : 1;
}

function secondsOf(key: 'timeoutSeconds' | 'deliverWithinSeconds', option: string, given: string | undefined) {
	return given === undefined ? {} : { [key]: seconds(option, given) };
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
