/**
 * Plain JavaScript values as DynamoDB's attribute values, and back. A Set is a set of strings. The SDK's own converter does more
 * than the ledger needs, and is what a function's bundle has no room for (`npm run size`); a property test holds this one to it.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { Fail } from '../errors.ts';

type Attributes = Record<string, AttributeValue>;

/** DynamoDB's numbers are smaller; what a number of JavaScript has of digits, 17 at most, they hold. */
const MOST = 1e126;

/** @throws Fail for a value that DynamoDB cannot hold, or not exactly. What is undefined is left out. */
export function toAttributes(values: object): Attributes {
	return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, toAttribute(value)]])));
}

function toAttribute(value: unknown): AttributeValue {
	// A text that was cut may end in half a surrogate pair.
	if (typeof value === 'string') return { S: value.toWellFormed() };
	if (typeof value === 'boolean') return { BOOL: value };
	if (typeof value === 'number' && Math.abs(value) < MOST) return { N: String(value) };
	if (value === null) return { NULL: true };
	if (value instanceof Set) return { SS: [...value] };
	if (Array.isArray(value)) return { L: value.filter((each) => each !== undefined).map(toAttribute) };
	if (typeof value === 'object') return { M: toAttributes(value) };
	throw new Fail(`The ledger cannot hold ${String(value)}`);
}

export function fromAttributes(attributes: Attributes): Record<string, unknown> {
	return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]));
}

function fromAttribute({ S, N, BOOL, SS, L, M }: AttributeValue): unknown {
	if (N !== undefined) return Number(N);
	if (SS !== undefined) return new Set(SS);
	if (L !== undefined) return L.map(fromAttribute);
	return M === undefined ? (S ?? BOOL ?? null) : fromAttributes(M);
}
