/** What CloudWatch says of alarms. Pure. */

import * as z from 'zod/mini';
import { envelope as common, like, modest, name } from '../envelope.ts';

const STATE_CHANGE = 'CloudWatch Alarm State Change';
export const CONTRIBUTOR_CHANGE = 'CloudWatch Alarm Contributor State Change';
export const CONFIGURATION_CHANGE = 'CloudWatch Alarm Configuration Change';

/** CloudWatch writes the offset without a colon: `2026-03-02T09:41:12.220+0000`. */
const instant = like(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/, 'a time such as 2026-03-02T09:41:12.220+0000');
/** PutMetricAlarm takes names of up to so many characters. */
const alarmName = name(255);

const envelope = { ...common, source: z.literal('aws.cloudwatch'), time: instant };

const state = z.looseObject({
	value: z.literal(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
	reason: z.optional(z.string()),
	timestamp: instant,
	/** Of a composite whose actions are not taken: `WaitPeriod`, `ExtensionPeriod` or `Alarm`. */
	actionsSuppressedBy: z.optional(z.string()),
	actionsSuppressedReason: z.optional(z.string()),
});

const aboutState = {
	alarmName,
	state,
	configuration: z.optional(z.looseObject({})),
	muteDetail: z.optional(z.looseObject({ mutedByArn: z.optional(z.string()), muteWindowEnd: z.optional(instant) })),
};

/** An alarm's state has changed, of whatever type it is. */
export const StateChange = z.object({ ...envelope, 'detail-type': z.literal(STATE_CHANGE), detail: modest(z.looseObject(aboutState)) });
export type StateChange = z.infer<typeof StateChange>;

/** One series of a multi-series alarm has changed its state. */
export const ContributorChange = z.object({
	...envelope,
	'detail-type': z.literal(CONTRIBUTOR_CHANGE),
	detail: modest(
		z.looseObject({
			...aboutState,
			alarmContributor: z.looseObject({ id: name(1_024), attributes: z.optional(z.record(z.string(), z.string())) }),
		}),
	),
});
export type ContributorChange = z.infer<typeof ContributorChange>;

/** An alarm was made, changed or deleted. Its state's timestamp says nothing of when. */
export const ConfigurationChange = z.object({
	...envelope,
	'detail-type': z.literal(CONFIGURATION_CHANGE),
	detail: modest(z.looseObject({ alarmName, operation: name(64) })),
});
export type ConfigurationChange = z.infer<typeof ConfigurationChange>;

export type AlarmEvent = StateChange | ContributorChange | ConfigurationChange;
