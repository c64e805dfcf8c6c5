/** The constraints of the API model that the client packages' schemas do not carry: lengths, ranges, patterns, sizes of pages. */

import { type AwsContext, AwsError } from '../types.ts';

export const NAME = /^[a-zA-Z0-9_\-.]{3,128}$/;
export const CONCURRENCY = /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/;
export const ERRORS = /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/;

/** @throws AwsError `ValidationException` in the words of a constraint of the API model. */
export function refuseValue(value: unknown, member: string, constraint: string): never {
	throw new AwsError(
		'ValidationException',
		`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
	);
}

export function checkLength(value: string | readonly unknown[] | undefined, member: string, least: number, most: number): void {
	if (value === undefined || (value.length >= least && value.length <= most)) return;
	refuseValue(typeof value === 'string' ? value : '[...]', member, `Member must have length between ${least} and ${most}`);
}

export function checkRange(value: number | undefined, member: string, least: number, most: number): void {
	if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
	refuseValue(value, member, `Member must have value between ${least} and ${most}`);
}

export function checkPattern(value: string | undefined, member: string, pattern: RegExp): void {
	if (value === undefined || pattern.test(value)) return;
	refuseValue(value, member, `Member must satisfy regular expression pattern: ${pattern.source}`);
}

export function checkAmong(value: string | undefined, member: string, among: readonly string[]): void {
	if (value === undefined || among.includes(value)) return;
	refuseValue(value, member, `Member must satisfy enum value set: [${among.join(', ')}]`);
}

/** How many results a page has. @throws AwsError `ValidationException`. */
export function pageSize(asked: number | undefined, least: number, most: number): number {
	checkRange(asked, 'maxResults', least, most);
	return asked ?? most;
}

/** A member that is there only where it has a value. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
	return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

export function tagsOf(
	tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Map<string, string> {
	return new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** `InvalidInstanceId` in Run Command's words. */
export function invalidInstances(ctx: Pick<AwsContext, 'account'>, ids: readonly string[]): AwsError {
	return new AwsError('InvalidInstanceId', `Instances [[${ids.join(', ')}]] not in a valid state for account ${ctx.account}`);
}
