/** Values of SSM documents: JSON, `{{ references }}` in them, and paths into API answers. */

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const WHOLE = /^\{\{\s*([^{}]+?)\s*\}\}$/;
const WITHIN = /\{\{\s*([^{}]+?)\s*\}\}/g;

/**
 * Puts values in the place of `{{ name }}`. A text that is nothing but one reference becomes the value itself, with its type;
 * within a longer text a value is written out.
 * @param lookup gives the value of a name, or throws where there is none.
 */
export function interpolate(value: unknown, lookup: (name: string) => Value): Value {
	if (typeof value === 'string') {
		const whole = WHOLE.exec(value);
		if (whole?.[1] !== undefined) return lookup(whole[1]);
		return value.replace(WITHIN, (_, name: string) => text(lookup(name)));
	}
	if (Array.isArray(value)) return value.map((item) => interpolate(item, lookup));
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item, lookup)]));
	}
	return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** A value as it stands within a text. */
export function text(value: Value): string {
	return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The names that a value refers to. */
export function references(value: unknown): string[] {
	return [...JSON.stringify(value ?? null).matchAll(WITHIN)].map((match) => match[1] ?? '');
}

/**
 * What a JSONPath selects, for the forms that Automation's selectors use: `$.a.b`, `[0]`, `['key']`, `..name`, `[*]`.
 * A path with `..` or `[*]` selects a list.
 * @throws Error for any other form.
 */
export function select(root: unknown, path: string): unknown {
	if (!path.startsWith('$')) throw new Error(`The selector ${path} does not begin with $.`);
	const parts = [...path.slice(1).matchAll(/\.\.([\w-]+)|\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]|(\[\*\]|\.\*)/g)];
	if (parts.map((part) => part[0]).join('') !== path.slice(1)) throw new Error(`The selector ${path} is not supported.`);
	let found: unknown[] = [root];
	let many = false;
	for (const [, deep, field, index, key, any] of parts) {
		const name = field ?? key;
		if (deep !== undefined) found = found.flatMap((item) => descend(item, deep));
		else if (name !== undefined) found = found.flatMap((item) => (isRecord(item) && name in item ? [item[name]] : []));
		else if (index !== undefined)
			found = found.flatMap((item) => (Array.isArray(item) && Number(index) in item ? [item[Number(index)]] : []));
		else found = found.flatMap((item) => (Array.isArray(item) ? item : isRecord(item) ? Object.values(item) : []));
		many ||= deep !== undefined || any !== undefined;
	}
	return many ? found : found[0];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function descend(item: unknown, name: string): unknown[] {
	if (Array.isArray(item)) return item.flatMap((each) => descend(each, name));
	if (!isRecord(item)) return [];
	const own = name in item ? [item[name]] : [];
	return [...own, ...Object.values(item).flatMap((each) => descend(each, name))];
}
