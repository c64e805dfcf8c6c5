/** What the playbooks make of the sample events. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { PlaybookSet } from '../../shared/playbook/types.ts';
import { describeEvent, type Sample } from './events.ts';

/** A few lines for each file of `events/`; none where there is no such folder. */
export function describeSamples(events: string, cwd: string, set: PlaybookSet): string[] {
	return listJson(events).flatMap((name) => {
		const file = relative(cwd, join(events, name));
		return eventsIn(readFileSync(join(events, name), 'utf8')).flatMap((event) =>
			describeEvent(event, set).map((line, i) => (i === 0 ? `${file}: ${line}` : `  ${line}`)),
		);
	});
}

function listJson(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter((name) => name.endsWith('.json'))
			.sort();
	} catch {
		return [];
	}
}

/** The event of a file, or those of its SQS batch; undefined for one that is not JSON. */
function eventsIn(text: string): (Sample | undefined)[] {
	try {
		const value: unknown = JSON.parse(text);
		const records = (value as { Records?: { body?: string }[] } | null)?.Records;
		return Array.isArray(records) ? records.flatMap(({ body = '' }) => eventsIn(body)) : [value as Sample];
	} catch {
		return [undefined];
	}
}
