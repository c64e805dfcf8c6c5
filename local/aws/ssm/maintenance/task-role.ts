/** The role that a task of a maintenance window works in. */

import type { Iam, Session } from '../../iam/index.ts';
import { type AwsContext, AwsError } from '../../types.ts';
import type { WindowTask } from './model.ts';

/** What the service-linked role lets Systems Manager invoke (managed policy AmazonSSMServiceRolePolicy). */
const FUNCTIONS_OF_SERVICE = /^SSM/;

export interface TaskRights {
	/** @throws AwsError where Systems Manager may not take the task's role. */
	sessionOf(task: WindowTask): Session | undefined;
	/** @throws AwsError where the role does not allow a call. */
	check(session: Session | undefined, operation: string, input?: unknown): void;
	/** @throws AwsError where the role, or the service-linked one in its place, may not invoke a function. */
	checkInvoke(session: Session | undefined, functionName: string): void;
}

export function taskRights(ctx: AwsContext, iam: Iam | undefined): TaskRights {
	return {
		sessionOf({ id, serviceRole }) {
			if (serviceRole === undefined) return undefined;
			if (iam && !iam.assumable(serviceRole)) {
				throw new AwsError('ValidationException', `The service role ${serviceRole} is unable to be assumed.`);
			}
			return { role: serviceRole, name: id };
		},
		check(session, operation, input = {}) {
			const refused = session && iam?.refusal(session, { service: 'ssm', operation, input });
			if (refused) throw refused;
		},
		checkInvoke(session, functionName) {
			const arn = `arn:aws:lambda:${ctx.region}:${ctx.account}:function:${functionName}`;
			const allowed = session ? (iam?.allows(session, 'lambda:InvokeFunction', arn) ?? true) : FUNCTIONS_OF_SERVICE.test(functionName);
			if (!allowed) {
				const who = session?.role ?? 'AWSServiceRoleForAmazonSSM';
				throw new AwsError('AccessDeniedException', `${who} is not authorized to perform: lambda:InvokeFunction on resource: ${arn}`);
			}
		},
	};
}
