/** What can be changed of an instance: its security groups and how it gives out its metadata. */

import type {
	DescribeInstanceAttributeCommandInput,
	DescribeInstanceAttributeCommandOutput,
	ModifyInstanceAttributeCommandInput,
	ModifyInstanceMetadataOptionsCommandInput,
	ModifyInstanceMetadataOptionsCommandOutput,
	InstanceMetadataOptionsResponse as WireMetadataOptions,
} from '@aws-sdk/client-ec2';
import { LATENCY_MS, within } from './assumptions.ts';
import type { Instance } from './ec2.ts';
import type { SecurityGroups } from './ec2-security-groups.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

export interface MetadataOptions {
	/** `required` is IMDSv2 alone. */
	httpTokens: 'optional' | 'required';
	httpEndpoint: 'enabled' | 'disabled';
	hopLimit: number;
	state: 'pending' | 'applied';
}

const MODIFIABLE = new Set(['InstanceId', 'Groups', 'DryRun']);

/** @param instance gives an instance by its id, or throws as EC2 does. */
export function attributeOperations(ctx: AwsContext, instance: (id: string) => Instance, groups: SecurityGroups) {
	return {
		DescribeInstanceAttribute(input: DescribeInstanceAttributeCommandInput): Output<DescribeInstanceAttributeCommandOutput> {
			const { id, securityGroupIds } = instance(input.InstanceId ?? '');
			if (input.Attribute !== 'groupSet') throw notThere(`DescribeInstanceAttribute with ${input.Attribute}`);
			return { InstanceId: id, Groups: securityGroupIds.map((GroupId) => ({ GroupId, GroupName: groups.get(GroupId).name })) };
		},

		ModifyInstanceAttribute(input: ModifyInstanceAttributeCommandInput): object {
			const found = instance(input.InstanceId ?? '');
			const other = Object.entries(input).find(([name, value]) => value !== undefined && !MODIFIABLE.has(name));
			if (other) throw notThere(`ModifyInstanceAttribute with ${other[0]}`);
			if (!input.Groups || input.Groups.length === 0) throw new AwsError('InvalidParameterCombination', 'No attributes specified.');
			refuseGone(found);
			found.securityGroupIds = input.Groups.map((id) => groups.get(id).id);
			return {};
		},

		ModifyInstanceMetadataOptions(input: ModifyInstanceMetadataOptionsCommandInput): Output<ModifyInstanceMetadataOptionsCommandOutput> {
			const found = instance(input.InstanceId ?? '');
			refuseGone(found);
			const { metadataOptions: options } = found;
			options.httpTokens = input.HttpTokens ?? options.httpTokens;
			options.httpEndpoint = input.HttpEndpoint ?? options.httpEndpoint;
			options.hopLimit = input.HttpPutResponseHopLimit ?? options.hopLimit;
			options.state = 'pending';
			ctx.clock.after(within(ctx.clock, LATENCY_MS.instanceAttribute), () => {
				options.state = 'applied';
			});
			return { InstanceId: found.id, InstanceMetadataOptions: wireMetadataOptions(options) };
		},
	};
}

export function wireMetadataOptions({ httpTokens, httpEndpoint, hopLimit, state }: MetadataOptions): WireMetadataOptions {
	return { HttpTokens: httpTokens, HttpEndpoint: httpEndpoint, HttpPutResponseHopLimit: hopLimit, State: state };
}

/** @throws AwsError `IncorrectInstanceState`. */
function refuseGone({ id, state }: Instance): void {
	if (state === 'terminated' || state === 'shutting-down') {
		throw new AwsError('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be modified.`);
	}
}

function notThere(what: string): AwsError {
	return new AwsError('UnknownOperationException', `The local AWS does not implement ${what}.`);
}
