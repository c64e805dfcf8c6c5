/** What `{{WINDOW_ID}}` and the like stand for in a task's parameters (user guide, "Using pseudo parameters"). */

import type { JobScope } from './job.ts';

export interface Subject {
	/** The node, or what stands for one. */
	readonly resourceId: string;
	/** Of a resource group its ARN. */
	readonly targetId: string;
	readonly targetType: string;
}

/** @param subject absent where a task has no target, and for Run Command, which has many at once. */
export function pseudoParameters(
	{ execution, run }: JobScope,
	invocationId: string,
	windowTargetId: string | undefined,
	subject?: Subject,
): ReadonlyMap<string, string> {
	return new Map([
		['WINDOW_ID', execution.window.id],
		['WINDOW_TASK_ID', run.task.id],
		['WINDOW_EXECUTION_ID', execution.id],
		['TASK_EXECUTION_ID', run.id],
		['INVOCATION_ID', invocationId],
		...(windowTargetId === undefined ? [] : [['WINDOW_TARGET_ID', windowTargetId] as const]),
		...(subject
			? ([
					['RESOURCE_ID', subject.resourceId],
					['TARGET_ID', subject.targetId],
					['TARGET_TYPE', subject.targetType],
				] as const)
			: []),
	]);
}

/** Puts the values in their places, in every text of `value`; what is not known stays as it stands. */
export function filled<T>(value: T, values: ReadonlyMap<string, string>): T {
	if (typeof value === 'string') {
		return value.replaceAll(/\{\{\s*([A-Z_]+)\s*\}\}/g, (whole, name: string) => values.get(name) ?? whole) as T;
	}
	if (Array.isArray(value)) return value.map((item) => filled(item, values)) as T;
	if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)])) as T;
}
