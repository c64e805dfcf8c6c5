/** What Systems Manager says when work has ended, whatever kind of operation it was for. */

import { nodeOf } from '../../shared/kinds/subjects.ts';
import type { BusEvent } from '../aws/eventbridge.ts';
import type { Scene } from './flow.ts';

/** The tag of an execution that we started; its value is the operation. */
export const WORK_TAG = 'fleetkeeper:work:';

const COMMAND = 'EC2 Command Invocation Status-change Notification';
const EXECUTION = 'EC2 Automation Execution Status-change Notification';
/** Commands and executions in these states go on. */
const GOING_ON: readonly unknown[] = ['Pending', 'InProgress', 'Cancelling', 'Waiting'];

export function isWorkEnd({ 'detail-type': type, detail }: BusEvent): boolean {
	return (type === COMMAND && !GOING_ON.includes(detail['status'])) || (type === EXECUTION && !GOING_ON.includes(detail['Status']));
}

/** Whether an operation accounts for it: by the command's node, or the execution's tag. */
export function accountsForWork({ 'detail-type': type, detail }: BusEvent, { operations, world }: Scene): boolean {
	if (type === COMMAND) return [...operations.values()].some((operation) => nodeOf(operation) === detail['instance-id']);
	const execution = world.services.ssm.executions().find(({ id }) => id === detail['ExecutionId']);
	return [...(execution?.tags ?? [])].some(([key, operation]) => key.startsWith(WORK_TAG) && operations.has(operation));
}
