import { describe, expect, it } from 'vitest';
import { resourcesOf } from '../../../shared/context/resources.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1' };
const NODE = 'i-00000000000000001';

/** What a metric of the namespace with these dimensions names. */
const named = (namespace: string, dimensions: Record<string, string>, place = PLACE) => resourcesOf([{ namespace, dimensions }], place);

describe('The resource of a metric', () => {
	it.each([
		['AWS/EC2', { InstanceId: NODE }, `ec2:eu-west-1:111122223333:instance/${NODE}`, 'AWS::EC2::Instance'],
		[
			'CWAgent',
			{ InstanceId: 'mi-00000000000000001' },
			'ssm:eu-west-1:111122223333:managed-instance/mi-00000000000000001',
			'AWS::SSM::ManagedInstanceInventory',
		],
		['AWS/EBS', { VolumeId: 'vol-0a1b2c3d' }, 'ec2:eu-west-1:111122223333:volume/vol-0a1b2c3d', 'AWS::EC2::Volume'],
		['AWS/NATGateway', { NatGatewayId: 'nat-0a1b2c3d' }, 'ec2:eu-west-1:111122223333:natgateway/nat-0a1b2c3d', 'AWS::EC2::NatGateway'],
		[
			'AWS/NetworkELB',
			{ LoadBalancer: 'net/edge/0a1b2c3d' },
			'elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/edge/0a1b2c3d',
			'AWS::ElasticLoadBalancingV2::LoadBalancer',
		],
		[
			'AWS/ELB',
			{ LoadBalancerName: 'old' },
			'elasticloadbalancing:eu-west-1:111122223333:loadbalancer/old',
			'AWS::ElasticLoadBalancing::LoadBalancer',
		],
		['AWS/RDS', { DBInstanceIdentifier: 'orders' }, 'rds:eu-west-1:111122223333:db:orders', 'AWS::RDS::DBInstance'],
		['AWS/RDS', { DBClusterIdentifier: 'orders' }, 'rds:eu-west-1:111122223333:cluster:orders', 'AWS::RDS::DBCluster'],
		['AWS/Lambda', { FunctionName: 'pay' }, 'lambda:eu-west-1:111122223333:function:pay', 'AWS::Lambda::Function'],
		['AWS/SQS', { QueueName: 'jobs' }, 'sqs:eu-west-1:111122223333:jobs', 'AWS::SQS::Queue'],
		['AWS/SNS', { TopicName: 'news' }, 'sns:eu-west-1:111122223333:news', 'AWS::SNS::Topic'],
		['AWS/DynamoDB', { TableName: 'orders' }, 'dynamodb:eu-west-1:111122223333:table/orders', 'AWS::DynamoDB::Table'],
		['AWS/S3', { BucketName: 'logs', StorageType: 'StandardStorage' }, 's3:::logs', 'AWS::S3::Bucket'],
		['AWS/Kinesis', { StreamName: 'clicks' }, 'kinesis:eu-west-1:111122223333:stream/clicks', 'AWS::Kinesis::Stream'],
		['AWS/ECS', { ClusterName: 'main' }, 'ecs:eu-west-1:111122223333:cluster/main', 'AWS::ECS::Cluster'],
		['AWS/EFS', { FileSystemId: 'fs-1' }, 'elasticfilesystem:eu-west-1:111122223333:file-system/fs-1', 'AWS::EFS::FileSystem'],
		['AWS/FSx', { FileSystemId: 'fs-1' }, 'fsx:eu-west-1:111122223333:file-system/fs-1', undefined],
		[
			'AWS/States',
			{ StateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:ship' },
			'states:eu-west-1:111122223333:stateMachine:ship',
			'AWS::StepFunctions::StateMachine',
		],
	])('of %s with %o is %s', (namespace, dimensions, arn, type) => {
		expect(named(namespace, dimensions as Record<string, string>).map((found) => [found.arn, found.type])).toEqual([
			[`arn:aws:${arn}`, type],
		]);
	});

	it('is known by its id, by its ARN or by the URL of a queue', () => {
		const loadBalancer = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/1';
		const queue = 'https://sqs.eu-west-1.amazonaws.com/111122223333/jobs';

		expect(named('AWS/EC2', { InstanceId: NODE })).toMatchObject([{ id: NODE, name: NODE }]);
		expect(named('AWS/ApplicationELB', { LoadBalancer: 'app/web/1' })).toMatchObject([{ id: loadBalancer, name: loadBalancer }]);
		expect(named('AWS/SQS', { QueueName: 'jobs' })).toMatchObject([{ id: queue, name: queue }]);
	});

	it('is found by its name where no dimension tells its id, and a group has no ARN then', () => {
		expect(named('AWS/EC2', { AutoScalingGroupName: 'web' })).toEqual([
			{ type: 'AWS::AutoScaling::AutoScalingGroup', id: 'web', name: 'web', named: true },
		]);
		expect(named('AWS/RDS', { DBInstanceIdentifier: 'orders' })).toMatchObject([{ id: 'orders', named: true }]);
	});

	it('is in the partition of the Region', () => {
		const inChina = named('AWS/SQS', { QueueName: 'jobs' }, { account: '111122223333', region: 'cn-north-1' });
		const inGovCloud = named('AWS/S3', { BucketName: 'logs' }, { account: '111122223333', region: 'us-gov-west-1' });

		expect(inChina).toMatchObject([
			{ arn: 'arn:aws-cn:sqs:cn-north-1:111122223333:jobs', id: 'https://sqs.cn-north-1.amazonaws.com.cn/111122223333/jobs' },
		]);
		expect(inGovCloud).toMatchObject([{ arn: 'arn:aws-us-gov:s3:::logs' }]);
	});

	it('is none where the dimension means something else', () => {
		expect(named('AWS/Connect', { InstanceId: '6f3a1b0c-1111-2222-3333-444455556666' })).toEqual([]);
		expect(named('AWS/CloudFront', { FunctionName: 'rewrite' })).toEqual([]);
		expect(named('ContainerInsights', { ClusterName: 'kubernetes' })).toEqual([]);
		expect(named('Shop', { QueueName: 'checkout', service: 'cart' })).toEqual([]);
		expect(named('AWS/ECS', { ServiceName: 'api' })).toEqual([]);
	});
});

describe('The resources of an alarm', () => {
	it('come with the narrower first, each once, of all its metrics', () => {
		const target = { TargetGroup: 'targetgroup/web/1', LoadBalancer: 'app/web/2' };
		const metrics = [
			{ namespace: 'AWS/ApplicationELB', name: 'HTTPCode_Target_5XX_Count', dimensions: target },
			{ namespace: 'AWS/ApplicationELB', name: 'RequestCount', dimensions: target },
			{ namespace: 'AWS/ECS', name: 'CPUUtilization', dimensions: { ClusterName: 'main', ServiceName: 'api' } },
			{ namespace: 'CWAgent', dimensions: { InstanceId: NODE, AutoScalingGroupName: 'web', path: '/' } },
			{ namespace: 'AWS/EC2', dimensions: { AutoScalingGroupName: 'web' } },
		];

		expect(resourcesOf(metrics, PLACE).map(({ arn, id }) => arn ?? id)).toEqual([
			'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/1',
			'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/2',
			'arn:aws:ecs:eu-west-1:111122223333:service/main/api',
			'arn:aws:ecs:eu-west-1:111122223333:cluster/main',
			`arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}`,
			'web',
		]);
	});

	it('are none without dimensions, or without a namespace', () => {
		expect(resourcesOf([{ name: 'Orders', dimensions: {} }, { dimensions: { QueueName: 'jobs' } }], PLACE)).toEqual([]);
	});
});
