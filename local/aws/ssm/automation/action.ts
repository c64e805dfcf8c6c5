/** What an Automation action is: one file each under `actions/`, listed in `actions/index.ts`. */

import type { AwsContext } from '../../types.ts';
import type { Command } from '../command-model.ts';
import type { Value } from '../values.ts';

export interface ActionResult {
	readonly status: 'Success' | 'Failed' | 'TimedOut';
	/** Named by the action itself. */
	readonly outputs?: Readonly<Record<string, Value>>;
	/** What the step's own `outputs` select from. */
	readonly response?: unknown;
	readonly responseCode?: number;
	/** Why it failed. */
	readonly message?: string;
	/** Where a branch leads. */
	readonly nextStep?: string;
}

/** The rest of AWS, as a runbook reaches it. */
export interface AutomationServices {
	/** Calls an operation by the names that `aws:executeAwsApi` uses (`ec2`, `StopInstances`). The answer is plain JSON. */
	call(service: string, api: string, input: Readonly<Record<string, Value>>): Promise<unknown>;
	sendCommand(input: Readonly<Record<string, Value>>): Command;
	cancelCommand(command: Command): void;
	onCommandEnd(command: Command, listener: () => void): void;
}

export interface ActionRun {
	readonly ctx: AwsContext;
	/** With every reference filled in. */
	readonly inputs: Readonly<Record<string, Value>>;
	readonly services: AutomationServices;
	/** Ends the step. Only the first call counts, and none after the step was cancelled. */
	readonly done: (result: ActionResult) => void;
}

/** Starts the action. What it throws fails the step; the function it returns stops it. */
export type Action = (run: ActionRun) => (() => void) | undefined;

/** @throws Error naming an input that is missing. */
export function required(inputs: Readonly<Record<string, Value>>, name: string): Value {
	const value = inputs[name];
	if (value === undefined || value === null || value === '') throw new Error(`The input ${name} is missing.`);
	return value;
}

/** A list, from a list or a single value. */
export function list(value: Value | undefined): string[] {
	if (value === undefined || value === null) return [];
	return (Array.isArray(value) ? value : [value]).map(String);
}
