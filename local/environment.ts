/** Execution environments of our functions: a handler made by `create`, with clients and settings of its own. */

import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createAws } from '../shared/aws/clients.ts';
import type { CreateHandler, Log } from '../shared/deps.ts';
import { settingsFrom } from '../shared/settings.ts';
import { inProcess } from './aws/http.ts';
import type { AwsContext } from './aws/types.ts';
import type { Wire } from './aws/wire.ts';
import { execute } from './executing.ts';
import type { Environment } from './lambda.ts';
import type { FunctionDefinition } from './template.ts';

/** `create` of each function, by the function's name. */
export type Handlers = Readonly<Record<string, CreateHandler>>;

export interface LogLine {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly level: keyof Log;
	readonly functionName: string;
	readonly message: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

export interface EnvironmentOptions {
	readonly context: AwsContext;
	readonly wire: Wire;
	readonly onLog: (line: LogLine) => void;
	readonly onCount: (name: string, dimensions: Readonly<Record<string, string>>, value: number) => void;
	/** Counts environments; the first is 1. */
	readonly number?: number;
	/** How far its clock is ahead of the world's. Milliseconds. */
	readonly skewMs?: number;
}

/** Any credentials do: the local AWS checks no signature. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

const ENDPOINT = { url: new URL('https://local.invalid/') };

/** A bucket is named by its host, as S3's own endpoints do. */
const endpointOf = ({ Bucket, Region }: { readonly Bucket?: string; readonly Region?: string }) =>
	Bucket === undefined ? ENDPOINT : { url: new URL(`https://${Bucket}.s3.${Region}.amazonaws.com/`) };

/**
 * Options of clients that are connected in process. To sign a request, and to find its endpoint, takes longer than to answer it; and each
 * new client looks in the environment and in files for what is said here as the SDK's own defaults.
 */
export const IN_PROCESS_CLIENT = {
	credentials: LOCAL_CREDENTIALS,
	signer: { sign: async <T>(request: T): Promise<T> => request },
	endpoint: ENDPOINT.url.href,
	endpointProvider: endpointOf,
	endpointDiscoveryEnabledProvider: async () => undefined,
	accountIdEndpointMode: 'preferred',
	useDualstackEndpoint: false,
	useFipsEndpoint: false,
	authSchemePreference: [],
	retryMode: 'standard',
	defaultsMode: 'legacy',
	userAgentAppId: async () => undefined,
} as const;

const PROJECT = new URL('../', import.meta.url);

/**
 * Loads `functions/<name>.ts` of every function of the template.
 * @throws Error naming the function and file that is missing or has no `create`.
 */
export async function loadHandlers(functions: readonly FunctionDefinition[]): Promise<Handlers> {
	const entries = functions.map(async (definition) => {
		const url = new URL(`${definition.file}.ts`, PROJECT);
		await access(fileURLToPath(url)).catch((cause: unknown) => {
			throw new Error(`Function ${definition.name} of the template has no source: ${definition.file}.ts is missing.`, { cause });
		});
		const module = (await import(url.href)) as { create?: CreateHandler };
		if (typeof module.create !== 'function') throw new Error(`${definition.file}.ts exports no function 'create'.`);
		return [definition.name, module.create] as const;
	});
	return Object.fromEntries(await Promise.all(entries));
}

/** Starts an environment of a function. @throws SettingsError where the function's environment variables do not fit. */
export function startEnvironment(definition: FunctionDefinition, create: CreateHandler, options: EnvironmentOptions): Environment {
	const { context, wire, number = 1, skewMs = 0 } = options;
	let alive = true;
	let exit = () => {};
	const kill = () => {
		alive = false;
		exit();
	};
	const write =
		(level: keyof Log) =>
		(message: string, fields: Readonly<Record<string, unknown>> = {}) =>
			options.onLog({ at: context.clock.now(), level, functionName: definition.name, message, fields });
	const patience = { until: Number.POSITIVE_INFINITY };
	const requestHandler = inProcess(wire, { caller: definition.name, isAlive: () => alive });
	const onThrottled = (calledService: string) => options.onCount('CallsThrottled', { calledService }, 1);
	const handler = create({
		aws: createAws({ region: context.region, ...IN_PROCESS_CLIENT, requestHandler }, patience, onThrottled),
		patience,
		now: () => context.clock.now() + skewMs,
		log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
		count: (name, dimensions = {}, value = 1) => options.onCount(name, dimensions, value),
		settings: settingsFrom(definition.environment),
	});
	return {
		get isAlive() {
			return alive;
		},
		invoke: (event, invocation) =>
			new Promise((resolve, reject) => {
				exit = () => reject(Object.assign(new Error('Runtime exited'), { name: 'Runtime.ExitError' }));
				const execution = { functionName: definition.name, environment: number, requestId: invocation.awsRequestId, event, skewMs, kill };
				// A copy, so that no handler changes what a retry gets.
				execute(execution, async () => handler(structuredClone(event), invocation)).then(resolve, reject);
			}),
		kill,
	};
}
