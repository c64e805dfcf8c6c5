/** Starts runbooks for the services that do so by themselves, beside the quotas of the API. */

import type { StartAutomationExecutionCommandInput } from '@aws-sdk/client-ssm';
import type { Session } from '../../iam/index.ts';
import type { AutomationEngine } from './engine.ts';
import type { ExecutionStatus } from './model.ts';
import type { automationOperations } from './operations.ts';

export interface AutomationEnd {
	readonly status: ExecutionStatus;
	readonly message?: string;
}

/**
 * Starts a runbook in a role, and tells of its end. Gives the execution's id.
 * @throws AwsError as StartAutomationExecution does.
 */
export type StartAutomation = (
	input: StartAutomationExecutionCommandInput,
	session: Session | undefined,
	ended: (end: AutomationEnd) => void,
) => string;

export function automationStarter(
	{ StartAutomationExecution: start }: Pick<ReturnType<typeof automationOperations>, 'StartAutomationExecution'>,
	engine: AutomationEngine,
): StartAutomation {
	return (input, session, ended) => {
		const { AutomationExecutionId: id = '' } = start(input, { caller: undefined, ...(session && { session }) });
		const execution = engine.find(id);
		if (!execution) throw new Error(`The execution ${id} was not started.`);
		execution.onEnd = () => {
			const { status, failureMessage: message } = execution;
			ended({ status, ...(message === undefined ? {} : { message }) });
		};
		return id;
	};
}
