/** AWS's answers as lines that a person reads, one fact each, the newest first. */

import { isDeepStrictEqual } from 'node:util';
import type { Event } from '@aws-sdk/client-cloudtrail';
import type { ConfigurationItem } from '@aws-sdk/client-config-service';

/** Changed properties that a line names. */
const PROPERTIES = 8;

/** `2026-11-23T10:00:00Z` */
export function instant(at: Date | undefined): string {
	return at ? `${at.toISOString().slice(0, 19)}Z` : 'at an unknown time';
}

/**
 * What each item of a resource since then (epoch milliseconds) differs in from the one before it; one that differs in nothing has
 * no line. The items are given the newest first.
 */
export function changeLines(items: readonly ConfigurationItem[], since: number): string[] {
	return items.flatMap((item, index) => {
		const { configurationItemCaptureTime: at, resourceName, resourceId } = item;
		const what = Number(at) < since ? undefined : change(item, items[index + 1]);
		return what === undefined ? [] : [`${instant(at)} ${resourceName ?? resourceId}: ${what}`];
	});
}

function change(item: ConfigurationItem, before: ConfigurationItem | undefined): string | undefined {
	const { configurationItemStatus: status = 'OK' } = item;
	if (status.startsWith('ResourceDeleted')) return 'deleted';
	if (status === 'ResourceDiscovered') return 'first recorded';
	if (!before) return 'changed';
	const [then, now] = [properties(before), properties(item)];
	const changed = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((key) => !isDeepStrictEqual(then[key], now[key])).sort();
	if (changed.length === 0) return undefined;
	const more = changed.length - PROPERTIES;
	return `${changed.slice(0, PROPERTIES).join(', ')}${more > 0 ? ` and ${more} more` : ''} changed`;
}

function properties({ configuration, supplementaryConfiguration, tags, relationships }: ConfigurationItem): Record<string, unknown> {
	const own: Record<string, unknown> = JSON.parse(configuration || '{}');
	return { ...own, ...supplementaryConfiguration, tags: tags ?? {}, relationships: relationships ?? [] };
}

/** The stack that a resource belongs to, as its tags or its relationships say. */
export function stackOf(items: readonly ConfigurationItem[]): string | undefined {
	for (const { tags, relationships = [] } of items) {
		const { resourceName, resourceId } = relationships.find(({ resourceType }) => resourceType === 'AWS::CloudFormation::Stack') ?? {};
		const stack = tags?.['aws:cloudformation:stack-name'] ?? resourceName ?? resourceId;
		if (stack !== undefined) return stack;
	}
	return undefined;
}

/** A call: when, what, by whom, and its error. */
export function writeLine({ EventTime, EventName, Username, CloudTrailEvent }: Event): string {
	const { userIdentity, errorCode }: Content = JSON.parse(CloudTrailEvent ?? '{}');
	// `user/alice`, `assumed-role/<role>/<session>`, `root`
	const who = userIdentity?.arn?.split(':').at(-1) ?? userIdentity?.invokedBy ?? Username ?? 'unknown';
	return `${instant(EventTime)} ${EventName} by ${who}${errorCode ? `, failed with ${errorCode}` : ''}`;
}

/** CloudTrail's record of a call, as far as it is read here. */
interface Content {
	readonly userIdentity?: { readonly arn?: string; readonly invokedBy?: string };
	readonly errorCode?: string;
}
