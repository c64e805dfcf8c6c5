/** How runs of patch windows stand: the run, its tasks, and what is known of the runs before. */

import {
	DescribeMaintenanceWindowExecutionTaskInvocationsCommand,
	DescribeMaintenanceWindowExecutionTasksCommand,
	DescribeMaintenanceWindowTargetsCommand,
	type MaintenanceWindowExecution,
	type MaintenanceWindowExecutionTaskIdentity,
} from '@aws-sdk/client-ssm';
import { requestIdOf } from '../errors.ts';
import { isEnd } from '../kinds/patch/event.ts';
import { verdictAt } from '../kinds/patch/timers.ts';
import type { Grant, PatchOperation } from '../kinds/patch/types.ts';
import type { Effect, Fact, WindowRunFact } from '../operation/facts.ts';
import { operationId } from '../operation/ids.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import { PATCH_DOCUMENT, patchTarget } from './task.ts';
import { PAGE, runsOf, startOf } from './windows.ts';

/** Runs before this one that are looked at for their OpsItem: AWS does not say for how long it keeps them. Milliseconds. */
const REMEMBERED = 35 * 86_400_000;

/** Keeps what finds a call that changes something, for the history. */
export type Called = <T>(call: Promise<T>) => Promise<T>;

/** The facts about operations, asked one after another: there is one a window. */
export function oneByOne(
	effect: Effect['name'],
	ask: (services: Services, operation: PatchOperation, called: Called) => Promise<Fact>,
): Perform<PatchOperation> {
	return async (services, operations) => {
		const facts = new Map<string, Fact>();
		for (const operation of operations) {
			const calls: string[] = [];
			const called: Called = async (call) => {
				const output = await call;
				calls.push(requestIdOf(output) ?? '');
				return output;
			};
			const fact = await ask(services, operation, called).catch((error) => notDone(effect, error));
			facts.set(operation.id, calls.length > 0 && (fact.type === 'done' || fact.type === 'not-done') ? { ...fact, calls } : fact);
		}
		return facts;
	};
}

/** Who has opened a ring says so in what AWS calls the owner information of its target. */
export function ownerText({ operation, startedAt }: Grant): string {
	return `${operation} ${new Date(startedAt).toISOString()}`;
}

function grantFrom(owner = ''): Grant | undefined {
	const [operation = '', at = ''] = owner.split(' ');
	const startedAt = Date.parse(at);
	return operation === '' || Number.isNaN(startedAt) ? undefined : { operation, startedAt };
}

export const lookAtRun = oneByOne('look-at-run', async (services, operation): Promise<Fact> => {
	const { subject, window } = operation;
	const runs = await runsOf(services, subject.windowId, window.startedAt - REMEMBERED);
	const run = runs.find(({ WindowExecutionId }) => WindowExecutionId === subject.executionId);
	if (run === undefined) {
		return { type: 'not-done', effect: 'look-at-run', why: 'retry', message: 'Systems Manager does not list this run of the window' };
	}
	const { Status: status = '', StatusDetails: details, EndTime: endedAt } = run;
	const isFirst = window.tasks === undefined;
	const isOver = isEnd(status) || window.endedAt !== undefined || services.now() >= verdictAt(window);
	const [tasks, granted, opsItemId] = [
		await tasksOf(services, operation, isOver),
		await grantOf(services, operation),
		isFirst ? await itemBefore(services, operation, runs) : undefined,
	];
	const { requestId, ...found } = tasks;
	const looked = { ...found, ...(granted && { granted }), ...(opsItemId !== undefined && { opsItemId }) };
	return { type: 'window-run', status, details, endedAt: endedAt?.getTime(), looked, requestId };
});

type Looked = NonNullable<WindowRunFact['looked']>;

async function tasksOf(
	{ aws }: Services,
	{ subject }: PatchOperation,
	isOver: boolean,
): Promise<Looked & { requestId: string | undefined }> {
	const WindowExecutionId = subject.executionId;
	const output = await aws.ssm.send(new DescribeMaintenanceWindowExecutionTasksCommand({ WindowExecutionId, MaxResults: PAGE }));
	const tasks = output.WindowExecutionTaskIdentities ?? [];
	const commands: string[] = [];
	for (const { TaskExecutionId: TaskId, TaskArn } of isOver ? tasks : []) {
		if (TaskArn !== PATCH_DOCUMENT) continue;
		const input = { WindowExecutionId, TaskId, MaxResults: PAGE };
		const { WindowExecutionTaskInvocationIdentities: started = [] } = await aws.ssm.send(
			new DescribeMaintenanceWindowExecutionTaskInvocationsCommand(input),
		);
		commands.push(...started.flatMap(({ ExecutionId }) => ExecutionId ?? []));
	}
	return { tasks: tasks.length, troubles: tasks.flatMap(troubleOf), commands, requestId: requestIdOf(output) };
}

function troubleOf({ TaskArn, Status, StatusDetails, StartTime }: MaintenanceWindowExecutionTaskIdentity): string[] {
	if (Status === undefined || !isEnd(Status) || Status === 'SUCCESS') return [];
	const never = StartTime === undefined ? ', never started' : '';
	return [`task ${TaskArn}: ${Status}${never}${StatusDetails ? `, ${StatusDetails}` : ''}`];
}

/** What has opened the window's ring: asked while it may still be open. */
async function grantOf({ aws }: Services, { subject, ring, granted }: PatchOperation): Promise<Grant | undefined> {
	if (ring.before === undefined || granted !== undefined) return granted;
	const { Name } = patchTarget({ name: subject.group });
	const output = await aws.ssm.send(new DescribeMaintenanceWindowTargetsCommand({ WindowId: subject.windowId, MaxResults: PAGE }));
	const target = output.Targets?.find((each) => each.Name === Name);
	return grantFrom(target?.OwnerInformation);
}

/** The OpsItem of the latest run before this one that had any, where that run did not resolve it. */
async function itemBefore(
	{ ledger }: Services,
	{ subject, window }: PatchOperation,
	runs: readonly MaintenanceWindowExecution[],
): Promise<string | undefined> {
	const before = runs.filter((run) => startOf(run) < window.startedAt);
	const ids = before.map(({ WindowExecutionId: executionId = '' }) => operationId({ ...subject, executionId }, 1));
	if (ids.length === 0) return undefined;
	const operations = await ledger.load(ids);
	const [last] = operations.filter(({ result }) => result?.opsItemId !== undefined).sort((one, other) => other.openedAt - one.openedAt);
	return last?.result?.resolved ? undefined : last?.result?.opsItemId;
}
