/** Amazon S3: buckets with their settings, and the objects in them. */

import * as schemas from '@aws-sdk/client-s3';
import { objectOperations, type StoredObject } from './s3-objects.ts';
import { defineService, PROTOCOLS, type ServiceDefinition } from './service.ts';
import { type AwsContext, AwsError } from './types.ts';

export interface PublicAccessBlock {
	readonly BlockPublicAcls: boolean;
	readonly IgnorePublicAcls: boolean;
	readonly BlockPublicPolicy: boolean;
	readonly RestrictPublicBuckets: boolean;
}

export interface Encryption {
	readonly SSEAlgorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
	readonly KMSMasterKeyID?: string;
	readonly bucketKey: boolean;
}

export interface Bucket {
	readonly name: string;
	/** Epoch milliseconds. */
	readonly createdAt: number;
	readonly tags: Map<string, string>;
	/** By key. */
	readonly objects: Map<string, StoredObject>;
	publicAccessBlock: PublicAccessBlock | undefined;
	encryption: Encryption;
}

export interface S3 {
	readonly definition: ServiceDefinition;
	/** A bucket as S3 makes it: all public access blocked, encrypted with S3's own keys. What is given is in place of that. */
	createBucket(name: string, settings?: Partial<Pick<Bucket, 'publicAccessBlock' | 'encryption'>>): Bucket;
	bucket(name: string): Bucket | undefined;
	buckets(): readonly Bucket[];
}

interface BucketInput {
	readonly Bucket?: string;
}
interface PublicAccessBlockInput extends BucketInput {
	readonly PublicAccessBlockConfiguration?: Partial<PublicAccessBlock>;
}
interface EncryptionRule {
	readonly ApplyServerSideEncryptionByDefault?: { readonly SSEAlgorithm?: string; readonly KMSMasterKeyID?: string };
	readonly BucketKeyEnabled?: boolean;
}
interface EncryptionInput extends BucketInput {
	readonly ServerSideEncryptionConfiguration?: { readonly Rules?: readonly EncryptionRule[] };
}

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const ALGORITHMS: readonly string[] = ['AES256', 'aws:kms', 'aws:kms:dsse'];

/** Since April 2023 a new bucket blocks public access; since January 2023 every bucket is encrypted (S3 user guide). */
const BLOCKED: PublicAccessBlock = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
const S3_KEYS: Encryption = { SSEAlgorithm: 'AES256', bucketKey: false };

export function createS3(ctx: Pick<AwsContext, 'account' | 'region' | 'clock'>): S3 {
	const buckets = new Map<string, Bucket>();

	/** @throws AwsError `NoSuchBucket`. */
	function get({ Bucket: name = '' }: BucketInput): Bucket {
		const bucket = buckets.get(name);
		if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404, fields: { BucketName: name } });
		return bucket;
	}

	function createBucket(name: string, settings: Partial<Pick<Bucket, 'publicAccessBlock' | 'encryption'>> = {}): Bucket {
		if (!NAME.test(name)) throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${name}`);
		if (buckets.has(name)) throw new AwsError('BucketAlreadyOwnedByYou', `You own the bucket ${name} already.`, { status: 409 });
		const made = { name, createdAt: ctx.clock.now(), tags: new Map(), objects: new Map() };
		const bucket: Bucket = { ...made, publicAccessBlock: BLOCKED, encryption: S3_KEYS, ...settings };
		buckets.set(name, bucket);
		return bucket;
	}

	const operations = {
		...objectOperations(ctx, get),

		ListBuckets: (): object => ({
			Buckets: [...buckets.values()].map(({ name, createdAt }) => ({ Name: name, CreationDate: new Date(createdAt) })),
			Owner: { ID: ctx.account },
		}),

		HeadBucket(input: BucketInput): object {
			get(input);
			return { BucketRegion: ctx.region };
		},

		CreateBucket(input: BucketInput): object {
			createBucket(input.Bucket ?? '');
			return { Location: `http://${input.Bucket}.s3.${ctx.region}.amazonaws.com/` };
		},

		GetPublicAccessBlock(input: BucketInput): object {
			const { publicAccessBlock } = get(input);
			if (!publicAccessBlock) {
				const message = 'The public access block configuration was not found';
				throw new AwsError('NoSuchPublicAccessBlockConfiguration', message, { status: 404 });
			}
			return { PublicAccessBlockConfiguration: { ...publicAccessBlock } };
		},

		/** A setting that is not named is off. */
		PutPublicAccessBlock(input: PublicAccessBlockInput): object {
			const bucket = get(input);
			const asked = input.PublicAccessBlockConfiguration;
			if (!asked) throw malformed();
			bucket.publicAccessBlock = {
				BlockPublicAcls: asked.BlockPublicAcls ?? false,
				IgnorePublicAcls: asked.IgnorePublicAcls ?? false,
				BlockPublicPolicy: asked.BlockPublicPolicy ?? false,
				RestrictPublicBuckets: asked.RestrictPublicBuckets ?? false,
			};
			return {};
		},

		GetBucketEncryption(input: BucketInput): object {
			const { SSEAlgorithm, KMSMasterKeyID, bucketKey } = get(input).encryption;
			return {
				ServerSideEncryptionConfiguration: {
					Rules: [
						{
							ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...(KMSMasterKeyID === undefined ? {} : { KMSMasterKeyID }) },
							BucketKeyEnabled: bucketKey,
						},
					],
				},
			};
		},

		PutBucketEncryption(input: EncryptionInput): object {
			const bucket = get(input);
			const [rule, ...more] = input.ServerSideEncryptionConfiguration?.Rules ?? [];
			const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
			if (more.length > 0 || !isAlgorithm(SSEAlgorithm)) throw malformed();
			if (SSEAlgorithm === 'AES256' && KMSMasterKeyID !== undefined) {
				throw new AwsError('InvalidArgument', 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms');
			}
			const bucketKey = rule?.BucketKeyEnabled ?? false;
			bucket.encryption = { SSEAlgorithm, ...(KMSMasterKeyID === undefined ? {} : { KMSMasterKeyID }), bucketKey };
			return {};
		},
	};

	return {
		definition: defineService({ name: 's3', protocol: PROTOCOLS.s3, schemas, operations }),
		createBucket,
		bucket: (name) => buckets.get(name),
		buckets: () => [...buckets.values()],
	};
}

function isAlgorithm(value: string | undefined): value is Encryption['SSEAlgorithm'] {
	return value !== undefined && ALGORITHMS.includes(value);
}

function malformed(): AwsError {
	return new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
}
