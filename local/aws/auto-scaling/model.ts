/** What an Auto Scaling group is made of. */

import type { Machine } from '../ec2-machine.ts';

export const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';
export const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';
export type Transition = typeof TERMINATING | typeof LAUNCHING;

/** Where an instance comes from or goes to, in lifecycle events. */
export type Place = 'EC2' | 'AutoScalingGroup' | 'WarmPool';
export type LifecycleResult = 'CONTINUE' | 'ABANDON';

export type LifecycleState =
	| 'Pending'
	| 'Pending:Wait'
	| 'Pending:Proceed'
	| 'InService'
	| 'EnteringStandby'
	| 'Standby'
	| 'Terminating'
	| 'Terminating:Wait'
	| 'Terminating:Proceed'
	| 'Terminating:Retained'
	| 'Terminated'
	| 'Warmed:Pending'
	| 'Warmed:Pending:Wait'
	| 'Warmed:Pending:Proceed'
	| 'Warmed:Stopped'
	| 'Warmed:Running'
	| 'Warmed:Terminating'
	| 'Warmed:Terminating:Wait'
	| 'Warmed:Terminating:Proceed'
	| 'Warmed:Terminating:Retained'
	| 'Warmed:Terminated';

export interface Hook {
	readonly name: string;
	readonly transition: Transition;
	/** 30 to 7,200. */
	readonly heartbeatTimeoutSeconds: number;
	readonly defaultResult: LifecycleResult;
	readonly metadata?: string;
	readonly notificationTargetArn?: string;
	readonly roleArn?: string;
}

/** One hook waiting for one instance. */
export interface LifecycleAction {
	readonly hook: Hook;
	readonly token: string;
	/** Epoch milliseconds. No heartbeat carries the wait beyond `globalDeadlineAt`. */
	readonly startedAt: number;
	readonly globalDeadlineAt: number;
	deadlineAt: number;
	cancelTimer: () => void;
}

/** All hooks of one transition of one instance; they wait at the same time, each with its own token and timers. */
export interface Wait {
	readonly transition: Transition;
	readonly actions: Map<string, LifecycleAction>;
	readonly done: (result: LifecycleResult, why: string) => void;
}

export interface Activity {
	readonly id: string;
	readonly group: string;
	readonly instanceId: string;
	readonly description: string;
	readonly cause: string;
	readonly startedAt: number;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly origin: Place;
	readonly destination: Place;
	endedAt?: number;
	status: 'InProgress' | 'MidLifecycleAction' | 'Successful' | 'Failed' | 'Cancelled';
	statusMessage: string;
}

export interface Member {
	readonly instanceId: string;
	readonly group: Group;
	state: LifecycleState;
	health: 'Healthy' | 'Unhealthy';
	protectedFromScaleIn: boolean;
	wait?: Wait;
	activity?: Activity;
}

export interface WarmPool {
	minSize: number;
	maxPrepared?: number;
	poolState: 'Stopped' | 'Running';
	reuseOnScaleIn: boolean;
}

export interface Group {
	readonly name: string;
	readonly arn: string;
	readonly createdAt: number;
	readonly availabilityZones: readonly string[];
	readonly hooks: Map<string, Hook>;
	readonly members: Map<string, Member>;
	/** The newest first. */
	readonly activities: Activity[];
	/** What the launch template boots. */
	readonly machine: Machine;
	readonly tags: Map<string, string>;
	/** Keys of the tags that its instances do not get at launch. */
	readonly notPropagated: ReadonlySet<string>;
	/** What differs on the next launches, one entry each. */
	readonly nextLaunches: Machine[];
	min: number;
	max: number;
	desired: number;
	warmPool?: WarmPool;
	retainOnAbandon: boolean;
	/** Launches abandoned one after the other, and when the next may be tried. */
	failedLaunches: number;
	launchNotBefore: number;
	planned: boolean;
}

/** The longest a hook can wait: 48 hours or 100 times its heartbeat timeout, whichever is less. */
export function globalTimeoutSeconds(hook: Pick<Hook, 'heartbeatTimeoutSeconds'>): number {
	return Math.min(172_800, 100 * hook.heartbeatTimeoutSeconds);
}

export function isWarmed(state: LifecycleState): boolean {
	return state.startsWith('Warmed:');
}

export function isLeaving(state: LifecycleState): boolean {
	return state.includes('Terminat');
}

/** Whether an instance in this state counts towards the group's desired capacity. */
export function countsTowardsCapacity(state: LifecycleState): boolean {
	return state === 'InService' || state.startsWith('Pending');
}
