/** A call that IAM does not allow, as its service answers it. */

import { AwsError } from '../types.ts';

export interface Denied {
	/** Of the call: `ssm`. */
	readonly service: string;
	/** The ARN of who calls. */
	readonly principal: string;
	readonly action: string;
	readonly resource: string;
	readonly explicitly: boolean;
}

/** Services that spoke Query from their beginning keep its code and status, also where they speak JSON by now. */
const QUERY = new Set(['autoscaling', 'cloudformation', 'cloudwatch', 's3', 'sqs', 'sts']);

/** The wording is IAM's (IAM user guide, "Access denied error message examples"). SQS writes actions in lower case. */
function messageOf({ principal, action, resource, explicitly }: Denied): string {
	const written = action.startsWith('sqs:') ? action.toLowerCase() : action;
	const why = explicitly
		? 'with an explicit deny in an identity-based policy'
		: `because no identity-based policy allows the ${written} action`;
	return `User: ${principal} is not authorized to perform: ${written} on resource: ${resource} ${why}`;
}

export function denial(denied: Denied): AwsError {
	const message = messageOf(denied);
	if (denied.service === 'ec2') {
		return new AwsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${message}`, { status: 403 });
	}
	if (denied.service === 'sns') return new AwsError('AuthorizationError', message, { status: 403 });
	return QUERY.has(denied.service)
		? new AwsError('AccessDenied', message, { status: 403 })
		: new AwsError('AccessDeniedException', message);
}
