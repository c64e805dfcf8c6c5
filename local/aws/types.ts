/** What a local AWS service is made of. Nothing in `local/aws` knows Fleetkeeper. */

import type { Session } from './iam/index.ts';

/** Time and chance of a world. In simulated time both are functions of the seed. */
export interface Clock {
	/** Epoch milliseconds. */
	now(): number;
	/** Runs `what` after `delayMs`; the returned function cancels it. */
	after(delayMs: number, what: () => void | Promise<void>): () => void;
	/** 0 (inclusive) to 1 (exclusive). */
	random(): number;
}

/** An event as a service emits it; the bus adds id, time, account and region. */
export interface EmittedEvent {
	readonly source: string;
	readonly detailType: string;
	readonly detail: Readonly<Record<string, unknown>>;
	readonly resources?: readonly string[];
}

export interface AwsContext {
	readonly account: string;
	readonly region: string;
	readonly clock: Clock;
	/** Puts an event of an AWS service on the default bus. */
	emit(event: EmittedEvent): void;
	/** A string of `length` characters of `alphabet` (default: hexadecimal digits), from the world's chance. */
	id(length: number, alphabet?: string): string;
	/** An RFC 4122 version 4 UUID from the world's chance. */
	uuid(): string;
}

/** An error as AWS answers it. `fields` are the modelled members besides the message. */
export class AwsError extends Error {
	readonly code: string;
	readonly status: number;
	readonly fields: Readonly<Record<string, unknown>>;
	constructor(code: string, message: string, options: { status?: number; fields?: Record<string, unknown> } = {}) {
		super(message);
		this.name = code;
		this.code = code;
		this.status = options.status ?? 400;
		this.fields = options.fields ?? {};
	}
}

/** Who makes a call, as the request log has it. */
export interface Caller {
	readonly caller: string | undefined;
	/** The role that a service of AWS works in, where it is not the caller's own. */
	readonly session?: Session;
}

/** Operations by API name: each takes the deserialised input, and who calls, and gives the output as the SDK client types it. */
export type Operations = Readonly<Record<string, (input: never, by?: Caller) => unknown>>;

/** The output of an operation as a service gives it: the SDK adds the metadata. */
export type Output<T> = Omit<T, '$metadata'>;
