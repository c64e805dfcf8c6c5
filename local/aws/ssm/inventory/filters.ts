/** The filters of inventory: what they ask of a node, and of its entries. */

import type { InventoryFilter } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import type { Entry } from './inventory.ts';

/** Asks for one attribute of one type. */
export interface Condition {
	readonly type: string;
	readonly attribute: string;
	readonly values: readonly string[];
	readonly operator: NonNullable<InventoryFilter['Type']>;
}

/**
 * Reads filters with keys as `AWS:Application.Name`.
 * @param own the type of a key without one.
 * @throws AwsError `InvalidFilter` for a key that is none.
 */
export function conditionsOf(filters: readonly InventoryFilter[] = [], own?: string): Condition[] {
	return filters.map(({ Key: key = '', Values: values = [], Type: operator = 'Equal' }) => {
		const [, type = own, attribute] = /^(?:((?:AWS|Custom):[^.]+)\.)?([^.]+)$/.exec(key) ?? [];
		if (type === undefined || attribute === undefined) throw new AwsError('InvalidFilter', `The filter key ${key} is not valid.`);
		return { type, attribute, values, operator };
	});
}

/**
 * Whether a node passes: of each type that is asked for, one entry has to meet all that is asked of it.
 * @param entriesOf gives the node's entries of a type.
 */
export function passesAll(conditions: readonly Condition[], entriesOf: (type: string) => readonly Entry[]): boolean {
	const types = new Set(conditions.map(({ type }) => type));
	return [...types].every((type) => {
		const own = conditions.filter((condition) => condition.type === type);
		return entriesOf(type).some((entry) => own.every((condition) => meets(entry, condition)));
	});
}

export function meets(entry: Entry, { attribute, values, operator }: Condition): boolean {
	const value = entry[attribute];
	if (operator === 'Exists') return value !== undefined;
	if (value === undefined) return false;
	switch (operator) {
		case 'Equal':
			return values.includes(value);
		case 'NotEqual':
			return !values.includes(value);
		case 'BeginWith':
			return values.some((each) => value.startsWith(each));
		case 'LessThan':
			return values.some((each) => compare(value, each) < 0);
		case 'GreaterThan':
			return values.some((each) => compare(value, each) > 0);
		default:
			throw new AwsError('InvalidFilter', `The filter type ${operator} is not valid.`);
	}
}

/** Numbers as numbers, all else as text. */
function compare(one: string, other: string): number {
	const difference = Number(one) - Number(other);
	if (!Number.isNaN(difference)) return difference;
	return one < other ? -1 : one > other ? 1 : 0;
}
