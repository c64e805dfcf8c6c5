/** What requests to run something have in common, whatever is run. Pure. */

import * as z from 'zod/mini';
import { nearest } from '../playbook/problem.ts';
import { name } from './envelope.ts';

/** A document's name or ARN, as SendCommand and StartAutomationExecution take it. */
export const DOCUMENT = /^[a-zA-Z0-9_\-.:/]{3,128}$/;

export const list = <T extends z.ZodMiniType>(item: T, most: number, error: string) =>
	z.array(item, error).check(z.refine(({ length }) => length >= 1 && length <= most, error));

const VALUES = 'expected text or a list of texts, of 1 to 512 characters each';
/** A parameter's value (StartAutomationExecution takes up to 200 of them). */
const value = z.string().check(z.minLength(1, VALUES), z.maxLength(512, VALUES));
const RATE = 'expected a number or a percentage as text, such as "10" or "20%"';
const ID = 'expected 1 to 128 characters without blanks, and no {{PSEUDO_PARAMETER}} that nobody has filled in';
const NAMES = 'expected names of parameters: letters, digits, _ and -';
const saysNames = { error: ({ code }: { readonly code?: string }) => (code === 'invalid_key' ? NAMES : undefined) };

/** An object that has no other keys: one that is there says which may be meant. */
export function strict<S extends z.core.$ZodLooseShape>(shape: S): z.ZodMiniObject<S, z.core.$strict> {
	const known = Object.keys(shape);
	const meant = (key: string) => {
		const near = nearest(key, known);
		return `has no ${key}: ${near ? `did you mean ${near}?` : `there are ${known.join(', ')}`}`;
	};
	return z.strictObject(shape, {
		error: ({ code, keys }: { readonly code?: string; readonly keys?: unknown }) =>
			code === 'unrecognized_keys' && Array.isArray(keys) ? keys.map(meant).join('; ') : undefined,
	});
}

/** The keys that every request may have. */
export const REQUEST = {
	parameters: z.optional(
		z.record(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,50}$/)), z.union([value, list(value, 200, VALUES)], VALUES), saysNames),
	),
	// The patterns of SendCommand and StartAutomationExecution.
	maxConcurrency: z.optional(z.string(RATE).check(z.regex(/^([1-9][0-9]{0,6}|[1-9][0-9]?%|100%)$/, RATE))),
	maxErrors: z.optional(z.string(RATE).check(z.regex(/^(0|[1-9][0-9]{0,6}|0%|[1-9][0-9]?%|100%)$/, RATE))),
	reason: z.optional(z.string().check(z.maxLength(1_000, 'expected 1,000 characters at most'))),
	requestedBy: z.optional(z.string().check(z.maxLength(200, 'expected 200 characters at most'))),
	/** Two requests of one id are one. What a maintenance window has not filled in would be the id of all that it ever asks for. */
	requestId: z.optional(z.string(ID).check(z.regex(/^(?!.*\{\{)[\x21-\x7e]{1,128}$/, ID))),
};

/** What there is around the detail of a request, beside what all events have. */
export const REQUEST_ENVELOPE = { source: name(256), time: z.optional(name(64)) };
