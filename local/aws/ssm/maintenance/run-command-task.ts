/** Tasks of Run Command: one command for each window target, which keeps to the task's rate control itself. */

import type { SendCommandCommandInput, Target } from '@aws-sdk/client-ssm';
import type { Command, CommandStatus } from '../command-model.ts';
import type { Commands } from '../commands.ts';
import { idsIn, nodesOf } from '../node-targets.ts';
import type { Nodes } from '../nodes.ts';
import type { Job, JobEnd, JobMaker, JobScope } from './job.ts';
import type { WindowTarget } from './model.ts';
import { filled, pseudoParameters } from './pseudo-parameters.ts';
import type { TaskRights } from './task-role.ts';

export interface RunCommandDeps {
	readonly commands: Commands;
	readonly nodes: Nodes;
	/** @throws AwsError as SendCommand does. */
	readonly make: (input: SendCommandCommandInput) => Command;
	readonly rights: TaskRights;
}

/** A command runs on nodes, whatever else is in a resource group. */
const GROUP_TYPES = 'resource-groups:ResourceTypeFilters';
const ENDS: Partial<Record<CommandStatus, JobEnd>> = {
	Success: 'SUCCESS',
	Failed: 'FAILED',
	TimedOut: 'TIMED_OUT',
	Cancelled: 'CANCELLED',
};

/** Within a window the snapshot is the window execution's: all its nodes get the same patches (user guide, AWS-RunPatchBaseline). */
const WITH_SNAPSHOT = 'AWS-RunPatchBaseline';

export function runCommandTasks({ commands, nodes, make, rights }: RunCommandDeps): JobMaker {
	function job(scope: JobScope, target: WindowTarget | undefined): Job | undefined {
		const targets = (target?.targets ?? scope.run.task.targets).filter(({ Key: key }) => key !== GROUP_TYPES).map(canonical);
		const ids = nodesOf(nodes, targets).map(({ id }) => id);
		if (ids.length === 0 && idsIn(targets).length === 0) return undefined;
		return {
			...(target && { target }),
			parameters: (invocationId) => shown(inputOf(scope, target, targets, invocationId), ids),
			start(invocationId, ended) {
				const input = inputOf(scope, target, targets, invocationId);
				rights.check(scope.session, 'SendCommand', input);
				const command = make(input);
				for (const operation of ['ListCommands', 'ListCommandInvocations']) rights.check(scope.session, operation);
				commands.start(command);
				commands.onEnd(command, () => {
					const how = ENDS[command.status] ?? 'FAILED';
					ended(how, how === 'SUCCESS' && command.details === 'Success' ? undefined : command.details);
				});
				const cancel = () => {
					rights.check(scope.session, 'CancelCommand');
					commands.cancel(command);
				};
				return { executionId: command.id, cancel };
			},
		};
	}

	return {
		jobs: (scope) => scope.targets.flatMap((target) => job(scope, target) ?? []),
		atOnce: true,
		cancellable: true,
	};
}

function inputOf(
	scope: JobScope,
	target: WindowTarget | undefined,
	targets: readonly Target[],
	invocationId: string,
): SendCommandCommandInput {
	const { task } = scope.run;
	const { DocumentHashType, Parameters = {}, ...rest } = task.invocation.RunCommand ?? {};
	const snapshot = task.arn === WITH_SNAPSHOT && !Parameters['SnapshotId']?.[0] ? { SnapshotId: [scope.execution.id] } : {};
	const settings = { ...rest, Parameters: { ...Parameters, ...snapshot } };
	return {
		...filled(settings, pseudoParameters(scope, invocationId, target?.id)),
		DocumentName: task.arn,
		Targets: [...targets],
		MaxConcurrency: task.maxConcurrency,
		MaxErrors: task.maxErrors,
	};
}

/** As GetMaintenanceWindowExecutionTaskInvocation shows it. */
function shown(input: SendCommandCommandInput, instanceIds: readonly string[]): string {
	return JSON.stringify({
		documentName: input.DocumentName,
		instanceIds,
		parameters: input.Parameters,
		maxConcurrency: input.MaxConcurrency,
		maxErrors: input.MaxErrors,
		...(input.TimeoutSeconds === undefined ? {} : { timeoutSeconds: input.TimeoutSeconds }),
		...(input.OutputS3BucketName === undefined ? {} : { outputS3BucketName: input.OutputS3BucketName }),
		...(input.OutputS3KeyPrefix === undefined ? {} : { outputS3KeyPrefix: input.OutputS3KeyPrefix }),
	});
}

/** Ids may be named `instanceids` in a window's targets. */
function canonical(target: Target): Target {
	return /^instanceids$/i.test(target.Key ?? '') ? { ...target, Key: 'InstanceIds' } : target;
}
