/** Reads the form of an AWS Query or EC2 Query request by walking the operation's input schema. */

import type { NormalizedSchema } from './schema.ts';
import { AwsError } from './types.ts';

/** `A.member.1=x`: a node `A`, under it `member`, under it `1` with the value `x`. */
interface Node {
	value?: string;
	readonly children: Map<string, Node>;
}

export interface FormDialect {
	/** EC2 Query: `ec2QueryName`, capitalised names, lists without `member`. */
	readonly ec2: boolean;
}

/**
 * The input of an operation, from a form.
 * @throws AwsError `ValidationException` where a value does not fit the schema's type.
 */
export function readForm(schema: NormalizedSchema, form: URLSearchParams, dialect: FormDialect): unknown {
	const root: Node = { children: new Map() };
	for (const [key, value] of form) {
		let node = root;
		for (const part of key.split('.')) {
			const next: Node = node.children.get(part) ?? { children: new Map() };
			node.children.set(part, next);
			node = next;
		}
		node.value = value;
	}
	return schema.isStructSchema() ? readStruct(schema, root, dialect) : {};
}

function read(schema: NormalizedSchema, node: Node, dialect: FormDialect, path: string): unknown {
	if (schema.isStructSchema()) return readStruct(schema, node, dialect, path);
	if (schema.isListSchema()) return readList(schema, node, dialect, path);
	if (schema.isMapSchema()) return readMap(schema, node, dialect, path);
	return node.value === undefined ? undefined : readScalar(schema, node.value, path);
}

function readStruct(schema: NormalizedSchema, node: Node, dialect: FormDialect, path = ''): Record<string, unknown> {
	const result: Record<string, unknown> = {};
	for (const [name, member] of schema.structIterator()) {
		const key = memberKey(name, member, dialect);
		const child = node.children.get(key);
		if (child) result[name] = read(member, child, dialect, path === '' ? key : `${path}.${key}`);
	}
	return result;
}

function readList(schema: NormalizedSchema, node: Node, dialect: FormDialect, path: string): unknown[] {
	const value = schema.getValueSchema();
	const flat = dialect.ec2 || schema.getMergedTraits().xmlFlattened;
	const items = flat ? node : node.children.get(traitName(value, 'member'));
	return numbered(items).map(([index, item]) => read(value, item, dialect, `${path}.${index}`));
}

function readMap(schema: NormalizedSchema, node: Node, dialect: FormDialect, path: string): Record<string, unknown> {
	const entries = schema.getMergedTraits().xmlFlattened ? node : node.children.get('entry');
	const keyName = traitName(schema.getKeySchema(), 'key');
	const valueName = traitName(schema.getValueSchema(), 'value');
	const result: Record<string, unknown> = {};
	for (const [index, entry] of numbered(entries)) {
		const key = entry.children.get(keyName)?.value;
		const value = entry.children.get(valueName);
		if (key !== undefined && value) result[key] = read(schema.getValueSchema(), value, dialect, `${path}.${index}`);
	}
	return result;
}

/**
 * A value of one of the simple types, from text.
 * @throws AwsError `ValidationException` where it does not fit the schema's type.
 */
export function readScalar(schema: NormalizedSchema, text: string, path: string): unknown {
	if (schema.isBooleanSchema()) {
		if (text === 'true' || text === 'false') return text === 'true';
		throw malformed(path, text, 'true or false');
	}
	if (schema.isNumericSchema()) {
		const number = Number(text);
		if (text.trim() === '' || Number.isNaN(number)) throw malformed(path, text, 'a number');
		return number;
	}
	if (schema.isTimestampSchema()) {
		const date = new Date(/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : text);
		if (Number.isNaN(date.getTime())) throw malformed(path, text, 'an ISO 8601 timestamp');
		return date;
	}
	if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, 'base64'));
	return text;
}

/** Children `1`, `2`, … in order. */
function numbered(node: Node | undefined): (readonly [number, Node])[] {
	return [...(node?.children ?? [])]
		.filter(([index]) => /^\d+$/.test(index))
		.map(([index, child]) => [Number(index), child] as const)
		.sort(([a], [b]) => a - b);
}

function memberKey(name: string, member: NormalizedSchema, dialect: FormDialect): string {
	const key = traitName(member, name);
	if (!dialect.ec2) return key;
	const { ec2QueryName } = member.getMergedTraits();
	if (typeof ec2QueryName === 'string') return ec2QueryName;
	return key.charAt(0).toUpperCase() + key.slice(1);
}

function traitName(schema: NormalizedSchema, otherwise: string): string {
	return schema.getMergedTraits().xmlName ?? otherwise;
}

function malformed(path: string, text: string, expected: string): AwsError {
	return new AwsError('ValidationException', `Value '${text}' at '${path}' must be ${expected}.`);
}
