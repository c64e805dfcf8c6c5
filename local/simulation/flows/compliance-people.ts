/** What people do to what AWS Config judges. What AWS refuses them is none of a story's business. */

import {
	ConfigServiceClient,
	DeleteConfigRuleCommand,
	StartConfigurationRecorderCommand,
	StopConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import {
	AuthorizeSecurityGroupIngressCommand,
	CreateTagsCommand,
	EC2Client,
	ModifyInstanceMetadataOptionsCommand,
	RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import type { World } from '../../world.ts';
import { DRIFT, type Drift, WORLD } from './compliance-resources.ts';

async function tried(...calls: readonly Promise<unknown>[]): Promise<void> {
	await Promise.allSettled(calls);
}

/** A node drifts, or is brought back: as long as it is there. */
export async function setDrift({ aws, services }: World, id: string, Value: Drift): Promise<void> {
	if (services.ec2.instance(id)?.state !== 'running') return;
	await tried(aws.client(EC2Client).send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: DRIFT, Value }] })));
}

/** A node gives out its metadata to IMDSv1 again. */
export async function loosenTokens({ aws, services }: World, InstanceId: string): Promise<void> {
	if (services.ec2.instance(InstanceId)?.state !== 'running') return;
	await tried(aws.client(EC2Client).send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'optional' })));
}

/** Opens SSH to the world, or closes it. */
export async function setOpen({ aws }: World, GroupId: string, isOpen: boolean): Promise<void> {
	const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: WORLD }] }];
	const ec2 = aws.client(EC2Client);
	await tried(
		isOpen
			? ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
			: ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions })),
	);
}

export async function deleteRule({ aws }: World, ConfigRuleName: string): Promise<void> {
	await tried(aws.client(ConfigServiceClient).send(new DeleteConfigRuleCommand({ ConfigRuleName })));
}

/** Stops what records changes, or starts it again: then it records what it has missed. */
export async function setRecording({ aws }: World, isOn: boolean): Promise<void> {
	const named = { ConfigurationRecorderName: 'default' };
	const config = aws.client(ConfigServiceClient);
	await tried(isOn ? config.send(new StartConfigurationRecorderCommand(named)) : config.send(new StopConfigurationRecorderCommand(named)));
}

/** Resolves what OpsCenter has about rules. */
export async function resolveItems({ aws, services }: World): Promise<void> {
	const open = services.ssm.opsItems().filter(({ title, status }) => status === 'Open' && title.includes(' comply with '));
	await tried(...open.map(({ id }) => aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId: id, Status: 'Resolved' }))));
}
