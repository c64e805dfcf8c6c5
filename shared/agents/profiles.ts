/** What the roles of instance profiles may do of what an agent needs. */

import { GetInstanceProfileCommand, type IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import type { ProfileFinding } from '../kinds/agent/diagnosis.ts';
import { inParallel } from '../parallel.ts';

/** Profiles of one look: IAM's rate is not published. */
const PROFILES = 50;
const CONCURRENT_CALLS = 2;

/** Without the first there is no node, without the others no command reaches it (policy AmazonSSMManagedInstanceCore). */
const ACTIONS = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];

/** By name. Policies and permission boundaries are what IAM simulates; what an organization denies it does not see. Rejects with what the SDK throws. */
export async function readProfiles(iam: IAMClient, names: readonly string[]): Promise<Map<string, ProfileFinding>> {
	const asked = [...new Set(names)].sort().slice(0, PROFILES);
	const found = await inParallel(asked, CONCURRENT_CALLS, async (name) => [name, await readProfile(iam, name)] as const);
	return new Map(found);
}

async function readProfile(iam: IAMClient, InstanceProfileName: string): Promise<ProfileFinding> {
	const role = await roleOf(iam, InstanceProfileName);
	if (role === undefined) return { denied: ACTIONS, empty: true };
	const { EvaluationResults = [] } = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: role, ActionNames: ACTIONS }));
	const denied = EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed');
	return { denied: denied.map(({ EvalActionName = '' }) => EvalActionName) };
}

/** The ARN of the role in a profile; an instance may name a profile, and a profile a role, that somebody has deleted. */
async function roleOf(iam: IAMClient, InstanceProfileName: string): Promise<string | undefined> {
	try {
		const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
		return InstanceProfile?.Roles?.[0]?.Arn;
	} catch (error) {
		if ((error as Error).name !== 'NoSuchEntityException') throw error;
		return undefined;
	}
}
