/** An execution of a runbook. */

import type { Session } from '../../iam/index.ts';
import type { DocumentVersion, StoredDocument } from '../documents.ts';
import type { Value } from '../values.ts';
import type { RunbookStep } from './document.ts';
import type { Scope } from './rate-control.ts';

export type ExecutionStatus = 'Pending' | 'InProgress' | 'Success' | 'TimedOut' | 'Cancelling' | 'Cancelled' | 'Failed';

export interface StepRun {
	readonly step: RunbookStep;
	readonly id: string;
	status: ExecutionStatus;
	inputs: Readonly<Record<string, Value>>;
	outputs: Record<string, Value>;
	attempts: number;
	response?: unknown;
	responseCode?: number;
	failureMessage?: string;
	startedAt?: number;
	endedAt?: number;
}

export interface Execution {
	readonly id: string;
	readonly document: StoredDocument;
	readonly version: DocumentVersion;
	/** As given. */
	readonly parameters: Readonly<Record<string, string[]>>;
	/** With defaults and types. */
	readonly values: Readonly<Record<string, Value>>;
	readonly steps: readonly StepRun[];
	readonly tags: Map<string, string>;
	readonly requestedAt: number;
	readonly executedBy: string;
	/** The role that its steps work in; absent where somebody started it who may do anything, and it names none. */
	readonly session?: Session;
	status: ExecutionStatus;
	startedAt: number;
	endedAt?: number;
	failureMessage?: string;
	outputs: Record<string, string[]>;
	/** A step that counts has failed, and the runbook went on all the same. */
	failedMeanwhile: boolean;
	stopping?: 'Cancel' | 'Complete';
	/** Stops the step that runs. */
	stopStep?: () => void;
	/** It runs no steps of its own, but the runbook once for each target. */
	readonly scope?: Scope;
	/** It is such a run. */
	readonly parent?: { readonly id: string; readonly target: string };
	/** Told when it is over. */
	onEnd?: () => void;
}

export function isExecutionOver(execution: Execution): boolean {
	return execution.endedAt !== undefined;
}
