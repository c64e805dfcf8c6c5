/** How sent commands stand, node by node, and stopping them. */

import {
	CancelCommandCommand,
	type CommandInvocation,
	type CommandPlugin,
	ListCommandInvocationsCommand,
	type ListCommandInvocationsCommandInput,
} from '@aws-sdk/client-ssm';
import { describeError, requestIdOf } from '../errors.ts';
import { nodeOf } from '../kinds/subjects.ts';
import type { Fact, WorkFact, WorkStatus } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Services } from '../operation/services.ts';
import type { Operation } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { workOfComment } from './naming.ts';
import { CLOCK_SKEW, withoutMillis } from './run-command.ts';

/** Invocations of one page of ListCommandInvocations. */
const PAGE = 50;
/** How much of a node's output a reason quotes. Characters. */
const QUOTED = 300;

/** Nodes that are asked about at the same time, one by one. */
const CONCURRENT_LOOK_UPS = 3;

/** Of several commands for the same work, the first of these says how it stands: well, if any of them ended well. */
const TELLING: readonly WorkStatus[] = ['succeeded', 'running', 'unknown', 'failed', 'not-started', 'not-delivered'];

/** StatusDetails without spaces, lower case (the documentation spells them both ways), to what they mean for a node. */
const MEANING: Readonly<Record<string, WorkStatus>> = {
	pending: 'running',
	inprogress: 'running',
	delayed: 'running',
	cancelling: 'running',
	success: 'succeeded',
	deliverytimedout: 'not-delivered',
	undeliverable: 'not-delivered',
	// The parent stopped before this node's turn came.
	terminated: 'not-started',
};

/** What AWS's words (Status, or better StatusDetails) mean. Every other ending is a failure. */
export function meaningOf(statusDetails: string): WorkStatus {
	return MEANING[statusDetails.replaceAll(/\s/g, '').toLowerCase()] ?? 'failed';
}

export interface CommandReport {
	readonly comment: string | undefined;
	/** By instance id. */
	readonly nodes: ReadonlyMap<string, WorkFact>;
}

/** What is wanted of a command: all its invocations where nothing is said. */
export interface Wanted {
	/** Of one node. */
	readonly instanceId?: string | undefined;
	/** Those that stand so: a status of its filter. */
	readonly status?: string;
}

/** The invocations of a command. Rejects with what the SDK throws. */
export async function readCommand(
	services: Pick<Services, 'aws'>,
	commandId: string,
	{ instanceId, status }: Wanted = {},
): Promise<CommandReport> {
	const nodes = new Map<string, WorkFact>();
	let comment: string | undefined;
	for (const { invocation, fact } of await read(services, {
		CommandId: commandId,
		...(instanceId && { InstanceId: instanceId }),
		...(status && { Filters: [{ key: 'Status', value: status }] }),
	})) {
		comment ??= invocation.Comment;
		if (invocation.InstanceId) nodes.set(invocation.InstanceId, fact);
	}
	return { comment, nodes };
}

async function read(
	{ aws }: Pick<Services, 'aws'>,
	query: Pick<ListCommandInvocationsCommandInput, 'CommandId' | 'InstanceId' | 'Filters'>,
) {
	const found: { readonly invocation: CommandInvocation; readonly fact: WorkFact }[] = [];
	let NextToken: string | undefined;
	do {
		const output = await aws.ssm.send(
			new ListCommandInvocationsCommand({ ...query, Details: true, MaxResults: PAGE, ...(NextToken && { NextToken }) }),
		);
		const requestId = requestIdOf(output);
		for (const invocation of output.CommandInvocations ?? []) found.push({ invocation, fact: factOf(invocation, requestId) });
		NextToken = output.NextToken;
	} while (NextToken);
	return found;
}

function factOf(invocation: CommandInvocation, requestId: string | undefined): WorkFact {
	const details = invocation.StatusDetails ?? invocation.Status ?? 'Unknown';
	const status = meaningOf(details);
	const plugin = tellingPlugin(invocation.CommandPlugins ?? []);
	const output = lastLine(plugin?.Output);
	const finished = (invocation.CommandPlugins ?? []).flatMap(({ ResponseFinishDateTime }) => ResponseFinishDateTime?.getTime() ?? []);
	const outputUrl = plugin?.OutputS3BucketName && `s3://${plugin.OutputS3BucketName}/${plugin.OutputS3KeyPrefix ?? ''}`;
	return {
		type: 'work',
		status,
		details,
		...(plugin?.ResponseCode !== undefined && { exitCode: plugin.ResponseCode }),
		...(output && { output }),
		...(outputUrl && { outputUrl }),
		...(status !== 'running' && finished.length > 0 && { endedAt: Math.max(...finished) }),
		requestId,
	};
}

/** The step that failed, or else the last one that ran: a step for another platform is skipped with Success and no output. */
function tellingPlugin(plugins: readonly CommandPlugin[]): CommandPlugin | undefined {
	return (
		plugins.find(({ StatusDetails, Status }) => meaningOf(StatusDetails ?? Status ?? '') === 'failed') ??
		plugins.findLast(({ Output }) => Output !== undefined && Output !== '') ??
		plugins.at(-1)
	);
}

/** What the agent itself adds to a script's output. */
const AGENT_LINE = /^(-+ERROR-+|failed to run commands: exit status -?\d+)?$/;

/** The last line that the script wrote: mostly the one that says why. */
function lastLine(output = ''): string | undefined {
	const lines = output.split('\n').map((line) => line.trim());
	return lines.findLast((line) => !AGENT_LINE.test(line))?.slice(0, QUOTED);
}

/** One look-up for each command, whatever the number of its nodes that are asked about; and one for each node that was sent it again. */
export async function lookUpCommands(services: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const facts = new Map<string, WorkFact>();
	for (const [commandId, group] of groupBy(operations, ({ work }) => work?.externalId ?? '')) {
		const [only] = group.length === 1 ? group : [];
		try {
			const { nodes } = await readCommand(services, commandId, { instanceId: only && nodeOf(only) });
			const missing: WorkFact = { type: 'work', status: 'unknown', details: 'not listed yet' };
			for (const operation of group) facts.set(operation.id, nodes.get(nodeOf(operation)) ?? missing);
		} catch (error) {
			for (const { id } of group) facts.set(id, unanswered(error));
		}
	}
	await inParallel(operations, CONCURRENT_LOOK_UPS, async (operation) => {
		const last = facts.get(operation.id);
		if (last !== undefined && isDoubtful(operation, last))
			facts.set(operation.id, await lookUpAllSent(services, operation, last).catch(unanswered));
	});
	return facts;
}

function unanswered(error: unknown): WorkFact {
	return { type: 'work', status: 'unknown', details: describeError(error) };
}

/** The command is not the first for its work, and it has not ended well in time: one of those before it may have. */
function isDoubtful({ work, deadlineAt }: Operation, last: WorkFact): boolean {
	return work !== undefined && work.attempt > 1 && !(last.status === 'succeeded' && (last.endedAt ?? 0) < deadlineAt);
}

/**
 * How work stands that was sent to its node more than once, because a reply never came. The last command says nothing of those before
 * it: it may never have reached a node that had done the work by then.
 */
async function lookUpAllSent(services: Services, operation: Operation, last: WorkFact): Promise<WorkFact> {
	const { work, openedAt } = operation;
	const after = withoutMillis(openedAt - CLOCK_SKEW);
	const listed = await read(services, { InstanceId: nodeOf(operation), Filters: [{ key: 'InvokedAfter', value: after }] });
	const sent = listed.filter(({ invocation }) => workOfComment(invocation.Comment)?.id === work?.id).map(({ fact }) => fact);
	// The newest is listed first; the oldest has the most to say, where a node does the same only once.
	const facts = [last, ...sent];
	return TELLING.flatMap((status) => facts.findLast((fact) => fact.status === status) ?? [])[0] ?? last;
}

/** Stops a command on the nodes of operations. Best effort: AWS does not promise that the process stops. */
export async function cancelCommands(services: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const facts = new Map<string, Fact>();
	for (const [CommandId, group] of groupBy(operations, ({ work }) => work?.externalId ?? '')) {
		// A command on many nodes is one operation's, and stopped on all of them.
		const isFleet = group.some(({ work }) => work?.fleet !== undefined);
		const input = { CommandId, ...(!isFleet && { InstanceIds: group.map(nodeOf) }) };
		const fact = await stop(() => services.aws.ssm.send(new CancelCommandCommand(input)));
		for (const { id } of group) facts.set(id, fact);
	}
	return facts;
}

/** The answer to a call that stops work. @param over the error that says that there is nothing left to stop. */
export async function stop(call: () => Promise<unknown>, over?: string): Promise<Fact> {
	try {
		const requestId = requestIdOf(await call());
		return { type: 'done', effect: 'cancel-work', requestId };
	} catch (error) {
		const failure = notDone('cancel-work', error, 'retry');
		const { effect, requestId } = failure;
		return (error as Error).name === over ? { type: 'done', effect, note: 'it had ended already', requestId } : failure;
	}
}
