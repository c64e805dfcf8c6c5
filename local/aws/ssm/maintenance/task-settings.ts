/** What RegisterTaskWithMaintenanceWindow and UpdateMaintenanceWindowTask take, checked. */

import type { RegisterTaskWithMaintenanceWindowCommandInput, Target } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import { CONCURRENCY, checkAmong, checkLength, checkPattern, checkRange, ERRORS, given, NAME } from '../checks.ts';
import type { Window, WindowTask } from './model.ts';

const TYPES = ['RUN_COMMAND', 'AUTOMATION', 'LAMBDA', 'STEP_FUNCTIONS'] as const;
/** What stands in the place of a rate control that a task without targets cannot have (user guide, targetless tasks). */
const PLACEHOLDER = '1';
const INVOCATIONS = { RUN_COMMAND: 'RunCommand', AUTOMATION: 'Automation', LAMBDA: 'Lambda', STEP_FUNCTIONS: 'StepFunctions' } as const;

/**
 * A task of a window.
 * @throws AwsError `ValidationException`; `DoesNotExistException` for a window target that is not there;
 * `UnknownOperationException` for what the local AWS does not have.
 */
export function taskFrom(window: Window, input: RegisterTaskWithMaintenanceWindowCommandInput, id: string): WindowTask {
	const { TaskType: type, Targets: targets = [], TaskInvocationParameters: invocation = {} } = input;
	checkAmong(type, 'taskType', TYPES);
	if (type === undefined || type === 'STEP_FUNCTIONS') {
		throw new AwsError('UnknownOperationException', `The local AWS does not implement tasks of the type ${type}.`);
	}
	for (const [member, value] of [
		['TaskParameters', input.TaskParameters],
		['LoggingInfo', input.LoggingInfo],
		['AlarmConfiguration', input.AlarmConfiguration],
	] as const) {
		if (value !== undefined && Object.keys(value).length > 0) {
			throw new AwsError('UnknownOperationException', `The local AWS does not implement ${member} of a task.`);
		}
	}
	checkPattern(input.Name, 'name', NAME);
	checkLength(input.Description, 'description', 1, 128);
	checkRange(input.Priority, 'priority', 0, 2 ** 31 - 1);
	checkPattern(input.MaxConcurrency, 'maxConcurrency', CONCURRENCY);
	checkPattern(input.MaxErrors, 'maxErrors', ERRORS);
	checkAmong(input.CutoffBehavior, 'cutoffBehavior', ['CONTINUE_TASK', 'CANCEL_TASK']);
	const foreign = Object.entries(invocation).find(([name, value]) => value !== undefined && name !== INVOCATIONS[type]);
	if (foreign) refuse(`TaskInvocationParameters.${foreign[0]} is not for a task of the type ${type}.`);
	checkTaskTargets(window, type, targets);
	return {
		id,
		type,
		arn: input.TaskArn ?? '',
		targets,
		invocation,
		priority: input.Priority ?? 1,
		...rateControl(input, targets),
		cutoffBehavior: input.CutoffBehavior ?? 'CONTINUE_TASK',
		...given('serviceRole', input.ServiceRoleArn),
		...given('name', input.Name),
		...given('description', input.Description),
	};
}

function rateControl(
	{ MaxConcurrency: maxConcurrency, MaxErrors: maxErrors }: RegisterTaskWithMaintenanceWindowCommandInput,
	targets: readonly Target[],
): Pick<WindowTask, 'maxConcurrency' | 'maxErrors'> {
	if (targets.length === 0) return { maxConcurrency: PLACEHOLDER, maxErrors: PLACEHOLDER };
	if (maxConcurrency === undefined || maxErrors === undefined)
		refuse('MaxConcurrency and MaxErrors must be given for a task with targets.');
	return { maxConcurrency, maxErrors };
}

function checkTaskTargets(window: Window, type: WindowTask['type'], targets: readonly Target[]): void {
	if (targets.length === 0 && type === 'RUN_COMMAND') refuse('A task of the type RUN_COMMAND must have at least one target.');
	checkLength(targets, 'targets', 0, 5);
	for (const { Key: key = '', Values: values = [] } of targets) {
		if (key === 'WindowTargetIds') {
			const unknown = values.find((id) => !window.targets.has(id));
			if (unknown !== undefined) throw new AwsError('DoesNotExistException', `Maintenance window target ${unknown} does not exist`);
		} else if (!/^instanceids$/i.test(key)) refuse(`The target key ${key} is not valid: use WindowTargetIds or InstanceIds.`);
		else if (!window.settings.allowUnassociatedTargets && !values.every((id) => isRegistered(window, id))) {
			refuse(`The maintenance window ${window.id} does not allow unassociated targets.`);
		}
	}
}

function isRegistered({ targets }: Window, id: string): boolean {
	return [...targets.values()].some((target) => target.targets.some(({ Values: values = [] }) => values.includes(id)));
}

function refuse(what: string): never {
	throw new AwsError('ValidationException', what);
}
