/** The local AWS over HTTP, and in process as the request handler of SDK clients. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
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
				response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
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

async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > MAX_BODY_BYTES) throw new Error(`Request body over ${MAX_BODY_BYTES} bytes.`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}

function flat(request: IncomingMessage): Record<string, string | undefined> {
	return Object.fromEntries(
		Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
	);
}

/** The part of the SDK's HttpRequest that is used here. */
interface SdkRequest {
	readonly method: string;
	readonly path: string;
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
		async handle({ method, path, headers, body }) {
			if (!isAlive()) return never();
			const lowerCased = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
			const answer = await wire.handle({ method, path, headers: lowerCased, body: textOf(body) }, caller);
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
	return new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) });
}

function textOf(body: unknown): string {
	if (body === undefined || body === null) return '';
	if (typeof body === 'string') return body;
	if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
	throw new TypeError('The in-process handler takes text and bytes, not streams.');
}
