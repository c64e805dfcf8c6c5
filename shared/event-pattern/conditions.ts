import { inBlock, parseAddress, parseBlock } from './address.ts';
import { PatternError, type Segments } from './pattern-error.ts';

/** What a field of an event holds in the end. */
export type Leaf = string | number | boolean | null;

/** One entry of a list in a pattern. */
export interface Condition {
	/** Whether it asks for the field to be absent; `test` is false for every value then. */
	readonly absent: boolean;
	readonly test: (value: Leaf) => boolean;
}

type Test = Condition['test'];
type Parse = (value: unknown, at: Segments) => Test;

/** EventBridge compares numbers within these bounds only. */
const MAX_NUMBER = 5e9;

/** @throws PatternError for a condition that EventBridge would refuse. */
export function parseCondition(raw: unknown, at: Segments): Condition {
	if (isLeaf(raw)) return present(exactly(raw));
	if (Array.isArray(raw)) throw new PatternError(at, 'a list in a list is not a condition');
	const [name, value] = onlyKey(raw, at);
	if (name === 'exists') {
		if (typeof value !== 'boolean') throw new PatternError([...at, name], 'must be true or false');
		return value ? present(() => true) : { absent: true, test: () => false };
	}
	const parse = Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined;
	if (!parse) {
		throw new PatternError([...at, name], `no such condition; there are ${[...Object.keys(CONDITIONS), 'exists'].join(', ')}`);
	}
	return present(parse(value, [...at, name]));
}

const present = (test: Test): Condition => ({ absent: false, test });

const CONDITIONS: Readonly<Record<string, Parse>> = {
	prefix: (value, at) => prefix(textOrIgnoringCase(value, at)),
	suffix: (value, at) => suffix(textOrIgnoringCase(value, at)),
	'equals-ignore-case': (value, at) => equalsIgnoringCase(text(value, at)),
	wildcard: (value, at) => wildcard(text(value, at), at),
	cidr,
	numeric,
	'anything-but': anythingBut,
};

/** The conditions that `anything-but` takes in place of values, and whether the empty text makes sense in them. */
const NEGATABLE: Readonly<Record<string, { parse: (value: string, at: Segments) => Test; emptyRefused: boolean }>> = {
	prefix: { parse: (value) => prefix({ value, fold: false }), emptyRefused: true },
	suffix: { parse: (value) => suffix({ value, fold: false }), emptyRefused: true },
	'equals-ignore-case': { parse: equalsIgnoringCase, emptyRefused: false },
	wildcard: { parse: wildcard, emptyRefused: false },
};

function anythingBut(raw: unknown, at: Segments): Test {
	if (raw !== null && typeof raw === 'object' && !Array.isArray(raw)) {
		const [name, value] = onlyKey(raw, at);
		const negatable = Object.hasOwn(NEGATABLE, name) ? NEGATABLE[name] : undefined;
		if (!negatable) {
			throw new PatternError([...at, name], `cannot be negated; anything-but takes ${Object.keys(NEGATABLE).join(', ')}`);
		}
		const tests = list(value, [...at, name]).map((entry, i) => {
			const where = [...at, name, ...(Array.isArray(value) ? [i] : [])];
			const wanted = text(entry, where);
			if (wanted === '' && negatable.emptyRefused) throw new PatternError(where, 'the empty text matches everything');
			return negatable.parse(wanted, where);
		});
		return (leaf) => !tests.some((test) => test(leaf));
	}
	const values = list(raw, at);
	const kinds = new Set(values.map((value) => typeof value));
	if (!values.every((value) => typeof value === 'string' || typeof value === 'number') || kinds.size !== 1) {
		throw new PatternError(at, 'takes a string, a number, or a list that is all strings or all numbers');
	}
	const tests = values.map((value) => exactly(value));
	return (leaf) => !tests.some((test) => test(leaf));
}

/** Text is compared as text, numbers by value, and an address also with other spellings of the same address. */
function exactly(wanted: Leaf): Test {
	const address = typeof wanted === 'string' ? parseAddress(wanted) : undefined;
	if (!address) return (value) => value === wanted;
	return (value) => {
		const other = typeof value === 'string' ? parseAddress(value) : undefined;
		return other !== undefined && other.bits === address.bits && other.value === address.value;
	};
}

interface Affix {
	readonly value: string;
	readonly fold: boolean;
}

function prefix({ value, fold }: Affix): Test {
	return (leaf) => typeof leaf === 'string' && (fold ? leaf.toLowerCase() : leaf).startsWith(value);
}

function suffix({ value, fold }: Affix): Test {
	return (leaf) => typeof leaf === 'string' && (fold ? leaf.toLowerCase() : leaf).endsWith(value);
}

function equalsIgnoringCase(wanted: string): Test {
	const folded = wanted.toLowerCase();
	return (leaf) => typeof leaf === 'string' && leaf.toLowerCase() === folded;
}

/** `*` is any run of characters, `\*` and `\\` are the characters themselves. */
function wildcard(pattern: string, at: Segments): Test {
	const literals = [''];
	for (let i = 0; i < pattern.length; i++) {
		const char = pattern[i];
		if (char === '*') {
			if (pattern[i + 1] === '*') throw new PatternError(at, `two * in a row (character ${i + 1}); write one`);
			literals.push('');
			continue;
		}
		if (char === '\\') {
			i++;
			if (pattern[i] !== '*' && pattern[i] !== '\\') throw new PatternError(at, `\\ stands before * or \\ only (character ${i})`);
		}
		literals[literals.length - 1] += pattern[i] ?? '';
	}
	const [first = '', ...others] = literals;
	const last = others.pop();
	return (leaf) => {
		if (typeof leaf !== 'string') return false;
		if (last === undefined) return leaf === first;
		if (!leaf.startsWith(first)) return false;
		let from = first.length;
		for (const literal of others) {
			const found = leaf.indexOf(literal, from);
			if (found < 0) return false;
			from = found + literal.length;
		}
		return leaf.length - from >= last.length && leaf.endsWith(last);
	};
}

function cidr(raw: unknown, at: Segments): Test {
	const written = text(raw, at);
	const block = parseBlock(written);
	if (!block) {
		throw new PatternError(at, `'${written}' is not a CIDR block; write 10.0.0.0/8 (up to /31) or 2001:db8::/32 (up to /127)`);
	}
	return (leaf) => {
		const address = typeof leaf === 'string' ? parseAddress(leaf) : undefined;
		return address !== undefined && inBlock(block, address);
	};
}

function numeric(raw: unknown, at: Segments): Test {
	const [operator, bound, second, end] = numericParts(raw, at);
	if (operator === '=' && second === undefined) return numberTest((value) => value === bound);
	if ((operator === '<' || operator === '<=') && second === undefined) return numberTest(below(operator, bound));
	if (operator === '>' || operator === '>=') {
		if (second === undefined) return numberTest(above(operator, bound));
		if ((second === '<' || second === '<=') && end !== undefined) {
			if (bound >= end) throw new PatternError(at, `the range from ${bound} to ${end} is empty`);
			const over = above(operator, bound);
			const under = below(second, end);
			return numberTest((value) => over(value) && under(value));
		}
	}
	throw new PatternError(at, 'takes ["=", n], one of < <= > >= with a number, or a range: [">", 0, "<=", 5]');
}

type NumericParts = [operator: string, bound: number, second: string | undefined, end: number | undefined];

function numericParts(raw: unknown, at: Segments): NumericParts {
	if (!Array.isArray(raw) || (raw.length !== 2 && raw.length !== 4)) {
		throw new PatternError(at, 'takes a list of operator and number, once or twice: [">", 0, "<=", 5]');
	}
	for (const [i, part] of raw.entries()) {
		if (i % 2 === 0 && typeof part !== 'string') throw new PatternError([...at, i], 'must be an operator: = < <= > >=');
		if (i % 2 === 1 && !(typeof part === 'number' && Math.abs(part) <= MAX_NUMBER)) {
			throw new PatternError([...at, i], 'must be a number from -5e9 to 5e9');
		}
	}
	return raw as NumericParts;
}

const above = (operator: string, bound: number) => (value: number) => value > bound || (operator === '>=' && value === bound);
const below = (operator: string, bound: number) => (value: number) => value < bound || (operator === '<=' && value === bound);
const numberTest = (test: (value: number) => boolean): Test => {
	return (leaf) => typeof leaf === 'number' && Math.abs(leaf) <= MAX_NUMBER && test(leaf);
};

function textOrIgnoringCase(raw: unknown, at: Segments): Affix {
	if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return { value: text(raw, at), fold: false };
	const [name, value] = onlyKey(raw, at);
	if (name !== 'equals-ignore-case') throw new PatternError([...at, name], 'only equals-ignore-case can stand here');
	return { value: text(value, [...at, name]).toLowerCase(), fold: true };
}

function text(raw: unknown, at: Segments): string {
	if (typeof raw !== 'string') throw new PatternError(at, 'must be a string');
	return raw;
}

function list(raw: unknown, at: Segments): readonly unknown[] {
	if (!Array.isArray(raw)) return [raw];
	if (raw.length === 0) throw new PatternError(at, 'the list is empty');
	return raw;
}

function onlyKey(raw: unknown, at: Segments): [string, unknown] {
	const entries = raw !== null && typeof raw === 'object' ? Object.entries(raw) : [];
	const [entry] = entries;
	if (!entry || entries.length !== 1) throw new PatternError(at, 'a condition is one value, or an object with exactly one key');
	return entry;
}

export function isLeaf(value: unknown): value is Leaf {
	return value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
