/** `fleet -- request <runbook>`: asks for a runbook to be run, as anything else may ask that the request bus lets. */

import { Fail } from '../shared/errors.ts';
import { REQUESTED, RequestDetail, requestProblem } from '../shared/kinds/event/event.ts';
import { operationId } from '../shared/operation/ids.ts';
import { parseEvent } from '../shared/parse.ts';
import { SERVICE } from '../shared/settings.ts';
import { actor, BY } from './support/act.ts';
import { busOf, parametersOf, placeOf, put, SOURCE, targetOf } from './support/asking.ts';
import { oneLine } from './support/format.ts';
import { printJson, readArguments, UsageError, type Verb } from './support/verb.ts';

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
			requestId: desk.newId(),
		});
		const bus = busOf(desk.stage);
		if (values['dry-run']) {
			printJson(desk, { EventBusName: bus, Source: SOURCE, DetailType: REQUESTED, Detail: detail });
			return undefined;
		}
		const aws = desk.connect();
		const place = await placeOf(aws, bus, desk.stage);
		const eventId = await put(aws, bus, REQUESTED, detail);
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
