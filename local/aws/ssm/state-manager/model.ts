/** Associations of State Manager, and what comes of them. */

import type { AssociationComplianceSeverity, InstanceAssociationOutputLocation, Target } from '@aws-sdk/client-ssm';
import type { NodeRun } from '../node-run.ts';
import type { Schedule } from '../schedule/schedule.ts';

/** One version of an association. */
export interface AssociationSettings {
	/** A Command document, by name or ARN. */
	readonly document: string;
	readonly documentVersion: string;
	readonly parameters: Readonly<Record<string, string[]>>;
	readonly targets: readonly Target[];
	readonly name?: string;
	/** `cron(...)`, `rate(...)`, `at(...)`; absent for one that runs once, and on new nodes. */
	readonly schedule?: string;
	readonly offsetDays?: number;
	readonly durationHours?: number;
	readonly maxErrors: string;
	readonly maxConcurrency: string;
	readonly severity: AssociationComplianceSeverity;
	readonly sync: 'AUTO' | 'MANUAL';
	readonly onlyAtCron: boolean;
	readonly calendars: readonly string[];
	readonly output?: InstanceAssociationOutputLocation;
	readonly dispatchRole?: string;
}

export type NodeStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Skipped';

/** An association on one node in one execution. */
export interface NodeExecution {
	readonly nodeId: string;
	/** As the id of a command. */
	readonly runId: string;
	status: NodeStatus;
	at: number;
	endedAt?: number;
	run?: NodeRun;
}

export interface AssociationExecution {
	readonly id: string;
	/** Empty until it begins. */
	version: string;
	readonly createdAt: number;
	readonly nodes: Map<string, NodeExecution>;
	status: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut';
	at: number;
	endedAt?: number;
}

export interface Association {
	readonly id: string;
	readonly createdAt: number;
	readonly tags: Map<string, string>;
	/** The oldest first. */
	readonly versions: AssociationSettings[];
	/** The oldest first. */
	readonly executions: AssociationExecution[];
	/** How it went last on each node. */
	readonly states: Map<string, NodeExecution>;
	updatedAt: number;
	plan?: Schedule;
	/** Of the state of all nodes. */
	status: 'Pending' | 'Success' | 'Failed';
	lastAt?: number;
	lastSuccessAt?: number;
}

export function settingsOf({ versions }: Association): AssociationSettings {
	const settings = versions.at(-1);
	if (!settings) throw new Error('An association has at least one version.');
	return settings;
}

/** Of the API's statuses of an association on a node: what is neither done nor failed is pending. */
export function coarse(status: NodeStatus): 'Pending' | 'Success' | 'Failed' {
	if (status === 'Success') return status;
	return status === 'Failed' || status === 'TimedOut' ? 'Failed' : 'Pending';
}

/** How many nodes are in which state. */
export function countsOf({ states }: Pick<Association, 'states'>): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { status } of states.values()) counts[coarse(status)] = (counts[coarse(status)] ?? 0) + 1;
	return counts;
}

export function isNodeOver({ endedAt }: NodeExecution): boolean {
	return endedAt !== undefined;
}
