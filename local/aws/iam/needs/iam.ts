/** IAM itself, whose ARNs have no Region. */

import type { AttachRolePolicyCommandInput } from '@aws-sdk/client-iam';
import type { Need, Needs, Site } from '../need.ts';

const on =
	(operation: string, kind: string, member: string) =>
	(input: Readonly<Record<string, string>>, { account }: Site): Need[] => {
		const given = input[member] ?? '';
		return [{ action: `iam:${operation}`, resources: [given.startsWith('arn:') ? given : `arn:aws:iam::${account}:${kind}/${given}`] }];
	};

/** Which policy it is about can be a condition (Service Authorization Reference). */
const attaching =
	(operation: string) =>
	({ RoleName: role = '', PolicyArn: policy = '' }: AttachRolePolicyCommandInput, { account }: Site): Need[] => [
		{ action: `iam:${operation}`, resources: [`arn:aws:iam::${account}:role/${role}`], context: () => ({ 'iam:PolicyARN': policy }) },
	];

export const IAM_NEEDS: Needs = {
	AttachRolePolicy: attaching('AttachRolePolicy'),
	DetachRolePolicy: attaching('DetachRolePolicy'),
	GetInstanceProfile: on('GetInstanceProfile', 'instance-profile', 'InstanceProfileName'),
	GetRole: on('GetRole', 'role', 'RoleName'),
	ListAttachedRolePolicies: on('ListAttachedRolePolicies', 'role', 'RoleName'),
	SimulatePrincipalPolicy: on('SimulatePrincipalPolicy', 'role', 'PolicySourceArn'),
};
