import { createHash } from 'node:crypto';
import {
	DeleteObjectCommand,
	GetObjectCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	NoSuchBucket,
	NoSuchKey,
	PutObjectCommand,
	type PutObjectCommandInput,
	S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { RequestLog } from '../../local/aws/request-log.ts';
import { createWire, type WireResponse } from '../../local/aws/wire.ts';
import { IN_PROCESS_CLIENT } from '../../local/environment.ts';
import { clientOptions } from './support/sdk.ts';
import { START_AT, smallAws } from './support/small-aws.ts';

const Bucket = 'media.archive';
const OWNER = '111122223333';

function archive(options: object = {}) {
	const aws = smallAws({ groups: [], buckets: [{ name: Bucket }] });
	const s3 = new S3Client({ ...clientOptions(aws), ...options });
	const put = (Key: string, Body: PutObjectCommandInput['Body'] = 'x', more: Partial<PutObjectCommandInput> = {}) =>
		s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
	return { aws, s3, put };
}

const refused = (call: Promise<unknown>) =>
	call.then(
		() => 'accepted',
		(error: unknown) => error,
	);

describe('an object', () => {
	it('comes back as it was put, byte by byte, with its size, its time and its MD5', async () => {
		const { aws, s3, put } = archive();
		const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
		await aws.advance(90);

		const { ETag } = await put('a key/with +&?=ü.bin', bytes, { ContentType: 'image/png', Metadata: { run: '7' } });
		await aws.advance(5);
		const found = await s3.send(new GetObjectCommand({ Bucket, Key: 'a key/with +&?=ü.bin' }));

		expect(await found.Body?.transformToByteArray()).toEqual(bytes);
		expect(ETag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
		expect(found).toMatchObject({
			...{ ETag, ContentLength: 256, ContentType: 'image/png', Metadata: { run: '7' }, ServerSideEncryption: 'AES256' },
			LastModified: new Date(START_AT + 90_000),
		});
	});

	it('has the encryption of its bucket, unless it is put with another', async () => {
		const { aws, put } = archive();
		const bucket = aws.s3.bucket(Bucket);
		if (bucket) bucket.encryption = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/media', bucketKey: true };

		expect(await put('a')).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/media', BucketKeyEnabled: true });
		expect((await put('a', 'x', { ServerSideEncryption: 'AES256' })).ServerSideEncryption).toBe('AES256');
	});

	it('is looked at without its body, until it is deleted', async () => {
		const { s3, put } = archive();
		await put('a', 'twelve bytes');

		expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).ContentLength).toBe(12);
		await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
		await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
		expect(await refused(s3.send(new HeadObjectCommand({ Bucket, Key: 'a' })))).toMatchObject({ name: 'NotFound' });
		expect(await refused(s3.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBeInstanceOf(NoSuchKey);
	});

	it('is found by clients that name the bucket in the path, or sign nothing', async () => {
		for (const options of [{ endpoint: 'http://127.0.0.1:4566', forcePathStyle: true }, IN_PROCESS_CLIENT]) {
			const { aws, put } = archive(options);
			await put('reports/a.json', '{}');
			expect([...(aws.s3.bucket(Bucket)?.objects.keys() ?? [])]).toEqual(['reports/a.json']);
		}
	});

	it('is written once alone where the caller says so', async () => {
		const { s3, put } = archive();
		const { ETag = '' } = await put('a', 'first', { IfNoneMatch: '*' });

		expect(await refused(put('a', 'second', { IfNoneMatch: '*' }))).toMatchObject({ name: 'PreconditionFailed' });
		expect(await refused(put('a', 'second', { IfMatch: '"other"' }))).toMatchObject({ name: 'PreconditionFailed' });
		await put('a', 'third', { IfMatch: ETag });
		expect(await (await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))).Body?.transformToString()).toBe('third');
	});
});

describe('S3 refuses', () => {
	it.each([
		['a bucket that is not there', { Bucket: 'media-archvie' }, 'NoSuchBucket', 404],
		['bytes other than the checksum says', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'BadDigest', 400],
		['a CRC32 of other bytes', { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest', 400],
		['a key over 1,024 bytes', { Key: 'ü'.repeat(513) }, 'KeyTooLongError', 400],
		['the bucket of another account', { ExpectedBucketOwner: '444455556666' }, 'AccessDenied', 403],
		['what is not here, by name', { Tagging: 'a=b' }, 'NotImplemented', 501],
	])('%s', async (_, more, name, status) => {
		const { put } = archive();
		expect(await refused(put('a', 'x', more))).toMatchObject({ name, $metadata: { httpStatusCode: status } });
		expect(await refused(put('a', 'x', { ExpectedBucketOwner: OWNER }))).toBe('accepted');
	});

	it('in its own words, which clients know', async () => {
		const { put } = archive();
		const error = await refused(put('a', 'x', { Bucket: 'media-archvie' }));
		expect(error).toBeInstanceOf(NoSuchBucket);
		expect(error).toMatchObject({ message: 'The specified bucket does not exist', BucketName: 'media-archvie' });
	});
});

describe('over the wire', () => {
	const wired = () => {
		const { aws } = archive();
		const wire = createWire({
			...{ context: aws.ctx, log: new RequestLog(), services: aws.definitions },
			onDefect: (error) => {
				throw error;
			},
		});
		const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260302/eu-west-1/s3/aws4_request, Signature=0' };
		const send = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
			wire.handle({ method, path, headers: { ...signed, ...headers }, body }) as Promise<WireResponse>;
		return { objects: aws.s3.bucket(Bucket)?.objects, send };
	};
	const CHUNKED = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'content-encoding': 'aws-chunked' };

	it('a body comes in chunks, with its checksum behind it', async () => {
		const { objects, send } = wired();
		const body = (sum: string) => `6;chunk-signature=0\r\ntwelve\r\n6\r\n bytes\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`;
		const { status } = await send('PUT', `/${Bucket}/a`, CHUNKED, body('xb/MoA=='));

		expect([status, String((await send('PUT', `/${Bucket}/b`, CHUNKED, body('AAAAAA=='))).body)]).toEqual([
			200,
			expect.stringContaining('<Code>BadDigest</Code>'),
		]);
		const stored = objects?.get('a');
		expect(Buffer.from(stored?.bytes ?? []).toString()).toBe('twelve bytes');
		expect(stored?.headers).toEqual({ ContentType: 'binary/octet-stream' });
		expect((await send('PUT', `/${Bucket}/c`, CHUNKED, '6\r\ntwe')).status).toBe(400);
	});

	it.each([
		['GET', `/${Bucket}/a?acl`, 'GetObjectAcl'],
		['GET', `/${Bucket}?versions`, 'ListObjectVersions'],
		['GET', `/${Bucket}`, 'ListObjects'],
		['PUT', `/${Bucket}/a?partNumber=1&uploadId=x`, 'UploadPart'],
		['POST', `/${Bucket}/a?uploads`, 'CreateMultipartUpload'],
	])('%s %s is known for %s, which is not here', async (method, path, operation) => {
		const { body } = await wired().send(method, path);
		expect(String(body)).toContain(`does not implement s3:${operation}.`);
	});
});

describe('a listing', () => {
	const KEYS = ['b/2.json', 'a.json', 'b/1.json', 'c/d/3.json', 'c/e.json'];
	const list = (s3: S3Client, input: object = {}) => s3.send(new ListObjectsV2Command({ Bucket, ...input }));

	it('has the keys in order, page by page', async () => {
		const { s3, put } = archive();
		for (const key of KEYS) await put(key);
		const seen: (string | undefined)[] = [];
		for (let token: string | undefined, pages = 0; pages === 0 || token; pages++) {
			const { Contents = [], NextContinuationToken } = await list(s3, { MaxKeys: 2, ContinuationToken: token });
			seen.push(...Contents.map(({ Key }) => Key), '-');
			token = NextContinuationToken;
		}
		expect(seen).toEqual(['a.json', 'b/1.json', '-', 'b/2.json', 'c/d/3.json', '-', 'c/e.json', '-']);
	});

	it('has one entry for all that is in a folder', async () => {
		const { s3, put } = archive();
		for (const key of KEYS) await put(key);
		const top = await list(s3, { Delimiter: '/' });
		const c = await list(s3, { Delimiter: '/', Prefix: 'c/' });
		expect([top.Contents?.map(({ Key }) => Key), top.CommonPrefixes]).toEqual([['a.json'], [{ Prefix: 'b/' }, { Prefix: 'c/' }]]);
		expect([c.Contents?.map(({ Key }) => Key), c.CommonPrefixes]).toEqual([['c/e.json'], [{ Prefix: 'c/d/' }]]);
	});
});
