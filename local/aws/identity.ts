/** Who calls, as AWS names them. */

import type { AwsContext } from './types.ts';

/** The role of somebody who calls in one, by the name that the request log has; undefined for anybody else. */
export type RoleOf = (caller: string) => string | undefined;

/** The ARN of a caller: in a role, a session of the caller's own name; else a user of the access key's. */
export function callerArn({ account }: Pick<AwsContext, 'account'>, caller: string, roleOf: RoleOf): string {
	const role = roleOf(caller);
	if (role === undefined) return `arn:aws:iam::${account}:user/${caller}`;
	return `arn:aws:sts::${account}:assumed-role/${role.split('/').at(-1)}/${caller}`;
}
