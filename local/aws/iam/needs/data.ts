/** DynamoDB, SQS, EventBridge and S3. */

import type { BatchGetItemInput, QueryInput } from '@aws-sdk/client-dynamodb';
import type { PutEventsRequest } from '@aws-sdk/client-eventbridge';
import { ANYTHING, type Need, type Needs, type Site } from '../need.ts';

/** A table is given by its name or its ARN. */
function tableArn(nameOrArn: string, { arn }: Site): string {
	return nameOrArn.startsWith('arn:') ? nameOrArn : arn('dynamodb', `table/${nameOrArn}`);
}

/** A read of an index is about the index alone (developer guide, "Using IAM policy conditions": the ARN of an index). */
const onTable =
	(action: string) =>
	({ TableName: table = '', IndexName: index }: Pick<QueryInput, 'TableName' | 'IndexName'>, site: Site): Need[] => [
		{ action: `dynamodb:${action}`, resources: [`${tableArn(table, site)}${index === undefined ? '' : `/index/${index}`}`] },
	];

const onTables =
	(action: string) =>
	({ RequestItems: items = {} }: Pick<BatchGetItemInput, 'RequestItems'>, site: Site): Need[] => [
		{ action: `dynamodb:${action}`, resources: Object.keys(items).map((table) => tableArn(table, site)) },
	];

export const DYNAMODB_NEEDS: Needs = {
	...Object.fromEntries(['DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'].map((action) => [action, onTable(action)])),
	...Object.fromEntries(['BatchGetItem', 'BatchWriteItem'].map((action) => [action, onTables(action)])),
};

/** The batch form of an operation has no action of its own. */
const onQueue =
	(action: string) =>
	({ QueueUrl: url = '' }: { QueueUrl?: string }, { arn }: Site): Need[] => [
		{ action: `sqs:${action}`, resources: [arn('sqs', url.split('/').at(-1) ?? '')] },
	];

export const SQS_NEEDS: Needs = Object.fromEntries(
	['ChangeMessageVisibility', 'DeleteMessage', 'SendMessage'].flatMap((action) => [
		[action, onQueue(action)],
		[`${action}Batch`, onQueue(action)],
	]),
);

/** The condition keys have the values of all entries for a bus. */
function putEvents({ Entries: entries = [] }: PutEventsRequest, { arn }: Site): Need[] {
	const arnOf = (bus = 'default') => (bus.startsWith('arn:') ? bus : arn('events', `event-bus/${bus}`));
	return [...new Set(entries.map(({ EventBusName }) => arnOf(EventBusName)))].map((bus) => {
		const own = entries.filter(({ EventBusName }) => arnOf(EventBusName) === bus);
		const context = () => ({
			'events:source': [...new Set(own.map(({ Source = '' }) => Source))],
			'events:detail-type': [...new Set(own.map(({ DetailType = '' }) => DetailType))],
		});
		return { action: 'events:PutEvents', resources: [bus], context };
	});
}

export const EVENTS_NEEDS: Needs = { PutEvents: putEvents };

/** On buckets; most have names that are not those of their operations. */
const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
	CreateBucket: 'CreateBucket',
	GetBucketEncryption: 'GetEncryptionConfiguration',
	GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
	HeadBucket: 'ListBucket',
	PutBucketEncryption: 'PutEncryptionConfiguration',
	PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
};

/** To look at an object is to get it. */
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
	DeleteObject: 'DeleteObject',
	GetObject: 'GetObject',
	HeadObject: 'GetObject',
	PutObject: 'PutObject',
};

interface InBucket {
	readonly Bucket?: string;
	readonly Key?: string;
	readonly Prefix?: string;
}

const bucketArn = ({ Bucket: bucket = '' }: InBucket) => `arn:aws:s3:::${bucket}`;

export const S3_NEEDS: Needs = {
	...Object.fromEntries(
		Object.entries(BUCKET_ACTIONS).map(([operation, action]) => [
			operation,
			(input: InBucket): Need[] => [{ action: `s3:${action}`, resources: [bucketArn(input)] }],
		]),
	),
	...Object.fromEntries(
		Object.entries(OBJECT_ACTIONS).map(([operation, action]) => [
			operation,
			(input: InBucket): Need[] => [{ action: `s3:${action}`, resources: [`${bucketArn(input)}/${input.Key}`] }],
		]),
	),
	ListBuckets: (): Need[] => [{ action: 's3:ListAllMyBuckets', resources: ANYTHING }],
	ListObjectsV2: (input: InBucket): Need[] => [
		{ action: 's3:ListBucket', resources: [bucketArn(input)], context: () => ({ 's3:prefix': input.Prefix ?? '' }) },
	],
};
