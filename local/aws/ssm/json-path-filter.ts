/**
 * Filters of JSONPath, `[?( … )]`: `@.a.b` and literals compared by `==`, `!=`, `in`, `nin`, joined by `&&` and `||`, with parentheses. The
 * user guide lists children, deep scans and indexes alone; AWS's own sample runbooks select tags by such filters.
 */

import { isRecord } from './values.ts';

export type Filter = (item: unknown) => boolean;
type Operand = (item: unknown) => unknown;

const TOKEN = /\s*(&&|\|\||==|!=|[()[\],]|'[^']*'|@(?:\.[\w-]+)*|-?\d+|\w+)/y;

/** @throws Error for what is not such a filter. */
export function compileFilter(text: string): Filter {
	const tokens = tokensOf(text);
	let at = 0;
	const unreadable = () => new Error(`The filter ${text} is not supported.`);

	function accept(token: string): boolean {
		if (tokens[at] !== token) return false;
		at += 1;
		return true;
	}
	function expect(token: string): void {
		if (!accept(token)) throw unreadable();
	}
	function either(): Filter {
		const sides = [both()];
		while (accept('||')) sides.push(both());
		return (item) => sides.some((side) => side(item));
	}
	function both(): Filter {
		const sides = [comparison()];
		while (accept('&&')) sides.push(comparison());
		return (item) => sides.every((side) => side(item));
	}
	function comparison(): Filter {
		if (accept('(')) {
			const inner = either();
			expect(')');
			return inner;
		}
		const left = operand();
		const operator = tokens[at++];
		const right = operand();
		switch (operator) {
			case '==':
				return (item) => left(item) === right(item);
			case '!=':
				return (item) => left(item) !== right(item);
			case 'in':
				return (item) => isIn(left(item), right(item));
			case 'nin':
				return (item) => !isIn(left(item), right(item));
			default:
				throw unreadable();
		}
	}
	function operand(): Operand {
		const token = tokens[at++];
		if (token === '[') {
			const items: Operand[] = [];
			while (!accept(']')) {
				items.push(operand());
				if (tokens[at] !== ']') expect(',');
			}
			return (item) => items.map((each) => each(item));
		}
		if (token?.startsWith('@')) {
			const names = token.split('.').slice(1);
			return (item) => names.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), item);
		}
		const value = literal(token);
		if (value === undefined) throw unreadable();
		return () => value;
	}

	const filter = either();
	if (at < tokens.length) throw unreadable();
	return filter;
}

function isIn(value: unknown, among: unknown): boolean {
	return Array.isArray(among) && among.includes(value);
}

function literal(token: string | undefined): unknown {
	if (token === undefined) return undefined;
	if (token.startsWith("'")) return token.slice(1, -1);
	if (/^-?\d+$/.test(token)) return Number(token);
	return { true: true, false: false, null: null }[token];
}

function tokensOf(text: string): string[] {
	const tokens: string[] = [];
	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < text.trimEnd().length) {
		const match = TOKEN.exec(text);
		if (!match?.[1]) throw new Error(`The filter ${text} is not supported.`);
		tokens.push(match[1]);
	}
	return tokens;
}
