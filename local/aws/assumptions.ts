/**
 * Numbers that AWS does not publish, in one place, and the published quotas of Systems Manager. A figure with a source says so;
 * the others are chosen to be plausible and small enough that nobody can rely on them.
 */

import type { Clock } from './types.ts';

/** A span of milliseconds, from (inclusive) and to (exclusive). */
export type Range = readonly [from: number, to: number];

/** How long AWS takes over what it does by itself. */
export const LATENCY_MS = {
	stopInstance: [5_000, 20_000],
	terminateInstance: [5_000, 20_000],
	/** From ModifyInstanceMetadataOptions to its options being `applied`. */
	instanceAttribute: [1_000, 5_000],
	snapshot: [30_000, 120_000],
	image: [60_000, 180_000],
	/** From SendCommand to the first node being addressed. */
	commandDispatch: [200, 600],
	/** Between two steps of Run Command's ramp, once the first node has acknowledged. */
	commandRamp: [200, 600],
	/** From being addressed to the agent's acknowledgement. */
	agentDelivery: [200, 800],
	/** From the end of the script, or of a cancelled one, to the status being known. */
	agentReport: [200, 600],
	automationStart: [300, 1_200],
	automationStep: [100, 500],
	/** Automation looks at what it waits for at this interval. */
	automationPoll: [500, 1_500],
	/** From a change of capacity to the launch or termination it asks for. */
	scalingDecision: [500, 2_000],
	/** How long an instance stays in a `*:Proceed` state. */
	lifecycleProceed: [300, 1_200],
	/** From an instance being dead to Auto Scaling noticing. */
	healthCheck: [20_000, 60_000],
	/** From SetAlarmState to the next evaluation, which puts an alarm back where its metric has it. */
	alarmEvaluation: [10_000, 60_000],
	/** From a recorded change, or the call that asks for it, to a rule being invoked for it. */
	configRuleInvocation: [1_000, 5_000],
	/** From a rule's invocation to its results being on record. */
	configRuleEvaluation: [1_000, 4_000],
	/** From a calendar's transition to its event: AWS allows itself 15 minutes. */
	calendarEvent: [1_000, 60_000],
	/** From a maintenance window's opening to its first tasks. */
	maintenanceWindow: [1_000, 10_000],
	/** From an association being due to the agents' hearing of it. */
	association: [1_000, 10_000],
	/** From an agent's being allowed to speak to Systems Manager to its doing so: it tries again and again. */
	agentRetry: [30_000, 300_000],
	/** From a policy of a parameter being due to its effect. */
	parameterPolicy: [60_000, 600_000],
	/** From StartSession to the shell on the node. */
	session: [500, 2_000],
	/** From a call to its event, where a trail brings it to EventBridge. */
	trailEvent: [1_000, 30_000],
	/** From a change in inventory to its object in the bucket of a resource data sync. */
	dataSync: [2_000, 20_000],
} as const satisfies Record<string, Range>;

/** Lists (commands, invocations, automation executions) show a new entry only after this. The calls are eventually consistent. */
export const LIST_LAG_MS = 1_000;

/** The agent pings every five minutes: a node that went silent is reported `ConnectionLost` only then. */
export const CONNECTION_LOST_AFTER_MS = 300_000;

/** EC2 forgets a terminated instance after about an hour. */
export const TERMINATED_KEPT_MS = 3_600_000;

/** After launches that ended in ABANDON one after the other, Auto Scaling waits ever longer before it tries again. */
export const FAILED_LAUNCH_BACKOFF_MS = { first: 15_000, most: 300_000 } as const;

/** An instance whose launch was abandoned goes through the group's termination hooks like any other. */
export const HOOKS_AFTER_ABANDONED_LAUNCH = true;

/** EventBridge events of Run Command and Automation: AWS's event reference spells `Canceled`, its API `Cancelled`. */
export const CANCELLED_IN_EVENTS = 'Canceled';

/** Automations running at once; later ones are `Pending`, up to the queue's length (Systems Manager quotas). */
export const CONCURRENT_AUTOMATIONS = 100;
export const QUEUED_AUTOMATIONS = 5_000;

/** A throttle lets this many calls through at once before its rate applies, where its rate is lower. */
export const THROTTLE_BURST = 3;

export interface Quota {
	/** These operations share one token bucket. */
	readonly operations: readonly string[];
	readonly perSecond: number;
}

/** Transactions per second that the Systems Manager quotas page publishes. */
export const SSM_QUOTAS: readonly Quota[] = [
	{ operations: ['StartAutomationExecution'], perSecond: 1 },
	{ operations: ['StopAutomationExecution'], perSecond: 1 },
	{ operations: ['GetAutomationExecution'], perSecond: 3 },
	{ operations: ['DescribeAutomationExecutions'], perSecond: 3 },
	{ operations: ['DescribeAutomationStepExecutions'], perSecond: 3 },
	{ operations: ['GetParameter', 'GetParameters', 'GetParametersByPath'], perSecond: 40 },
	{ operations: ['PutParameter'], perSecond: 3 },
	{ operations: ['DescribeParameters'], perSecond: 3 },
	{ operations: ['GetParameterHistory'], perSecond: 3 },
	{ operations: ['LabelParameterVersion'], perSecond: 3 },
	{ operations: ['UnlabelParameterVersion'], perSecond: 3 },
	{ operations: ['DeleteParameter', 'DeleteParameters'], perSecond: 3 },
	{ operations: ['CreateAssociation'], perSecond: 3 },
	{ operations: ['UpdateAssociation'], perSecond: 3 },
	{ operations: ['DeleteAssociation'], perSecond: 2 },
	{ operations: ['DescribeAssociation'], perSecond: 2 },
	{ operations: ['StartAssociationsOnce'], perSecond: 2 },
	{ operations: ['ListAssociations'], perSecond: 4 },
	{ operations: ['StartSession'], perSecond: 3 },
	{ operations: ['TerminateSession'], perSecond: 6 },
	{ operations: ['ResumeSession'], perSecond: 6 },
	{ operations: ['DescribeSessions'], perSecond: 6 },
	{ operations: ['GetConnectionStatus'], perSecond: 50 },
];

/** Transactions per second that the CloudWatch quotas page publishes. */
export const CLOUDWATCH_QUOTAS: readonly Quota[] = [
	{ operations: ['DescribeAlarms'], perSecond: 9 },
	{ operations: ['DescribeAlarmContributors'], perSecond: 9 },
	{ operations: ['DescribeAlarmHistory'], perSecond: 20 },
	{ operations: ['PutMetricAlarm'], perSecond: 3 },
	{ operations: ['PutCompositeAlarm'], perSecond: 3 },
	{ operations: ['PutLogAlarm'], perSecond: 3 },
	{ operations: ['SetAlarmState'], perSecond: 3 },
	{ operations: ['DeleteAlarms'], perSecond: 3 },
	{ operations: ['EnableAlarmActions'], perSecond: 3 },
	{ operations: ['DisableAlarmActions'], perSecond: 3 },
	{ operations: ['PutAlarmMuteRule'], perSecond: 3 },
	{ operations: ['DeleteAlarmMuteRule'], perSecond: 3 },
	{ operations: ['GetAlarmMuteRule'], perSecond: 20 },
	{ operations: ['ListAlarmMuteRules'], perSecond: 50 },
];

/** Calls per second of CloudTrail's event history (API reference of LookupEvents). */
export const CLOUDTRAIL_QUOTAS: readonly Quota[] = [{ operations: ['LookupEvents'], perSecond: 2 }];

/** Calls show in the event history only after this. */
export const CLOUDTRAIL_LAG_MS = 180_000;

/** Configuration items follow a change of their resource only after this. */
export const CONFIG_RECORDING_LAG_MS = 90_000;

/** Transitions of a calendar that follow one another faster than this have no event. */
export const CALENDAR_EVENTS_APART_MS = 300_000;

/** Milliseconds, drawn from the world's chance. */
export function within(clock: Clock, [from, to]: Range): number {
	return Math.round(from + clock.random() * (to - from));
}
