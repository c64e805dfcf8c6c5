/** What goes wrong, and which events it happens to. */

import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { AwsError } from '../../local/aws/types.ts';
import type { Call, CallFault } from '../../local/aws/wire.ts';
import { MINUTE, READY } from './deployment.ts';

type CallFaults = (call: Call, at: number) => CallFault | undefined;

export function throttling(service: string): AwsError {
	if (service === 'dynamodb')
		return new AwsError('ProvisionedThroughputExceededException', 'The level of configured provisioned throughput is exceeded.');
	return new AwsError(service === 'autoscaling' ? 'Throttling' : 'ThrottlingException', 'Rate exceeded');
}

export const SERVER_ERROR = new AwsError('InternalServerError', 'An error occurred on the server side.', { status: 500 });

/** Answers the first `times` calls of an operation with a fault. */
export function first(times: number, operation: string, fault: CallFault): CallFaults {
	let left = times;
	return (call) => {
		if (call.operation !== operation || left === 0) return undefined;
		left -= 1;
		return fault;
	};
}

export const isLifecycleAction = (event: BusEvent) => event['detail-type'].endsWith('Lifecycle Action');
export const isCommandEnd = (event: BusEvent) => event['detail-type'] === 'EC2 Command Invocation Status-change Notification';
export const isExecutionEnd = (event: BusEvent) => event['detail-type'] === 'EC2 Automation Execution Status-change Notification';

/** Answers the calls of some operations with a fault for some minutes from `READY` on. */
export function during(minutes: number, operations: readonly string[], fault: (service: string) => CallFault): CallFaults {
	return ({ service, operation }, at) =>
		operations.includes(operation) && at >= READY && at < READY + minutes * MINUTE ? fault(service) : undefined;
}
