/** What EC2 says of instances that run and of how they reach AWS: it alone knows those that Systems Manager does not, without any tag too. */

// biome-ignore-start lint/style/noRestrictedImports: one function alone carries it, which is not on the core path: nothing else tells which instances run.
import {
	DescribeInstancesCommand,
	DescribeRouteTablesCommand,
	DescribeVpcEndpointsCommand,
	type EC2Client,
	type Instance,
	type RouteTable,
} from '@aws-sdk/client-ec2';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import type { RunningInstance } from '../kinds/agent/diagnosis.ts';
import { pagesOf } from './pages.ts';

/** Results of one page, and pages of one look: ten thousand instances, and endpoints and tables of fifty VPCs. */
const PER_PAGE = 1_000;
const INSTANCE_PAGES = 10;
const NETWORK_PAGES = 10;
/** Results of one page of route tables (API reference: at most 100). */
const TABLES_PER_PAGE = 100;
/** VPCs of one look; values of one filter. */
const VPCS = 50;

/** An instance that carries it, with this value, is nobody's business here. */
const IGNORE_TAG = 'fleetkeeper-agent';
const IGNORE = 'ignore';

/** Without a way out, an agent needs these (user guide, "Improve the security of EC2 instances by using VPC endpoints"). */
const NEEDED = ['ssm', 'ssmmessages'] as const;

export interface Running {
	readonly instances: readonly RunningInstance[];
	readonly ignored: ReadonlySet<string>;
	/** There are more. */
	readonly cut: boolean;
}

/** All instances that run. Rejects with what the SDK throws. */
export async function readInstances(ec2: EC2Client): Promise<Running> {
	const { items, cut } = await pagesOf(INSTANCE_PAGES, async (NextToken) => {
		const Filters = [{ Name: 'instance-state-name', Values: ['running'] }];
		const output = await ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: PER_PAGE, ...(NextToken && { NextToken }) }));
		return { items: (output.Reservations ?? []).flatMap(({ Instances = [] }) => Instances), next: output.NextToken };
	});
	const ignored = items.filter(({ Tags = [] }) => Tags.some(({ Key, Value }) => Key === IGNORE_TAG && Value === IGNORE));
	return { instances: items.map(runningInstance), ignored: new Set(ignored.map(({ InstanceId = '' }) => InstanceId)), cut };
}

function runningInstance({ InstanceId = '', LaunchTime, IamInstanceProfile, VpcId, SubnetId }: Instance): RunningInstance {
	const profile = IamInstanceProfile?.Arn?.split('/').at(-1);
	return {
		id: InstanceId,
		launchedAt: LaunchTime?.getTime() ?? 0,
		...(profile && { profile }),
		...(VpcId && { vpc: VpcId }),
		...(SubnetId && { subnet: SubnetId }),
	};
}

/**
 * By subnet without a default route: the endpoints of Systems Manager that its VPC lacks. What is behind a default route cannot be seen, nor
 * security groups and policies of endpoints. Rejects with what the SDK throws.
 * @param instances those whose subnets are looked at.
 */
export async function readMissingEndpoints(
	ec2: EC2Client,
	instances: readonly RunningInstance[],
	region: string,
): Promise<Map<string, readonly string[]>> {
	const vpcOf = new Map(instances.flatMap(({ subnet, vpc }) => (subnet && vpc ? [[subnet, vpc] as const] : [])));
	const vpcs = [...new Set(vpcOf.values())].slice(0, VPCS);
	const closed = new Map<string, string>();
	if (vpcs.length === 0) return new Map();
	const tables = await tablesOf(ec2, vpcs);
	for (const [subnet, vpc] of vpcOf) if (isClosed(tables, subnet, vpc)) closed.set(subnet, vpc);
	if (closed.size === 0) return new Map();
	const there = await endpointsOf(ec2, [...new Set(closed.values())]);
	const lacking = (vpc: string) => NEEDED.filter((service) => !there.has(`${vpc} ${region}.${service}`));
	return new Map([...closed].map(([subnet, vpc]) => [subnet, lacking(vpc)]));
}

async function tablesOf(ec2: EC2Client, vpcs: readonly string[]): Promise<RouteTable[]> {
	const { items } = await pagesOf(NETWORK_PAGES, async (NextToken) => {
		const Filters = [{ Name: 'vpc-id', Values: [...vpcs] }];
		const output = await ec2.send(
			new DescribeRouteTablesCommand({ Filters, MaxResults: TABLES_PER_PAGE, ...(NextToken && { NextToken }) }),
		);
		return { items: output.RouteTables ?? [], next: output.NextToken };
	});
	return items;
}

/** A subnet's own table, or else the main one of its VPC; where none is listed nothing is known. */
function isClosed(tables: readonly RouteTable[], subnet: string, vpc: string): boolean {
	const of = tables.filter(({ VpcId }) => VpcId === vpc);
	const own = of.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnet));
	const table = own ?? of.find(({ Associations = [] }) => Associations.some(({ Main }) => Main));
	return (
		table !== undefined &&
		!(table.Routes ?? []).some(({ DestinationCidrBlock, DestinationIpv6CidrBlock, State }) => {
			return State === 'active' && (DestinationCidrBlock === '0.0.0.0/0' || DestinationIpv6CidrBlock === '::/0');
		})
	);
}

/** `<vpc> <region>.<service>` of the interface endpoints that are available. */
async function endpointsOf(ec2: EC2Client, vpcs: readonly string[]): Promise<Set<string>> {
	const { items } = await pagesOf(NETWORK_PAGES, async (NextToken) => {
		const Filters = [
			{ Name: 'vpc-id', Values: [...vpcs] },
			{ Name: 'vpc-endpoint-state', Values: ['available'] },
			{ Name: 'vpc-endpoint-type', Values: ['Interface'] },
		];
		const output = await ec2.send(new DescribeVpcEndpointsCommand({ Filters, MaxResults: PER_PAGE, ...(NextToken && { NextToken }) }));
		return { items: output.VpcEndpoints ?? [], next: output.NextToken };
	});
	// `com.amazonaws.eu-west-1.ssm`; other partitions put something before it.
	return new Set(items.map(({ VpcId, ServiceName = '' }) => `${VpcId} ${ServiceName.split('.').slice(-2).join('.')}`));
}
