/** Starting, looking up and stopping Automation runbooks: one execution an operation, paced at the quota. */

import {
	type AutomationExecution,
	DescribeAutomationExecutionsCommand,
	GetAutomationExecutionCommand,
	ListTagsForResourceCommand,
	StartAutomationExecutionCommand,
	StopAutomationExecutionCommand,
} from '@aws-sdk/client-ssm';
import { describeError, requestIdOf } from '../errors.ts';
import type { Fact, WorkFact, WorkStatus } from '../operation/facts.ts';
import { uuidFrom } from '../operation/ids.ts';
import { notDone, notStarted, startFailed } from '../operation/not-done.ts';
import type { Services } from '../operation/services.ts';
import type { Operation, Work, WorkScope } from '../operation/types.ts';
import { inParallel } from '../parallel.ts';
import { SERVICE } from '../settings.ts';
import { stop } from './invocations.ts';
import { documentOf, parametersOf } from './naming.ts';

/** StartAutomationExecution is documented at one call a second. Milliseconds. */
const START_INTERVAL = 1_000;
/** How long one round goes on starting; the next one, or the next tick, takes the rest. Milliseconds. */
const START_BUDGET = 35_000;
/** GetAutomationExecution is documented at three calls a second. */
const CONCURRENT_LOOK_UPS = 3;

const TAG_KEY = `${SERVICE}:work:`;

/** An execution is found again by this tag key, whose name carries the work's id: executions filter by key alone. */
function tagKeyOf(work: Work): string {
	return TAG_KEY + work.id;
}

/** Starts one execution after another, a second apart; what AWS throttles, or no time is left for, waits for the clock. */
export async function startExecutions(services: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const facts = new Map<string, Fact>();
	const until = services.now() + START_BUDGET;
	let refusedForRate = false;
	for (const [index, operation] of operations.entries()) {
		if (refusedForRate || services.now() > until) {
			facts.set(operation.id, notStarted('throttled', 'StartAutomationExecution takes one call a second'));
			continue;
		}
		if (index > 0) await new Promise((resolve) => setTimeout(resolve, START_INTERVAL));
		const fact = await startExecution(services, operation, false);
		refusedForRate = fact.type === 'work-not-started' && fact.why === 'throttled';
		facts.set(operation.id, fact);
	}
	return facts;
}

/** The ClientToken follows from the work, so that a repeated call gives the execution of the first. */
async function startExecution(services: Services, operation: Operation, adopted: boolean): Promise<Fact> {
	const { work } = operation;
	if (work === undefined) return notStarted('taken', 'no work is on record');
	try {
		const output = await services.aws.ssm.send(
			new StartAutomationExecutionCommand({
				DocumentName: documentOf(services.settings, work),
				Parameters: parametersOf(operation, work),
				ClientToken: uuidFrom(work.id),
				Tags: [{ Key: tagKeyOf(work), Value: operation.id }],
				...(work.scope && scopeOf(work.scope)),
			}),
		);
		const externalId = output.AutomationExecutionId;
		if (externalId === undefined) return notStarted('unknown', 'AWS answered without an execution id');
		return { type: 'work-started', externalId, adopted, requestId: requestIdOf(output) };
	} catch (error) {
		return startFailed(error);
	}
}

function scopeOf({ targetParameter, targets, maxConcurrency, maxErrors }: WorkScope) {
	return {
		TargetParameterName: targetParameter,
		Targets: targets.map(({ key, values }) => ({ Key: key, Values: [...values] })),
		...(maxConcurrency !== undefined && { MaxConcurrency: maxConcurrency }),
		...(maxErrors !== undefined && { MaxErrors: maxErrors }),
	};
}

/**
 * Looks for executions whose reply never came: by tag, and where none is listed before the deadline by the same call with the same token.
 * @param paused the answer where none is listed while all starting is paused.
 */
export async function findExecutions(services: Services, operations: readonly Operation[], paused?: Fact): Promise<Map<string, Fact>> {
	const found = await inParallel(operations, 1, async (operation): Promise<[string, Fact]> => {
		try {
			const listed = await searchExecution(services, operation.work);
			if (listed !== undefined) return [operation.id, { type: 'work-started', externalId: listed, adopted: true }];
			// To look for an execution by its token is to start it, and that would be too late.
			if (services.now() >= operation.deadlineAt) return [operation.id, { type: 'work-not-found', certain: false }];
			if (paused !== undefined) return [operation.id, paused];
			const fact = await startExecution(services, operation, true);
			// A token that AWS refuses to take again says that the execution exists: the list will show it.
			const refused = fact.type === 'work-not-started' && fact.why === 'refused';
			return [operation.id, refused ? { type: 'work-not-found', certain: false } : fact];
		} catch (error) {
			return [operation.id, notDone('find-work', error, 'retry')];
		}
	});
	return new Map(found);
}

/** The work that an execution's tag names, or nothing where somebody else started it. Rejects with what the SDK throws. */
export async function workOfExecution({ aws }: Pick<Services, 'aws'>, ResourceId: string): Promise<string | undefined> {
	const { TagList = [] } = await aws.ssm.send(new ListTagsForResourceCommand({ ResourceType: 'Automation', ResourceId }));
	const key = TagList.find(({ Key = '' }) => Key.startsWith(TAG_KEY))?.Key;
	return key?.slice(TAG_KEY.length);
}

/** The execution that a work's tag names, where AWS lists it. */
export async function searchExecution({ aws }: Services, work: Work | undefined): Promise<string | undefined> {
	if (work === undefined) return undefined;
	const output = await aws.ssm.send(new DescribeAutomationExecutionsCommand({ Filters: [{ Key: 'TagKey', Values: [tagKeyOf(work)] }] }));
	return output.AutomationExecutionMetadataList?.[0]?.AutomationExecutionId;
}

const MEANING: Readonly<Record<string, WorkStatus>> = { Success: 'succeeded', CompletedWithSuccess: 'succeeded' };
const ENDED = new Set([
	'Success',
	'CompletedWithSuccess',
	'CompletedWithFailure',
	'Failed',
	'TimedOut',
	'Cancelled',
	'Canceled',
	'Rejected',
	'Exited',
]);

export async function lookUpExecutions(services: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const answers = await inParallel(
		operations,
		CONCURRENT_LOOK_UPS,
		async ({ id, work }): Promise<[string, Fact]> => [id, await lookUpExecution(services, work?.externalId)],
	);
	return new Map(answers);
}

/** How an execution stands; `unknown` where AWS does not say. */
export async function lookUpExecution({ aws }: Pick<Services, 'aws'>, AutomationExecutionId: string | undefined): Promise<WorkFact> {
	try {
		const output = await aws.ssm.send(new GetAutomationExecutionCommand({ AutomationExecutionId }));
		return executionFact(output.AutomationExecution ?? {}, requestIdOf(output));
	} catch (error) {
		return { type: 'work', status: 'unknown', details: describeError(error) };
	}
}

/** An execution as a fact; of a failure, the step that failed and why. */
export function executionFact(execution: AutomationExecution, requestId?: string): WorkFact {
	const { AutomationExecutionStatus: details = 'Unknown', FailureMessage, StepExecutions = [] } = execution;
	const status = ENDED.has(details) ? (MEANING[details] ?? 'failed') : 'running';
	const failed = StepExecutions.find(({ StepStatus }) => StepStatus === 'Failed' || StepStatus === 'TimedOut');
	const output =
		status === 'failed' ? [failed && `step ${failed.StepName}`, failed?.FailureMessage ?? FailureMessage].filter(Boolean).join(': ') : '';
	const endedAt = status === 'running' ? undefined : execution.ExecutionEndTime?.getTime();
	return {
		type: 'work',
		status,
		details,
		...(output && { output: output.slice(0, 600) }),
		...(endedAt !== undefined && { endedAt }),
		requestId,
	};
}

/** What StopAutomationExecution answers of an execution that has ended. */
const ALREADY_OVER = 'InvalidAutomationStatusUpdateException';

/** Automation has no execution timeout of its own: the clock stops it. */
export async function stopExecutions({ aws }: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const answers = await inParallel(
		operations,
		1,
		async ({ id, work }): Promise<[string, Fact]> => [
			id,
			await stop(
				() => aws.ssm.send(new StopAutomationExecutionCommand({ AutomationExecutionId: work?.externalId, Type: 'Cancel' })),
				ALREADY_OVER,
			),
		],
	);
	return new Map(answers);
}
