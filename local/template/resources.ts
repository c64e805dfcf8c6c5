/** CloudFormation resources, read into what the local AWS acts on. The defaults are the services' own. */

import type { TableDefinition } from '../aws/dynamodb.ts';
import type { Bus } from '../aws/eventbridge.ts';
import type {
	BucketDefinition,
	DocumentDefinition,
	EventSourceMapping,
	FunctionDefinition,
	ParameterDefinition,
	QueueDefinition,
	Rule,
	TopicDefinition,
} from '../template.ts';
import type { Resolver, Resource } from './intrinsics.ts';

/** A resource of the stack, resolved. */
export interface Deployed {
	readonly logicalId: string;
	readonly name: string;
	/** Asked for only where the type has one. */
	arn(): string;
	readonly properties: Properties;
}

/** Resolved properties. The shapes below are CloudFormation's; `sls package` and cfn-lint check them, not this. */
// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are read by their documented names.
type Properties = Record<string, any>;

export interface InvokeConfig {
	readonly FunctionName: string;
	readonly MaximumRetryAttempts?: number;
	readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination: string } };
}

export function deployed(resolver: Resolver, logicalId: string, resource: Resource): Deployed {
	return {
		logicalId,
		name: resolver.nameOf(logicalId),
		arn: () => resolver.attribute(logicalId, 'Arn'),
		properties: (resolver.resolve(resource.Properties ?? {}, logicalId) ?? {}) as Properties,
	};
}

export function bus({ name, arn }: Deployed): Bus {
	return { name, arn: arn() };
}

export function rule({ name, arn, properties }: Deployed): Rule {
	return {
		name,
		arn: arn(),
		busName: properties['EventBusName'] ?? 'default',
		enabled: (properties['State'] ?? 'ENABLED') !== 'DISABLED',
		...optional('pattern', properties['EventPattern']),
		...optional('schedule', properties['ScheduleExpression']),
		targets: ((properties['Targets'] ?? []) as Properties[]).map((target) => ({
			arn: String(target['Arn']),
			...optional('input', target['Input']),
			...optional('inputPath', target['InputPath']),
			...optional(
				'inputTransformer',
				target['InputTransformer'] && {
					paths: target['InputTransformer'].InputPathsMap ?? {},
					template: target['InputTransformer'].InputTemplate,
				},
			),
			...optional('deadLetterArn', target['DeadLetterConfig']?.Arn),
			...optional(
				'retry',
				target['RetryPolicy'] && {
					...optional('attempts', target['RetryPolicy'].MaximumRetryAttempts),
					...optional('maximumAgeSeconds', target['RetryPolicy'].MaximumEventAgeInSeconds),
				},
			),
		})),
	};
}

/** Defaults of SQS: 30 seconds of visibility timeout, no delay. */
export function queue({ name, arn, properties }: Deployed): QueueDefinition {
	const given = properties['RedrivePolicy'];
	const policy = typeof given === 'string' ? (JSON.parse(given) as Properties) : (given as Properties | undefined);
	return {
		name,
		arn: arn(),
		visibilityTimeoutSeconds: Number(properties['VisibilityTimeout'] ?? 30),
		delaySeconds: Number(properties['DelaySeconds'] ?? 0),
		...optional('encrypted', properties['SqsManagedSseEnabled']),
		...optional(
			'redrive',
			policy && { deadLetterArn: String(policy['deadLetterTargetArn']), maxReceiveCount: Number(policy['maxReceiveCount']) },
		),
	};
}

/** Defaults of Lambda for SQS: ten messages, no window. */
export function mapping({ properties }: Deployed): EventSourceMapping {
	return {
		queueArn: String(properties['EventSourceArn']),
		functionName: functionName(String(properties['FunctionName'])),
		enabled: properties['Enabled'] !== false,
		batchSize: Number(properties['BatchSize'] ?? 10),
		windowSeconds: Number(properties['MaximumBatchingWindowInSeconds'] ?? 0),
		reportsItemFailures: ((properties['FunctionResponseTypes'] ?? []) as string[]).includes('ReportBatchItemFailures'),
		...optional('maximumConcurrency', properties['ScalingConfig']?.MaximumConcurrency),
	};
}

/** Defaults of Lambda: three seconds, 128 MB, two retries of an asynchronous invocation. */
export function lambda({ logicalId, name, arn, properties }: Deployed, invokeConfigs: readonly InvokeConfig[]): FunctionDefinition {
	const config = invokeConfigs.find((candidate) => functionName(candidate.FunctionName) === name);
	return {
		logicalId,
		name,
		arn: arn(),
		file: String(properties['Handler']).replace(/\.[^./]+$/, ''),
		environment: mapValues(properties['Environment']?.Variables ?? {}, String),
		timeoutSeconds: Number(properties['Timeout'] ?? 3),
		memoryMb: Number(properties['MemorySize'] ?? 128),
		...optional('reservedConcurrency', properties['ReservedConcurrentExecutions']),
		...optional('deadLetterArn', properties['DeadLetterConfig']?.TargetArn),
		async: {
			retries: Number(config?.MaximumRetryAttempts ?? 2),
			...optional('onFailureArn', config?.DestinationConfig?.OnFailure?.Destination),
		},
		...optional('roleArn', properties['Role']),
	};
}

/** What is not set is S3's own default. */
export function bucket({ name, properties }: Deployed): BucketDefinition {
	const [rule] = (properties['BucketEncryption']?.ServerSideEncryptionConfiguration ?? []) as Properties[];
	const { SSEAlgorithm, KMSMasterKeyID } = rule?.['ServerSideEncryptionByDefault'] ?? {};
	const encryption = { SSEAlgorithm, ...optional('KMSMasterKeyID', KMSMasterKeyID), bucketKey: rule?.['BucketKeyEnabled'] === true };
	return {
		name,
		...optional('encryption', SSEAlgorithm === undefined ? undefined : encryption),
		...optional('publicAccessBlock', properties['PublicAccessBlockConfiguration']),
	};
}

/** Subscriptions stand in the topic or are resources of their own; an address that is empty is left out. */
export function topic({ name, arn, properties }: Deployed, subscriptions: readonly Properties[]): TopicDefinition {
	const own = (properties['Subscription'] ?? []) as Properties[];
	const others = subscriptions.filter((each) => each['TopicArn'] === arn());
	const emails = [...own, ...others].filter((each) => each['Protocol'] === 'email' && each['Endpoint']);
	return {
		name,
		arn: arn(),
		...optional('displayName', properties['DisplayName']),
		emails: emails.map((each) => String(each['Endpoint'])),
	};
}

const CREATE_TABLE_MEMBERS = [
	'AttributeDefinitions',
	'KeySchema',
	'BillingMode',
	'ProvisionedThroughput',
	'GlobalSecondaryIndexes',
	'LocalSecondaryIndexes',
] as const;

export function table({ name, properties }: Deployed): TableDefinition {
	const members = CREATE_TABLE_MEMBERS.filter((member) => properties[member] !== undefined);
	return { TableName: name, ...Object.fromEntries(members.map((member) => [member, properties[member]])) };
}

export function timeToLive({ name, properties }: Deployed): (readonly [string, string])[] {
	const specification = properties['TimeToLiveSpecification'];
	return specification?.Enabled ? [[name, String(specification.AttributeName)]] : [];
}

export function document({ name, properties }: Deployed): DocumentDefinition {
	const content = properties['Content'];
	return {
		name,
		type: String(properties['DocumentType'] ?? 'Command'),
		format: String(properties['DocumentFormat'] ?? 'JSON'),
		content: typeof content === 'string' ? content : JSON.stringify(content),
	};
}

export function parameter({ name, properties }: Deployed): ParameterDefinition {
	return {
		name,
		type: String(properties['Type'] ?? 'String'),
		value: String(properties['Value']),
		...optional('tier', properties['Tier']),
		...optional('description', properties['Description']),
	};
}

/** A function's name, from its name or ARN. */
function functionName(nameOrArn: string): string {
	return /:function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
	return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function mapValues<T>(record: Record<string, unknown>, map: (value: unknown) => T): Record<string, T> {
	return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
