/** A REST request taken apart: whose bucket, which key, what query, and the bytes of its body. */

import type { WireRequest } from '../protocols.ts';
import type { RestProtocol } from '../service.ts';
import { unchunked } from './chunked.ts';
import { hostPattern } from './route.ts';

export interface AddressedRequest {
	readonly method: string;
	readonly bucket?: string;
	readonly key?: string;
	readonly query: URLSearchParams;
	readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The bucket is in the host, or the first part of the path (S3 user guide, "Virtual hosting of general purpose buckets"). */
export function addressed({ signingName }: RestProtocol, { method, path, headers }: WireRequest): AddressedRequest {
	const [pathname = '/', query = ''] = path.split('?');
	const hosted = hostPattern(signingName).exec(headers['host'] ?? '')?.[1];
	const [first = '', ...rest] = pathname.slice(1).split('/');
	const bucket = hosted ?? decodeURIComponent(first);
	const key = decodeURIComponent(hosted === undefined ? rest.join('/') : pathname.slice(1));
	return {
		method,
		...(bucket === '' ? {} : { bucket }),
		...(key === '' ? {} : { key }),
		query: new URLSearchParams(query),
		headers,
	};
}

/** The bytes that a request brings, out of the chunks that a client may have put them in; and the headers that follow them there. */
export function contentOf({ headers, body }: WireRequest): { readonly bytes: Uint8Array; readonly trailers: Record<string, string> } {
	const bytes = typeof body === 'string' ? Buffer.from(body) : body;
	const isChunked = headers['x-amz-content-sha256']?.startsWith('STREAMING-') || headers['content-encoding']?.includes('aws-chunked');
	return isChunked ? unchunked(bytes) : { bytes, trailers: {} };
}
