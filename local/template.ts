/** What the packaged CloudFormation template says that the local AWS can act on. */

import { readFile } from 'node:fs/promises';
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import type { StackResource } from './aws/cloudformation.ts';
import type { TableDefinition } from './aws/dynamodb.ts';
import type { Bus, BusRule } from './aws/eventbridge.ts';
import type { Role } from './aws/iam/index.ts';
import type { PolicyDocument } from './aws/iam/policy.ts';
import type { Encryption, PublicAccessBlock } from './aws/s3.ts';
import { type RawTemplate, Resolver, type Stack, TemplateError } from './template/intrinsics.ts';
import { bucketPolicy, functionPolicy, logPolicy, queuePolicies, type ResourcePolicy, role, topicPolicies } from './template/policies.ts';
import {
	bucket,
	bus,
	type Deployed,
	deployed,
	document,
	type InvokeConfig,
	lambda,
	mapping,
	parameter,
	queue,
	rule,
	table,
	timeToLive,
	topic,
} from './template/resources.ts';
import { type StateResources, stateResources } from './template/state.ts';

export interface RuleTarget {
	readonly arn: string;
	/** A constant (JSON text) in place of the event. */
	readonly input?: string;
	readonly inputPath?: string;
	readonly inputTransformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
	readonly deadLetterArn?: string;
	readonly retry?: { readonly attempts?: number; readonly maximumAgeSeconds?: number };
}

export interface Rule extends BusRule {
	readonly targets: readonly RuleTarget[];
}

export interface QueueDefinition {
	readonly name: string;
	readonly arn: string;
	readonly visibilityTimeoutSeconds: number;
	readonly delaySeconds: number;
	readonly encrypted?: boolean;
	readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

export interface EventSourceMapping {
	readonly queueArn: string;
	readonly functionName: string;
	readonly enabled: boolean;
	readonly batchSize: number;
	readonly windowSeconds: number;
	readonly reportsItemFailures: boolean;
	readonly maximumConcurrency?: number;
}

export interface FunctionDefinition {
	readonly logicalId: string;
	readonly name: string;
	readonly arn: string;
	/** Path of the source without extension: `functions/reconcile`. */
	readonly file: string;
	readonly environment: Readonly<Record<string, string>>;
	readonly timeoutSeconds: number;
	readonly memoryMb: number;
	readonly reservedConcurrency?: number;
	readonly deadLetterArn?: string;
	readonly async: { readonly retries: number; readonly onFailureArn?: string };
	readonly roleArn?: string;
}

export interface DocumentDefinition {
	readonly name: string;
	/** `Command`, `Automation` */
	readonly type: string;
	/** `JSON`, `YAML` */
	readonly format: string;
	/** The document's text. */
	readonly content: string;
}

export interface ParameterDefinition {
	readonly name: string;
	readonly type: string;
	readonly value: string;
	readonly tier?: string;
	readonly description?: string;
}

export interface BucketDefinition {
	readonly name: string;
	readonly encryption?: Encryption;
	readonly publicAccessBlock?: PublicAccessBlock;
}

export interface TopicDefinition {
	readonly name: string;
	readonly arn: string;
	readonly displayName?: string;
	/** Addresses that are subscribed by email. */
	readonly emails: readonly string[];
}

/** A metric alarm: CloudFormation names its settings as PutMetricAlarm does. */
export type AlarmDefinition = PutMetricAlarmCommandInput;

export interface ManagedPolicyDefinition {
	readonly name: string;
	readonly document: PolicyDocument;
}

export interface Template {
	readonly stack: Stack;
	/** Everything that is part of the stack. */
	readonly resources: readonly StackResource[];
	readonly alarms: readonly AlarmDefinition[];
	readonly managedPolicies: readonly ManagedPolicyDefinition[];
	/** The buses beside the default one. */
	readonly buses: readonly Bus[];
	readonly rules: readonly Rule[];
	readonly queues: readonly QueueDefinition[];
	readonly mappings: readonly EventSourceMapping[];
	readonly functions: readonly FunctionDefinition[];
	readonly tables: readonly TableDefinition[];
	/** TTL attribute by table name. */
	readonly timeToLive: Readonly<Record<string, string>>;
	readonly documents: readonly DocumentDefinition[];
	readonly parameters: readonly ParameterDefinition[];
	readonly buckets: readonly BucketDefinition[];
	readonly topics: readonly TopicDefinition[];
	/** Patch baselines, associations, maintenance windows. */
	readonly state: StateResources;
	readonly roles: readonly Role[];
	/** Who may send to queues, publish to topics, invoke functions and write to log groups. */
	readonly resourcePolicies: readonly ResourcePolicy[];
}

/** The account and Region of everything that runs locally. */
const LOCAL_STACK: Stack = { account: '111122223333', region: 'eu-west-1', name: 'fleetkeeper-local' };

/** Reads a packaged template from its file. @throws TemplateError naming the file where it cannot be read. */
export async function loadTemplate(file: string, stack: Stack = LOCAL_STACK): Promise<Template> {
	let raw: unknown;
	try {
		raw = JSON.parse(await readFile(file, 'utf8'));
	} catch (cause) {
		throw new TemplateError(`The packaged template ${file} cannot be read: make it with 'npx sls package'.`, { cause });
	}
	return readTemplate(raw, stack);
}

/**
 * Resolves a parsed template.
 * @throws TemplateError naming the resource and property that cannot be resolved.
 */
export function readTemplate(raw: unknown, stack: Stack = LOCAL_STACK): Template {
	if (typeof raw !== 'object' || raw === null || typeof (raw as RawTemplate).Resources !== 'object') {
		throw new TemplateError('The template has no Resources.');
	}
	const template = raw as RawTemplate;
	const resolver = new Resolver(template, stack);
	const ofType = (type: string): readonly Deployed[] =>
		Object.entries(template.Resources)
			.filter(([, resource]) => resource.Type === type && resolver.isDeployed(resource))
			.map(([logicalId, resource]) => deployed(resolver, logicalId, resource));
	const invokeConfigs = ofType('AWS::Lambda::EventInvokeConfig').map(({ properties }) => properties as unknown as InvokeConfig);
	const tables = ofType('AWS::DynamoDB::Table');
	const subscriptions = ofType('AWS::SNS::Subscription').map(({ properties }) => properties);
	const queues = ofType('AWS::SQS::Queue');
	const managedPolicies = ofType('AWS::IAM::ManagedPolicy');

	const deployedIds = Object.entries(template.Resources).filter(([, resource]) => resolver.isDeployed(resource));

	return {
		stack,
		resources: deployedIds.map(([logicalId, { Type: type }]) => {
			return { logicalId, type, physicalId: String(resolver.resolve({ Ref: logicalId }, logicalId)) };
		}),
		alarms: ofType('AWS::CloudWatch::Alarm').map(({ name, properties }) => ({ AlarmName: name, ...properties })) as AlarmDefinition[],
		managedPolicies: managedPolicies.map(({ name, properties }) => ({ name, document: properties['PolicyDocument'] })),
		buses: ofType('AWS::Events::EventBus').map(bus),
		rules: ofType('AWS::Events::Rule').map(rule),
		queues: queues.map(queue),
		mappings: ofType('AWS::Lambda::EventSourceMapping').map(mapping),
		functions: ofType('AWS::Lambda::Function').map((resource) => lambda(resource, invokeConfigs)),
		tables: tables.map(table),
		timeToLive: Object.fromEntries(tables.flatMap(timeToLive)),
		documents: ofType('AWS::SSM::Document').map(document),
		parameters: ofType('AWS::SSM::Parameter').map(parameter),
		buckets: ofType('AWS::S3::Bucket').map(bucket),
		topics: ofType('AWS::SNS::Topic').map((resource) => topic(resource, subscriptions)),
		state: stateResources(ofType),
		roles: ofType('AWS::IAM::Role').map((resource) => role(resource, managedPolicies)),
		resourcePolicies: [
			...ofType('AWS::SQS::QueuePolicy').flatMap((resource) => queuePolicies(resource, queues)),
			...ofType('AWS::SNS::TopicPolicy').flatMap(topicPolicies),
			...ofType('AWS::S3::BucketPolicy').map(bucketPolicy),
			...ofType('AWS::Lambda::Permission').map(functionPolicy),
			...ofType('AWS::Logs::ResourcePolicy').map(logPolicy),
		],
	};
}
