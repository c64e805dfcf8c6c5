/** The event of a configuration item: what it is now, and what of it has changed. */

import type { AwsContext, EmittedEvent } from '../types.ts';
import type { ConfigurationItem } from './model.ts';

type Json = Readonly<Record<string, unknown>>;

export function itemChange(ctx: AwsContext, item: ConfigurationItem, previous: ConfigurationItem | undefined): EmittedEvent {
	const now = new Date(ctx.clock.now()).toISOString();
	const changeType = item.status === 'ResourceDeleted' ? 'DELETE' : previous ? 'UPDATE' : 'CREATE';
	return {
		source: 'aws.config',
		detailType: 'Config Configuration Item Change',
		resources: [item.arn],
		detail: {
			recordVersion: '1.3',
			messageType: 'ConfigurationItemChangeNotification',
			configurationItemDiff: { changedProperties: changeType === 'UPDATE' ? changed(previous, item) : {}, changeType },
			notificationCreationTime: now,
			configurationItem: {
				relatedEvents: [],
				relationships: [],
				configuration: item.configuration,
				supplementaryConfiguration: item.supplementaryConfiguration ?? {},
				tags: item.tags,
				configurationItemVersion: '1.3',
				configurationItemCaptureTime: new Date(item.capturedAt).toISOString(),
				configurationStateId: item.capturedAt,
				awsAccountId: ctx.account,
				configurationItemStatus: item.status,
				resourceType: item.type,
				resourceId: item.id,
				...(item.name === undefined ? {} : { resourceName: item.name }),
				ARN: item.arn,
				awsRegion: ctx.region,
				availabilityZone: item.availabilityZone ?? 'Not Applicable',
				configurationStateMd5Hash: '',
			},
		},
	};
}

/** The properties that differ, by their path: `Configuration.State.Name`. */
function changed(before: ConfigurationItem | undefined, after: ConfigurationItem): Record<string, Json> {
	const old = before ? flatten(sections(before)) : new Map<string, unknown>();
	const fresh = flatten(sections(after));
	const paths = [...new Set([...old.keys(), ...fresh.keys()])];
	const differing = paths.filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(fresh.get(path)));
	return Object.fromEntries(
		differing.map((path) => [
			path,
			{
				...(old.has(path) ? { previousValue: old.get(path) } : {}),
				...(fresh.has(path) ? { updatedValue: fresh.get(path) } : {}),
				changeType: !old.has(path) ? 'CREATE' : fresh.has(path) ? 'UPDATE' : 'DELETE',
			},
		]),
	);
}

function sections({ configuration, supplementaryConfiguration = {}, tags }: ConfigurationItem): Json {
	return { Configuration: configuration, SupplementaryConfiguration: supplementaryConfiguration, Tags: tags };
}

/** Objects by their members; an item of a list is a value, under its index. */
function flatten(value: Json, path = ''): Map<string, unknown> {
	const found = new Map<string, unknown>();
	for (const [key, item] of Object.entries(value)) {
		const at = path === '' ? key : `${path}.${key.charAt(0).toUpperCase()}${key.slice(1)}`;
		if (Array.isArray(item)) for (const [index, each] of item.entries()) found.set(`${at}.${index}`, each);
		else if (typeof item === 'object' && item !== null) for (const [inner, each] of flatten(item as Json, at)) found.set(inner, each);
		else found.set(at, item);
	}
	return found;
}
