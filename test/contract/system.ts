/** What the contract suite runs on: clients, two managed nodes, and the queues, rule and table that both systems are given. */

import { AutoScalingClient, CreateAutoScalingGroupCommand, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CreateTableCommand, type CreateTableCommandInput, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { LEDGER_SHAPE } from '../support/ledger-table.ts';

/** What all clients share. */
type ClientOptions = Pick<SSMClientConfig, 'region' | 'endpoint' | 'credentials' | 'maxAttempts' | 'requestHandler'>;

/** One client of each service. */
export function clientsOf(options: ClientOptions) {
	return {
		ssm: new SSMClient(options),
		autoScaling: new AutoScalingClient(options),
		ec2: new EC2Client(options),
		sqs: new SQSClient(options),
		events: new EventBridgeClient(options),
		// The name of a bucket is no host that resolves.
		s3: new S3Client({ ...options, forcePathStyle: true }),
		tagging: new ResourceGroupsTaggingAPIClient(options),
		dynamo: DynamoDBDocumentClient.from(new DynamoDBClient(options)),
	};
}

export interface System extends Readonly<ReturnType<typeof clientsOf>> {
	readonly account: string;
	readonly region: string;
	/** Sends a form to a service without a client. */
	post(service: string, form: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly body: string }>;
	/** Runs a case in the system's time: `setTimeout` is simulated where that is. */
	run<T>(what: () => Promise<T>): Promise<T>;
	close(): Promise<void>;
}

export interface Case {
	/** `<service>: <what holds>`, unique. */
	readonly name: string;
	/** Does it. Gives what is compared: plain JSON, without ids and times of the system's own making. */
	act(system: System): Promise<unknown>;
	/** What AWS gives; account ids read 111122223333. */
	readonly gives: unknown;
}

export const ACCOUNT = '111122223333';
export const LAUNCH_TEMPLATE = 'contract';
export const TABLE = 'contract';
export const RULE = { name: 'contract-orders', pattern: { source: ['contract.shop'], 'detail-type': ['Order'] }, queue: 'contract-orders' };
export const DEAD_LETTERS = 'contract-dead-letters';

/** Each case that fills a queue has one of its own. */
export const QUEUES: readonly { readonly name: string; readonly visibilitySeconds?: number; readonly maxReceiveCount?: number }[] = [
	{ name: DEAD_LETTERS },
	{ name: RULE.queue },
	{ name: 'contract-redrive', maxReceiveCount: 2 },
	{ name: 'contract-attributes', visibilitySeconds: 45, maxReceiveCount: 5 },
	...['plain', 'visibility', 'change', 'count', 'delay', 'batch', 'message-attributes', 'receipts', 'empty'].map((name) => ({
		name: `contract-${name}`,
	})),
];

/** Instance profiles, each with a role of its name. */
export const PROFILES = ['contract-node', 'contract-other'] as const;

/** The group whose two instances are the nodes of the commands' cases. */
export const FLEET = 'contract-fleet';

/** Makes what both systems make by the same calls: the table, and the fleet. */
export async function prepare(system: System): Promise<void> {
	await system.run(async () => {
		await createTable(system);
		await createGroup(system, FLEET, { desired: 2, tags: { service: 'nginx' } });
	});
}

export interface GroupOptions {
	readonly desired?: number;
	readonly min?: number;
	readonly max?: number;
	readonly tags?: Readonly<Record<string, string>>;
}

/** Creates a group and waits until its instances are in service. */
export async function createGroup(system: System, name: string, options: GroupOptions = {}): Promise<string[]> {
	const { desired = 0, min = 0, max = 4, tags = {} } = options;
	await system.autoScaling.send(
		new CreateAutoScalingGroupCommand({
			AutoScalingGroupName: name,
			MinSize: min,
			MaxSize: max,
			DesiredCapacity: desired,
			AvailabilityZones: [`${system.region}a`],
			LaunchTemplate: { LaunchTemplateName: LAUNCH_TEMPLATE, Version: '1' },
			Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value, PropagateAtLaunch: true, ResourceId: name })),
		}),
	);
	return inService(system, name, desired);
}

/** The ids of a group's instances in service, once there are so many of them and no others. */
export async function inService(system: System, group: string, count: number): Promise<string[]> {
	const instances = await until(
		async () => {
			const input = { AutoScalingGroupNames: [group] };
			const { AutoScalingGroups: [found] = [] } = await system.autoScaling.send(new DescribeAutoScalingGroupsCommand(input));
			return found?.Instances ?? [];
		},
		(found) => found.length === count && found.every(({ LifecycleState }) => LifecycleState === 'InService'),
	);
	return instances.map(({ InstanceId = '' }) => InstanceId);
}

export async function queueUrl({ sqs }: System, name: string): Promise<string> {
	const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
	return QueueUrl;
}

/** What a call that is to be refused answers: the error's name and HTTP status. */
export async function refusal(call: Promise<unknown>): Promise<{ refused: string; status: number | undefined } | 'accepted'> {
	try {
		await call;
		return 'accepted';
	} catch (error) {
		const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
		return { refused: name, status: $metadata?.httpStatusCode };
	}
}

const LOOK_EVERY_MS = 500;
const LOOKS = 400;

/** Looks again and again until a condition holds. @throws Error with what was seen last. */
export async function until<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
	let seen = await look();
	for (let looks = 1; !holds(seen); looks++) {
		if (looks === LOOKS) throw new Error(`What was waited for did not happen. Last seen: ${JSON.stringify(seen)}`);
		await pause(LOOK_EVERY_MS);
		seen = await look();
	}
	return seen;
}

/** In simulated time where the system has it. */
export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Some members of an object, for a comparison. */
export function some<T extends object, K extends keyof T>(from: T | undefined, ...keys: readonly K[]): Partial<T> {
	return Object.fromEntries(keys.map((key) => [key, from?.[key]])) as Partial<T>;
}

/** A table shaped as a ledger: two keys, and a sparse index. */
async function createTable({ dynamo }: System): Promise<void> {
	await dynamo.send(
		new CreateTableCommand({
			TableName: TABLE,
			...(LEDGER_SHAPE as unknown as Omit<CreateTableCommandInput, 'TableName'>),
		}),
	);
	await until(
		async () => (await dynamo.send(new DescribeTableCommand({ TableName: TABLE }))).Table?.TableStatus,
		(status) => status === 'ACTIVE',
	);
}
