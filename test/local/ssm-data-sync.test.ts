import { describe, expect, it } from 'vitest';
import type { ServiceDefinition } from '../../local/aws/service.ts';
import type { FleetServicesOptions } from '../../local/fleet.ts';
import { refusedSyncsOf } from '../../local/permissions/delivery-admission.ts';
import { readTemplate } from '../../local/template.ts';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';

const BUCKET = 'fleetkeeper-inventory';
const DESTINATION = { BucketName: BUCKET, Prefix: 'inventory', SyncFormat: 'JsonSerDe', Region: 'eu-west-1' };
const PATH = `accountid=111122223333/region=eu-west-1/resourcetype=ManagedInstanceInventory/${nodeId(1)}.json`;
const SOFTWARE = {
	applications: [
		{ name: 'nginx', version: '1.24.0' },
		{ name: 'telnet', version: '0.17' },
	],
};

type Aws = ReturnType<typeof smallAws>;

/** Whether the S3 of this world keeps objects. */
const HAS_OBJECTS = 'PutObject' in smallAws().s3.definition.operations;

/** A node with software, a bucket that tells of its objects, and a sync to it. */
function synced(destination: object = {}, options: FleetServicesOptions = {}): Aws {
	const aws = smallAws(webFleet(1, {}, SOFTWARE), options);
	aws.s3.createBucket(BUCKET);
	aws.s3.notify(BUCKET);
	aws.call('ssm', 'CreateResourceDataSync', { SyncName: 'inventory', S3Destination: { ...DESTINATION, ...destination } });
	return aws;
}

const s3 = (aws: Aws, operation: string, input: object) =>
	(aws.s3.definition as ServiceDefinition).operations[operation]?.({ Bucket: BUCKET, ...input } as never);

/** The lines of an object, parsed. */
async function linesOf(aws: Aws, type: string): Promise<Record<string, string>[]> {
	const { Body } = (await s3(aws, 'GetObject', { Key: `inventory/${type}/${PATH}` })) as { Body: Uint8Array };
	return Buffer.from(Body)
		.toString('utf8')
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as Record<string, string>);
}

const gather = (aws: Aws) =>
	aws.call('ssm', 'CreateAssociation', { Name: 'AWS-GatherSoftwareInventory', Targets: [{ Key: 'InstanceIds', Values: ['*'] }] });

const SYNC = {
	Type: 'AWS::SSM::ResourceDataSync',
	Properties: {
		SyncName: 'inventory',
		S3Destination: { BucketName: { Ref: 'Bucket' }, BucketPrefix: 'inventory', BucketRegion: 'eu-west-1', SyncFormat: 'JsonSerDe' },
	},
};
const NOTIFYING = {
	Type: 'AWS::S3::Bucket',
	Properties: { BucketName: BUCKET, NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } },
};

/** The bucket's policy of the user guide, about a prefix. */
function bucketPolicy(prefix: string) {
	const Condition = {
		StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control', 'aws:SourceAccount': '111122223333' },
		ArnLike: { 'aws:SourceArn': 'arn:aws:ssm:*:111122223333:resource-data-sync/*' },
	};
	const Resource = [`arn:aws:s3:::${BUCKET}/${prefix}/*/accountid=111122223333/*`];
	const Principal = { Service: 'ssm.amazonaws.com' };
	const Statement = [{ Effect: 'Allow', Principal, Action: 's3:PutObject', Resource, Condition }];
	return { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: { Version: '2012-10-17', Statement } } };
}

describe('a resource data sync', () => {
	it.each([
		['inventory', []],
		['elsewhere', ['inventory']],
		[undefined, ['inventory']],
	])('needs the policy of its bucket: one about %s', async (prefix, refused) => {
		const Policy = prefix === undefined ? {} : { Policy: bucketPolicy(prefix) };
		const template = readTemplate({ Resources: { Bucket: NOTIFYING, Sync: SYNC, ...Policy } });

		expect([...(await refusedSyncsOf(template))]).toEqual(refused);
	});

	it('fails to write where its bucket does not let it', async () => {
		const aws = synced({}, { admitsSync: () => false });
		await aws.advance(60);

		expect(aws.call('ssm', 'ListResourceDataSync').ResourceDataSyncItems).toMatchObject([
			{ LastStatus: 'Failed', LastSyncStatusMessage: expect.stringContaining('Access Denied') },
		]);
	});

	it.skipIf(!HAS_OBJECTS)('writes what is known when it is made, and what changes after that, one line an entry', async () => {
		const aws = synced();
		await aws.advance(30);
		const [information] = await linesOf(aws, 'AWS:InstanceInformation');
		gather(aws);
		await aws.advance(60);

		expect(information).toMatchObject({ InstanceId: nodeId(1), InstanceStatus: 'Active', resourceId: nodeId(1) });
		expect(await linesOf(aws, 'AWS:Application')).toMatchObject([
			{ Name: 'nginx', Version: '1.24.0', resourceId: nodeId(1), schemaVersion: '1.1', captureTime: expect.stringMatching(/Z$/) },
			{ Name: 'telnet' },
		]);
		expect(aws.call('ssm', 'ListResourceDataSync').ResourceDataSyncItems).toMatchObject([
			{ SyncName: 'inventory', SyncType: 'SyncToDestination', LastStatus: 'Successful', S3Destination: DESTINATION },
		]);
	});

	it.skipIf(!HAS_OBJECTS)('has the bucket tell of each object, where it is to', async () => {
		const aws = synced();
		await aws.advance(30);
		gather(aws);
		await aws.advance(60);
		const created = aws.events.filter(({ source }) => source === 'aws.s3');
		aws.s3.notify(BUCKET, false);
		await s3(aws, 'PutObject', { Key: 'other', Body: 'x' });

		expect(created.at(-1)).toMatchObject({
			detailType: 'Object Created',
			resources: [`arn:aws:s3:::${BUCKET}`],
			detail: { bucket: { name: BUCKET }, reason: 'PutObject', requester: 'ssm.amazonaws.com' },
		});
		expect(created.map(({ detail }) => (detail['object'] as { key: string }).key)).toContain(`inventory/AWS:Application/${PATH}`);
		expect(aws.events.filter(({ source }) => source === 'aws.s3')).toHaveLength(created.length);
	});

	it('says that it cannot write, and stops when it is deleted', async () => {
		const aws = smallAws(webFleet(1, {}, SOFTWARE));
		const create = (input: object = {}) =>
			aws.call('ssm', 'CreateResourceDataSync', { SyncName: 'inventory', S3Destination: DESTINATION, ...input });
		expect(errorOf(create).code).toBe('ResourceDataSyncInvalidConfigurationException');
		aws.s3.createBucket(BUCKET);
		create();

		expect(errorOf(create)).toMatchObject({ code: 'ResourceDataSyncAlreadyExistsException', fields: { SyncName: 'inventory' } });
		for (const name of ['2', '3', '4', '5']) create({ SyncName: name });
		expect(errorOf(() => create({ SyncName: '6' })).code).toBe('ResourceDataSyncCountExceededException');
		expect(errorOf(() => create({ SyncName: '7', SyncType: 'SyncFromSource' })).code).toBe('UnknownOperationException');
		for (const SyncName of ['inventory', '2', '3', '4', '5']) aws.call('ssm', 'DeleteResourceDataSync', { SyncName });
		expect(errorOf(() => aws.call('ssm', 'DeleteResourceDataSync', { SyncName: '2' })).code).toBe('ResourceDataSyncNotFoundException');
		await aws.advance(60);
		expect(aws.call('ssm', 'ListResourceDataSync').ResourceDataSyncItems).toEqual([]);
	});

	it('is read from the template, with the buckets that tell of their objects', () => {
		const Quiet = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'quiet' } };
		const { state } = readTemplate({ Resources: { Bucket: NOTIFYING, Quiet, Sync: SYNC } });

		expect(state).toMatchObject({ notifyingBuckets: [BUCKET], dataSyncs: [{ SyncName: 'inventory', S3Destination: DESTINATION }] });
	});
});
