/** Values of SSM documents: JSON, and `{{ references }}` in them. */

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

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
