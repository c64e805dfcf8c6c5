/**
 * The ledger's table in memory: what DynamoDB does for the calls that Fleetkeeper makes, with its limits of an item, at a speed that a
 * hundred thousand events want. An expression of a form that is not known here is a defect of the fuzzer, and says so.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AwsError, type Operations } from '../../local/aws/types.ts';

export type Attributes = Record<string, AttributeValue>;

interface Expressions {
	readonly ConditionExpression?: string;
	readonly UpdateExpression?: string;
	readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
	readonly ExpressionAttributeValues?: Attributes;
}
interface QueryInput extends Expressions {
	readonly IndexName?: string;
	readonly Limit?: number;
	readonly ScanIndexForward?: boolean;
}
interface KeyInput extends Expressions {
	readonly Key: Attributes;
}

export class Table {
	readonly items = new Map<string, Attributes>();

	readonly operations: Operations = {
		GetItem: ({ Key }: KeyInput) => ({ Item: this.items.get(keyOf(Key)) }),
		BatchGetItem: ({ RequestItems }: { readonly RequestItems: Record<string, { readonly Keys: readonly Attributes[] }> }) => ({
			Responses: Object.fromEntries(
				Object.entries(RequestItems).map(([name, { Keys }]) => [name, Keys.flatMap<Attributes>((key) => this.items.get(keyOf(key)) ?? [])]),
			),
		}),
		BatchWriteItem: ({ RequestItems }: { readonly RequestItems: Record<string, readonly { PutRequest: { Item: Attributes } }[]> }) => {
			for (const { PutRequest } of Object.values(RequestItems).flat()) this.#write(keyOf(PutRequest.Item), {}, () => PutRequest.Item);
			return {};
		},
		PutItem: (input: Expressions & { readonly Item: Attributes }) => this.#write(keyOf(input.Item), input, () => input.Item),
		UpdateItem: (input: KeyInput) => this.#write(keyOf(input.Key), input, (before) => updated(before ?? { ...input.Key }, input)),
		Query: (input: QueryInput) => this.#query(input),
	};

	#write(key: string, expressions: Expressions, make: (before: Attributes | undefined) => Attributes): object {
		const before = this.items.get(key);
		if (!holds(before, expressions)) throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
		const after = make(before);
		const problem = itemProblem(after);
		if (problem !== undefined) throw new AwsError('ValidationException', problem);
		this.items.set(key, after);
		return { Attributes: after };
	}

	/** What is in a partition, or in a shard of the index. */
	#query({ IndexName, Limit, ScanIndexForward = true, ExpressionAttributeValues: values = {} }: QueryInput): object {
		const items = [...this.items];
		const { ':pk': pk, ':command': command, ':shard': shard, ':now': now } = values;
		const begins = `${pk?.S}\n${command?.S ?? ''}`;
		const own = items.filter(([key]) => key.startsWith(begins)).sort(([a], [b]) => (a < b === ScanIndexForward ? -1 : 1));
		const due = items.filter(([, item]) => item['dueShard']?.S === shard?.S && Number(item['dueAt']?.N) <= Number(now?.N ?? Infinity));
		return { Items: (IndexName === undefined ? own : due).slice(0, Limit).map(([, item]) => item) };
	}
}

function keyOf({ pk, sk }: Attributes): string {
	return `${pk?.S}\n${sk?.S}`;
}

type Value = AttributeValue | undefined;

const CONDITIONS: readonly (readonly [RegExp, (stored: Value, value: Value) => boolean])[] = [
	[/^attribute_not_exists\((#?\w+)\)$/, (stored) => stored === undefined],
	[/^attribute_exists\((#?\w+)\)$/, (stored) => stored !== undefined],
	[/^(#?\w+) = (:\w+)$/, (stored, value) => JSON.stringify(stored) === JSON.stringify(value)],
	[/^(#?\w+) <= (:\w+)$/, (stored, value) => stored !== undefined && Number(stored.N) <= Number(value?.N)],
	[/^size\((#?\w+)\) <= (:\w+)$/, (stored, value) => (stored?.SS?.length ?? Infinity) <= Number(value?.N)],
];

function holds(item: Attributes | undefined, { ConditionExpression, ...rest }: Expressions): boolean {
	const groups = ConditionExpression?.split(' AND ').map((part) => part.replace(/^\((.*)\)$/, '$1').split(' OR '));
	return groups?.every((group) => group.some((condition) => isMet(item, condition, rest))) ?? true;
}

function isMet(
	item: Attributes | undefined,
	condition: string,
	{ ExpressionAttributeNames: names, ExpressionAttributeValues }: Expressions,
) {
	for (const [form, test] of CONDITIONS) {
		const [found, attribute = '', value = ''] = form.exec(condition) ?? [];
		if (found !== undefined) return test(item?.[names?.[attribute] ?? attribute], ExpressionAttributeValues?.[value]);
	}
	throw new Error(`The fuzzer's table knows no condition '${condition}'.`);
}

function updated(
	before: Attributes,
	{ UpdateExpression = '', ExpressionAttributeNames, ExpressionAttributeValues = {} }: Expressions,
): Attributes {
	const item = { ...before };
	for (const clause of UpdateExpression.trim().split(/\b(?=(?:SET|ADD|REMOVE|DELETE) )/)) {
		const [, verb = '', parts = ''] = /^(\w+) (.*)$/s.exec(clause.trim()) ?? [];
		for (const part of parts.split(', ')) {
			const [written = '', placeholder = ''] = part.trim().split(verb === 'SET' ? ' = ' : ' ');
			const name = ExpressionAttributeNames?.[written] ?? written;
			const after = changed(verb, item[name], ExpressionAttributeValues[placeholder], part);
			if (after === undefined) delete item[name];
			else item[name] = after;
		}
	}
	return item;
}

function changed(verb: string, stored: Value, value: Value, part: string): Value {
	if (verb === 'REMOVE') return undefined;
	if (value === undefined) throw new Error(`The fuzzer's table knows no update '${verb} ${part}'.`);
	if (verb === 'SET') return value;
	if (verb === 'ADD' && value.N !== undefined) return { N: String(Number(stored?.N ?? 0) + Number(value.N)) };
	if (verb === 'ADD') return { SS: [...new Set([...(stored?.SS ?? []), ...(value.SS ?? [])])] };
	const left = (stored?.SS ?? []).filter((each) => value.SS?.includes(each) !== true);
	return left.length > 0 ? { SS: left } : undefined;
}

/** DynamoDB's quotas: an item with its names, levels of nesting, its numbers, its keys. */
const MAX_ITEM_BYTES = 400 * 1024;
const MAX_LEVELS = 32;
const NUMBERS = { least: 1e-130, most: 9.99e125 };
const MAX_KEYS = { pk: 2_048, sk: 1_024 };
/** As a number is counted. */
const NUMBER_BYTES = 21;

function itemProblem(item: Attributes): string | undefined {
	for (const [name, most] of Object.entries(MAX_KEYS)) {
		const bytes = Buffer.byteLength(item[name]?.S ?? '');
		if (bytes === 0 || bytes > most) return `The key ${name} has ${bytes} bytes`;
	}
	const bytes = sizeOf({ M: item }, 0);
	if (typeof bytes === 'string') return bytes;
	return bytes > MAX_ITEM_BYTES ? `Item size of ${bytes} bytes has exceeded the maximum allowed size` : undefined;
}

/** Bytes, or why DynamoDB does not take the value. */
function sizeOf(value: AttributeValue, level: number): number | string {
	if (level > MAX_LEVELS) return 'Nesting Levels have exceeded supported limits';
	if (value.S !== undefined) return value.S.isWellFormed() ? Buffer.byteLength(value.S) : 'A string is not valid Unicode';
	if (value.SS !== undefined) return value.SS.length > 0 ? Buffer.byteLength(value.SS.join('')) : 'An string set may not be empty';
	if (value.N !== undefined) {
		const size = Math.abs(Number(value.N));
		return size === 0 || (size >= NUMBERS.least && size <= NUMBERS.most) ? NUMBER_BYTES : `${value.N} is no number of DynamoDB`;
	}
	let bytes = 1;
	for (const [name, part] of value.M ? Object.entries(value.M) : (value.L ?? []).map((part) => ['-', part] as const)) {
		if (name === '' || !name.isWellFormed()) return 'An attribute has no name, or one that is not valid Unicode';
		const inside = sizeOf(part, level + 1);
		if (typeof inside === 'string') return inside;
		bytes += inside + Buffer.byteLength(name);
	}
	return bytes;
}
