/** What happened around an alarm: changes, calls, the stack and other alarms of what it is about. */

import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
	ConfigServiceClient,
	GetResourceConfigHistoryCommand,
	ListDiscoveredResourcesCommand,
	type ResourceType,
} from '@aws-sdk/client-config-service';
import type { Deps } from '../deps.ts';
import { describeError } from '../errors.ts';
import { attempt, type Settled } from '../settled.ts';
import { createAlarmList, relatedLines } from './alarms.ts';
import { inTime, NoAnswer } from './limit.ts';
import { changeLines, stackOf, writeLine } from './lines.ts';
import type { AlarmResource } from './resources.ts';

export interface AlarmContext {
	/** What changed on the resource, by AWS Config, the newest first. */
	readonly changes: readonly string[];
	/** Calls that changed it, by CloudTrail, the newest first. */
	readonly writes: readonly string[];
	/** The name of its CloudFormation stack, or the ARN. */
	readonly stack?: string;
	/** Other alarms that are in ALARM on what this one looks at, the latest first. */
	readonly alarms: readonly string[];
	/** What could not be had, and why: `AWS Config: no recorder`. */
	readonly missing: readonly string[];
}

export interface AlarmSubject {
	readonly alarm: string;
	readonly resources: readonly AlarmResource[];
	readonly dimensions: readonly Readonly<Record<string, string>>[];
}

/** Milliseconds back. */
const CHANGES_SINCE = 24 * 3_600_000;
const WRITES_SINCE = 3 * 3_600_000;

const CHANGES = 5;
const WRITES = 5;
const ALARMS = 10;
/** Events of a LookupEvents call: its most. Those that only read are among them. */
const EVENTS = 50;
/** Characters of an error. */
const WHY = 200;

const WRITES_LAG = 'CloudTrail lags by minutes: later writes are not here';
const NO_WRITES = 'none within three hours, as far as CloudTrail knows: it lags by minutes';

/** Answers of AWS Config that say that it has nothing, and not that it failed. */
const NOT_RECORDED: Readonly<Record<string, string>> = {
	NoAvailableConfigurationRecorderException: 'no recorder',
	ResourceNotDiscoveredException: 'the resource is not recorded',
};

type OfResource = Omit<AlarmContext, 'alarms'>;
const NO_RESOURCE: OfResource = { changes: [], writes: [], missing: [] };

/**
 * Makes the function that gathers the context of an alarm. It asks about the first resource, never rejects, and is done
 * within five seconds. Where AWS Config has the resource it takes a call of that and one of CloudTrail, and for all alarms
 * together one of CloudWatch each half minute; one more where AWS Config must be asked for the resource's id.
 */
export function createGatherer({ aws, now, log }: Pick<Deps, 'aws' | 'now' | 'log'>): (subject: AlarmSubject) => Promise<AlarmContext> {
	const config = aws.client(ConfigServiceClient);
	const cloudTrail = aws.client(CloudTrailClient);
	const cloudFormation = aws.client(CloudFormationClient);
	const alarmList = createAlarmList(aws.client(CloudWatchClient), now);

	async function ofResource(resource: AlarmResource): Promise<OfResource> {
		const history = attempt(() => inTime((signal) => readHistory(config, resource, now() - CHANGES_SINCE, signal)));
		const [recorded, writes, stack] = await Promise.all([
			history,
			attempt(() => inTime((signal) => readWrites(cloudTrail, resource, now() - WRITES_SINCE, signal))),
			attempt(() =>
				inTime(async (signal) => {
					const known = await history;
					if (known.ok && known.value.found) return known.value.stack;
					// There is no time left to ask anybody else.
					if (!known.ok && known.error instanceof NoAnswer) throw known.error;
					return stackOwning(cloudFormation, resource, signal);
				}),
			),
		]);
		return {
			changes: recorded.ok ? recorded.value.changes : [],
			writes: writes.ok ? writes.value : [],
			...(stack.ok && stack.value !== undefined && { stack: stack.value }),
			missing: [...failure('AWS Config', recorded), ...failure('CloudTrail', writes), ...failure('CloudFormation', stack)],
		};
	}

	async function others(subject: AlarmSubject): Promise<Pick<AlarmContext, 'alarms' | 'missing'>> {
		const list = await attempt(alarmList);
		if (!list.ok) return { alarms: [], missing: failure('other alarms', list) };
		const { alarms, more } = list.value;
		const missing = more ? [`other alarms: only ${alarms.length} of those in ALARM were looked at`] : [];
		return { alarms: relatedLines(list.value, subject).slice(0, ALARMS), missing };
	}

	return async (subject) => {
		const [resource] = subject.resources;
		const [own, related] = await Promise.all([resource ? ofResource(resource) : NO_RESOURCE, others(subject)]);
		const missing = [...own.missing, ...related.missing];
		if (missing.length > 0) log.warn('The context of an alarm is incomplete', { alarm: subject.alarm, missing });
		return { ...own, ...related, missing };
	};
}

function failure(what: string, answer: Settled<unknown>): string[] {
	if (answer.ok) return [];
	const { error } = answer;
	const known = error instanceof Error ? NOT_RECORDED[error.name] : undefined;
	return [`${what}: ${known ?? describeError(error).slice(0, WHY)}`];
}

interface History {
	/** Whether AWS Config has an item of it. */
	readonly found: boolean;
	readonly changes: readonly string[];
	readonly stack?: string | undefined;
}

async function readHistory(
	client: ConfigServiceClient,
	resource: AlarmResource,
	since: number,
	abortSignal: AbortSignal,
): Promise<History> {
	const resourceType = resource.type as ResourceType | undefined;
	if (resourceType === undefined) throw new Error('it records no such resources');
	let resourceId: string | undefined = resource.id;
	if (resource.named) {
		const input = { resourceType, resourceName: resource.id };
		const { resourceIdentifiers = [] } = await client.send(new ListDiscoveredResourcesCommand(input), { abortSignal });
		resourceId = resourceIdentifiers[0]?.resourceId;
		if (resourceId === undefined) throw new Error(NOT_RECORDED['ResourceNotDiscoveredException']);
	}
	// No earliest time: an item from before the day is what its first change is compared with, and says which stack it is of. A
	// call spans seven days: where nothing was recorded in them, CloudFormation is asked for the stack.
	const input = { resourceType, resourceId, limit: CHANGES + 1 };
	const { configurationItems: items = [] } = await client.send(new GetResourceConfigHistoryCommand(input), { abortSignal });
	return { found: items.length > 0, changes: changeLines(items, since).slice(0, CHANGES), stack: stackOf(items) };
}

async function readWrites(client: CloudTrailClient, resource: AlarmResource, since: number, abortSignal: AbortSignal): Promise<string[]> {
	const { Events = [] } = await client.send(
		new LookupEventsCommand({
			LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: resource.name }],
			StartTime: new Date(since),
			MaxResults: EVENTS,
		}),
		{ abortSignal },
	);
	const writes = Events.filter(({ ReadOnly }) => ReadOnly === 'false').slice(0, WRITES);
	return writes.length > 0 ? [WRITES_LAG, ...writes.map(writeLine)] : [NO_WRITES];
}

/** The stack that has a resource of the id; undefined where there is none. */
async function stackOwning(client: CloudFormationClient, { id }: AlarmResource, abortSignal: AbortSignal): Promise<string | undefined> {
	try {
		const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ PhysicalResourceId: id }), { abortSignal });
		return StackResources[0]?.StackName;
	} catch (error) {
		if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) return undefined;
		throw error;
	}
}
