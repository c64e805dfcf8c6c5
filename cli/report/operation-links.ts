/** Where in the console what an operation is about can be looked at. */

import { alarmUrl, commandUrl, executionUrl, folderUrl, logsUrl, nodeUrl, opsItemUrl, trailUrl } from '../../shared/context/console.ts';
import { nodeOf } from '../../shared/kinds/subjects.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { outputBucket, type Settings } from '../../shared/settings.ts';
import { outputPrefix } from '../../shared/work/naming.ts';
import type { Entry } from './operation-timeline.ts';

export interface Link {
	/** `OpsItem oi-0123456789ab`. */
	readonly to: string;
	readonly url: string;
}

/** @param entries with what CloudTrail says of their calls, where it was asked. */
export function linksOf(settings: Settings, operation: Operation, entries: readonly Entry[]): Link[] {
	const { subject, result } = operation;
	const { region } = subject;
	const links: Link[] = [];
	const add = (to: string, url: string) => links.push({ to, url });
	if (result?.opsItemId !== undefined) add(`OpsItem ${result.opsItemId}`, opsItemUrl(region, result.opsItemId));
	if (subject.kind === 'alarm') add(`alarm ${subject.alarm}`, alarmUrl(region, subject.alarm));
	const node = subject.kind === 'session' || subject.kind === 'state' ? (subject.node ?? '') : nodeOf(operation);
	if (node !== '') add(`node ${node}`, nodeUrl(region, node));
	for (const link of [...workLinks(settings, operation), ...outputLinks(operation)]) links.push(link);
	for (const { calls } of entries) {
		for (const { operation: name, eventId } of calls) if (eventId !== undefined) add(`${name} in CloudTrail`, trailUrl(region, eventId));
	}
	return links;
}

function workLinks(settings: Settings, { kind, work, subject }: Operation): Link[] {
	if (work?.externalId === undefined) return [];
	const { account, region } = subject;
	const { type, externalId } = work;
	if (type === 'automation') return [{ to: `execution ${externalId}`, url: executionUrl(region, externalId) }];
	const command = { to: `command ${externalId}`, url: commandUrl(region, externalId) };
	if (kind === 'command') return [command];
	const folder = `s3://${outputBucket(settings, account, region)}/${outputPrefix(work.id)}/`;
	return [command, { to: 'output', url: folderUrl(region, folder) }, { to: 'log group', url: logsUrl(region, settings.outputLogGroup) }];
}

function outputLinks(operation: Operation): Link[] {
	const { region } = operation.subject;
	if (operation.kind === 'command') {
		const { s3, logGroup } = operation.output;
		return [
			{ to: 'output', url: folderUrl(region, s3) },
			{ to: 'log group', url: logsUrl(region, logGroup) },
		];
	}
	if (operation.kind !== 'session') return [];
	const transcript = operation.result?.session?.transcript ?? operation.transcript;
	if (transcript === undefined) return [];
	const { s3, logGroup, logStream } = transcript;
	return [
		{ to: 'transcript', url: folderUrl(region, s3) },
		{ to: 'transcript, line by line', url: logsUrl(region, logGroup, logStream) },
	];
}
