/** Tasks of Automation and Lambda: one run for each resource, or a single one where the task has no targets. */

import type { AwsContext } from '../../types.ts';
import type { ExecutionStatus } from '../automation/model.ts';
import type { StartAutomation } from '../automation/starting.ts';
import { nodeArn } from '../hybrid.ts';
import { idsIn, nodesOf } from '../node-targets.ts';
import type { Nodes } from '../nodes.ts';
import type { Job, JobEnd, JobMaker, JobScope, Started } from './job.ts';
import type { WindowTarget } from './model.ts';
import { filled, pseudoParameters, type Subject } from './pseudo-parameters.ts';
import type { TaskRights } from './task-role.ts';

export interface AutomationDeps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly rights: TaskRights;
	readonly startAutomation: StartAutomation;
}

/** The end of a function's invocation. */
export interface FunctionEnd {
	readonly ok: boolean;
	readonly message?: string;
}

/** Invokes a function by name and waits for its end. @throws Error where there is no such function. */
export type InvokeFunction = (name: string, payload: unknown) => Promise<FunctionEnd>;

export interface LambdaDeps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly rights: TaskRights;
	readonly invoke: InvokeFunction;
}

const AUTOMATION_ENDS: Partial<Record<ExecutionStatus, JobEnd>> = {
	Success: 'SUCCESS',
	Failed: 'FAILED',
	TimedOut: 'TIMED_OUT',
	Cancelled: 'CANCELLED',
};

export function automationTasks({ ctx, nodes, rights, startAutomation }: AutomationDeps): JobMaker {
	return eachResource(ctx, nodes, {
		settings: ({ run: { task } }) => ({ documentName: task.arn, ...task.invocation.Automation }),
		start({ run: { task }, session }, { documentName, ...settings }, ended) {
			const input = { ...settings, DocumentName: task.arn };
			rights.check(session, 'StartAutomationExecution', input);
			const executionId = startAutomation(input, session, ({ status, message }) => ended(AUTOMATION_ENDS[status] ?? 'FAILED', message));
			// How it stands a window asks in the name of the role too (user guide, the policy of a role for window tasks).
			rights.check(session, 'GetAutomationExecution', { AutomationExecutionId: executionId });
			return { executionId };
		},
	});
}

export function lambdaTasks({ ctx, nodes, rights, invoke }: LambdaDeps): JobMaker {
	return eachResource(ctx, nodes, {
		settings: ({ run: { task } }) => ({ payload: payloadOf(task.invocation.Lambda?.Payload) }),
		start({ run: { task }, session }, { payload }, ended) {
			const name = /:function:([^:]+)/.exec(task.arn)?.[1] ?? task.arn;
			rights.checkInvoke(session, name);
			invoke(name, payload).then(
				({ ok, message }) => ended(ok ? 'SUCCESS' : 'FAILED', message),
				(error: Error) => ended('FAILED', error.message),
			);
			return { executionId: ctx.uuid() };
		},
	});
}

interface Kind<T> {
	settings(scope: JobScope): T;
	/** @param settings with pseudo parameters in their places. */
	start(scope: JobScope, settings: T, ended: (how: JobEnd, details?: string) => void): Started;
}

/** What runs goes on beyond the cutoff: only Run Command can be cancelled (API reference, CutoffBehavior). */
function eachResource<T>(ctx: AwsContext, nodes: Nodes, { settings, start }: Kind<T>): JobMaker {
	function job(scope: JobScope, target?: WindowTarget, id?: string): Job {
		const subject: Subject | undefined = id === undefined ? undefined : subjectOf(ctx, target, id);
		const settingsOf = (invocationId: string) => filled(settings(scope), pseudoParameters(scope, invocationId, target?.id, subject));
		return {
			...(target && { target }),
			parameters: (invocationId) => JSON.stringify(settingsOf(invocationId)),
			start: (invocationId, ended) => start(scope, settingsOf(invocationId), ended),
		};
	}

	return {
		jobs(scope) {
			const { targets } = scope.run.task;
			if (targets.length === 0) return [job(scope)];
			return scope.targets.flatMap((target) => {
				const named = target?.targets ?? targets;
				const found = nodesOf(nodes, named).map(({ id }) => id);
				return [...new Set([...found, ...idsIn(named)])].map((id) => job(scope, target, id));
			});
		},
		atOnce: false,
		cancellable: false,
	};
}

/** Within a resource group a target is known by its ARN. */
function subjectOf(ctx: AwsContext, target: WindowTarget | undefined, resourceId: string): Subject {
	const { resourceType: targetType = 'INSTANCE' } = target ?? {};
	return { resourceId, targetId: targetType === 'RESOURCE_GROUP' ? nodeArn(ctx, resourceId) : resourceId, targetType };
}

/** A payload is a blob: JSON, as bytes or in base 64. */
function payloadOf(blob: Uint8Array | undefined): unknown {
	return blob === undefined ? {} : JSON.parse(Buffer.from(blob).toString('utf8'));
}
