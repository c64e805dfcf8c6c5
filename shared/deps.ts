import type { Aws } from './aws/clients.ts';
import type { Patience } from './aws/pace.ts';
import type { Settings } from './settings.ts';

type Fields = [] | [Record<string, unknown>];

/** Structured logging: a message and its fields. */
export interface Log {
	debug(message: string, ...fields: Fields): void;
	info(message: string, ...fields: Fields): void;
	warn(message: string, ...fields: Fields): void;
	error(message: string, ...fields: Fields): void;
}

/**
 * Metrics, by name and by a few dimensions of bounded cardinality: each set of values costs money. One with `Seconds` in its name is
 * measured in them, all others are counts.
 */
export type Count = (name: string, dimensions?: Readonly<Record<string, string>>, value?: number) => void;

/** All that a function has of the world. Nothing else in `shared/` holds state between invocations. */
export interface Deps {
	readonly aws: Aws;
	/** Epoch milliseconds. */
	readonly now: () => number;
	readonly log: Log;
	readonly count: Count;
	readonly settings: Settings;
	/** The patience of `aws`, which each invocation sets anew. */
	readonly patience?: Patience;
}

/** What `functions/*.ts` export as `create`: a Lambda handler made of its dependencies. */
export type LambdaHandler = (input: unknown, context?: unknown) => Promise<unknown>;
export type CreateHandler = (deps: Deps) => LambdaHandler;
