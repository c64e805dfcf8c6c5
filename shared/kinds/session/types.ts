import type { OperationOf, SessionSubject } from '../../operation/types.ts';
import type { OpsItemSpec, SessionRule } from '../../playbook/types.ts';

/** How a session stands, as AWS tells it. */
export type SessionState =
	| { readonly is: 'open' }
	/** Somebody has asked for its end: it may have been over by then. */
	| { readonly is: 'ending'; readonly how: string }
	/** `at`: epoch milliseconds. `failed`: it never began, `how` says why. */
	| { readonly is: 'over'; readonly at: number; readonly how: string; readonly failed?: true }
	/** Systems Manager lists no such session. */
	| { readonly is: 'unknown' };

/** What is known of a session that has ended. */
export interface SessionEnd {
	/** Epoch milliseconds. */
	readonly endedAt: number;
	readonly seconds: number;
	/** Where it is kept; absent where nobody keeps it, or where another document than ours says. */
	readonly transcript?: Transcript;
}

/** Where what was typed and shown in a session is kept: a file, and a stream of a log group. */
export interface Transcript {
	/** `s3://...` */
	readonly s3: string;
	readonly logGroup: string;
	readonly logStream: string;
}

/** One session on a node, from its start to its end. */
export interface SessionOperation extends OperationOf<SessionSubject> {
	readonly rule: SessionRule;
	/** What OpsCenter is told by where it is outside of it. */
	readonly opsItem: OpsItemSpec;
	readonly transcript?: Transcript;
	/** When its time is over by the rule. Epoch milliseconds. */
	readonly capAt?: number;
	/** Which rule it is outside of, in words. */
	readonly breach?: string;
	/** It is being terminated: why, when that is tried next, and whether AWS has taken it. */
	readonly stop?: { readonly why: string; readonly tryAt: number; readonly done?: true };
	/** The first time that somebody asked for its end, `how` being by whom: epoch milliseconds, and the call's request id. */
	readonly asked?: { readonly at: number; readonly how: string; readonly requestId?: string | undefined };
	/** How it ended, where that was known before the operation was opened. */
	readonly over?: Extract<SessionState, { is: 'over' }>;
	readonly resumes: number;
	/** When it was seen last: in the list, or by what somebody did with it. Epoch milliseconds. */
	readonly seenAt: number;
	/** When it is looked at next, and how often it was. */
	readonly lookAt: number;
	readonly looks: number;
	/** What the OpsItem has yet to be told. */
	readonly untold?: true;
}
