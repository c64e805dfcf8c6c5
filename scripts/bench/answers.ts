/** Recorded answers of AWS, given again: over HTTP to another process, or in process. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpResponse } from '@smithy/core/protocols';
import type { InProcessHandler } from '../../local/aws/http.ts';
import { type Answer, operationOf, type RecordedCall } from './recording.ts';

/** The answers of one invocation: those of one operation in the order in which they were given. */
export class Answers {
	readonly #left = new Map<string, Answer[]>();
	readonly #unknown: string[] = [];

	constructor(calls: readonly RecordedCall[]) {
		for (const { operation, answer } of calls) this.#left.set(operation, [...(this.#left.get(operation) ?? []), answer]);
	}

	/** Undefined where the recording has no answer (any more). */
	take(operation: string): Answer | undefined {
		const answer = this.#left.get(operation)?.shift();
		if (answer === undefined) this.#unknown.push(operation);
		return answer;
	}

	/** What has been asked for otherwise than in the recording: calls that it lacks, and calls that were not made. */
	get differences(): readonly string[] {
		const missing = [...this.#left].flatMap(([operation, left]) => left.map(() => `${operation} was not called`));
		return [...this.#unknown.map((operation) => `${operation} was called, and is not in the recording`), ...missing];
	}
}

export interface AnswerServer {
	readonly port: number;
	/** What is asked from now on is answered from these. */
	serve(answers: Answers): void;
	close(): Promise<void>;
}

/** A server of recorded answers on 127.0.0.1. */
export async function startAnswerServer(): Promise<AnswerServer> {
	let answers = new Answers([]);
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const answer = answers.take(operationOf(request.headers, () => Buffer.concat(chunks).toString('utf8')));
			const { status, headers, body } = answer ?? { status: 400, headers: {}, body: '{"__type":"NotRecorded"}' };
			response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
			response.end(body);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as AddressInfo).port,
		serve(next) {
			answers = next;
		},
		close: () =>
			new Promise((resolve, reject) => {
				server.close((error) => (error ? reject(error) : resolve()));
				server.closeAllConnections();
			}),
	};
}

/** A `requestHandler` of SDK clients that takes its answers from `current()`. @throws Error for a call that is not in the recording. */
export function answering(current: () => Answers): InProcessHandler {
	return {
		metadata: { handlerProtocol: 'http/1.1' },
		async handle({ headers, body }) {
			const operation = operationOf(headers, () => String(body));
			const answer = current().take(operation);
			if (answer === undefined) throw new Error(`${operation} is not in the recording`);
			return { response: new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) }) };
		},
		destroy: () => undefined,
		updateHttpClientConfig: () => undefined,
		httpHandlerConfigs: () => ({}),
	};
}
