/** The operations on instances. */

import type {
	DescribeInstanceStatusCommandInput,
	DescribeInstanceStatusCommandOutput,
	DescribeInstancesCommandInput,
	DescribeInstancesCommandOutput,
	Filter,
	InstanceStateChange,
	RebootInstancesCommandInput,
	StartInstancesCommandInput,
	StartInstancesCommandOutput,
	StopInstancesCommandInput,
	StopInstancesCommandOutput,
	TerminateInstancesCommandInput,
	TerminateInstancesCommandOutput,
	Instance as WireInstance,
} from '@aws-sdk/client-ec2';
import type { Ec2, Instance, InstanceState } from './ec2.ts';
import { wireMetadataOptions } from './ec2-attributes.ts';
import { type FilterFields, passesAll } from './ec2-filters.ts';
import { profileId } from './ec2-profiles.ts';
import { VPC_ID } from './ec2-security-groups.ts';
import { ROOT_DEVICE } from './ec2-storage.ts';
import { wireTags } from './ec2-tags.ts';
import { nextToken, page } from './paging.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

const STATE_CODES: Readonly<Record<InstanceState, number>> = {
	pending: 0,
	running: 16,
	'shutting-down': 32,
	terminated: 48,
	stopping: 64,
	stopped: 80,
};

const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;
/** DescribeInstances gives up to 1,000 results a call. */
const PAGE = 1_000;

type World = Omit<Ec2, 'definition'>;

/** @throws AwsError as EC2 does for an id that is malformed or unknown. */
export function findInstances(ec2: Pick<Ec2, 'instance'>, ids: readonly string[]): Instance[] {
	const malformed = ids.find((id) => !INSTANCE_ID.test(id));
	if (malformed !== undefined) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
	const unknown = ids.filter((id) => !ec2.instance(id));
	if (unknown.length === 1) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${unknown[0]}' does not exist`);
	if (unknown.length > 1) {
		throw new AwsError('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`);
	}
	return ids.flatMap((id) => ec2.instance(id) ?? []);
}

export function ec2Operations(ctx: AwsContext, ec2: World) {
	function select(ids: readonly string[] | undefined, filters: readonly Filter[] | undefined): Instance[] {
		const candidates = ids && ids.length > 0 ? findInstances(ec2, ids) : [...ec2.instances()];
		return candidates.filter((instance) => passesAll(filters, fieldsOf(instance), instance.tags));
	}

	/** Does `act` to each instance and reports the states before and after. */
	function change(ids: readonly string[] | undefined, act: (id: string) => void): InstanceStateChange[] {
		return findInstances(ec2, ids ?? []).map((instance) => {
			const before = instance.state;
			act(instance.id);
			return { InstanceId: instance.id, PreviousState: wireState(before), CurrentState: wireState(instance.state) };
		});
	}

	return {
		DescribeInstances(input: DescribeInstancesCommandInput): Output<DescribeInstancesCommandOutput> {
			const found = page(select(input.InstanceIds, input.Filters), input.NextToken, input.MaxResults ?? PAGE);
			return {
				Reservations: found.items.map((instance) => ({
					ReservationId: `r-${instance.id.slice(2)}`,
					OwnerId: ctx.account,
					Instances: [wireInstance(instance, ctx.account)],
				})),
				...nextToken(found),
			};
		},

		DescribeInstanceStatus(input: DescribeInstanceStatusCommandInput): Output<DescribeInstanceStatusCommandOutput> {
			const shown = select(input.InstanceIds, input.Filters).filter((each) => input.IncludeAllInstances || each.state === 'running');
			const found = page(shown, input.NextToken, input.MaxResults ?? PAGE);
			return {
				InstanceStatuses: found.items.map((instance) => {
					const status = instance.state === 'running' ? ('ok' as const) : ('not-applicable' as const);
					return {
						InstanceId: instance.id,
						AvailabilityZone: instance.availabilityZone,
						InstanceState: wireState(instance.state),
						InstanceStatus: { Status: status },
						SystemStatus: { Status: status },
					};
				}),
				...nextToken(found),
			};
		},

		StartInstances(input: StartInstancesCommandInput): Output<StartInstancesCommandOutput> {
			return { StartingInstances: change(input.InstanceIds, ec2.start) };
		},

		StopInstances(input: StopInstancesCommandInput): Output<StopInstancesCommandOutput> {
			return { StoppingInstances: change(input.InstanceIds, ec2.stop) };
		},

		RebootInstances(input: RebootInstancesCommandInput): object {
			change(input.InstanceIds, ec2.reboot);
			return {};
		},

		TerminateInstances(input: TerminateInstancesCommandInput): Output<TerminateInstancesCommandOutput> {
			return { TerminatingInstances: change(input.InstanceIds, ec2.terminate) };
		},
	};
}

function wireState(state: InstanceState): { Code: number; Name: InstanceState } {
	return { Code: STATE_CODES[state], Name: state };
}

function wireInstance(instance: Instance, account: string): WireInstance {
	const { profile } = instance;
	const gone = instance.state === 'terminated' || instance.state === 'shutting-down';
	return {
		InstanceId: instance.id,
		ImageId: instance.imageId,
		InstanceType: instance.instanceType as NonNullable<WireInstance['InstanceType']>,
		State: wireState(instance.state),
		LaunchTime: new Date(instance.launchedAt),
		Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
		...(gone ? {} : whereabouts(instance)),
		...(instance.machine.platform === 'Windows' ? { Platform: 'Windows' as const } : {}),
		PlatformDetails: instance.machine.platform === 'Windows' ? 'Windows' : 'Linux/UNIX',
		Tags: wireTags(instance.tags),
		MetadataOptions: wireMetadataOptions(instance.metadataOptions),
		...(profile === undefined ? {} : { IamInstanceProfile: wireProfile(profile.name, account) }),
	};
}

function wireProfile(name: string, account: string) {
	return { Arn: `arn:aws:iam::${account}:instance-profile/${name}`, Id: profileId(name) };
}

/** What an instance loses when it goes. */
function whereabouts(instance: Instance): Partial<WireInstance> {
	return {
		PrivateIpAddress: instance.privateIp,
		SubnetId: instance.subnetId,
		VpcId: VPC_ID,
		SecurityGroups: instance.securityGroupIds.map((GroupId) => ({ GroupId })),
		RootDeviceName: ROOT_DEVICE,
		BlockDeviceMappings: instance.volumes.map((volume) => ({
			DeviceName: volume.device,
			Ebs: { VolumeId: volume.id, Status: 'attached', DeleteOnTermination: true },
		})),
	};
}

function fieldsOf(instance: Instance): FilterFields {
	return {
		'instance-id': instance.id,
		'instance-state-name': instance.state,
		'instance-state-code': String(STATE_CODES[instance.state]),
		'instance-type': instance.instanceType,
		'instance.group-id': instance.securityGroupIds,
		'availability-zone': instance.availabilityZone,
		'private-ip-address': instance.privateIp,
	};
}
