import type * as z from 'zod/mini';
import { Fail } from './errors.ts';

/**
 * An event as its schema has it.
 * @throws Fail naming each part that is missing or wrong, and what was expected.
 */
export function parseEvent<T extends z.ZodMiniType>(schema: T, event: unknown, what: string): z.output<T> {
	const parsed = schema.safeParse(event);
	if (parsed.success) return parsed.data;
	const problems = parsed.error.issues.map(({ path, message, code }) => {
		const where = path.join('.') || 'the event';
		return valueAt(event, path) === undefined && code !== 'unrecognized_keys' ? `${where} is missing` : `${where}: ${message}`;
	});
	throw new Fail(`This is not an event of ${what}: ${problems.join('; ')}`);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((value, key) => (value === null || typeof value !== 'object' ? undefined : Reflect.get(value, key)), root);
}
