/** Objects in buckets. */

import {
	CreateBucketCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	PutObjectCommand,
	type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { type Case, refusal, type System, some } from '../system.ts';

async function bucketOf({ s3, region }: System, Bucket: string): Promise<string> {
	await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }));
	return Bucket;
}

const put = ({ s3 }: System, Bucket: string, Key: string, rest: Partial<PutObjectCommandInput> = {}) =>
	s3.send(new PutObjectCommand({ Bucket, Key, Body: 'twelve bytes', ...rest }));

async function textOf({ s3 }: System, Bucket: string, Key: string): Promise<string | undefined> {
	return (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
}

function refused(
	what: string,
	name: string,
	act: (system: System, bucket: string) => Promise<unknown>,
	refusedAs: string,
	status: number,
): Case {
	return {
		name: `s3: ${what} is refused`,
		act: async (system) => refusal(act(system, await bucketOf(system, `contract-${name}`))),
		gives: { refused: refusedAs, status },
	};
}

export const S3_CASES: readonly Case[] = [
	{
		name: 's3: an object comes back as it was put',
		async act(system) {
			const bucket = await bucketOf(system, 'contract-objects');
			const Key = 'a key/with +&ü.json';
			const { ETag } = await put(system, bucket, Key, { ContentType: 'application/json', Metadata: { run: '7' } });
			const head = await system.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
			return { ETag, text: await textOf(system, bucket, Key), ...some(head, 'ContentLength', 'ContentType', 'Metadata', 'ETag') };
		},
		gives: {
			ETag: '"c91fa94e14cf2fa5474beceff788c0dc"',
			text: 'twelve bytes',
			ContentLength: 12,
			ContentType: 'application/json',
			Metadata: { run: '7' },
		},
	},
	{
		name: 's3: an object is replaced as a whole, and deleted once or twice',
		async act(system) {
			const bucket = await bucketOf(system, 'contract-replaced');
			await put(system, bucket, 'a', { Metadata: { run: '7' } });
			await put(system, bucket, 'a', { Body: 'other' });
			const after = await system.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' }));
			const text = await after.Body?.transformToString();
			for (let time = 0; time < 2; time++) await system.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
			return { text, metadata: after.Metadata, then: await refusal(textOf(system, bucket, 'a')) };
		},
		gives: { text: 'other', metadata: {}, then: { refused: 'NoSuchKey', status: 404 } },
	},
	{
		name: 's3: a listing has folders, and pages in the order of keys',
		async act(system) {
			const Bucket = await bucketOf(system, 'contract-listed');
			for (const key of ['b/2', 'a', 'b/1', 'c/d/3', 'c/e']) await put(system, Bucket, key);
			const folders = await system.s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
			const first = await system.s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3 }));
			const token = { ContinuationToken: first.NextContinuationToken };
			const second = await system.s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3, ...token }));
			const keys = (page: typeof first) => page.Contents?.map(({ Key }) => Key);
			return {
				folders: [keys(folders), folders.CommonPrefixes?.map(({ Prefix }) => Prefix)],
				pages: [keys(first), first.IsTruncated, keys(second), second.IsTruncated],
			};
		},
		gives: {
			folders: [['a'], ['b/', 'c/']],
			pages: [['a', 'b/1', 'b/2'], true, ['c/d/3', 'c/e'], false],
		},
	},
	refused(
		'a second writing where one alone is wanted',
		'once',
		async (system, bucket) => {
			await put(system, bucket, 'a');
			await put(system, bucket, 'a', { IfNoneMatch: '*' });
		},
		'PreconditionFailed',
		412,
	),
	refused('a key that is not there', 'no-key', (system, bucket) => textOf(system, bucket, 'a'), 'NoSuchKey', 404),
	refused('a bucket that is not there', 'no-bucket', (system) => put(system, 'contract-nowhere', 'a'), 'NoSuchBucket', 404),
	refused(
		'a body other than its MD5 says',
		'digest',
		(system, bucket) => put(system, bucket, 'a', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }),
		'BadDigest',
		400,
	),
	refused(
		'a checksum of other bytes',
		'checksum',
		(system, bucket) => put(system, bucket, 'a', { ChecksumSHA256: `${'A'.repeat(43)}=` }),
		'BadDigest',
		400,
	),
];
