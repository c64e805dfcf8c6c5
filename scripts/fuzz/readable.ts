/** Whether a text is one that a person understands. */

import { words } from './junk.ts';

/** What slips into a text where code did not look: it says something of the code, and nothing of the matter. */
const SPOILS: readonly string[] = [
	...words('undefined|[object |NaN|Invalid input|Invalid key|Invalid element|invalid_|unrecognized_keys|ZodError|$Zod|Symbol('),
	...words('TypeError|RangeError|ReferenceError|URIError|SyntaxError|Cannot read propert|is not a function|is not iterable'),
	...words('Maximum call stack|Invalid time value|Unexpected token|in JSON at position|Invalid count value|circular structure'),
];
const STACK = /\n\s+at \S+ ?\(?[\w./:]+:\d+:\d+/;
/** Characters. */
const MOST = 1_000;

/** What of a text nobody wrote on purpose, unless it was given. */
export function spoiled(text: string, given: string): string | undefined {
	if (STACK.test(text)) return 'a stack trace';
	const found = SPOILS.filter((spoil) => text.includes(spoil));
	return found.length === 0 ? undefined : found.find((spoil) => !given.toLowerCase().includes(spoil.toLowerCase()));
}

/** What is wrong with a reason that a person is to read; nothing where it is well. @param given what came, which it may quote. */
export function unreadable(reason: unknown, given: string): string | undefined {
	if (typeof reason !== 'string' || reason.trim() === '') return `no reason is given: ${JSON.stringify(reason)}`;
	if (reason.length > MOST) return `the reason has ${reason.length} characters`;
	if (!/\p{L}+ \p{L}+/u.test(reason)) return `the reason is no sentence: ${JSON.stringify(reason)}`;
	const spoil = spoiled(reason, given);
	return spoil === undefined ? undefined : `the reason says ${JSON.stringify(spoil)}: ${JSON.stringify(reason)}`;
}
