/** A command, and what becomes of it on each node. */

import type { CloudWatchOutputConfig, NotificationConfig, Target } from '@aws-sdk/client-ssm';
import type { DocumentVersion, StoredDocument } from './documents.ts';
import type { NodeRun } from './node-run.ts';
import type { Value } from './values.ts';

export type InvocationStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelled' | 'Cancelling';
export type CommandStatus = InvocationStatus;

export interface Invocation {
	readonly instanceId: string;
	status: InvocationStatus;
	details: string;
	/** The agent took it up. */
	acknowledgedAt?: number;
	endedAt?: number;
	run?: NodeRun;
}

export interface Command {
	readonly id: string;
	readonly document: StoredDocument;
	readonly version: DocumentVersion;
	/** As given. */
	readonly parameters: Readonly<Record<string, string[]>>;
	/** With defaults and types. */
	readonly values: Readonly<Record<string, Value>>;
	readonly instanceIds: readonly string[];
	readonly targets: readonly Target[];
	readonly comment: string;
	readonly requestedAt: number;
	readonly timeoutSeconds: number;
	readonly expiresAt: number;
	readonly maxConcurrency: string;
	readonly maxErrors: string;
	readonly output: { readonly bucket?: string; readonly prefix?: string; readonly cloudWatch?: CloudWatchOutputConfig };
	readonly serviceRole?: string;
	readonly notification?: NotificationConfig;
	readonly invocations: ReadonlyMap<string, Invocation>;
	status: CommandStatus;
	details: string;
	cancelling: boolean;
	/** How many nodes the ramp has reached. */
	allowed: number;
	ramping: boolean;
	readonly timers: (() => void)[];
}

/** Shares of a command's nodes: `10` or `10%`. Of a percentage of nodes the fraction is dropped. */
export function share(value: string, of: number): number {
	return value.endsWith('%') ? Math.floor((Number(value.slice(0, -1)) * of) / 100) : Number(value);
}

export function isOver(invocation: Invocation): boolean {
	return invocation.endedAt !== undefined;
}

export function errorCount(command: Command): number {
	return count(command, ['Failed', 'ExecutionTimedOut']);
}

export function count(command: Command, details: readonly string[]): number {
	return [...command.invocations.values()].filter((invocation) => details.includes(invocation.details)).length;
}
