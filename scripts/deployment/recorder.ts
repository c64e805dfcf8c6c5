/** Stands in front of an AWS endpoint on loopback, hands everything on as it is, and keeps what was asked. */

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
	/** The service that the call is signed for: `cloudformation`. */
	readonly service: string;
	/** The action of the Query and JSON protocols; method and path of the REST ones. */
	readonly action: string;
	/** Of the Query protocol. */
	readonly form: URLSearchParams;
	readonly status: number;
}

export interface Recorder {
	readonly url: string;
	/** What was asked since the last time. */
	taken(): Call[];
	close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** The scope of a signature: `Credential=<key>/<day>/<Region>/<service>/aws4_request`. */
const SIGNED_FOR = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/;

/** @param endpoint where the calls go on to. */
export async function record(endpoint: string): Promise<Recorder> {
	let calls: Call[] = [];
	const server = createServer((incoming, outgoing) => {
		handOn(endpoint, incoming, outgoing).then(
			(call) => calls.push(call),
			(error: Error) => outgoing.writableEnded || outgoing.destroy(error),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://${HOST}:${port}`,
		taken() {
			const taken = calls;
			calls = [];
			return taken;
		},
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

async function handOn(endpoint: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Call> {
	const body = await read(incoming);
	const { method = 'GET', url = '/', headers } = incoming;
	const answer = await new Promise<IncomingMessage>((resolve, reject) => {
		request(new URL(url, endpoint), { method, headers }, resolve).once('error', reject).end(body);
	});
	const status = answer.statusCode ?? 0;
	outgoing.writeHead(status, answer.rawHeaders);
	outgoing.end(await read(answer));
	const form = new URLSearchParams(headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? body.toString() : '');
	const target = String(headers['x-amz-target'] ?? '')
		.split('.')
		.at(-1);
	const [, service = ''] = SIGNED_FOR.exec(headers.authorization ?? '') ?? [];
	return { service, action: form.get('Action') || target || `${method} ${url}`, form, status };
}

async function read(message: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of message) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}
