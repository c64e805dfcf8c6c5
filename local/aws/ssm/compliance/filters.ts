/** The filters of compliance lists. */

import type { ComplianceStringFilter } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';

/** What can be asked for, by the names of the filters. */
export type Fields = Readonly<Record<string, readonly string[]>>;

/** @throws AwsError `InvalidFilter`. */
export function passes(fields: Fields, filters: readonly ComplianceStringFilter[] = []): boolean {
	return filters.every(({ Key: key = '', Values: values = [], Type: type = 'EQUAL' }) => {
		if (key === '') throw new AwsError('InvalidFilter', 'A filter must have a key.');
		const found = fields[key] ?? [];
		return compare(type, found, values);
	});
}

function compare(type: string, found: readonly string[], values: readonly string[]): boolean {
	switch (type) {
		case 'EQUAL':
			return found.some((each) => values.includes(each));
		case 'NOT_EQUAL':
			return !found.some((each) => values.includes(each));
		case 'BEGIN_WITH':
			return found.some((each) => values.some((value) => each.startsWith(value)));
		case 'LESS_THAN':
			return found.some((each) => values.some((value) => each < value));
		case 'GREATER_THAN':
			return found.some((each) => values.some((value) => each > value));
		default:
			throw new AwsError('InvalidFilter', `The filter type ${type} is not valid.`);
	}
}
