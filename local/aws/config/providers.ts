/** The resources of the local AWS, in the shape that Config records of their types. */

import { type Ec2, instanceArn } from '../ec2.ts';
import type { S3 } from '../s3.ts';
import type { AwsContext } from '../types.ts';
import type { ResourceProvider } from './model.ts';

type Json = Readonly<Record<string, unknown>>;

/** Instances: what DescribeInstances has of them, in lower camel case. */
export function instanceProvider(ctx: AwsContext, ec2: Ec2): ResourceProvider {
	return {
		type: 'AWS::EC2::Instance',
		service: 'ec2',
		list() {
			const reservations = described(ec2, 'DescribeInstances', 'Reservations');
			const wire = new Map(reservations.flatMap(({ Instances }) => (Instances as Json[]).map((each) => [each['InstanceId'], each])));
			return ec2
				.instances()
				.filter(({ state }) => state !== 'terminated')
				.map(({ id, availabilityZone, launchedAt, tags }) => ({
					id,
					arn: instanceArn(ctx, id),
					availabilityZone,
					createdAt: launchedAt,
					tags: Object.fromEntries(tags),
					configuration: lowerCamel(wire.get(id) ?? {}) as Json,
				}));
		},
	};
}

/** Security groups: Config calls the version 4 ranges of a permission `ipv4Ranges`. */
export function securityGroupProvider(ctx: AwsContext, ec2: Ec2): ResourceProvider {
	return {
		type: 'AWS::EC2::SecurityGroup',
		service: 'ec2',
		list: () =>
			described(ec2, 'DescribeSecurityGroups', 'SecurityGroups').map((group) => {
				const { IpPermissions = [], IpPermissionsEgress = [], ...rest } = group as { IpPermissions?: Json[]; IpPermissionsEgress?: Json[] };
				const id = String(group['GroupId']);
				const permissions = (all: readonly Json[]) => all.map(({ IpRanges = [], ...each }) => ({ ...each, Ipv4Ranges: IpRanges }));
				const shaped = { ...rest, IpPermissions: permissions(IpPermissions), IpPermissionsEgress: permissions(IpPermissionsEgress) };
				return {
					id,
					name: String(group['GroupName']),
					arn: `arn:aws:ec2:${ctx.region}:${ctx.account}:security-group/${id}`,
					tags: tagsOf(group['Tags']),
					configuration: lowerCamel(shaped) as Json,
				};
			}),
	};
}

/** Buckets: their settings are in the supplementary configuration. */
export function bucketProvider(ctx: AwsContext, s3: S3): ResourceProvider {
	return {
		type: 'AWS::S3::Bucket',
		service: 's3',
		list: () =>
			s3.buckets().map(({ name, tags, publicAccessBlock, encryption: { SSEAlgorithm, KMSMasterKeyID, bucketKey } }) => {
				const byDefault = { sseAlgorithm: SSEAlgorithm, ...(KMSMasterKeyID === undefined ? {} : { kmsMasterKeyID: KMSMasterKeyID }) };
				return {
					id: name,
					name,
					arn: `arn:aws:s3:::${name}`,
					tags: Object.fromEntries(tags),
					configuration: { name, owner: { id: ctx.account }, region: null },
					supplementaryConfiguration: {
						...(publicAccessBlock ? { PublicAccessBlockConfiguration: lowerCamel(publicAccessBlock) } : {}),
						ServerSideEncryptionConfiguration: {
							rules: [{ applyServerSideEncryptionByDefault: byDefault, bucketKeyEnabled: bucketKey }],
						},
					},
				};
			}),
	};
}

/** All pages of a Describe operation of EC2. */
function described(ec2: Ec2, operation: string, member: string): Json[] {
	const call = ec2.definition.operations[operation] as unknown as ((input: Json) => Json) | undefined;
	if (!call) return [];
	const found: Json[] = [];
	let token: unknown;
	do {
		const answer = call(token === undefined ? {} : { NextToken: token });
		found.push(...((answer[member] ?? []) as Json[]));
		token = answer['NextToken'];
	} while (token !== undefined);
	return found;
}

function tagsOf(tags: unknown): Record<string, string> {
	return Object.fromEntries(((tags ?? []) as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
}

function lowerCamel(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(lowerCamel);
	if (typeof value !== 'object' || value === null || value instanceof Date) return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), lowerCamel(item)]));
}
