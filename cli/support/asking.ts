/** Asking for something to be run, by an event on the request bus. */

import { DescribeRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Aws } from '../../shared/aws/clients.ts';
import { callFailure } from '../../shared/errors.ts';
import { SERVICE } from '../../shared/settings.ts';
import { Refusal, UsageError } from './verb.ts';

/** Not one of ours: what Fleetkeeper itself publishes opens nothing. */
export const SOURCE = 'ops.cli';

export function busOf(stage: string): string {
	return `${SERVICE}-${stage}-requests`;
}

/** `['Steps=a', 'Steps=b', 'Mode=soft']` as `{ Steps: ['a', 'b'], Mode: ['soft'] }`. */
export function parametersOf(given: readonly string[]): Record<string, string[]> {
	const parameters: Record<string, string[]> = {};
	for (const each of given) {
		const [name, value] = splitAt(each, '--parameter takes NAME=VALUE');
		parameters[name] = [...(parameters[name] ?? []), value];
	}
	return parameters;
}

/** `tag:team=web,shop` as a target. */
export function targetOf(given: string) {
	const [key, values] = splitAt(given, '--target takes KEY=VALUE,…');
	return { key, values: values.split(',') };
}

function splitAt(given: string, problem: string): [string, string] {
	const at = given.indexOf('=');
	if (at < 1) throw new UsageError(`${problem}, not '${given}'`);
	return [given.slice(0, at), given.slice(at + 1)];
}

/**
 * Account and Region of the bus, by the rule on it; nothing where the caller may not ask. An event for a bus that is not there is lost
 * without a word.
 * @throws Refusal where there is none.
 */
export async function placeOf({ events }: Aws, EventBusName: string, stage: string) {
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

/** @throws Refusal where EventBridge does not take it. */
export async function put({ events }: Aws, EventBusName: string, DetailType: string, detail: object): Promise<string> {
	const entry = { EventBusName, Source: SOURCE, DetailType, Detail: JSON.stringify(detail) };
	const { Entries: [result] = [] } = await events.send(new PutEventsCommand({ Entries: [entry] }));
	if (result?.EventId === undefined)
		throw new Refusal(`EventBridge did not take the request: ${result?.ErrorCode} (${result?.ErrorMessage})`);
	return result.EventId;
}
