/** From the text of a playbook to its compiled form. */

import type * as z from 'zod/mini';
import { compile } from './compile.ts';
import { type Finding, nearest, type Problem, quote } from './problem.ts';
import { relationFindings } from './relations.ts';
import { playbookSchema } from './schema.ts';
import { readSource } from './source.ts';
import type { Playbook } from './types.ts';

export type Parsed =
	| {
			readonly ok: true;
			readonly playbook: Playbook;
			readonly warnings: readonly Problem[];
			/** Where a part of it is: for problems that show only beside other playbooks, or at AWS. */
			at(path: Finding['at']): Pick<Problem, 'file' | 'line' | 'column' | 'path'>;
	  }
	| { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks and compiles one playbook. Never throws.
 * @param name what it is stored under: its file without the ending, the last part of its parameter's name.
 * @param file how problems call it.
 */
export function parsePlaybook(source: string, name: string, file = `${name}.yaml`): Parsed {
	const read = readSource(source, file);
	if (!read.data) return { ok: false, problems: read.problems };
	const checked = playbookSchema.safeParse(read.data);
	const findings = checked.success ? relationFindings(checked.data, name) : schemaFindings(checked.error.issues, read.data);
	const problems = findings.map((finding) => read.place(finding)).sort((a, b) => a.line - b.line || a.column - b.column);
	if (!checked.success || problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
	return { ok: true, playbook: compile(checked.data), warnings: problems, at: (path) => placeOnly(read.place({ at: path, message: '' })) };
}

/** Checks and compiles a playbook, as `parsePlaybook` does. */
export type ParsePlaybook = typeof parsePlaybook;

/** Texts that are remembered: some versions of a few hundred playbooks. */
const REMEMBERED = 1_000;

/** For who reads the same texts minute by minute: each is checked once. */
export function rememberPlaybooks(): ParsePlaybook {
	const known = new Map<string, Parsed>();
	return (source, name, file) => {
		const key = JSON.stringify([source, name, file]);
		const before = known.get(key);
		if (before !== undefined) return before;
		if (known.size >= REMEMBERED) known.clear();
		const parsed = parsePlaybook(source, name, file);
		known.set(key, parsed);
		return parsed;
	};
}

const placeOnly = ({ file, line, column, path }: Problem) => ({ file, line, column, path });

type Issue = z.core.$ZodIssue;

function schemaFindings(issues: readonly Issue[], data: unknown): Finding[] {
	return issues.flatMap((issue): Finding[] => {
		const at = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
		if (issue.code === 'unrecognized_keys') {
			const known = keysAt(at);
			return issue.keys.map((key) => {
				const meant = nearest(key, known);
				const hint = meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`;
				return { at: [...at, key], message: 'no such key', hint, onKey: true };
			});
		}
		const value = valueAt(data, at);
		const [message = '', hint] = describe(issue, value).split('; ');
		return [{ at, message, ...(hint !== undefined && { hint }) }];
	});
}

const EXPECTED: Readonly<Record<string, string>> = {
	string: 'text',
	object: 'a map of keys',
	record: 'a map of keys',
	int: 'a whole number',
	number: 'a whole number',
};

/** The message; after a semicolon what to write instead. */
function describe(issue: Issue, value: unknown): string {
	if (value === undefined) return 'is missing';
	if (issue.message !== GENERIC_MESSAGE) return issue.message;
	switch (issue.code) {
		case 'invalid_type':
			return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${quote(value)}`;
		case 'invalid_value': {
			const quoted = typeof value === 'number' && issue.values.includes(String(value));
			return quoted ? `must be text; write "${value}", with the quotes` : `${quote(value)} is not one of ${issue.values.join(', ')}`;
		}
		case 'too_small':
			return `${quote(value)} is too small; ${issue.minimum} is the least`;
		case 'too_big':
			return `${quote(value)} is too big; ${issue.maximum} is the most`;
		default:
			return `${quote(value)} is not valid`;
	}
}

/** What zod/mini says where a schema has no message of its own. */
const GENERIC_MESSAGE = 'Invalid input';

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
	return path.reduce<unknown>((value, step) => (value !== null && typeof value === 'object' ? Reflect.get(value, step) : undefined), data);
}

/** The keys that a playbook may have at a path. */
function keysAt(path: readonly (string | number)[]): readonly string[] {
	let schema: unknown = playbookSchema;
	for (const step of path) schema = typeof step === 'number' ? elementOf(schema) : shapeOf(schema)?.[step];
	return Object.keys(shapeOf(schema) ?? {});
}

interface Definition {
	readonly shape?: Readonly<Record<string, unknown>>;
	readonly innerType?: unknown;
	readonly element?: unknown;
}

function definitionOf(schema: unknown): Definition | undefined {
	return (schema as { readonly _zod?: { readonly def?: Definition } } | undefined)?._zod?.def;
}

function shapeOf(schema: unknown): Definition['shape'] {
	const { shape, innerType } = definitionOf(schema) ?? {};
	return shape ?? (innerType === undefined ? undefined : shapeOf(innerType));
}

/** What the entries of a list are. */
function elementOf(schema: unknown): unknown {
	const { element, innerType } = definitionOf(schema) ?? {};
	return element ?? (innerType === undefined ? undefined : elementOf(innerType));
}
