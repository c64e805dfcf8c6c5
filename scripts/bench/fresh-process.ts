/** Bundles, each run in a process of its own with one event, as Lambda's first invocation does. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type AnswerServer, Answers, startAnswerServer } from './answers.ts';
import { REGION, type RecordedCall } from './recording.ts';

/** One process, in milliseconds from its start; its CPU time includes Node's own. */
export interface Timing {
	readonly handledMs: number;
	readonly cpuMs: number;
}

/** What a process is asked: in the names of the stage that recordings are made in. */
export interface Question {
	/** Of the bundle. */
	readonly code: string;
	readonly event: unknown;
	/** Epoch milliseconds: what time it is to the process. */
	readonly now: number;
	/** What AWS answers, and must be asked. */
	readonly calls: readonly RecordedCall[];
}

/** Another stage than `local`, which logs and counts in its own way. */
const STAGE = 'bench';

/** As Lambda sets it. */
const ENVIRONMENT = {
	AWS_REGION: REGION,
	AWS_ACCESS_KEY_ID: 'test',
	AWS_SECRET_ACCESS_KEY: 'test',
	AWS_SESSION_TOKEN: 'test',
	AWS_LAMBDA_FUNCTION_NAME: `fleetkeeper-${STAGE}`,
	AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
	AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
	POWERTOOLS_SERVICE_NAME: 'fleetkeeper',
	POWERTOOLS_METRICS_NAMESPACE: 'Fleetkeeper',
	STAGE,
};

function inStage(json: string): string {
	return json.replaceAll('fleetkeeper-local', `fleetkeeper-${STAGE}`).replaceAll('fleetkeeper/local', `fleetkeeper/${STAGE}`);
}

/** Prepares questions, so that nothing but the process is timed. */
export class FreshProcesses {
	readonly #folder: string;
	readonly #server: AnswerServer;
	#files = 0;

	private constructor(folder: string, server: AnswerServer) {
		this.#folder = folder;
		this.#server = server;
	}

	static async start(): Promise<FreshProcesses> {
		return new FreshProcesses(await mkdtemp(join(tmpdir(), 'fleetkeeper-bench-')), await startAnswerServer());
	}

	async close(): Promise<void> {
		await this.#server.close();
		await rm(this.#folder, { recursive: true });
	}

	/**
	 * Gives a function that asks in a new process each time.
	 * It rejects with Error where the process fails, or calls AWS otherwise than the recording.
	 */
	async prepare({ code, event, now, calls }: Question): Promise<() => Promise<Timing>> {
		const bundle = await this.#write('cjs', code);
		const input = await this.#write('json', inStage(JSON.stringify({ event, now, port: this.#server.port })));
		const answers = calls.map((call) => ({ ...call, answer: { ...call.answer, body: inStage(call.answer.body) } }));
		return () => this.#ask(bundle, input, new Answers(answers));
	}

	async #write(extension: string, content: string): Promise<string> {
		this.#files += 1;
		const path = join(this.#folder, `${this.#files}.${extension}`);
		await writeFile(path, content);
		return path;
	}

	async #ask(bundle: string, input: string, answers: Answers): Promise<Timing> {
		this.#server.serve(answers);
		const child = spawn(process.execPath, [join(import.meta.dirname, 'cold-main.cjs'), bundle, input], {
			env: ENVIRONMENT,
			stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
		});
		const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
		const [said, report, code] = await Promise.all([text(child.stderr as Readable), text(child.stdio[3] as Readable), exit]);
		const { differences } = answers;
		if (code !== 0 || differences.length > 0) throw new Error(`a process ended with ${code}: ${differences.join(', ')}\n${said}`);
		return JSON.parse(report) as Timing;
	}
}
