/** How sent commands stand, node by node, and stopping them. */

import { CancelCommandCommand, type CommandInvocation, type CommandPlugin, ListCommandInvocationsCommand } from '@aws-sdk/client-ssm';
import { describeError, requestIdOf } from '../errors.ts';
import { nodeOf } from '../kinds/subjects.ts';
import type { Fact, WorkFact, WorkStatus } from '../operation/facts.ts';
import type { Services } from '../operation/services.ts';
import type { Operation } from '../operation/types.ts';
import { groupBy } from '../parallel.ts';

/** Invocations of one page of ListCommandInvocations. */
const PAGE = 50;
/** How much of a node's output a reason quotes. Characters. */
const QUOTED = 300;

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

/** All invocations of a command, or one node's. Rejects with what the SDK throws. */
export async function readCommand({ aws }: Pick<Services, 'aws'>, commandId: string, instanceId?: string): Promise<CommandReport> {
	const nodes = new Map<string, WorkFact>();
	let comment: string | undefined;
	let NextToken: string | undefined;
	do {
		const output = await aws.ssm.send(
			new ListCommandInvocationsCommand({
				CommandId: commandId,
				Details: true,
				MaxResults: PAGE,
				...(instanceId && { InstanceId: instanceId }),
				...(NextToken && { NextToken }),
			}),
		);
		for (const invocation of output.CommandInvocations ?? []) {
			comment ??= invocation.Comment;
			if (invocation.InstanceId) nodes.set(invocation.InstanceId, factOf(invocation, requestIdOf(output)));
		}
		NextToken = output.NextToken;
	} while (NextToken);
	return { comment, nodes };
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

/** One look-up for each command, whatever the number of its nodes that are asked about. */
export async function lookUpCommands(services: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const facts = new Map<string, Fact>();
	for (const [commandId, group] of groupBy(operations, ({ work }) => work?.externalId ?? '')) {
		const [only] = group.length === 1 ? group : [];
		try {
			const { nodes } = await readCommand(services, commandId, only && nodeOf(only));
			const missing: Fact = { type: 'work', status: 'unknown', details: 'not listed yet' };
			for (const operation of group) facts.set(operation.id, nodes.get(nodeOf(operation)) ?? missing);
		} catch (error) {
			const fact: Fact = { type: 'work', status: 'unknown', details: describeError(error) };
			for (const { id } of group) facts.set(id, fact);
		}
	}
	return facts;
}

/** Stops a command on some of its nodes. Best effort: AWS does not promise that the process stops. */
export async function cancelCommands(services: Services, operations: readonly Operation[]): Promise<Map<string, Fact>> {
	const facts = new Map<string, Fact>();
	for (const [CommandId, group] of groupBy(operations, ({ work }) => work?.externalId ?? '')) {
		const InstanceIds = group.map(nodeOf);
		const fact = await stop(() => services.aws.ssm.send(new CancelCommandCommand({ CommandId, InstanceIds })));
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
		const requestId = requestIdOf(error);
		if ((error as Error).name === over) return { type: 'done', effect: 'cancel-work', note: 'it had ended already', requestId };
		return { type: 'not-done', effect: 'cancel-work', why: 'retry', message: describeError(error), requestId };
	}
}
