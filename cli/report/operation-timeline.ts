/** What happened to an operation, in the order in which it did, with every call to AWS that is on record. */

import type { Called, Operation, OperationKind } from '../../shared/operation/types.ts';

/** A call to AWS. */
export interface Call {
	/** As the SDK names it: `SSM`, `Auto Scaling`; absent where the history does not say. */
	readonly service?: string;
	/** `SendCommand`. */
	readonly operation?: string;
	readonly requestId: string;
	/** Of CloudTrail, where it was asked, and has it. */
	readonly eventId?: string;
	/** Who made the call, as CloudTrail has it: a function's role session has the function's name. */
	readonly by?: string;
}

export interface Entry {
	/** ISO 8601, UTC. */
	readonly at: string;
	readonly what: string;
	readonly why: string;
	readonly calls: readonly Call[];
}

/** The event that began it. */
export interface Began {
	readonly id: string;
	readonly source: string;
	readonly detailType: string;
	/** When it happened, as far as its event is kept. ISO 8601, UTC. */
	readonly time?: string;
}

/** Events of which nothing but their detail is kept. */
const EVENTS: Readonly<Partial<Record<OperationKind, readonly [source: string, detailType: string]>>> = {
	alarm: ['aws.cloudwatch', 'CloudWatch Alarm State Change'],
	compliance: ['aws.config', 'Config Rules Compliance Change'],
	patch: ['aws.ssm', 'Maintenance Window Execution State-change Notification'],
	association: ['aws.ssm', 'EC2 State Manager Association State Change'],
	state: ['aws.ssm', 'Configuration Compliance State Change'],
	session: ['aws.ssm', 'AWS API Call via CloudTrail'],
};

/** Undefined where no event did: the sweep, the clock or a person found it. */
export function beganBy({ kind, eventId, occasion, subject }: Operation): Began | undefined {
	if (eventId === undefined) return undefined;
	const [known, knownType] =
		subject.kind === 'lifecycle'
			? ['aws.autoscaling', `EC2 Instance-${subject.transition.endsWith('LAUNCHING') ? 'launch' : 'terminate'} Lifecycle Action`]
			: (EVENTS[kind] ?? []);
	const { source = known ?? 'unknown', 'detail-type': detailType = knownType ?? 'event', time } = occasion;
	return { id: eventId, source, detailType, ...(time !== undefined && { time }) };
}

/** Oldest first. */
export function timelineOf(operation: Operation): Entry[] {
	return operation.history.map(({ at, what, why, calls = [], ...line }) => ({
		...{ at, what, why },
		calls: [line, ...calls].flatMap(callOf),
	}));
}

function callOf({ requestId, call = '' }: Called): Call[] {
	if (requestId === undefined) return [];
	const [, service, operation] = /^(.+) (\S+)$/.exec(call) ?? [];
	return [{ ...(service !== undefined && operation !== undefined && { service, operation }), requestId }];
}
