/** Calls of an operation, as CloudTrail has them. */

import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import type { Aws } from '../../shared/aws/clients.ts';
import type { Call, Entry } from './operation-timeline.ts';

/** LookupEvents takes one attribute, and a request id is none: calls are looked for by name, around their time. Milliseconds. */
const AROUND = 120_000;
/** Pages of fifty events that are read for one line: where thousands of calls of one name are made at once, some are not found. */
const PAGES = 20;

/**
 * The entries with what CloudTrail says of their calls. It shows a call some minutes late, for 90 days, and only those that it takes for
 * management events. Rejects with what the SDK throws.
 */
export async function withTrail(aws: Aws, entries: readonly Entry[]): Promise<Entry[]> {
	const client = aws.client(CloudTrailClient);
	const found: Entry[] = [];
	for (const entry of entries) {
		const names = [...new Set(entry.calls.flatMap(({ operation }) => operation ?? []))];
		const known = new Map<string, Pick<Call, 'eventId' | 'by'>>();
		for (const name of names) for (const [id, seen] of await lookUp(client, name, Date.parse(entry.at))) known.set(id, seen);
		found.push({ ...entry, calls: entry.calls.map((call) => ({ ...call, ...known.get(call.requestId) })) });
	}
	return found;
}

/** What was called by a name around an instant, by request id. */
async function lookUp(client: CloudTrailClient, name: string, at: number): Promise<Map<string, Pick<Call, 'eventId' | 'by'>>> {
	const seen = new Map<string, Pick<Call, 'eventId' | 'by'>>();
	let pages = 0;
	const asked = {
		LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name } as const],
		StartTime: new Date(at - AROUND),
		EndTime: new Date(at + AROUND),
	};
	for await (const { Events = [] } of paginateLookupEvents({ client }, asked)) {
		for (const { EventId, Username, CloudTrailEvent = '{}' } of Events) {
			const { requestID } = JSON.parse(CloudTrailEvent) as { requestID?: string };
			if (requestID === undefined || EventId === undefined) continue;
			seen.set(requestID, { eventId: EventId, ...(Username !== undefined && { by: Username }) });
		}
		pages += 1;
		if (pages === PAGES) break;
	}
	return seen;
}
