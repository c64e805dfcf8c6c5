import { AwsError } from './types.ts';

export interface Page<T> {
	readonly items: T[];
	readonly nextToken?: string;
}

/**
 * One page of a list; the token of the next is the position it starts at.
 * @throws AwsError `code` for a token that this list did not give.
 */
export function page<T>(all: readonly T[], token: string | undefined, size: number, code = 'InvalidNextToken'): Page<T> {
	const start = token ? Number(token) : 0;
	if (!Number.isInteger(start) || start < 0) throw new AwsError(code, 'The specified token is not valid.');
	const items = all.slice(start, start + size);
	const next = start + size;
	return next < all.length ? { items, nextToken: String(next) } : { items };
}

/** `{NextToken}` as outputs carry it, or nothing on the last page. */
export function nextToken(from: Page<unknown>): { NextToken?: string } {
	return from.nextToken === undefined ? {} : { NextToken: from.nextToken };
}
