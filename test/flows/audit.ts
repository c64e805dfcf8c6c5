/** Whether every change that functions made at AWS can be found: by its request id, in a history or in a log. */

import { createLedger } from '../../shared/operation/ledger.ts';
import type { Called, Operation } from '../../shared/operation/types.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { START } from './deployment.ts';
import type { Flow } from './support.ts';

const DAY = 86_400_000;
/** What changes something besides the ledger, the bus and the queues, which are Fleetkeeper's own. */
const CHANGES =
	/^(Send|Start|Stop|Cancel|Complete|Record|Create|Update|Delete|Put|Register|Deregister|Terminate|Associate|Disassociate|Label|Unlabel|Add|Remove)/;
const OWN = new Set(['dynamodb', 'events', 'sqs']);
/** It has no operations: what it does to OpsItems and labels is in its log. */
const LOGGED = 'fleetkeeper-local-playbook-change';

async function operationsOf(flow: Flow): Promise<Operation[]> {
	const ledger = createLedger({ aws: flow.world.aws, settings: settingsFrom({ STAGE: 'local' }), now: () => flow.now });
	return flow.people(async () => {
		const ids = [await ledger.open()];
		for (let at = START; at < flow.now + DAY; at += DAY) ids.push(await ledger.closedOn(new Date(at).toISOString().slice(0, 10)));
		return ledger.load([...new Set(ids.flat())]);
	});
}

/** Every call on record in histories, by its request id. */
async function callsOnRecord(flow: Flow): Promise<Map<string, Called>> {
	const lines = (await operationsOf(flow)).flatMap(({ history }) => history);
	const calls = lines.flatMap((line): Called[] => [line, ...(line.calls ?? [])]);
	return new Map(calls.flatMap((call) => (call.requestId === undefined ? [] : [[call.requestId, call]])));
}

/** The changes of functions that nobody would find, or that are on record as another call, as `caller operation`. */
export async function unrecorded(flow: Flow): Promise<string[]> {
	const known = await callsOnRecord(flow);
	const log = JSON.stringify(flow.world.logs);
	return flow.world.requestLog.entries.flatMap(({ service, operation, requestId, error, caller = '' }) => {
		if (error !== undefined || OWN.has(service) || !CHANGES.test(operation) || !caller.startsWith('fleetkeeper-')) return [];
		const isKnown = known.get(requestId)?.call?.endsWith(` ${operation}`) || (caller === LOGGED && log.includes(requestId));
		return isKnown ? [] : [`${caller} ${operation}`];
	});
}
