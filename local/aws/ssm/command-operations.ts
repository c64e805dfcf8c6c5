/** The Run Command operations. */

import type {
	CancelCommandCommandInput,
	CommandFilter,
	GetCommandInvocationCommandInput,
	GetCommandInvocationCommandOutput,
	ListCommandInvocationsCommandInput,
	ListCommandInvocationsCommandOutput,
	ListCommandsCommandInput,
	ListCommandsCommandOutput,
	SendCommandCommandInput,
	SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import type { Command, Invocation } from './command-model.ts';
import { wireCommand, wireInvocation, wireInvocationDetail } from './command-views.ts';
import type { Commands } from './commands.ts';
import type { Lag } from './lag.ts';
import { makeCommand, type SendCommandDeps } from './send-command.ts';

/** Most results of a page, and how many there are if nothing is asked for. */
const PAGE = 50;

export function commandOperations(commands: Commands, deps: SendCommandDeps, lag: Lag) {
	const { ctx } = deps;

	/** A command shows up in lists only after the lag. */
	function listed(input: ListCommandsCommandInput | ListCommandInvocationsCommandInput): Command[] {
		if (input.MaxResults !== undefined && (input.MaxResults < 1 || input.MaxResults > PAGE)) {
			throw new AwsError('ValidationException', `Value '${input.MaxResults}' at 'maxResults' must be between 1 and ${PAGE}`);
		}
		return commands
			.all()
			.filter((command) => ctx.clock.now() - command.requestedAt >= lag.listsMs)
			.filter((command) => input.CommandId === undefined || command.id === input.CommandId);
	}

	return {
		SendCommand(input: SendCommandCommandInput): Output<SendCommandCommandOutput> {
			const command = makeCommand(input, deps);
			commands.start(command);
			return { Command: wireCommand(command) };
		},

		ListCommands(input: ListCommandsCommandInput): Output<ListCommandsCommandOutput> {
			const { InstanceId: id } = input;
			const matching = listed(input)
				// With an instance id the list misses what is still pending there.
				.filter((command) => id === undefined || (command.invocations.get(id)?.status ?? 'Pending') !== 'Pending')
				.filter((command) => (input.Filters ?? []).every((filter) => passes(command, command.status, filter)));
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { Commands: found.items.map(wireCommand), ...nextToken(found) };
		},

		ListCommandInvocations(input: ListCommandInvocationsCommandInput): Output<ListCommandInvocationsCommandOutput> {
			const { InstanceId: id, Details: details = false } = input;
			const matching = listed(input)
				.flatMap((command) => [...command.invocations.values()].map((invocation) => ({ command, invocation })))
				.filter(({ invocation }) => id === undefined || invocation.instanceId === id)
				.filter(({ command, invocation }) => (input.Filters ?? []).every((filter) => passes(command, invocation.status, filter)));
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return {
				CommandInvocations: found.items.map(({ command, invocation }) => wireInvocation(command, invocation, details, ctx)),
				...nextToken(found),
			};
		},

		GetCommandInvocation(input: GetCommandInvocationCommandInput): Output<GetCommandInvocationCommandOutput> {
			const { command, invocation } = invocationOf(commands, ctx, lag, input);
			return wireInvocationDetail(command, invocation, input.PluginName, ctx);
		},

		CancelCommand(input: CancelCommandCommandInput): object {
			const command = commands.find(input.CommandId ?? '');
			if (!command) throw new AwsError('InvalidCommandId', 'The command ID is not valid.');
			const ids = input.InstanceIds ?? [];
			const foreign = ids.find((id) => !command.invocations.has(id));
			if (foreign !== undefined) throw new AwsError('InvalidInstanceId', `The command was not sent to ${foreign}.`);
			commands.cancel(command, ids);
			return {};
		},
	};
}

function invocationOf(
	commands: Commands,
	ctx: AwsContext,
	lag: Lag,
	{ CommandId: id = '', InstanceId: instanceId = '' }: GetCommandInvocationCommandInput,
): { command: Command; invocation: Invocation } {
	const command = commands.find(id);
	const invocation = command?.invocations.get(instanceId);
	if (!command || !invocation || ctx.clock.now() - command.requestedAt < lag.listsMs) {
		throw new AwsError('InvocationDoesNotExist', 'The command ID and managed node ID you specified did not match any invocations.');
	}
	return { command, invocation };
}

function passes(command: Command, status: string, filter: CommandFilter): boolean {
	const { key, value = '' } = filter;
	switch (key) {
		case 'InvokedAfter':
			return command.requestedAt > instant(value);
		case 'InvokedBefore':
			return command.requestedAt < instant(value);
		case 'Status':
			return status === value;
		case 'ExecutionStage':
			return (value === 'Executing') === ['Pending', 'InProgress', 'Cancelling'].includes(command.status);
		case 'DocumentName':
			return command.document.name === value;
		default:
			throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
	}
}

function instant(value: string): number {
	const at = Date.parse(value);
	if (Number.isNaN(at)) throw new AwsError('ValidationException', `The filter value ${value} is not a timestamp.`);
	return at;
}
