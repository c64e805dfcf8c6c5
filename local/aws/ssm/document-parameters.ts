/** Parameters of SSM documents: types, defaults, patterns. */

import { AwsError } from '../types.ts';
import { isRecord, type Value } from './values.ts';

export interface ParameterDefinition {
	readonly type: string;
	readonly description?: string;
	readonly default?: unknown;
	readonly allowedPattern?: string;
	readonly allowedValues?: readonly unknown[];
	readonly minChars?: number;
	readonly maxChars?: number;
	readonly minItems?: number;
	readonly maxItems?: number;
}

export type ParameterDefinitions = Readonly<Record<string, ParameterDefinition>>;
export type GivenParameters = Readonly<Record<string, readonly string[]>>;

/**
 * Checks what a caller gives against a document's definitions, and fills in defaults.
 * @param code the error of the call: `InvalidParameters` or `InvalidAutomationExecutionParametersException`.
 * @throws AwsError naming the parameter that is unknown, missing or out of bounds.
 */
export function resolveParameters(definitions: ParameterDefinitions, given: GivenParameters, code: string): Record<string, Value> {
	const unknown = Object.keys(given).filter((name) => !definitions[name]);
	if (unknown.length > 0) throw new AwsError(code, `Parameters [${unknown.join(', ')}] are not defined in the document.`);
	return Object.fromEntries(
		Object.entries(definitions).map(([name, definition]) => {
			const values = given[name];
			if (values) return [name, checked(name, definition, values, code)];
			if (definition.default === undefined) throw new AwsError(code, `Parameter ${name} is required and has no value.`);
			return [name, definition.default as Value];
		}),
	);
}

function checked(name: string, definition: ParameterDefinition, values: readonly string[], code: string): Value {
	const fail = (why: string) => new AwsError(code, `Parameter ${name} ${why}`);
	const { allowedPattern, allowedValues, minChars = 0, maxChars = Number.POSITIVE_INFINITY } = definition;
	for (const value of values) {
		// The whole value must match, with or without anchors in the pattern.
		if (allowedPattern !== undefined && !new RegExp(`^(?:${allowedPattern})$`).test(value)) {
			throw fail(`does not match the allowed pattern ${allowedPattern}: ${value}`);
		}
		if (allowedValues && !allowedValues.some((allowed) => String(allowed) === value)) {
			throw fail(`must be one of ${allowedValues.join(', ')}: ${value}`);
		}
		if (value.length < minChars || value.length > maxChars) throw fail(`must have ${minChars} to ${maxChars} characters.`);
	}
	if (isList(definition.type)) {
		const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = definition;
		if (values.length < minItems || values.length > maxItems) throw fail(`must have ${minItems} to ${maxItems} items.`);
		return definition.type === 'MapList' ? values.map((value) => parsed(value, fail)) : [...values];
	}
	const [value] = values;
	if (value === undefined || values.length > 1) throw fail(`is of type ${definition.type} and takes exactly one value.`);
	switch (definition.type) {
		case 'Boolean':
			if (!/^(true|false)$/i.test(value)) throw fail(`must be true or false: ${value}`);
			return value.toLowerCase() === 'true';
		case 'Integer':
			if (!/^-?\d+$/.test(value)) throw fail(`must be an integer: ${value}`);
			return Number(value);
		case 'StringMap':
			return parsed(value, fail);
		default:
			return value;
	}
}

function isList(type: string): boolean {
	return type === 'StringList' || type === 'MapList' || type.startsWith('List<');
}

function parsed(value: string, fail: (why: string) => AwsError): Value {
	try {
		return JSON.parse(value) as Value;
	} catch {
		throw fail(`must be JSON: ${value}`);
	}
}

const TYPES = /^(String|StringList|Boolean|Integer|MapList|StringMap|AWS::[\w:]+|List<AWS::[\w:]+>)$/;
const KEYS = new Set([
	'type',
	'description',
	'default',
	'displayType',
	'allowedPattern',
	'allowedValues',
	'minChars',
	'maxChars',
	'minItems',
	'maxItems',
]);

/** What is wrong with the `parameters` of a document, as a sentence; nothing where they are sound. */
export function parameterProblem(definitions: unknown): string | undefined {
	if (definitions === undefined) return undefined;
	if (!isRecord(definitions)) return 'parameters must be a map.';
	for (const [name, definition] of Object.entries(definitions)) {
		if (!isRecord(definition)) return `Parameter ${name} must be a map.`;
		if (!TYPES.test(String(definition['type']))) return `Parameter ${name} has the unknown type ${definition['type']}.`;
		const extra = Object.keys(definition).find((key) => !KEYS.has(key));
		if (extra !== undefined) return `Parameter ${name} has the unknown key ${extra}.`;
		const problem = defaultProblem(name, definition as unknown as ParameterDefinition);
		if (problem) return problem;
	}
	return undefined;
}

function defaultProblem(name: string, definition: ParameterDefinition): string | undefined {
	if (definition.default === undefined || !['String', 'StringList'].includes(definition.type)) return undefined;
	const values = (Array.isArray(definition.default) ? definition.default : [definition.default]).map(String);
	try {
		checked(name, definition, values, 'InvalidDocumentContent');
		return undefined;
	} catch (error) {
		return `The default is refused: ${(error as Error).message}`;
	}
}
