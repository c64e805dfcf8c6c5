/** Names, references and ARNs of deployed resources. */

import { createHash } from 'node:crypto';
import type { Resource, Stack } from './intrinsics.ts';

interface Naming {
	/** The property that names the resource. */
	readonly property: string;
	/** The property that names what the resource is in, where that is part of its ARN. */
	readonly within?: string;
	arn(name: string, stack: Stack, within?: string): string;
	/** What `Ref` gives, where it is not the name. */
	ref?(name: string, stack: Stack): string;
	/** The service makes the id itself: here it is a function of stack and logical id, so that whoever refers to it finds it. */
	made?(hex: string): string;
}

const regional =
	(service: string, prefix = '', suffix = '') =>
	(name: string, { account, region }: Stack) =>
		`arn:aws:${service}:${region}:${account}:${prefix}${name}${suffix}`;

const iam =
	(kind: string) =>
	(name: string, { account }: Stack) =>
		`arn:aws:iam::${account}:${kind}/${name}`;

const uuid = (hex: string) => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

const NAMING: Readonly<Record<string, Naming>> = {
	'AWS::SQS::Queue': { property: 'QueueName', arn: regional('sqs'), ref: (name, stack) => queueUrl(stack, name) },
	'AWS::Lambda::Function': { property: 'FunctionName', arn: regional('lambda', 'function:') },
	'AWS::DynamoDB::Table': { property: 'TableName', arn: regional('dynamodb', 'table/') },
	'AWS::Events::Rule': { property: 'Name', within: 'EventBusName', arn: ruleArn },
	'AWS::Events::EventBus': { property: 'Name', arn: regional('events', 'event-bus/') },
	'AWS::SSM::Document': { property: 'Name', arn: regional('ssm', 'document/') },
	'AWS::SSM::Parameter': { property: 'Name', arn: (name, stack) => regional('ssm', 'parameter/')(name.replace(/^\//, ''), stack) },
	'AWS::SSM::MaintenanceWindow': {
		property: 'WindowId',
		arn: regional('ssm', 'maintenancewindow/'),
		made: (hex) => `mw-${hex.slice(0, 17)}`,
	},
	'AWS::SSM::MaintenanceWindowTarget': { property: 'WindowTargetId', arn: regional('ssm', 'windowtarget/'), made: uuid },
	'AWS::SSM::MaintenanceWindowTask': { property: 'WindowTaskId', arn: regional('ssm', 'windowtask/'), made: uuid },
	'AWS::SSM::PatchBaseline': { property: 'Id', arn: regional('ssm', 'patchbaseline/'), made: (hex) => `pb-${hex.slice(0, 17)}` },
	'AWS::SSM::Association': { property: 'AssociationId', arn: regional('ssm', 'association/'), made: uuid },
	'AWS::SSM::ResourceDataSync': { property: 'SyncName', arn: regional('ssm', 'resource-data-sync/') },
	'AWS::Logs::LogGroup': { property: 'LogGroupName', arn: regional('logs', 'log-group:', ':*') },
	'AWS::S3::Bucket': { property: 'BucketName', arn: (name) => `arn:aws:s3:::${name}` },
	'AWS::IAM::Role': { property: 'RoleName', arn: iam('role') },
	'AWS::IAM::ManagedPolicy': { property: 'ManagedPolicyName', arn: iam('policy'), ref: iam('policy') },
	'AWS::IAM::InstanceProfile': { property: 'InstanceProfileName', arn: iam('instance-profile') },
	'AWS::SNS::Topic': { property: 'TopicName', arn: regional('sns'), ref: regional('sns') },
	'AWS::KMS::Key': { property: 'KeyName', arn: regional('kms', 'key/') },
};

/** The ARN of a rule says which bus it is on, unless that is the default one. */
function ruleArn(name: string, stack: Stack, bus = 'default'): string {
	return regional('events', bus === 'default' ? 'rule/' : `rule/${bus}/`)(name, stack);
}

/** The URL of a queue, as SQS gives it. */
function queueUrl({ account, region }: Pick<Stack, 'account' | 'region'>, name: string): string {
	return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
}

type Resolve = (value: unknown, at: string) => unknown;

/** The name a resource gets: from its naming property, or made of stack and logical id as CloudFormation does (of a bucket in lower case). */
export function physicalName(logicalId: string, resource: Resource, stack: Stack, resolve: Resolve): string {
	const { property, made: madeOf } = NAMING[resource.Type] ?? {};
	if (madeOf) return madeOf(createHash('sha256').update(`${stack.name}/${logicalId}`).digest('hex'));
	const given = property === undefined ? undefined : resource.Properties?.[property];
	if (given !== undefined) return String(resolve(given, `${logicalId}.${property}`));
	const made = `${stack.name}-${logicalId}`;
	return resource.Type === 'AWS::S3::Bucket' ? made.toLowerCase() : made;
}

/** What `Ref` of a resource gives. */
export function reference(type: string, name: string, stack: Stack): string {
	return NAMING[type]?.ref?.(name, stack) ?? name;
}

/** What `Fn::GetAtt` of a resource gives, or undefined for an attribute that is not known here. */
export function attributeOf(
	{ Type: type, Properties = {} }: Resource,
	name: string,
	attribute: string,
	stack: Stack,
	resolve: Resolve,
): string | undefined {
	const naming = NAMING[type];
	if (attribute === 'Arn' || attribute === 'TopicArn') {
		const holder = naming?.within === undefined ? undefined : Properties[naming.within];
		return naming?.arn(name, stack, holder === undefined ? undefined : String(resolve(holder, `${name}.${naming.within}`)));
	}
	if (attribute === naming?.property) return name;
	if (attribute === 'QueueUrl') return queueUrl(stack, name);
	if (type === 'AWS::S3::Bucket' && attribute === 'DomainName') return `${name}.s3.amazonaws.com`;
	return undefined;
}
