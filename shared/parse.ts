import type * as z from 'zod/mini';
import { Fail } from './errors.ts';

/**
 * An event as its schema has it.
 * @throws Fail naming each part that is missing or wrong, and what was expected.
 */
export function parseEvent<T extends z.ZodMiniType>(schema: T, event: unknown, what: string): z.output<T> {
	const parsed = schema.safeParse(event);
	if (parsed.success) return parsed.data;
	const problems = parsed.error.issues.map((issue) => {
		const where = issue.path.join('.') || 'the event';
		const missing = valueAt(event, issue.path) === undefined && issue.code !== 'unrecognized_keys';
		return missing ? `${where} is missing` : `${where}: ${expectation(issue)}`;
	});
	throw new Fail(`This is not an event of ${what}: ${problems.join('; ')}`);
}

/** What zod/mini says where a schema has no words of its own. */
const NO_WORDS = 'Invalid input';

/** What was expected. `zod/mini` carries no locale: where a schema has no words of its own, there are none. */
function expectation(issue: z.core.$ZodIssue): string {
	if (issue.message !== NO_WORDS) return issue.message;
	switch (issue.code) {
		case 'invalid_type':
			return `expected ${issue.expected === 'record' ? 'object' : issue.expected}`;
		case 'invalid_value':
			return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
		default:
			return 'expected something else';
	}
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((value, key) => (value === null || typeof value !== 'object' ? undefined : Reflect.get(value, key)), root);
}
