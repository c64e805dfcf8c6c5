/** Run Command, as far as both go. */

import {
	CreateDocumentCommand,
	GetCommandInvocationCommand,
	type GetCommandInvocationCommandInput,
	ListCommandsCommand,
	type ListCommandsCommandInput,
	SendCommandCommand,
	type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { type Case, FLEET, inService, refusal, type System, some, until } from '../system.ts';

const SHELL = 'AWS-RunShellScript';
const NOWHERE = '00000000-0000-4000-8000-000000000000';
const UNMANAGED = 'i-00000000000000099';

function nodes(system: System): Promise<string[]> {
	return inService(system, FLEET, 2);
}

async function send({ ssm }: System, InstanceIds: readonly string[], rest: Partial<SendCommandCommandInput> = {}) {
	const input = { DocumentName: SHELL, Parameters: { commands: ['uptime'] }, InstanceIds: [...InstanceIds], ...rest };
	const { Command } = await ssm.send(new SendCommandCommand(input));
	return Command;
}

async function list({ ssm }: System, input: ListCommandsCommandInput) {
	return (await ssm.send(new ListCommandsCommand(input))).Commands ?? [];
}

function get({ ssm }: System, input: GetCommandInvocationCommandInput) {
	return ssm.send(new GetCommandInvocationCommand(input));
}

/** The command as it is listed once it is over. */
function ended(system: System, CommandId: string | undefined) {
	return until(
		async () => (await list(system, { CommandId }))[0],
		(command) => command !== undefined && !['Pending', 'InProgress'].includes(command.Status ?? ''),
	);
}

function refusedSend(what: string, refused: string, make: (ids: readonly string[]) => Partial<SendCommandCommandInput>): Case {
	return {
		name: `commands: ${what} is refused`,
		async act(system) {
			const ids = await nodes(system);
			return refusal(send(system, ids, make(ids)));
		},
		gives: { refused, status: 400 },
	};
}

export const COMMAND_CASES: readonly Case[] = [
	{
		name: 'commands: a sent one says what was asked for',
		async act(system) {
			const ids = await nodes(system);
			const command = await send(system, ids, { Comment: 'uptime of all', TimeoutSeconds: 600 });
			const shown = some(command, 'DocumentName', 'Comment', 'Parameters', 'MaxConcurrency', 'MaxErrors', 'TimeoutSeconds', 'ErrorCount');
			return {
				...shown,
				id: /^[0-9a-f-]{36}$/.test(command?.CommandId ?? ''),
				nodes: command?.InstanceIds?.toSorted().join() === ids.toSorted().join(),
				expires: (command?.ExpiresAfter?.getTime() ?? 0) > (command?.RequestedDateTime?.getTime() ?? 0),
			};
		},
		gives: {
			DocumentName: SHELL,
			Comment: 'uptime of all',
			Parameters: { commands: ['uptime'] },
			MaxConcurrency: '50',
			MaxErrors: '0',
			TimeoutSeconds: 600,
			ErrorCount: 0,
			id: true,
			nodes: true,
			expires: true,
		},
	},
	{
		name: 'commands: a sent one is pending, and over only later',
		async act(system) {
			const [id = ''] = await nodes(system);
			const command = await send(system, [id]);
			const { Status, CompletedCount } = (await ended(system, command?.CommandId)) ?? {};
			return [command?.Status, command?.CompletedCount, Status, CompletedCount];
		},
		gives: ['Pending', 0, 'Success', 1],
	},
	{
		name: 'commands: an ended one is listed with its counts',
		async act(system) {
			const command = await send(system, await nodes(system));
			return some(
				await ended(system, command?.CommandId),
				'Status',
				'TargetCount',
				'CompletedCount',
				'ErrorCount',
				'DeliveryTimedOutCount',
			);
		},
		gives: { Status: 'Success', TargetCount: 2, CompletedCount: 2, ErrorCount: 0, DeliveryTimedOutCount: 0 },
	},
	{
		name: 'commands: they are listed by node',
		async act(system) {
			const [one = '', other = ''] = await nodes(system);
			const command = await send(system, [one]);
			await ended(system, command?.CommandId);
			const isListed = async (InstanceId: string) =>
				(await list(system, { InstanceId })).some(({ CommandId }) => CommandId === command?.CommandId);
			return [await isListed(one), await isListed(other)];
		},
		gives: [true, false],
	},
	{
		name: 'commands: a list by an id that is not there is empty',
		act: async (system) => (await list(system, { CommandId: NOWHERE })).length,
		gives: 0,
	},
	{
		name: "commands: an invocation tells how the node's step ended",
		async act(system) {
			const [InstanceId = ''] = await nodes(system);
			const command = await send(system, [InstanceId], { Comment: 'one' });
			await ended(system, command?.CommandId);
			const seen = await get(system, { CommandId: command?.CommandId, InstanceId });
			return {
				...some(seen, 'DocumentName', 'Comment', 'PluginName', 'ResponseCode', 'Status', 'StatusDetails', 'StandardErrorContent'),
				ids: seen.CommandId === command?.CommandId && seen.InstanceId === InstanceId,
				elapsed: /^PT[\d.]+[SMH]/.test(seen.ExecutionElapsedTime ?? ''),
			};
		},
		gives: {
			DocumentName: SHELL,
			Comment: 'one',
			PluginName: 'aws:runShellScript',
			ResponseCode: 0,
			Status: 'Success',
			StatusDetails: 'Success',
			StandardErrorContent: '',
			ids: true,
			elapsed: true,
		},
	},
	{
		name: 'commands: a step is asked for by its name',
		async act(system) {
			const [InstanceId = ''] = await nodes(system);
			const mainSteps = ['first', 'second'].map((name) => ({ name, action: 'aws:runShellScript', inputs: { runCommand: ['true'] } }));
			await system.ssm.send(
				new CreateDocumentCommand({
					Name: 'contract-two-steps',
					DocumentType: 'Command',
					Content: JSON.stringify({ schemaVersion: '2.2', mainSteps }),
				}),
			);
			const command = await send(system, [InstanceId], { DocumentName: 'contract-two-steps', Parameters: {} });
			await ended(system, command?.CommandId);
			return some(await get(system, { CommandId: command?.CommandId, InstanceId, PluginName: 'second' }), 'PluginName', 'Status');
		},
		gives: { PluginName: 'second', Status: 'Success' },
	},
	{
		name: 'commands: a step that the document has not is refused',
		async act(system) {
			const [InstanceId = ''] = await nodes(system);
			const command = await send(system, [InstanceId]);
			await ended(system, command?.CommandId);
			return refusal(get(system, { CommandId: command?.CommandId, InstanceId, PluginName: 'nothing' }));
		},
		gives: { refused: 'InvalidPluginName', status: 400 },
	},
	{
		name: 'commands: there is no invocation of another node, or of another command',
		async act(system) {
			const [one = '', other = ''] = await nodes(system);
			const command = await send(system, [one]);
			await ended(system, command?.CommandId);
			return [
				await refusal(get(system, { CommandId: command?.CommandId, InstanceId: other })),
				await refusal(get(system, { CommandId: NOWHERE, InstanceId: one })),
			];
		},
		gives: [
			{ refused: 'InvocationDoesNotExist', status: 400 },
			{ refused: 'InvocationDoesNotExist', status: 400 },
		],
	},
	{
		name: 'commands: tags choose the nodes',
		async act(system) {
			const { ssm } = system;
			const Targets = [{ Key: 'tag:service', Values: ['nginx'] }];
			const input = { DocumentName: SHELL, Parameters: { commands: ['uptime'] }, Targets };
			const { Command } = await ssm.send(new SendCommandCommand(input));
			return some(await ended(system, Command?.CommandId), 'Status', 'TargetCount', 'Targets');
		},
		gives: { Status: 'Success', TargetCount: 2, Targets: [{ Key: 'tag:service', Values: ['nginx'] }] },
	},
	refusedSend('a document that is not there', 'InvalidDocument', () => ({ DocumentName: 'contract-nothing' })),
	refusedSend('a node that is not managed, and with it the whole call', 'InvalidInstanceId', (ids) => ({
		InstanceIds: [...ids, UNMANAGED],
	})),
	refusedSend('the same node twice', 'DuplicateInstanceId', ([id = '']) => ({ InstanceIds: [id, id] })),
	refusedSend('a parameter that the document has not', 'InvalidParameters', () => ({ Parameters: { colour: ['red'] } })),
	refusedSend('a timeout under 30 seconds', 'ValidationException', () => ({ TimeoutSeconds: 29 })),
	refusedSend('a comment of 101 characters', 'ValidationException', () => ({ Comment: 'x'.repeat(101) })),
	refusedSend('a share of more than 100%', 'ValidationException', () => ({ MaxErrors: '101%' })),
	refusedSend('a call for 51 nodes', 'ValidationException', () => ({
		InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${String(index).padStart(17, '0')}`),
	})),
];
