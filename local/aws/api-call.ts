/** What is known of a call of an API once it has been answered, whoever made it. */

import { type AwsContext, AwsError } from './types.ts';

/** A call over the wire, or one that a service of AWS made in somebody's name. */
export interface ApiCall {
	/** Epoch milliseconds of the answer. */
	readonly at: number;
	/** As in the request log: `ec2`, `ssm`. */
	readonly service: string;
	readonly operation: string;
	readonly requestId: string;
	/** The function or access key id that called, or the service that did, as `ssm.amazonaws.com`. */
	readonly caller?: string;
	/** As the operation's schema has it; undefined where it could not be read. */
	readonly input: unknown;
	/** Absent where the call failed, and where the service is spoken to in its own words (DynamoDB). */
	readonly output?: unknown;
	readonly error?: { readonly code: string; readonly message: string };
}

export type ApiCallListener = (call: ApiCall) => void;

const READ_ONLY = /^(Get|List|Describe|Lookup|BatchGet|Search|Select|Query|Scan|Preview|Validate|Estimate|Test)/;

/** Whether an operation changes nothing, as far as its name says. */
export function isReadOnly(operation: string): boolean {
	return READ_ONLY.test(operation);
}

/** Makes a call that does not come over the wire, and tells of it as the wire does of those that do. */
export async function madeBy<T>(
	ctx: AwsContext,
	listener: ApiCallListener | undefined,
	call: Pick<ApiCall, 'service' | 'operation' | 'caller' | 'input'>,
	make: () => T | Promise<T>,
): Promise<T> {
	if (!listener) return make();
	const requestId = ctx.uuid();
	const tell = (outcome: Pick<ApiCall, 'output' | 'error'>) => listener({ ...call, at: ctx.clock.now(), requestId, ...outcome });
	try {
		const output = await make();
		tell({ output });
		return output;
	} catch (error) {
		if (error instanceof AwsError) tell({ error });
		throw error;
	}
}
