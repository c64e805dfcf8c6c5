/** How instances reach AWS: the internet gateway of the VPC, and its endpoints. */

import type {
	DescribeRouteTablesCommandInput,
	DescribeRouteTablesCommandOutput,
	DescribeVpcEndpointsCommandInput,
	DescribeVpcEndpointsCommandOutput,
	State,
} from '@aws-sdk/client-ec2';
import { passesAll } from './ec2-filters.ts';
import { DEFAULT_GROUP_ID, VPC_ID } from './ec2-security-groups.ts';
import { nextToken, page } from './paging.ts';
import type { AwsContext, Output } from './types.ts';

export interface Network {
	/** Whether the VPC has a way out; default true. */
	readonly internet?: boolean;
	/** Services with an interface endpoint in the VPC, with private DNS: `ssm`, `ssmmessages`. */
	readonly endpoints?: readonly string[];
}

/** Without a way out, an agent needs the endpoints of these (user guide, "Improve the security of EC2 instances by using VPC endpoints"). */
const NEEDED = ['ssm', 'ssmmessages'] as const;
/** As EC2 writes it; the model has a capital. */
const AVAILABLE = 'available' as string as State;
const ROUTE_TABLE = 'rtb-0a1b2c3d4e5f60718';
const PAGE = 1_000;

export class Networks {
	readonly #ctx: AwsContext;
	#network: Required<Network> = { internet: true, endpoints: [] };
	readonly #listeners: (() => void)[] = [];

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	set({ internet = true, endpoints = [] }: Network): void {
		this.#network = { internet, endpoints };
		for (const listener of this.#listeners) listener();
	}

	/** Calls `listener` after each change. */
	onChange(listener: () => void): void {
		this.#listeners.push(listener);
	}

	/** Whether agents reach Systems Manager. */
	reachesSsm(): boolean {
		const { internet, endpoints } = this.#network;
		return internet || NEEDED.every((service) => endpoints.includes(service));
	}

	operations() {
		return {
			DescribeVpcEndpoints: (input: DescribeVpcEndpointsCommandInput): Output<DescribeVpcEndpointsCommandOutput> => {
				const { account, region } = this.#ctx;
				const all = this.#network.endpoints.map((service, index) => ({
					VpcEndpointId: `vpce-${String(index + 1).padStart(17, '0')}`,
					VpcEndpointType: 'Interface' as const,
					VpcId: VPC_ID,
					ServiceName: `com.amazonaws.${region}.${service}`,
					State: AVAILABLE,
					PrivateDnsEnabled: true,
					Groups: [{ GroupId: DEFAULT_GROUP_ID, GroupName: 'default' }],
					OwnerId: account,
				}));
				const matching = all.filter(({ VpcEndpointId, VpcEndpointType, VpcId, ServiceName, State }) => {
					const fields = { 'service-name': ServiceName, 'vpc-id': VpcId, 'vpc-endpoint-id': VpcEndpointId };
					const asked = input.VpcEndpointIds === undefined || input.VpcEndpointIds.includes(VpcEndpointId);
					const more = { 'vpc-endpoint-state': State, 'vpc-endpoint-type': VpcEndpointType };
					return asked && passesAll(input.Filters, { ...fields, ...more }, new Map());
				});
				const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
				return { VpcEndpoints: found.items, ...nextToken(found) };
			},

			/** The main table of the VPC, which all its subnets use. */
			DescribeRouteTables: (input: DescribeRouteTablesCommandInput): Output<DescribeRouteTablesCommandOutput> => {
				const table = {
					RouteTableId: ROUTE_TABLE,
					VpcId: VPC_ID,
					OwnerId: this.#ctx.account,
					Associations: [{ Main: true, RouteTableId: ROUTE_TABLE, AssociationState: { State: 'associated' as const } }],
					Routes: [
						{ DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' as const },
						...(this.#network.internet
							? [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-0a1b2c3d4e5f60718', State: 'active' as const }]
							: []),
					],
				};
				const fields = { 'route-table-id': ROUTE_TABLE, 'vpc-id': VPC_ID, 'association.main': 'true' };
				const asked = input.RouteTableIds === undefined || input.RouteTableIds.includes(ROUTE_TABLE);
				return { RouteTables: asked && passesAll(input.Filters, fields, new Map()) ? [table] : [] };
			},
		};
	}
}
