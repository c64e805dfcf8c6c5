/** What is in the events that playbooks are for, as far as patterns and paths can be checked against it. */

import type { PlaybookOn } from './types.ts';

/** What AWS documents of an event's detail. */
export interface EventShape {
	/** How messages call such an event. */
	readonly event: string;
	/** Fields of `detail` that hold text. */
	readonly texts: readonly string[];
	/** Fields of `detail` that have fields of their own. */
	readonly objects: readonly string[];
	/** Where the event can be lost and the sweep finds what it was about: the paths that lead somewhere even then. */
	readonly sweep?: { readonly finds: string; readonly knows: ReadonlySet<string> };
}

/**
 * The lifecycle action events of EC2 Auto Scaling: the first five fields are always there, Origin and Destination may be absent, and
 * NotificationMetadata is there only where the hook sets it. No Describe call returns the last four.
 */
const LIFECYCLE: EventShape = {
	event: 'a lifecycle event',
	texts: [
		'AutoScalingGroupName',
		'LifecycleHookName',
		'EC2InstanceId',
		'LifecycleTransition',
		'LifecycleActionToken',
		'Origin',
		'Destination',
		'NotificationMetadata',
	],
	objects: [],
	sweep: {
		finds: 'instance',
		knows: new Set([
			'$.account',
			'$.region',
			'$.detail.AutoScalingGroupName',
			'$.detail.LifecycleHookName',
			'$.detail.EC2InstanceId',
			'$.detail.LifecycleTransition',
		]),
	},
};

/** `CloudWatch Alarm State Change`, and `CloudWatch Alarm Contributor State Change`, which alone has the last field. */
const ALARM: EventShape = {
	event: 'an alarm event',
	texts: ['alarmName'],
	objects: ['state', 'previousState', 'configuration', 'muteDetail', 'alarmContributor'],
};

/** `Config Rules Compliance Change`; oldEvaluationResult is absent at the first evaluation. */
const NONCOMPLIANT: EventShape = {
	event: 'a compliance event',
	texts: [
		'configRuleName',
		'configRuleARN',
		'resourceType',
		'resourceId',
		'awsAccountId',
		'awsRegion',
		'notificationCreationTime',
		'messageType',
		'recordVersion',
	],
	objects: ['newEvaluationResult', 'oldEvaluationResult'],
	sweep: {
		finds: 'resource',
		knows: new Set([
			'$.account',
			'$.region',
			'$.detail.configRuleName',
			'$.detail.resourceType',
			'$.detail.resourceId',
			'$.detail.awsAccountId',
			'$.detail.awsRegion',
			'$.detail.newEvaluationResult.complianceType',
		]),
	},
};

/** What is known of a session, be it by CloudTrail's event or by the list: see shared/kinds/session/event.ts. */
const SESSION: EventShape = { event: 'a session', texts: ['target', 'owner', 'documentName', 'reason'], objects: [] };

/** There is no event: what is run on nodes that break a rule is the same for all of them. */
const INVENTORY: EventShape = { event: 'a rule for software', texts: [], objects: [] };

/** Undefined where the detail can be anything. */
export const SHAPES: Readonly<Record<PlaybookOn, EventShape | undefined>> = {
	'instance-terminating': LIFECYCLE,
	'instance-launching': LIFECYCLE,
	alarm: ALARM,
	noncompliant: NONCOMPLIANT,
	event: undefined,
	request: undefined,
	session: SESSION,
	inventory: INVENTORY,
};
