/** The resources that an alarm is about: those that the dimensions of its metrics name. */

import { partitionOf } from './partition.ts';

/** A metric as the event of an alarm has it: `configuration.metrics[].metricStat.metric`. */
export interface MetricOfAlarm {
	readonly namespace?: string | undefined;
	readonly name?: string | undefined;
	readonly dimensions: Readonly<Record<string, string>>;
}

export interface AlarmResource {
	/** Absent where the ARN has a part that no dimension tells. */
	readonly arn?: string;
	/** AWS Config's type, where it records such. */
	readonly type?: string;
	/** CloudFormation's physical id, which AWS Config has as the resource's id, or as its name where `named`. */
	readonly id: string;
	/** AWS Config gives it an id that no dimension tells. */
	readonly named?: true;
	/** What CloudTrail's LookupEvents knows it by. */
	readonly name: string;
}

interface Place {
	readonly account: string;
	readonly region: string;
}

interface Naming extends Place {
	readonly arn: (service: string, resource: string) => string;
	readonly dimensions: Readonly<Record<string, string>>;
}

interface Kind {
	readonly dimension: string;
	/** The namespaces that mean this by the dimension; any, where the value tells by itself. */
	readonly namespaces?: readonly string[];
	readonly values?: RegExp;
	readonly type?: string;
	/** What differs from `id` and `name` being the dimension's value; undefined where that names none. */
	readonly of: (value: string, naming: Naming) => Partial<AlarmResource> | undefined;
}

const ECS = ['AWS/ECS', 'ECS/ContainerInsights'];

/** The narrower first: a metric of a service in a cluster is about the service. */
const KINDS: readonly Kind[] = [
	{
		dimension: 'InstanceId',
		values: /^i-[0-9a-f]+$/,
		type: 'AWS::EC2::Instance',
		of: (id, { arn }) => ({ arn: arn('ec2', `instance/${id}`) }),
	},
	{
		dimension: 'InstanceId',
		values: /^mi-[0-9a-f]+$/,
		type: 'AWS::SSM::ManagedInstanceInventory',
		of: (id, { arn }) => ({ arn: arn('ssm', `managed-instance/${id}`) }),
	},
	{
		dimension: 'VolumeId',
		values: /^vol-[0-9a-f]+$/,
		type: 'AWS::EC2::Volume',
		of: (id, { arn }) => ({ arn: arn('ec2', `volume/${id}`) }),
	},
	{
		dimension: 'NatGatewayId',
		values: /^nat-[0-9a-f]+$/,
		type: 'AWS::EC2::NatGateway',
		of: (id, { arn }) => ({ arn: arn('ec2', `natgateway/${id}`) }),
	},
	// The ARN of a group, which is AWS Config's id of it, holds a UUID.
	{ dimension: 'AutoScalingGroupName', type: 'AWS::AutoScaling::AutoScalingGroup', of: () => ({ named: true }) },
	{
		dimension: 'TargetGroup',
		values: /^targetgroup\//,
		type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
		of: (suffix, { arn }) => byArn(arn('elasticloadbalancing', suffix)),
	},
	{
		dimension: 'LoadBalancer',
		values: /^(app|net|gwy)\//,
		type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
		of: (suffix, { arn }) => byArn(arn('elasticloadbalancing', `loadbalancer/${suffix}`)),
	},
	{
		dimension: 'LoadBalancerName',
		namespaces: ['AWS/ELB'],
		type: 'AWS::ElasticLoadBalancing::LoadBalancer',
		of: (name, { arn }) => ({ arn: arn('elasticloadbalancing', `loadbalancer/${name}`) }),
	},
	// AWS Config's ids of databases are their resource ids: `db-`, `cluster-` and letters.
	{
		dimension: 'DBInstanceIdentifier',
		type: 'AWS::RDS::DBInstance',
		of: (name, { arn }) => ({ arn: arn('rds', `db:${name}`), named: true }),
	},
	{
		dimension: 'DBClusterIdentifier',
		type: 'AWS::RDS::DBCluster',
		of: (name, { arn }) => ({ arn: arn('rds', `cluster:${name}`), named: true }),
	},
	{
		dimension: 'FunctionName',
		namespaces: ['AWS/Lambda'],
		type: 'AWS::Lambda::Function',
		of: (name, { arn }) => ({ arn: arn('lambda', `function:${name}`) }),
	},
	{
		dimension: 'QueueName',
		namespaces: ['AWS/SQS'],
		type: 'AWS::SQS::Queue',
		of: (name, naming) => ({ arn: naming.arn('sqs', name), id: queueUrl(naming, name), name: queueUrl(naming, name) }),
	},
	{ dimension: 'TopicName', namespaces: ['AWS/SNS'], type: 'AWS::SNS::Topic', of: (name, { arn }) => byArn(arn('sns', name)) },
	{
		dimension: 'TableName',
		namespaces: ['AWS/DynamoDB'],
		type: 'AWS::DynamoDB::Table',
		of: (name, { arn }) => ({ arn: arn('dynamodb', `table/${name}`) }),
	},
	{
		dimension: 'BucketName',
		namespaces: ['AWS/S3'],
		type: 'AWS::S3::Bucket',
		of: (name, { region }) => ({ arn: `arn:${partitionOf(region)}:s3:::${name}` }),
	},
	{
		dimension: 'StreamName',
		namespaces: ['AWS/Kinesis'],
		type: 'AWS::Kinesis::Stream',
		of: (name, { arn }) => ({ arn: arn('kinesis', `stream/${name}`) }),
	},
	{
		dimension: 'ServiceName',
		namespaces: ECS,
		type: 'AWS::ECS::Service',
		of: (name, { arn, dimensions: { ClusterName } }) => (ClusterName ? byArn(arn('ecs', `service/${ClusterName}/${name}`)) : undefined),
	},
	{
		dimension: 'ClusterName',
		namespaces: ECS,
		type: 'AWS::ECS::Cluster',
		of: (name, { arn }) => ({ arn: arn('ecs', `cluster/${name}`), named: true }),
	},
	{
		dimension: 'FileSystemId',
		namespaces: ['AWS/EFS'],
		type: 'AWS::EFS::FileSystem',
		of: (id, { arn }) => ({ arn: arn('elasticfilesystem', `file-system/${id}`) }),
	},
	{ dimension: 'FileSystemId', namespaces: ['AWS/FSx'], of: (id, { arn }) => ({ arn: arn('fsx', `file-system/${id}`) }) },
	{ dimension: 'StateMachineArn', values: /^arn:/, type: 'AWS::StepFunctions::StateMachine', of: byArn },
];

/**
 * Each resource that the dimensions name, once, in the order of the metrics. `place` is where the metrics are. The ids are
 * those of AWS Config's items. CloudTrail documents no names: they are what the services' write calls take.
 */
export function resourcesOf(metrics: readonly MetricOfAlarm[], place: Place): readonly AlarmResource[] {
	const arn = (service: string, resource: string) =>
		`arn:${partitionOf(place.region)}:${service}:${place.region}:${place.account}:${resource}`;
	const found = new Map<string, AlarmResource>();
	for (const { namespace = '', dimensions } of metrics) {
		for (const { dimension, namespaces, values, type, of } of KINDS) {
			const value = dimensions[dimension];
			if (value === undefined || namespaces?.includes(namespace) === false || values?.test(value) === false) continue;
			const own = of(value, { ...place, arn, dimensions });
			if (own) found.set(own.arn ?? `${type} ${value}`, { ...(type && { type }), id: value, name: value, ...own });
		}
	}
	return [...found.values()];
}

/** Known by its ARN everywhere. */
function byArn(arn: string): Pick<AlarmResource, 'arn' | 'id' | 'name'> {
	return { arn, id: arn, name: arn };
}

function queueUrl({ account, region }: Place, name: string): string {
	return `https://sqs.${region}.amazonaws.com${partitionOf(region) === 'aws-cn' ? '.cn' : ''}/${account}/${name}`;
}
