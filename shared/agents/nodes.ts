/** What Systems Manager says of its nodes and of activations. */

import {
	type Activation,
	DescribeActivationsCommand,
	DescribeInstanceInformationCommand,
	GetServiceSettingCommand,
	type InstanceInformation,
} from '@aws-sdk/client-ssm';
import { requestIdOf } from '../errors.ts';
import type { SeenActivation, SeenNode } from '../kinds/agent/diagnosis.ts';
import type { Services } from '../operation/services.ts';
import { pagesOf } from './pages.ts';

/** Results of one page, and pages of one look: three thousand nodes, of 2,400 that a Region may have. */
const PER_PAGE = 50;
const NODE_PAGES = 60;
const ACTIVATION_PAGES = 10;

/** The role by which instances are managed that have no profile for it; `$None` where they are not (user guide, Default Host Management Configuration). */
const HOST_MANAGEMENT = '/ssm/managed-instance/default-ec2-instance-management-role';
const NO_ROLE = '$None';

type Aws = Pick<Services, 'aws'>;

/** All nodes. Rejects with what the SDK throws. */
export async function readNodes({ aws }: Aws): Promise<{ nodes: SeenNode[]; cut: boolean; requestId: string | undefined }> {
	let requestId: string | undefined;
	const { items, cut } = await pagesOf(NODE_PAGES, async (NextToken) => {
		const output = await aws.ssm.send(new DescribeInstanceInformationCommand({ MaxResults: PER_PAGE, ...(NextToken && { NextToken }) }));
		requestId ??= requestIdOf(output);
		return { items: output.InstanceInformationList ?? [], next: output.NextToken };
	});
	return { nodes: items.map(seenNode), cut, requestId };
}

function seenNode(info: InstanceInformation): SeenNode {
	const { InstanceId = '', PingStatus, LastPingDateTime, AgentVersion, IsLatestVersion, PlatformType, ActivationId } = info;
	return {
		id: InstanceId,
		online: PingStatus === 'Online',
		...(LastPingDateTime && { lastPingAt: LastPingDateTime.getTime() }),
		...(AgentVersion && { version: AgentVersion }),
		...(IsLatestVersion !== undefined && PlatformType !== 'Windows' && { latest: IsLatestVersion }),
		...(ActivationId && { activationId: ActivationId }),
	};
}

export async function readActivations({ aws }: Aws): Promise<{ activations: SeenActivation[]; cut: boolean }> {
	const { items, cut } = await pagesOf(ACTIVATION_PAGES, async (NextToken) => {
		const output = await aws.ssm.send(new DescribeActivationsCommand({ MaxResults: PER_PAGE, ...(NextToken && { NextToken }) }));
		return { items: output.ActivationList ?? [], next: output.NextToken };
	});
	return { activations: items.map(seenActivation), cut };
}

function seenActivation(activation: Activation): SeenActivation {
	const {
		ActivationId = '',
		DefaultInstanceName = '',
		RegistrationLimit = 1,
		RegistrationsCount = 0,
		CreatedDate,
		ExpirationDate,
		Expired,
	} = activation;
	return {
		id: ActivationId,
		name: DefaultInstanceName,
		limit: RegistrationLimit,
		registered: RegistrationsCount,
		createdAt: CreatedDate?.getTime() ?? 0,
		expiresAt: ExpirationDate?.getTime() ?? 0,
		expired: Expired === true,
	};
}

/** Whether instances are managed without a profile that allows it. */
export async function readHostManagement({ aws }: Aws): Promise<boolean> {
	const { ServiceSetting } = await aws.ssm.send(new GetServiceSettingCommand({ SettingId: HOST_MANAGEMENT }));
	const { SettingValue = NO_ROLE } = ServiceSetting ?? {};
	return SettingValue !== NO_ROLE && SettingValue !== '';
}
