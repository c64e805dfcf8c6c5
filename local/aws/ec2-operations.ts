/** The operations of Amazon EC2 that the local AWS answers. */

import type {
	CreateTagsCommandInput,
	DeleteTagsCommandInput,
	DescribeInstanceStatusCommandInput,
	DescribeInstanceStatusCommandOutput,
	DescribeInstancesCommandInput,
	DescribeInstancesCommandOutput,
	DescribeTagsCommandInput,
	DescribeTagsCommandOutput,
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
/** DescribeInstances and DescribeTags give up to 1,000 results a call. */
const PAGE = 1_000;

type World = Omit<Ec2, 'definition'>;

export function ec2Operations(ctx: AwsContext, ec2: World) {
	/** @throws AwsError as EC2 does for an id that is malformed or unknown. */
	function find(ids: readonly string[]): Instance[] {
		const malformed = ids.find((id) => !INSTANCE_ID.test(id));
		if (malformed !== undefined) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
		const unknown = ids.filter((id) => !ec2.instance(id));
		if (unknown.length === 1) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${unknown[0]}' does not exist`);
		if (unknown.length > 1) {
			throw new AwsError('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`);
		}
		return ids.flatMap((id) => ec2.instance(id) ?? []);
	}

	function select(ids: readonly string[] | undefined, filters: readonly Filter[] | undefined): Instance[] {
		const candidates = ids && ids.length > 0 ? find(ids) : [...ec2.instances()];
		return candidates.filter((instance) => (filters ?? []).every((filter) => passes(instance, filter)));
	}

	/** Does `act` to each instance and reports the states before and after. */
	function change(ids: readonly string[] | undefined, act: (id: string) => void): InstanceStateChange[] {
		return find(ids ?? []).map((instance) => {
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
					Instances: [wireInstance(instance)],
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

		DescribeTags(input: DescribeTagsCommandInput): Output<DescribeTagsCommandOutput> {
			const all = ec2
				.instances()
				.flatMap((instance) =>
					[...instance.tags].map(([Key, Value]) => ({ Key, Value, ResourceId: instance.id, ResourceType: 'instance' as const })),
				);
			const matching = all.filter((tag) =>
				(input.Filters ?? []).every((filter) => {
					const values: Readonly<Record<string, string>> = {
						key: tag.Key,
						value: tag.Value,
						'resource-id': tag.ResourceId,
						'resource-type': tag.ResourceType,
					};
					return hasValue(filter, values[filter.Name ?? ''] ?? unknownFilter(filter));
				}),
			);
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { Tags: found.items, ...nextToken(found) };
		},

		CreateTags(input: CreateTagsCommandInput): object {
			for (const instance of find(input.Resources ?? [])) {
				for (const tag of input.Tags ?? []) instance.tags.set(tag.Key ?? '', tag.Value ?? '');
			}
			return {};
		},

		DeleteTags(input: DeleteTagsCommandInput): object {
			for (const instance of find(input.Resources ?? [])) {
				if (!input.Tags) instance.tags.clear();
				for (const tag of input.Tags ?? []) {
					const key = tag.Key ?? '';
					if (tag.Value === undefined || tag.Value === instance.tags.get(key)) instance.tags.delete(key);
				}
			}
			return {};
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

function wireInstance(instance: Instance): WireInstance {
	const gone = instance.state === 'terminated' || instance.state === 'shutting-down';
	return {
		InstanceId: instance.id,
		ImageId: instance.imageId,
		InstanceType: instance.instanceType as NonNullable<WireInstance['InstanceType']>,
		State: wireState(instance.state),
		LaunchTime: new Date(instance.launchedAt),
		Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
		...(gone ? {} : { PrivateIpAddress: instance.privateIp, SubnetId: instance.subnetId }),
		...(instance.machine.platform === 'Windows' ? { Platform: 'Windows' as const } : {}),
		PlatformDetails: instance.machine.platform === 'Windows' ? 'Windows' : 'Linux/UNIX',
		Tags: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
		MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', State: 'applied' },
	};
}

function passes(instance: Instance, filter: Filter): boolean {
	const name = filter.Name ?? '';
	if (name.startsWith('tag:')) {
		const value = instance.tags.get(name.slice('tag:'.length));
		return value !== undefined && hasValue(filter, value);
	}
	if (name === 'tag-key') return [...instance.tags.keys()].some((key) => hasValue(filter, key));
	const values: Readonly<Record<string, string>> = {
		'instance-id': instance.id,
		'instance-state-name': instance.state,
		'instance-state-code': String(STATE_CODES[instance.state]),
		'instance-type': instance.instanceType,
		'availability-zone': instance.availabilityZone,
		'private-ip-address': instance.privateIp,
	};
	return hasValue(filter, values[name] ?? unknownFilter(filter));
}

/** Filter values may hold the wildcards `*` and `?`. */
function hasValue(filter: Filter, value: string): boolean {
	return (filter.Values ?? []).some((pattern) => {
		const source = pattern
			.replace(/[.+^${}()|[\]\\]/g, '\\$&')
			.replaceAll('*', '.*')
			.replaceAll('?', '.');
		return new RegExp(`^${source}$`, 's').test(value);
	});
}

function unknownFilter(filter: Filter): never {
	throw new AwsError('InvalidParameterValue', `The filter '${filter.Name}' is invalid`);
}
