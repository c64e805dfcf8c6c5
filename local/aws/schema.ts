/** What the local AWS reads from the operation schemas of the `@aws-sdk/client-*` packages. */

import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from './types.ts';

/** `[9, namespace, name, traits, () => input, () => output]` */
type OperationTuple = readonly [9, string, string, unknown, () => SchemaReference, () => SchemaReference];
/** `[-3, namespace, name, traits, members, member schemas]` */
type ErrorTuple = readonly [-3, string, string, ErrorTraits, readonly string[], readonly unknown[]];

export type SchemaReference = Parameters<typeof NormalizedSchema.of>[0];
export { NormalizedSchema };

interface ErrorTraits {
	readonly error: 'client' | 'server';
	readonly httpError?: number;
	/** The code and status that the service's Query protocol uses, or once used. */
	readonly awsQueryError?: readonly [string, number];
}

export interface OperationSchema {
	readonly name: string;
	readonly input: SchemaReference;
	readonly output: SchemaReference;
}

/** How a service's package models an error. */
export interface ErrorModel {
	readonly status: number;
	readonly queryCode: string;
	readonly queryStatus: number;
	/** `Message` or `message`, as the model spells it. */
	readonly messageMember: string;
	readonly members: readonly string[];
	readonly memberSchemas: readonly unknown[];
}

type Schemas = Readonly<Record<string, unknown>>;

/** The schema of an operation, or undefined where the service has no such operation. */
export function operationSchema(schemas: Schemas, name: string): OperationSchema | undefined {
	const tuple = schemas[`${name}$`] as OperationTuple | undefined;
	if (!Array.isArray(tuple) || tuple[0] !== 9) return undefined;
	return { name, input: tuple[4](), output: tuple[5]() };
}

/** The model of an error by its code, or undefined for one that the service leaves unmodelled (throttling, validation). */
export function errorModel(schemas: Schemas, code: string): ErrorModel | undefined {
	const tuple = schemas[`${code}$`] as ErrorTuple | undefined;
	if (!Array.isArray(tuple) || tuple[0] !== -3) return undefined;
	const [, , , traits, members, memberSchemas] = tuple;
	const status = traits.httpError ?? (traits.error === 'server' ? 500 : 400);
	const [queryCode, queryStatus] = traits.awsQueryError ?? [code, status];
	return {
		status,
		queryCode,
		queryStatus,
		messageMember: members.includes('Message') ? 'Message' : 'message',
		members,
		memberSchemas,
	};
}

/**
 * Checks a request's input against its schema: required members, and the JSON types of what is there.
 * @throws AwsError `ValidationException` for a missing member, `SerializationException` for a wrong type.
 */
export function checkInput(schema: NormalizedSchema, value: unknown, path = ''): void {
	if (value === undefined || value === null) return;
	if (schema.isStructSchema()) checkStruct(schema, value, path);
	else if (schema.isListSchema()) checkList(schema, value, path);
	else if (schema.isMapSchema()) checkMap(schema, value, path);
	else if (!fits(schema, value)) throw wrongType(path, value, wanted(schema));
}

function checkStruct(schema: NormalizedSchema, value: unknown, path: string): void {
	if (!isRecord(value)) throw wrongType(path, value, 'a structure');
	const required = requiredMembers(schema);
	for (const [name, member] of schema.structIterator()) {
		const at = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`;
		if (required.has(name) && (value[name] === undefined || value[name] === null)) {
			throw new AwsError(
				'ValidationException',
				`1 validation error detected: Value null at '${at}' failed to satisfy constraint: Member must not be null`,
			);
		}
		checkInput(member, value[name], at);
	}
}

function checkList(schema: NormalizedSchema, value: unknown, path: string): void {
	if (!Array.isArray(value)) throw wrongType(path, value, 'a list');
	for (const [index, item] of value.entries()) checkInput(schema.getValueSchema(), item, `${path}.${index + 1}.member`);
}

function checkMap(schema: NormalizedSchema, value: unknown, path: string): void {
	if (!isRecord(value)) throw wrongType(path, value, 'a map');
	for (const [key, item] of Object.entries(value)) checkInput(schema.getValueSchema(), item, `${path}.${key}`);
}

/** A structure's tuple ends with how many of its members, from the first, are required. */
export function requiredMembers(schema: NormalizedSchema): ReadonlySet<string> {
	const tuple = schema.getSchema() as readonly unknown[];
	const count = typeof tuple[6] === 'number' ? tuple[6] : 0;
	return new Set((tuple[4] as readonly string[]).slice(0, count));
}

function fits(schema: NormalizedSchema, value: unknown): boolean {
	if (schema.isTimestampSchema()) return typeof value === 'number' || typeof value === 'string' || value instanceof Date;
	if (schema.isBlobSchema()) return typeof value === 'string' || value instanceof Uint8Array;
	if (schema.isBooleanSchema()) return typeof value === 'boolean';
	if (schema.isNumericSchema()) return typeof value === 'number';
	if (schema.isStringSchema()) return typeof value === 'string';
	return true;
}

function wanted(schema: NormalizedSchema): string {
	if (schema.isTimestampSchema()) return 'a timestamp';
	if (schema.isBooleanSchema()) return 'a boolean';
	if (schema.isNumericSchema()) return 'a number';
	return 'a string';
}

function wrongType(path: string, value: unknown, expected: string): AwsError {
	const actual = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a structure' : `a ${typeof value}`;
	return new AwsError('SerializationException', `Value at '${path || 'the request body'}' is ${actual}; it must be ${expected}.`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lowerFirst(name: string): string {
	return name.charAt(0).toLowerCase() + name.slice(1);
}
