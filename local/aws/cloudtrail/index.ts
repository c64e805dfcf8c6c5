/** AWS CloudTrail's event history: who called what, when, and about which resources. */

import type { Event, LookupAttribute, LookupEventsCommandInput, LookupEventsCommandOutput } from '@aws-sdk/client-cloudtrail';
import * as schemas from '@aws-sdk/client-cloudtrail';
import { type ApiCall, isReadOnly } from '../api-call.ts';
import { CLOUDTRAIL_LAG_MS, CLOUDTRAIL_QUOTAS, LATENCY_MS, within } from '../assumptions.ts';
import type { RoleOf } from '../identity.ts';
import { nextToken, page } from '../paging.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from '../service.ts';
import { quotasOf, throttled } from '../throttle.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { isRecorded, trailEvent } from './trail-event.ts';
import { createTrails } from './trails.ts';

export interface CloudTrail {
	readonly definition: ServiceDefinition;
	/** How long after a call its event can be looked up, in milliseconds. */
	lagMs: number;
	/** Makes a trail of all management events, which logs from now on. */
	addTrail(name: string): void;
	/** Takes a call into the history, and brings it to EventBridge where a trail logs; data events are left out. */
	record(call: ApiCall): void;
	/** What LookupEvents knows at this instant, the oldest first. */
	events(): Event[];
}

export interface CloudTrailOptions {
	readonly lagMs?: number;
	/** Calls per second, by operation, besides the published quota. */
	readonly throttles?: Readonly<Record<string, number>>;
	/** The role of a function by its name, for the identity that its events show. */
	readonly roleOf?: RoleOf;
}

/** The event history reaches back 90 days. */
const KEPT_MS = 90 * 86_400_000;
/** LookupEvents gives at most 50 events a page, and that many where it is not told. */
const MOST = 50;

export function createCloudTrail(ctx: AwsContext, options: CloudTrailOptions = {}): CloudTrail {
	const { throttles = {}, roleOf = () => undefined } = options;
	const history: { readonly call: ApiCall; event?: Event }[] = [];
	const trails = createTrails(ctx);
	const trail = { lagMs: options.lagMs ?? CLOUDTRAIL_LAG_MS };

	/** An event is made of its call when it is first asked for. */
	function visible(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): Event[] {
		const now = ctx.clock.now();
		return history
			.filter(({ call: { at } }) => at <= now - trail.lagMs && at >= Math.max(from, now - KEPT_MS) && at <= to)
			.map((entry) => {
				entry.event ??= trailEvent(ctx, entry.call, roleOf);
				return entry.event;
			});
	}

	/** What changes something comes to EventBridge where a trail takes it in (EventBridge user guide, "Events from CloudTrail"). */
	function bring(call: ApiCall): void {
		if (isReadOnly(call.operation) || !trails.takesWrites()) return;
		const { CloudTrailEvent: text = '{}' } = trailEvent(ctx, call, roleOf);
		const detail = JSON.parse(text) as { readonly eventSource: string };
		const source = `aws.${detail.eventSource.split('.')[0]}`;
		ctx.clock.after(within(ctx.clock, LATENCY_MS.trailEvent), () => {
			ctx.emit({ source, detailType: 'AWS API Call via CloudTrail', detail });
		});
	}

	const operations = {
		...trails.operations,

		LookupEvents(input: LookupEventsCommandInput): Output<LookupEventsCommandOutput> {
			const { LookupAttributes: attributes = [], StartTime, EndTime, MaxResults = MOST } = input;
			if (attributes.length > 1) {
				throw new AwsError('InvalidLookupAttributesException', 'You can only specify one attribute per LookupEvents request.');
			}
			if (StartTime && EndTime && StartTime > EndTime) {
				throw new AwsError('InvalidTimeRangeException', 'The start time must not be after the end time.');
			}
			if (MaxResults < 1 || MaxResults > MOST) {
				throw new AwsError('InvalidMaxResultsException', `MaxResults must be between 1 and ${MOST}.`);
			}
			// Insights events come of trails, and no trail is here to have any.
			const events = input.EventCategory === 'insight' ? [] : visible(StartTime?.getTime(), EndTime?.getTime()).reverse();
			const matching = events.filter((event) => attributes.every((attribute) => has(event, attribute)));
			const found = page(matching, input.NextToken, MaxResults, 'InvalidNextTokenException');
			return { Events: found.items, ...nextToken(found) };
		},
	};

	const definition = defineService({
		name: 'cloudtrail',
		protocol: PROTOCOLS.cloudtrail,
		schemas,
		operations: throttled(operations, [...CLOUDTRAIL_QUOTAS, ...quotasOf(throttles)], ctx.clock),
	});
	return Object.assign(trail, {
		definition,
		record: (call: ApiCall) => {
			if (!isRecorded(call)) return;
			bring(call);
			// Of a call that only reads, the event has no answer: it need not be kept.
			const { output, ...asked } = call;
			history.push({ call: isReadOnly(call.operation) ? asked : call });
		},
		events: () => visible(),
		addTrail(Name: string) {
			trails.operations.CreateTrail({ Name, S3BucketName: `${Name}-logs`, IsMultiRegionTrail: true });
			trails.operations.StartLogging({ Name });
		},
	});
}

function has(event: Event, { AttributeKey: key, AttributeValue: value }: LookupAttribute): boolean {
	const resources = event.Resources ?? [];
	switch (key) {
		case 'EventId':
		case 'EventName':
		case 'ReadOnly':
		case 'Username':
		case 'EventSource':
		case 'AccessKeyId':
			return event[key] === value;
		case 'ResourceType':
			return resources.some(({ ResourceType }) => ResourceType === value);
		case 'ResourceName':
			return resources.some(({ ResourceName }) => ResourceName === value);
		default:
			throw new AwsError('InvalidLookupAttributesException', `The lookup attribute ${key} is not valid.`);
	}
}
