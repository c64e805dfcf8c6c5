/** Commands and invocations as the API shows them. */

import type { CommandInvocation, CommandPlugin, GetCommandInvocationCommandOutput, Command as WireCommand } from '@aws-sdk/client-ssm';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { type Command, count, errorCount, type Invocation, isOver } from './command-model.ts';
import type { PluginRun } from './node-run.ts';

/** Characters of output that an answer carries: ListCommandInvocations per plugin, GetCommandInvocation per stream. */
const LISTED_OUTPUT = 2_500;
const STDOUT = 24_000;
const STDERR = 8_000;

export function wireCommand(command: Command): WireCommand {
	return {
		CommandId: command.id,
		DocumentName: command.document.name,
		DocumentVersion: command.version.version,
		Comment: command.comment,
		ExpiresAfter: new Date(command.expiresAt),
		Parameters: { ...command.parameters },
		InstanceIds: [...command.instanceIds],
		Targets: [...command.targets],
		RequestedDateTime: new Date(command.requestedAt),
		Status: command.status,
		StatusDetails: command.details,
		...outputLocation(command),
		MaxConcurrency: command.maxConcurrency,
		MaxErrors: command.maxErrors,
		TargetCount: command.invocations.size,
		CompletedCount: [...command.invocations.values()].filter(isOver).length,
		ErrorCount: errorCount(command),
		DeliveryTimedOutCount: count(command, ['DeliveryTimedOut']),
		ServiceRole: command.serviceRole ?? '',
		...(command.notification ? { NotificationConfig: command.notification } : {}),
		CloudWatchOutputConfig: command.output.cloudWatch ?? { CloudWatchOutputEnabled: false, CloudWatchLogGroupName: '' },
		TimeoutSeconds: command.timeoutSeconds,
	};
}

export function wireInvocation(command: Command, invocation: Invocation, details: boolean, ctx: AwsContext): CommandInvocation {
	return {
		CommandId: command.id,
		InstanceId: invocation.instanceId,
		InstanceName: '',
		Comment: command.comment,
		DocumentName: command.document.name,
		DocumentVersion: command.version.version,
		RequestedDateTime: new Date(command.requestedAt),
		Status: invocation.status,
		StatusDetails: invocation.details,
		StandardOutputUrl: '',
		StandardErrorUrl: '',
		CommandPlugins: details ? pluginRuns(invocation, ctx.clock.now()).map((plugin) => wirePlugin(command, invocation, plugin, ctx)) : [],
		ServiceRole: command.serviceRole ?? '',
		CloudWatchOutputConfig: command.output.cloudWatch ?? { CloudWatchOutputEnabled: false, CloudWatchLogGroupName: '' },
	};
}

/**
 * GetCommandInvocation's answer.
 * @throws AwsError `InvalidPluginName` where the document has no such step, or has several and none is named.
 */
export function wireInvocationDetail(
	command: Command,
	invocation: Invocation,
	pluginName: string | undefined,
	ctx: AwsContext,
): Output<GetCommandInvocationCommandOutput> {
	const steps = command.version.content['mainSteps'] as { name: string }[];
	const [only] = steps;
	if (pluginName !== undefined && !steps.some((step) => step.name === pluginName)) {
		throw new AwsError('InvalidPluginName', `The document has no plugin ${pluginName}.`);
	}
	const name = pluginName ?? (steps.length === 1 ? only?.name : undefined);
	const runs = pluginRuns(invocation, ctx.clock.now());
	const plugin = name === undefined ? undefined : runs.find((each) => each.name === name);
	const base = {
		CommandId: command.id,
		InstanceId: invocation.instanceId,
		Comment: command.comment,
		DocumentName: command.document.name,
		DocumentVersion: command.version.version,
		PluginName: name ?? '',
		Status: invocation.status,
		StatusDetails: invocation.details,
		CloudWatchOutputConfig: command.output.cloudWatch ?? { CloudWatchOutputEnabled: false, CloudWatchLogGroupName: '' },
	};
	const ended = plugin && plugin.endedAt <= ctx.clock.now();
	return {
		...base,
		ResponseCode: plugin && ended ? plugin.responseCode : -1,
		ExecutionStartDateTime: plugin ? new Date(plugin.startedAt).toISOString() : '',
		ExecutionElapsedTime: plugin && ended ? `PT${(plugin.endedAt - plugin.startedAt) / 1000}S` : '',
		ExecutionEndDateTime: plugin && ended ? new Date(plugin.endedAt).toISOString() : '',
		StandardOutputContent: plugin && ended ? plugin.stdout.slice(0, STDOUT) : '',
		StandardErrorContent: plugin && ended ? plugin.stderr.slice(0, STDERR) : '',
		StandardOutputUrl: plugin ? outputUrl(command, invocation, plugin, 'stdout', ctx) : '',
		StandardErrorUrl: plugin ? outputUrl(command, invocation, plugin, 'stderr', ctx) : '',
	};
}

/** What a plugin wrote, as one text: its output, then its errors. */
export function pluginOutput(plugin: PluginRun): string {
	return plugin.stderr ? `${plugin.stdout}\n----------ERROR-------\n${plugin.stderr}` : plugin.stdout;
}

/** The plugins that have begun by now. */
function pluginRuns(invocation: Invocation, now: number): PluginRun[] {
	return (invocation.run?.plugins ?? []).filter((plugin) => plugin.startedAt <= now);
}

function wirePlugin(command: Command, invocation: Invocation, plugin: PluginRun, ctx: AwsContext): CommandPlugin {
	const running = !isOver(invocation) && plugin.endedAt >= ctx.clock.now();
	const base = { Name: plugin.name, ResponseStartDateTime: new Date(plugin.startedAt), ...outputLocation(command) };
	if (running) return { ...base, Status: 'InProgress', StatusDetails: 'InProgress', ResponseCode: -1, Output: '' };
	return {
		...base,
		Status: plugin.status,
		StatusDetails: plugin.status === 'TimedOut' ? 'ExecutionTimedOut' : plugin.status,
		ResponseCode: plugin.responseCode,
		ResponseFinishDateTime: new Date(plugin.endedAt),
		Output: pluginOutput(plugin).slice(0, LISTED_OUTPUT),
		StandardOutputUrl: outputUrl(command, invocation, plugin, 'stdout', ctx),
		StandardErrorUrl: outputUrl(command, invocation, plugin, 'stderr', ctx),
	};
}

function outputLocation({ output }: Command): { OutputS3BucketName: string; OutputS3KeyPrefix: string } {
	return { OutputS3BucketName: output.bucket ?? '', OutputS3KeyPrefix: output.prefix ?? '' };
}

function outputUrl({ id, output }: Command, { instanceId }: Invocation, plugin: PluginRun, stream: string, ctx: AwsContext): string {
	if (!output.bucket) return '';
	const prefix = output.prefix ? `${output.prefix}/` : '';
	const folder = plugin.action.replace(':', '');
	return `https://s3.${ctx.region}.amazonaws.com/${output.bucket}/${prefix}${id}/${instanceId}/${folder}/${plugin.name}/${stream}`;
}
