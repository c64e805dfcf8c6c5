/** What a verb of `fleet` is, and what it works with. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Aws } from '../../shared/aws/clients.ts';
import type { LifecycleServices } from '../../shared/parts/lifecycle.ts';

/** Where a command writes and looks; `out` and `err` take text without its last line end. */
export interface Io {
	readonly out: (text: string) => void;
	readonly err: (text: string) => void;
	/** The project's folder. */
	readonly cwd: string;
}

/** What a verb has of the world. */
export interface Desk {
	readonly io: Io;
	readonly stage: string;
	/** The operating system's name of the caller. */
	readonly user: string;
	/** An id that nothing else has. */
	newId(): string;
	/** Clients of the stage. @throws Refusal where the stage cannot be reached from here. */
	connect(): Aws;
	/** The stage's ledger and what goes with it. @throws Refusal as `connect`. */
	services(): LifecycleServices;
}

export interface Verb {
	/** `extend <operation> <duration>` */
	readonly usage: string;
	/** One line, for the list of verbs. */
	readonly summary: string;
	/** The rest of what `fleet -- help <verb>` says. */
	readonly details?: string;
	/**
	 * @returns the exit status; nothing is 0.
	 * @throws UsageError, Refusal, and what the ledger and the SDK throw.
	 */
	run(args: readonly string[], desk: Desk): Promise<number | undefined>;
}

/** The command line is not what the verb takes. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** What was asked for cannot be done; the message says why, where, and what to do. */
export class Refusal extends Error {
	override readonly name = 'Refusal';
}

const COMMON = { stage: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/**
 * Options of a verb, beside those that all verbs take, and its operands.
 * @throws UsageError where an option is unknown or lacks its value, or the number of operands is wrong.
 */
export function readArguments<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O, operands: readonly [number, number]) {
	const [least, most] = operands;
	const parsed = parse(args, options);
	const { length } = parsed.positionals;
	if (length > most) throw new UsageError(`does not take '${parsed.positionals[most]}'`);
	if (length < least) throw new UsageError(length === 0 ? 'names no operation' : 'lacks an operand');
	return parsed;
}

function parse<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
	try {
		return parseArgs({ args: [...args], allowPositionals: true, options: { ...COMMON, ...options } });
	} catch (error) {
		if (!String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) throw error;
		throw new UsageError((error as Error).message.replace(/\. .*/s, ''));
	}
}

export function printJson({ io }: Desk, document: unknown): void {
	io.out(JSON.stringify(document, undefined, 2));
}
