/** The objects of buckets: kept in memory, each in its last version alone. */

import type {
	DeleteObjectCommandInput,
	GetObjectCommandInput,
	HeadObjectCommandInput,
	HeadObjectCommandOutput,
	ListObjectsV2CommandInput,
	ListObjectsV2CommandOutput,
	PutObjectCommandInput,
	PutObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type { Bucket, Encryption } from './s3.ts';
import { checkSums, etagOf, type Sums } from './s3-checksums.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

export interface StoredObject {
	readonly bytes: Uint8Array;
	readonly etag: string;
	/** Epoch milliseconds, whole seconds. */
	readonly modifiedAt: number;
	readonly encryption: Encryption;
	/** Headers that are given back as they came. */
	readonly headers: Readonly<Record<string, string>>;
	readonly metadata: Readonly<Record<string, string>>;
	/** The checksums that came with it. */
	readonly sums: Sums;
}

/** What is given back with an object as it was put. */
const KEPT = ['CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage', 'ContentType'] as const;

/** What each operation takes beside bucket and key; anything else asks for what is not here. */
const TAKEN = {
	PutObject: [
		...['Body', 'ContentLength', 'ContentMD5', 'ChecksumAlgorithm', 'ChecksumCRC32', 'ChecksumSHA1', 'ChecksumSHA256', ...KEPT],
		...['Metadata', 'IfMatch', 'IfNoneMatch', 'ServerSideEncryption', 'SSEKMSKeyId', 'BucketKeyEnabled', 'ExpectedBucketOwner'],
	],
	GetObject: ['ChecksumMode', 'ExpectedBucketOwner'],
	ListObjectsV2: ['Prefix', 'Delimiter', 'MaxKeys', 'ContinuationToken', 'StartAfter', 'EncodingType', 'FetchOwner', 'ExpectedBucketOwner'],
	DeleteObject: ['ExpectedBucketOwner'],
} as const;

/** Of one answer of ListObjectsV2 (API reference). */
const MOST_KEYS = 1_000;
/** Bytes of UTF-8 (S3 user guide, "Naming Amazon S3 objects"). */
const LONGEST_KEY = 1_024;

type Context = Pick<AwsContext, 'account' | 'clock'>;
type Addressed = { readonly Bucket: string | undefined; readonly Key: string | undefined };

/** @param bucketOf gives the bucket of an input, or throws as S3 does. */
export function objectOperations({ account, clock }: Context, bucketOf: (input: { Bucket?: string }) => Bucket) {
	/** @throws AwsError for what is not here, and for a bucket that is another account's. */
	function asked(operation: keyof typeof TAKEN, input: { Bucket: string | undefined; ExpectedBucketOwner?: string | undefined }): Bucket {
		const taken: readonly string[] = ['Bucket', 'Key', ...TAKEN[operation]];
		const other = Object.keys(input).find((member) => !taken.includes(member));
		if (other !== undefined) {
			const message = `A header you provided implies functionality that is not implemented: ${other} of ${operation}.`;
			throw new AwsError('NotImplemented', message, { status: 501 });
		}
		if ((input.ExpectedBucketOwner ?? account) !== account) throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
		return bucketOf(input.Bucket === undefined ? {} : { Bucket: input.Bucket });
	}

	/** @throws AwsError `NoSuchKey`. */
	function found(bucket: Bucket, { Key = '' }: Addressed): StoredObject {
		const object = bucket.objects.get(Key);
		if (!object) throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404, fields: { Key } });
		return object;
	}

	const described = (object: StoredObject, { ChecksumMode }: HeadObjectCommandInput): Output<HeadObjectCommandOutput> => ({
		AcceptRanges: 'bytes',
		ContentLength: object.bytes.length,
		ETag: object.etag,
		LastModified: new Date(object.modifiedAt),
		...object.headers,
		...encrypted(object.encryption),
		...(Object.keys(object.metadata).length > 0 ? { Metadata: object.metadata } : {}),
		...(ChecksumMode === 'ENABLED' ? object.sums : {}),
	});

	return {
		PutObject(input: PutObjectCommandInput): Output<PutObjectCommandOutput> {
			const bucket = asked('PutObject', input);
			const { Key = '', Body = new Uint8Array(), Metadata = {} } = input;
			if (Buffer.byteLength(Key) > LONGEST_KEY) throw new AwsError('KeyTooLongError', 'Your key is too long');
			checkCondition(input, bucket.objects.get(Key));
			const bytes = typeof Body === 'string' ? Buffer.from(Body) : (Body as Uint8Array);
			const sums = checkSums(input, bytes);
			const headers: Record<string, string> = { ContentType: 'binary/octet-stream' };
			for (const name of KEPT) if (input[name] !== undefined) headers[name] = withoutTransport(input[name]);
			if (headers['ContentEncoding'] === '') delete headers['ContentEncoding'];
			const encryption = encryptionOf(input) ?? bucket.encryption;
			const object = {
				bytes,
				etag: etagOf(bytes),
				modifiedAt: Math.floor(clock.now() / 1000) * 1000,
				encryption,
				headers,
				metadata: Metadata,
				sums,
			};
			bucket.objects.set(Key, object);
			return { ETag: object.etag, ...encrypted(encryption), ...sums };
		},

		GetObject(input: GetObjectCommandInput): object {
			const object = found(asked('GetObject', input), input);
			return { ...described(object, input), Body: object.bytes };
		},

		HeadObject(input: HeadObjectCommandInput): Output<HeadObjectCommandOutput> {
			return described(found(asked('GetObject', input), input), input);
		},

		/** What is not there is gone, too. */
		DeleteObject(input: DeleteObjectCommandInput): object {
			asked('DeleteObject', input).objects.delete(input.Key ?? '');
			return {};
		},

		ListObjectsV2(input: ListObjectsV2CommandInput): Output<ListObjectsV2CommandOutput> {
			return listing(asked('ListObjectsV2', input), input, account);
		},
	};
}

/** Keys in the order of their UTF-8 bytes; what has the delimiter after the prefix is one common prefix, and counts as one. */
function listing({ name, objects }: Bucket, input: ListObjectsV2CommandInput, owner: string): Output<ListObjectsV2CommandOutput> {
	const { Prefix = '', Delimiter, MaxKeys = MOST_KEYS, ContinuationToken, StartAfter, EncodingType, FetchOwner } = input;
	const after = ContinuationToken === undefined ? StartAfter : keyOf(ContinuationToken);
	const shown = (text: string) => (EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
	const entries = new Map<string, StoredObject | undefined>();
	for (const [key, object] of [...objects].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
		if (!key.startsWith(Prefix)) continue;
		const end = Delimiter ? key.indexOf(Delimiter, Prefix.length) : -1;
		const entry = end === -1 ? key : key.slice(0, end + (Delimiter?.length ?? 0));
		if (after === undefined || Buffer.compare(Buffer.from(entry), Buffer.from(after)) > 0)
			entries.set(entry, end === -1 ? object : undefined);
	}
	const page = [...entries].slice(0, Math.min(MaxKeys, MOST_KEYS));
	const last = page.at(-1)?.[0];
	const isTruncated = page.length < entries.size && last !== undefined;
	return {
		Name: name,
		Prefix: shown(Prefix),
		...(Delimiter === undefined ? {} : { Delimiter: shown(Delimiter) }),
		...(ContinuationToken === undefined ? {} : { ContinuationToken }),
		...(StartAfter === undefined ? {} : { StartAfter: shown(StartAfter) }),
		...(EncodingType === undefined ? {} : { EncodingType }),
		MaxKeys,
		KeyCount: page.length,
		IsTruncated: isTruncated,
		...(isTruncated ? { NextContinuationToken: Buffer.from(last).toString('base64') } : {}),
		Contents: page.flatMap(([key, object]) =>
			object
				? [
						{
							Key: shown(key),
							LastModified: new Date(object.modifiedAt),
							ETag: object.etag,
							Size: object.bytes.length,
							StorageClass: 'STANDARD' as const,
							...(FetchOwner ? { Owner: { ID: owner } } : {}),
						},
					]
				: [],
		),
		CommonPrefixes: page.flatMap(([key, object]) => (object ? [] : [{ Prefix: shown(key) }])),
	};
}

/** @throws AwsError for a token that no listing gave. */
function keyOf(token: string): string {
	const key = Buffer.from(token, 'base64').toString('utf8');
	if (Buffer.from(key).toString('base64') === token) return key;
	throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
}

/** `If-None-Match: *` writes what is not there yet, `If-Match` what is unchanged. */
function checkCondition({ IfMatch, IfNoneMatch }: PutObjectCommandInput, existing: StoredObject | undefined): void {
	if (IfNoneMatch !== undefined && IfNoneMatch !== '*') {
		throw new AwsError('NotImplemented', 'If-None-Match of PutObject takes * alone.', { status: 501 });
	}
	if (IfMatch !== undefined && !existing) throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
	const condition =
		IfNoneMatch !== undefined && existing
			? 'If-None-Match'
			: IfMatch !== undefined && quoted(IfMatch) !== existing?.etag
				? 'If-Match'
				: undefined;
	if (condition === undefined) return;
	const message = 'At least one of the pre-conditions you specified did not hold';
	throw new AwsError('PreconditionFailed', message, { status: 412, fields: { Condition: condition } });
}

function quoted(etag: string): string {
	return etag.startsWith('"') ? etag : `"${etag}"`;
}

/** How a body came is no encoding of the object. */
function withoutTransport(header: string): string {
	return header.replace(/^aws-chunked,?\s*/, '');
}

function encryptionOf({ ServerSideEncryption: algorithm, SSEKMSKeyId, BucketKeyEnabled }: PutObjectCommandInput): Encryption | undefined {
	if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') return undefined;
	const key = SSEKMSKeyId === undefined ? {} : { KMSMasterKeyID: SSEKMSKeyId };
	return { SSEAlgorithm: algorithm, ...key, bucketKey: BucketKeyEnabled ?? false };
}

function encrypted({ SSEAlgorithm, KMSMasterKeyID, bucketKey }: Encryption) {
	return {
		ServerSideEncryption: SSEAlgorithm,
		...(KMSMasterKeyID === undefined ? {} : { SSEKMSKeyId: KMSMasterKeyID }),
		...(bucketKey ? { BucketKeyEnabled: true } : {}),
	};
}
