/** Bodies in the encoding `aws-chunked`: pieces with their sizes, and headers that follow them (S3 API reference, "Signature Calculations"). */

import { AwsError } from '../types.ts';

const LINE_END = Buffer.from('\r\n');

/**
 * `<size in hex>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n[<name>:<value>\r\n …]\r\n`. Signatures are not checked.
 * @throws AwsError `IncompleteBody` where the body ends before its last piece.
 */
export function unchunked(body: Uint8Array): { readonly bytes: Uint8Array; readonly trailers: Record<string, string> } {
	const from = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
	const pieces: Buffer[] = [];
	let at = 0;
	const line = (): string => {
		const end = from.indexOf(LINE_END, at);
		if (end === -1) throw incomplete();
		const text = from.toString('latin1', at, end);
		at = end + LINE_END.length;
		return text;
	};
	for (;;) {
		const size = Number.parseInt(line(), 16);
		if (Number.isNaN(size) || at + size > from.length) throw incomplete();
		if (size === 0) break;
		pieces.push(from.subarray(at, at + size));
		at += size + LINE_END.length;
	}
	const trailers: Record<string, string> = {};
	while (at < from.length) {
		const [name = '', ...value] = line().split(':');
		if (name !== '') trailers[name.toLowerCase()] = value.join(':').trim();
	}
	return { bytes: Buffer.concat(pieces), trailers };
}

function incomplete(): AwsError {
	return new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
}
