import type { Aws } from './aws/clients.ts';
import type { Settings } from './settings.ts';

/** Structured logging: a message and its fields. */
export interface Log {
	debug(message: string, fields?: Record<string, unknown>): void;
	info(message: string, fields?: Record<string, unknown>): void;
	warn(message: string, fields?: Record<string, unknown>): void;
	error(message: string, fields?: Record<string, unknown>): void;
}

/** Counts, by name and by a few dimensions of bounded cardinality. */
export interface Count {
	(name: string, dimensions?: Readonly<Record<string, string>>, value?: number): void;
}

/** All that a function has of the world. Nothing else in `shared/` holds state between invocations. */
export interface Deps {
	readonly aws: Aws;
	/** Epoch milliseconds. */
	readonly now: () => number;
	readonly log: Log;
	readonly count: Count;
	readonly settings: Settings;
}

/** What `functions/*.ts` export as `create`: a Lambda handler made of its dependencies. */
export type LambdaHandler = (input: unknown, context?: unknown) => Promise<unknown>;
export type CreateHandler = (deps: Deps) => LambdaHandler;
