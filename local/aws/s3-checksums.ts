/** Checksums that come with objects. CRC32C and CRC64NVME are not worked out here. */

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { AwsError } from './types.ts';

/** In base 64. */
export type Sums = Pick<PutObjectCommandInput, 'ChecksumCRC32' | 'ChecksumSHA1' | 'ChecksumSHA256'>;

const ALGORITHMS: Readonly<Record<keyof Sums, (bytes: Uint8Array) => string>> = {
	ChecksumCRC32: (bytes) => {
		const value = Buffer.alloc(4);
		value.writeUInt32BE(crc32(bytes));
		return value.toString('base64');
	},
	ChecksumSHA1: (bytes) => createHash('sha1').update(bytes).digest('base64'),
	ChecksumSHA256: (bytes) => createHash('sha256').update(bytes).digest('base64'),
};

/**
 * The checksums that a request brings for its bytes.
 * @throws AwsError `BadDigest` for one that is of other bytes.
 */
export function checkSums(input: Sums & Pick<PutObjectCommandInput, 'ContentMD5'>, bytes: Uint8Array): Sums {
	if (input.ContentMD5 !== undefined && input.ContentMD5 !== createHash('md5').update(bytes).digest('base64'))
		throw badDigest('Content-MD5');
	const sums: { -readonly [K in keyof Sums]: Sums[K] } = {};
	for (const [member, sumOf] of Object.entries(ALGORITHMS) as [keyof Sums, (bytes: Uint8Array) => string][]) {
		const given = input[member];
		if (given === undefined) continue;
		if (given !== sumOf(bytes)) throw badDigest(member.replace('Checksum', ''));
		sums[member] = given;
	}
	return sums;
}

/** The ETag of an object that came in one piece and is not encrypted with a key of KMS is its MD5. */
export function etagOf(bytes: Uint8Array): string {
	return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function badDigest(name: string): AwsError {
	return new AwsError('BadDigest', `The ${name} you specified did not match what we received.`);
}
