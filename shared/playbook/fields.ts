/**
 * The fields of `detail` in the lifecycle action events of EC2 Auto Scaling. The first five are always there. Origin and
 * Destination may be absent, and NotificationMetadata is there only where the hook sets it.
 */
export const LIFECYCLE_FIELDS = [
	'AutoScalingGroupName',
	'LifecycleHookName',
	'EC2InstanceId',
	'LifecycleTransition',
	'LifecycleActionToken',
	'Origin',
	'Destination',
	'NotificationMetadata',
] as const;

/** What an instance that the sweep found, its event lost, cannot supply: no Describe call of Auto Scaling returns them. */
export const UNKNOWN_TO_SWEEP: ReadonlySet<string> = new Set(['LifecycleActionToken', 'Origin', 'Destination', 'NotificationMetadata']);

/** Paths that a parameter can take besides `$.detail.<field>`. */
export const ENVELOPE_PATHS = ['$.account', '$.region'] as const;

/** A parameter value of this beginning is a path into the event. */
export const PATH_START = '$.';
export const DETAIL_PATH_START = '$.detail.';
