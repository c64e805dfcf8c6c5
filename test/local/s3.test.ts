import { describe, expect, it } from 'vitest';
import { createS3, type S3 } from '../../local/aws/s3.ts';
import { errorOf, smallAws } from './support/small-aws.ts';

const NAME = 'media-archive';
// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an output.
const call = (s3: S3, operation: string, input: object = {}): any =>
	s3.definition.operations[operation]?.({ Bucket: NAME, ...input } as never);
const newS3 = () => createS3({ account: '111122223333', region: 'eu-west-1', clock: smallAws().clock });
const withBucket = (settings: Parameters<S3['createBucket']>[1] = {}): S3 => {
	const s3 = newS3();
	s3.createBucket(NAME, settings);
	return s3;
};

it('is reached by runbooks', async () => {
	const aws = smallAws({ groups: [], buckets: [{ name: NAME, blocksPublicAccess: false }] });
	const inputs = { Service: 's3', Api: 'PutPublicAccessBlock', Bucket: NAME, PublicAccessBlockConfiguration: { BlockPublicAcls: true } };
	aws.ssm.addDocument('block', 'Automation', { schemaVersion: '0.3', mainSteps: [{ name: 'block', action: 'aws:executeAwsApi', inputs }] });
	aws.call('ssm', 'StartAutomationExecution', { DocumentName: 'block' });
	await aws.advance(10);
	expect(aws.s3.bucket(NAME)?.publicAccessBlock?.BlockPublicAcls).toBe(true);
});

describe('a new bucket', () => {
	it('blocks public access and is encrypted with keys of S3', () => {
		const s3 = newS3();
		call(s3, 'CreateBucket');
		expect(Object.values(call(s3, 'GetPublicAccessBlock').PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
		expect(call(s3, 'GetBucketEncryption').ServerSideEncryptionConfiguration.Rules).toEqual([
			{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
		]);
	});

	it('needs a valid name of its own', () => {
		const s3 = withBucket();
		expect(errorOf(() => call(s3, 'CreateBucket', { Bucket: 'Media_Archive' })).code).toBe('InvalidBucketName');
		expect(errorOf(() => call(s3, 'CreateBucket')).code).toBe('BucketAlreadyOwnedByYou');
	});
});

describe('the public access block', () => {
	it('is not found where there is none', () => {
		const s3 = withBucket({ publicAccessBlock: undefined });
		expect(errorOf(() => call(s3, 'GetPublicAccessBlock')).code).toBe('NoSuchPublicAccessBlockConfiguration');
	});

	it('is replaced as a whole: what is not named is off', () => {
		const s3 = withBucket();
		call(s3, 'PutPublicAccessBlock', { PublicAccessBlockConfiguration: { BlockPublicPolicy: true } });
		expect(call(s3, 'GetPublicAccessBlock').PublicAccessBlockConfiguration).toEqual({
			BlockPublicAcls: false,
			IgnorePublicAcls: false,
			BlockPublicPolicy: true,
			RestrictPublicBuckets: false,
		});
	});
});

describe('the default encryption', () => {
	const put = (s3: S3, byDefault: object, rest: object = {}) =>
		call(s3, 'PutBucketEncryption', {
			ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: byDefault, ...rest }] },
		});

	it('can be a key of KMS', () => {
		const s3 = withBucket();
		put(s3, { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/media' }, { BucketKeyEnabled: true });
		expect(call(s3, 'GetBucketEncryption').ServerSideEncryptionConfiguration.Rules).toEqual([
			{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/media' }, BucketKeyEnabled: true },
		]);
	});

	it('takes a key with KMS alone, and known algorithms', () => {
		const s3 = withBucket();
		expect(errorOf(() => put(s3, { SSEAlgorithm: 'AES256', KMSMasterKeyID: 'alias/media' })).code).toBe('InvalidArgument');
		expect(errorOf(() => put(s3, { SSEAlgorithm: 'AES-256' })).code).toBe('MalformedXML');
	});
});

it.each(['GetPublicAccessBlock', 'PutPublicAccessBlock', 'GetBucketEncryption', 'PutBucketEncryption'])(
	'%s knows no other bucket',
	(operation) => {
		expect(errorOf(() => call(withBucket(), operation, { Bucket: 'media-archvie' })).code).toBe('NoSuchBucket');
	},
);
