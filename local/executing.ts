/** Whose code runs: what an invocation carries along through all that it awaits. */

import { AsyncLocalStorage } from 'node:async_hooks';

/** One invocation of a function, in one of its execution environments. */
export interface Execution {
	readonly functionName: string;
	/** The first environment that a world starts is 1. */
	readonly environment: number;
	readonly requestId: string;
	/** What it was invoked with. */
	readonly event: unknown;
	/** How far this environment's clock is ahead of the world's. Milliseconds. */
	readonly skewMs: number;
	/** The environment is taken away: its invocation fails, and nothing it still does has an effect. */
	kill(): void;
}

const executing = new AsyncLocalStorage<Execution>();

/** Runs the code of an invocation. */
export function execute<T>(execution: Execution, code: () => T): T {
	return executing.run(execution, code);
}

/** The invocation whose code calls this, or undefined where AWS or a person does. */
export function currentExecution(): Execution | undefined {
	return executing.getStore();
}
