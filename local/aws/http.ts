/** The local AWS over HTTP, and in process as the request handler of SDK clients. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import type { Wire, WireAnswer } from './wire.ts';

/** AWS's own limit for the services here is below 1 MB (SQS and EventBridge: 1 MiB); DynamoDB takes 16 MB. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Where the local AWS listens when nothing else is said. */
export const DEFAULT_PORT = 4566;

export interface HttpEndpoint {
	readonly url: string;
	/** Ends open connections and stops listening. */
	close(): Promise<void>;
}

/**
 * Serves the wire on 127.0.0.1. Port 0 takes a free one.
 * @throws Error saying what to do where the port is taken.
 */
export async function listen(wire: Wire, port: number): Promise<HttpEndpoint> {
	const server = createServer((request, response) => {
		readBody(request)
			.then((body) => wire.handle({ method: request.method ?? 'GET', path: request.url ?? '/', headers: flat(request), body }))
			.then((answer) => {
				if (answer === 'lost') {
					response.destroy();
					return;
				}
				const length = typeof answer.body === 'string' ? Buffer.byteLength(answer.body) : answer.body.byteLength;
				response.writeHead(answer.status, { 'content-length': length, ...answer.headers });
				response.end(answer.body);
			})
			.catch((error: unknown) => {
				response.destroy(error instanceof Error ? error : new Error(String(error)));
			});
	});
	await listening(server, port);
	const address = server.address();
	const actualPort = typeof address === 'object' && address ? address.port : port;
	return {
		url: `http://127.0.0.1:${actualPort}`,
		close: () =>
			new Promise((resolve, reject) => {
				server.close((error) => (error ? reject(error) : resolve()));
				server.closeAllConnections();
			}),
	};
}

function listening(server: Server, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', (error: NodeJS.ErrnoException) => {
			const inUse = error.code === 'EADDRINUSE';
			const message = `Port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another with PORT=<port>.`;
			reject(inUse ? new Error(message, { cause: error }) : error);
		});
		server.listen(port, '127.0.0.1', resolve);
	});
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > MAX_BODY_BYTES) throw new Error(`Request body over ${MAX_BODY_BYTES} bytes.`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

function flat(request: IncomingMessage): Record<string, string | undefined> {
	return Object.fromEntries(
		Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
	);
}

/** The part of the SDK's HttpRequest that is used here. */
interface SdkRequest {
	readonly method: string;
	readonly hostname: string;
	readonly path: string;
	readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: unknown;
}

/** What SDK clients take as their `requestHandler`. */
export interface InProcessHandler {
	readonly metadata: { readonly handlerProtocol: string };
	handle(request: SdkRequest): Promise<{ response: HttpResponse }>;
	destroy(): void;
	updateHttpClientConfig(): void;
	httpHandlerConfigs(): Record<string, never>;
}

export interface InProcessOptions {
	/** Written to the request log. */
	readonly caller?: string;
	/** Whether the process that calls still lives: a dead one reaches nothing, and hears nothing. */
	readonly isAlive?: () => boolean;
}

/** A `requestHandler` that takes requests to the wire without a socket. A lost reply rejects as a reset connection does. */
export function inProcess(wire: Wire, { caller, isAlive = () => true }: InProcessOptions = {}): InProcessHandler {
	return {
		metadata: { handlerProtocol: 'http/1.1' },
		async handle({ method, hostname, path, query, headers, body }) {
			if (!isAlive()) return never();
			const lowerCased = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
			const asked = {
				method,
				path: query && Object.keys(query).length > 0 ? `${path}?${queryText(query)}` : path,
				headers: { host: hostname, ...lowerCased },
				body: contentOf(body),
			};
			const answer = await wire.handle(asked, caller);
			return isAlive() ? { response: toSdk(answer) } : never();
		},
		destroy: () => undefined,
		updateHttpClientConfig: () => undefined,
		httpHandlerConfigs: () => ({}),
	};
}

function never(): Promise<never> {
	return new Promise(() => {});
}

function toSdk(answer: WireAnswer): HttpResponse {
	if (answer === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
	// Clients take the bytes of an object from a stream.
	const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : Readable.from([Buffer.from(answer.body)]);
	return new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body });
}

function queryText(query: NonNullable<SdkRequest['query']>): string {
	const pairs = Object.entries(query).flatMap(([name, value]) => [value ?? ''].flat().map((each): [string, string] => [name, each]));
	return new URLSearchParams(pairs).toString();
}

function contentOf(body: unknown): string | Uint8Array {
	if (body === undefined || body === null) return '';
	if (typeof body === 'string' || body instanceof Uint8Array) return body;
	throw new TypeError('The in-process handler takes text and bytes, not streams.');
}
