/** The roles that nodes have, and what IAM lets them do. */

import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import type { InstanceInformation } from '@aws-sdk/client-ssm';
import { chunks, inParallel } from '../../shared/parallel.ts';
import type { Place, Site } from './check.ts';

/** What stands for the role of nodes that have none. */
export const NO_ROLE = '';
/** Roles that are looked into: a fleet has few. */
export const ROLES = 20;
/** Values of one filter of DescribeInstances; unknown ids among InstanceIds would make the call fail. */
const INSTANCES = 200;

/** Ids of nodes by the ARN of their role. Hybrid nodes, and those under default host management, say it themselves. */
export async function rolesOf(
	{ aws }: Site,
	managed: readonly InstanceInformation[],
	{ partition, account }: Place,
): Promise<Map<string, string[]>> {
	const roles = new Map<string, string[]>();
	const add = (role: string, id: string) => roles.set(role, [...(roles.get(role) ?? []), id]);
	const byProfile: string[] = [];
	for (const { InstanceId = '', IamRole } of managed) {
		if (IamRole) add(`arn:${partition}:iam::${account}:role/${IamRole}`, InstanceId);
		else if (InstanceId.startsWith('i-')) byProfile.push(InstanceId);
	}
	const known = new Map<string, string>();
	for (const Values of chunks(byProfile, INSTANCES)) {
		const { Reservations = [] } = await aws
			.client(EC2Client)
			.send(new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values }] }));
		for (const { InstanceId = '', IamInstanceProfile } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
			const profile = IamInstanceProfile?.Arn ?? '';
			const role = known.get(profile) ?? (profile === '' ? NO_ROLE : await roleOf(aws.client(IAMClient), profile));
			known.set(profile, role);
			add(role, InstanceId);
		}
	}
	return roles;
}

export const nameOfRole = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

async function roleOf(client: IAMClient, profile: string): Promise<string> {
	const InstanceProfileName = profile.slice(profile.lastIndexOf('/') + 1);
	try {
		const { InstanceProfile } = await client.send(new GetInstanceProfileCommand({ InstanceProfileName }));
		return InstanceProfile?.Roles?.[0]?.Arn ?? NO_ROLE;
	} catch (error) {
		if ((error as Error).name !== 'NoSuchEntityException') throw error;
		return NO_ROLE;
	}
}

/** What a role is asked about: whether it may do these on these. */
export interface Asked {
	readonly ActionNames: string[];
	readonly ResourceArns: string[];
}

/** What of it IAM would not let a role do. Rejects with what the SDK throws. */
export async function deniedTo({ aws }: Site, PolicySourceArn: string, asked: readonly Asked[]): Promise<string[]> {
	const answers = await inParallel(asked, 1, async (input) => {
		const { EvaluationResults = [] } = await aws.client(IAMClient).send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ...input }));
		return EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed').map(({ EvalActionName = '' }) => EvalActionName);
	});
	return answers.flat();
}
