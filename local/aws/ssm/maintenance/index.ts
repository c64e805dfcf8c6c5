/** Maintenance windows. */

import type {
	CreateMaintenanceWindowCommandInput,
	RegisterTargetWithMaintenanceWindowCommandInput,
	RegisterTaskWithMaintenanceWindowCommandInput,
} from '@aws-sdk/client-ssm';
import type { Iam } from '../../iam/index.ts';
import { tagsOf } from '../checks.ts';
import { executionOperations } from './execution-operations.ts';
import { WindowExecutions } from './executions.ts';
import type { Window, WindowExecution } from './model.ts';
import { type AutomationDeps, automationTasks, type InvokeFunction, lambdaTasks } from './other-tasks.ts';
import { type RunCommandDeps, runCommandTasks } from './run-command-task.ts';
import { settingsFrom } from './settings.ts';
import { targetOperations } from './target-operations.ts';
import { taskOperations } from './task-operations.ts';
import { taskRights } from './task-role.ts';
import { windowOperations } from './window-operations.ts';
import { Windows } from './windows.ts';

type Deps = Omit<RunCommandDeps, 'rights'> &
	Omit<AutomationDeps, 'rights'> & {
		readonly iam?: Iam;
		/** Without it, tasks that invoke functions fail. */
		readonly invoke?: InvokeFunction;
	};

/** As a deployment makes them, with the ids that the stack knows them by; and as they are now. */
export interface DeployedWindows {
	addWindow(id: string, input: CreateMaintenanceWindowCommandInput): void;
	addTarget(id: string, input: RegisterTargetWithMaintenanceWindowCommandInput): void;
	addTask(id: string, input: RegisterTaskWithMaintenanceWindowCommandInput): void;
	/** The oldest first. */
	windows(): readonly Window[];
	/** Of a window, the newest first. */
	executions(windowId: string): readonly WindowExecution[];
}

export function createMaintenanceWindows({ ctx, iam, invoke = nowhere, ...deps }: Deps) {
	const windows = new Windows(ctx);
	const rights = taskRights(ctx, iam);
	const makers = {
		RUN_COMMAND: runCommandTasks({ ...deps, rights }),
		AUTOMATION: automationTasks({ ...deps, ctx, rights }),
		LAMBDA: lambdaTasks({ ...deps, ctx, rights, invoke }),
	};
	const executions = new WindowExecutions({ ctx, windows, makers, sessionOf: rights.sessionOf });
	const targets = targetOperations(ctx, windows);
	const tasks = taskOperations(ctx, windows);
	const deployed: DeployedWindows = {
		addWindow: (id, input) => {
			windows.create(settingsFrom(input), tagsOf(input.Tags), id);
		},
		addTarget: (id, input) => {
			targets.register(input, id);
		},
		addTask: (id, input) => {
			tasks.register(input, id);
		},
		windows: () => windows.all(),
		executions: (windowId) => executions.of(windowId),
	};
	return {
		operations: {
			...windowOperations(windows, deps.nodes),
			...targets.operations,
			...tasks.operations,
			...executionOperations(executions),
		},
		deployed,
		/** @throws AwsError `DoesNotExistException`. */
		tags: (id: string) => windows.get(id).tags,
		all: (): readonly Window[] => windows.all(),
	};
}

const nowhere: InvokeFunction = (name) => Promise.reject(new Error(`Function not found: ${name}`));
