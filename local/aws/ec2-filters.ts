/** Filters of EC2's Describe operations: names with values, joined by AND, their values by OR. */

import type { Filter } from '@aws-sdk/client-ec2';
import { AwsError } from './types.ts';

/** What a resource shows to filters, by filter name; a list passes where one of its values does. */
export type FilterFields = Readonly<Record<string, string | readonly string[]>>;

/**
 * Whether a resource passes. `tag:<key>` and `tag-key` are filters of every resource.
 * @throws AwsError `InvalidParameterValue` for a filter that the resource does not have.
 */
export function passesAll(filters: readonly Filter[] | undefined, fields: FilterFields, tags: ReadonlyMap<string, string>): boolean {
	return (filters ?? []).every((filter) => {
		const name = filter.Name ?? '';
		if (name.startsWith('tag:')) return hasValue(filter, tags.get(name.slice('tag:'.length)) ?? []);
		if (name === 'tag-key') return hasValue(filter, [...tags.keys()]);
		const field = fields[name];
		if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
		return hasValue(filter, field);
	});
}

/** Filter values may hold the wildcards `*` and `?`. */
function hasValue(filter: Filter, field: string | readonly string[]): boolean {
	const values = typeof field === 'string' ? [field] : field;
	return (filter.Values ?? []).some((pattern) => {
		const source = pattern
			.replace(/[.+^${}()|[\]\\]/g, '\\$&')
			.replaceAll('*', '.*')
			.replaceAll('?', '.');
		const whole = new RegExp(`^${source}$`, 's');
		return values.some((value) => whole.test(value));
	});
}
