/** What agents may do: speak to Systems Manager, where they reach it, and write what is to be kept. */

import type { Ec2 } from '../ec2.ts';
import type { IamApi } from '../iam-api.ts';
import type { Host, HybridMachine } from './hybrid.ts';
import type { ServiceSettings } from './service-settings.ts';

/** Whether the credentials of an agent let it do something: on anything, where no resource is named. */
export type AgentMay = (host: Host, action: string, resource?: string) => boolean;

/** What an agent does every five minutes: without it there is no node. */
const PING = 'ssm:UpdateInstanceInformation';

/**
 * An instance's own profile counts where it lets the agent speak; else it may by Default Host Management Configuration, where that is on
 * (user guide). A machine that is not EC2's has its activation's role.
 */
export function admissionOf({ ec2, settings, agentMay }: { ec2: Ec2; settings: ServiceSettings; agentMay: AgentMay }) {
	return (host: Host): boolean => {
		if (!ec2.instance(host.id)) return true;
		return ec2.network.reachesSsm() && (agentMay(host, PING) || settings.managesHosts());
	};
}

/** By the profile of an instance, or the role of another machine's activation. */
export function agentAllowed(
	{ ec2, iamApi }: { readonly ec2: Ec2; readonly iamApi: IamApi | undefined },
	host: Host,
	action: string,
	resource?: string,
): boolean {
	if (!iamApi) return true;
	const profile = ec2.instance(host.id)?.profile;
	const given = (host as Partial<HybridMachine>).role?.split('/').at(-1);
	const role = profile?.state === 'associated' ? iamApi.profileRole(profile.name) : given;
	return role !== undefined && iamApi.roleAllows(role, action, resource);
}
