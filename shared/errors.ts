/** The three ways in which handling an event can end without an operation moving. */

abstract class HandlingError extends Error {
	/** Spelled out: a minified bundle renames classes. */
	abstract override readonly name: string;
	constructor(message: string, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
	}
}

/** Not ours, or nothing to do: acknowledge it, count it, say why. `reason` is short and of few kinds: it labels a metric. */
export class Drop extends HandlingError {
	override readonly name = 'Drop';
	readonly reason: string;
	constructor(reason: string, message: string) {
		super(message);
		this.reason = reason;
	}
}

/** Worth another try: throttled, a server error, not yet visible. The message goes back to its queue. */
export class Retry extends HandlingError {
	override readonly name = 'Retry';
}

/** Will never work. A message goes to the dead-letter queue with this reason; an operation closes as failed. */
export class Fail extends HandlingError {
	override readonly name = 'Fail';
}

/** What an AWS call that failed says about trying again. */
export type CallFailure = 'throttled' | 'unknown' | 'refused';

interface SdkError {
	readonly name?: string;
	readonly message?: string;
	readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string; readonly call?: string };
	readonly $retryable?: { readonly throttling?: boolean };
}

/** Names under which AWS services refuse a call for its rate alone. */
const THROTTLES = new Set([
	'ThrottlingException',
	'Throttling',
	'ThrottledException',
	'TooManyRequestsException',
	'RequestLimitExceeded',
	'RateExceeded',
	'ProvisionedThroughputExceededException',
	'RequestThrottled',
	// The account's concurrent automations and their queue are full: room comes by itself.
	'AutomationExecutionLimitExceededException',
	// AWS was not asked: no time is left in this invocation (aws/pace.ts).
	'TooLate',
]);

/**
 * `throttled`: AWS did nothing, and may be asked again. `refused`: AWS did nothing, and never will.
 * `unknown`: it may have done it (a 5xx, a time-out, a lost connection).
 */
export function callFailure(error: unknown): CallFailure {
	const { name = '', $metadata, $retryable } = error as SdkError;
	if (THROTTLES.has(name) || $retryable?.throttling === true) return 'throttled';
	const status = $metadata?.httpStatusCode;
	return status !== undefined && status >= 400 && status < 500 ? 'refused' : 'unknown';
}

/** The error as one line: its AWS name, and what it says. */
export function describeError(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.name === 'Error' || error.message.startsWith(error.name) ? error.message : `${error.name}: ${error.message}`;
}

/** What finds a call in CloudTrail: its request id, and behind a space which call it is, where our clients say so (aws/throttles.ts). */
export function requestIdOf(output: unknown): string | undefined {
	const { requestId, call } = (output as SdkError | undefined)?.$metadata ?? {};
	return requestId && call ? `${requestId} ${call}` : requestId;
}
