/** Paths into API answers, as Automation's selectors use them. */

import { compileFilter, type Filter } from './json-path-filter.ts';
import { isRecord } from './values.ts';

type Part =
	| { readonly kind: 'child'; readonly name: string }
	| { readonly kind: 'deep'; readonly name: string }
	| { readonly kind: 'index'; readonly index: number }
	| { readonly kind: 'any' }
	| { readonly kind: 'filter'; readonly passes: Filter };

const PART = /^(?:\.\.([\w-]+)|\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]|(\[\*\]|\.\*))/;
const FILTER_START = '[?(';

/**
 * What a JSONPath selects, for the forms that Automation's selectors use: `$.a.b`, `[0]`, `['key']`, `..name`, `[*]` and
 * `[?(@.a == 1)]`. A path with one of the last three selects a list.
 * @throws Error for any other form.
 */
export function select(root: unknown, path: string): unknown {
	const parts = parsePath(path);
	const many = parts.some(({ kind }) => kind === 'deep' || kind === 'any' || kind === 'filter');
	const found = parts.reduce<unknown[]>((items, part) => items.flatMap((item) => step(item, part)), [root]);
	return many ? found : found[0];
}

/** @throws Error for a path that cannot be read. */
function parsePath(path: string): Part[] {
	if (!path.startsWith('$')) throw new Error(`The selector ${path} does not begin with $.`);
	const parts: Part[] = [];
	let rest = path.slice(1);
	while (rest !== '') {
		if (rest.startsWith(FILTER_START)) {
			const end = endOfFilter(rest);
			if (end === -1) throw new Error(`The selector ${path} is not supported.`);
			parts.push({ kind: 'filter', passes: compileFilter(rest.slice(FILTER_START.length, end)) });
			rest = rest.slice(end + ')]'.length);
			continue;
		}
		const match = PART.exec(rest);
		if (!match) throw new Error(`The selector ${path} is not supported.`);
		parts.push(partOf(match));
		rest = rest.slice(match[0].length);
	}
	return parts;
}

function partOf([, deep, field, index, key]: RegExpExecArray): Part {
	const name = field ?? key;
	if (deep !== undefined) return { kind: 'deep', name: deep };
	if (name !== undefined) return { kind: 'child', name };
	if (index !== undefined) return { kind: 'index', index: Number(index) };
	return { kind: 'any' };
}

/** Where `)]` closes the filter that the text begins with, text in quotes left out. */
function endOfFilter(text: string): number {
	let quoted = false;
	for (let at = FILTER_START.length; at < text.length; at++) {
		if (text[at] === "'") quoted = !quoted;
		if (!quoted && text.startsWith(')]', at)) return at;
	}
	return -1;
}

function step(item: unknown, part: Part): unknown[] {
	switch (part.kind) {
		case 'child':
			return isRecord(item) && part.name in item ? [item[part.name]] : [];
		case 'deep':
			return descend(item, part.name);
		case 'index':
			return Array.isArray(item) && part.index in item ? [item[part.index]] : [];
		case 'any':
			return valuesOf(item);
		case 'filter':
			return valuesOf(item).filter(part.passes);
	}
}

function valuesOf(item: unknown): unknown[] {
	if (Array.isArray(item)) return item;
	return isRecord(item) ? Object.values(item) : [];
}

function descend(item: unknown, name: string): unknown[] {
	if (Array.isArray(item)) return item.flatMap((each) => descend(each, name));
	if (!isRecord(item)) return [];
	const own = name in item ? [item[name]] : [];
	return [...own, ...Object.values(item).flatMap((each) => descend(each, name))];
}
