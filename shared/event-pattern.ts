/**
 * EventBridge's event pattern language, as the service matches it (its documentation, and the open-source matcher Event
 * Ruler for what that leaves open): an event and a pattern are flattened to paths; a path matches when one value under it meets one
 * condition; values that come from a list of objects must come from the same object of the list.
 */

import { type Condition, isLeaf, type Leaf, parseCondition } from './event-pattern/conditions.ts';
import { PatternError, pathText, type Segments } from './event-pattern/pattern-error.ts';

export { PatternError };

/** The first part of a pattern that an event does not meet. */
export interface Mismatch {
	/** `detail.LifecycleHookName` */
	readonly path: string;
	/** The conditions under that path, as the pattern has them. */
	readonly wanted: readonly unknown[];
	/** The values the event has there; none where the field is absent. */
	readonly actual: readonly Leaf[];
	/** Every path is met, but not within one object of a list. */
	readonly acrossElements: boolean;
}

/**
 * Whether `event` (parsed JSON) meets `pattern`.
 * @throws PatternError for a pattern that EventBridge would refuse.
 */
export function matches(pattern: unknown, event: unknown): boolean {
	return compilePattern(pattern)(flatten(event));
}

/**
 * A pattern that many events are held to; it takes them as `flatten` gives them.
 * @throws PatternError for a pattern that EventBridge would refuse.
 */
export function compilePattern(pattern: unknown): (fields: Fields) => boolean {
	const compiled = alternatives(pattern);
	return (fields) => compiled.some((parts) => isMet(parts, fields));
}

/** What is wrong with a pattern, or undefined. */
export function validatePattern(pattern: unknown): PatternError | undefined {
	try {
		alternatives(pattern);
		return undefined;
	} catch (error) {
		if (error instanceof PatternError) return error;
		throw error;
	}
}

/**
 * Why `event` does not meet `pattern`: the first part in the pattern's order, of the `$or` branch that comes closest; undefined where
 * it matches.
 * @throws PatternError for a pattern that EventBridge would refuse.
 */
export function explain(pattern: unknown, event: unknown): Mismatch | undefined {
	const fields = flatten(event);
	let closest: { met: number; mismatch: Mismatch } | undefined;
	for (const parts of alternatives(pattern)) {
		if (isMet(parts, fields)) return undefined;
		const unmet = parts.findIndex((part) => !isMet([part], fields));
		const met = unmet < 0 ? parts.length : unmet;
		const part = parts[unmet] ?? parts.at(-1);
		if (!part || (closest && closest.met >= met)) continue;
		const actual = (fields.get(part.path)?.fields ?? []).map((field) => field.value);
		closest = { met, mismatch: { path: part.path, wanted: part.raw, actual, acrossElements: unmet < 0 } };
	}
	return closest?.mismatch;
}

/** A path of a pattern with its conditions. */
interface Part {
	readonly path: string;
	readonly raw: readonly unknown[];
	readonly conditions: readonly Condition[];
}

/** For each list of the event (by number) that a value comes from: which element. */
type Elements = ReadonlyMap<number, number>;
const NOWHERE: Elements = new Map();

interface Field {
	readonly value: Leaf;
	readonly elements: Elements;
}

/** Fields of the event under one path, by the elements of lists that they come from. */
class Found {
	readonly fields: Field[] = [];
	/** By list, and by element; under `undefined` those that are in no element of the list. */
	readonly #byElement = new Map<number, ReadonlyMap<number | undefined, readonly Field[]>>();
	#lists: ReadonlySet<number> | undefined;

	/** The lists that any of them comes from. */
	get lists(): ReadonlySet<number> {
		this.#lists ??= new Set(this.fields.flatMap(({ elements }) => [...elements.keys()]));
		return this.#lists;
	}

	/** Those that may go together with the elements that are chosen. */
	beside(chosen: Elements): readonly Field[] {
		for (const [list, element] of chosen) {
			if (!this.lists.has(list)) continue;
			const byElement = this.#byElement.get(list) ?? groupBy(this.fields, ({ elements }) => elements.get(list));
			this.#byElement.set(list, byElement);
			return [...(byElement.get(element) ?? []), ...(byElement.get(undefined) ?? [])];
		}
		return this.fields;
	}
}

function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): ReadonlyMap<K, readonly T[]> {
	const groups = new Map<K, T[]>();
	for (const value of values) {
		const key = keyOf(value);
		const group = groups.get(key);
		if (group) group.push(value);
		else groups.set(key, [value]);
	}
	return groups;
}

/** How many combinations of `$or` branches a pattern may stand for; EventBridge's limit. */
const MAX_ALTERNATIVES = 1_000;
/** How many conditions all of them may have: every event is held to each. */
const MAX_PARTS = 20_000;
const MAX_DEPTH = 100;

/** `$or` is worked out: the pattern matches where all parts of one alternative do. */
function alternatives(pattern: unknown): readonly (readonly Part[])[] {
	if (!isRecord(pattern)) throw new PatternError([], 'a pattern is an object of field names');
	return withObject([[]], pattern, [], []);
}

/** `at` is where the pattern says it, `path` what it says it of: they differ inside `$or`. */
function withObject(soFar: readonly (readonly Part[])[], pattern: Record<string, unknown>, at: Segments, path: Segments) {
	if (at.length > MAX_DEPTH) throw new PatternError(at.slice(0, 3), `nested more than ${MAX_DEPTH} deep`);
	const entries = Object.entries(pattern);
	if (entries.length === 0) throw new PatternError(at, 'an empty object is not a pattern; name at least one field');
	let result = soFar;
	for (const [name, value] of entries) {
		const here = [...at, name];
		if (name === '$or') result = withBranches(result, value, here, path);
		else if (isRecord(value)) result = withObject(result, value, here, [...path, name]);
		else if (Array.isArray(value)) result = withPart(result, toPart(value, here, pathText([...path, name])), here);
		else throw new PatternError(here, 'must be a list of conditions or an object; a single value goes into a list: [value]');
	}
	return result;
}

function withBranches(soFar: readonly (readonly Part[])[], branches: unknown, at: Segments, path: Segments) {
	if (!Array.isArray(branches) || branches.length < 2) throw new PatternError(at, 'must be a list of at least two objects');
	const result: (readonly Part[])[] = [];
	for (const [i, branch] of branches.entries()) {
		if (!isRecord(branch)) throw new PatternError([...at, i], 'must be an object');
		result.push(...withObject(soFar, branch, [...at, i], path));
		if (result.length > MAX_ALTERNATIVES) throw new PatternError(at, `makes more than ${MAX_ALTERNATIVES} combinations`);
	}
	return result;
}

function withPart(soFar: readonly (readonly Part[])[], part: Part, at: Segments) {
	if (soFar.length * ((soFar[0]?.length ?? 0) + 1) > MAX_PARTS) throw new PatternError(at, `makes more than ${MAX_PARTS} conditions`);
	return soFar.map((parts) => {
		// EventBridge would let one of the two replace the other.
		if (parts.some((other) => other.path === part.path)) throw new PatternError(at, `${part.path} is given twice`);
		return [...parts, part];
	});
}

function toPart(raw: readonly unknown[], at: Segments, path: string): Part {
	if (raw.length === 0) throw new PatternError(at, 'the list is empty; it needs at least one condition');
	return { path, raw, conditions: raw.map((condition, i) => parseCondition(condition, [...at, i])) };
}

/** `exists: false` is judged among the elements chosen before it, in the order of paths. */
function sorted(parts: readonly Part[]): readonly Part[] {
	return [...parts].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Mostly it takes no more: to keep what was tried would take longer than to try it again. */
const FEW = 100;

/** Whether one alternative is met. What was tried in vain is not tried again: an event may have thousands of entries in each of its lists. */
function isMet(parts: readonly Part[], fields: Fields): boolean {
	const inOrder = sorted(parts);
	const inVain = new Set<string>();
	let tries = 0;

	/** Of what is chosen, that alone matters which the parts to come could be at odds with. */
	function stateOf(next: number, chosen: Elements): string {
		const matters = [...chosen].filter(([list]) => inOrder.slice(next).some(({ path }) => fields.get(path)?.lists.has(list)));
		return `${next} ${matters.join(' ')}`;
	}

	function meets(next: number, chosen: Elements): boolean {
		const part = inOrder[next];
		if (!part) return true;
		tries += 1;
		const state = tries > FEW ? stateOf(next, chosen) : undefined;
		if (state !== undefined && inVain.has(state)) return false;
		let found = false;
		for (const field of fields.get(part.path)?.beside(chosen) ?? []) {
			const together = join(chosen, field.elements);
			if (!together) continue;
			found = true;
			if (part.conditions.some((condition) => condition.test(field.value)) && meets(next + 1, together)) return true;
		}
		if (!found && part.conditions.some((condition) => condition.absent) && meets(next + 1, chosen)) return true;
		if (state !== undefined) inVain.add(state);
		return false;
	}

	return meets(0, NOWHERE);
}

/** Undefined where the two want different elements of one list. */
function join(a: Elements, b: Elements): Elements | undefined {
	if (b.size === 0) return a;
	for (const [list, element] of b) {
		if ((a.get(list) ?? element) !== element) return undefined;
	}
	return new Map([...a, ...b]);
}

type Fields = ReadonlyMap<string, Found>;

/** An event by the paths of its values. */
export function flatten(event: unknown): Fields {
	const fields = new Map<string, Found>();
	let lists = 0;
	const walk = (value: unknown, path: string, elements: Elements, depth: number): void => {
		if (isLeaf(value)) {
			const known = fields.get(path) ?? new Found();
			known.fields.push({ value, elements });
			fields.set(path, known);
		} else if (depth > MAX_DEPTH) {
			return;
		} else if (Array.isArray(value)) {
			const list = lists++;
			for (const [i, entry] of value.entries()) {
				walk(entry, path, isLeaf(entry) ? elements : new Map([...elements, [list, i]]), depth + 1);
			}
		} else if (isRecord(value)) {
			for (const [name, inner] of Object.entries(value)) walk(inner, path === '' ? name : `${path}.${name}`, elements, depth + 1);
		}
	};
	if (isRecord(event)) walk(event, '', NOWHERE, 0);
	return fields;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return value !== null && typeof value === 'object' && !Array.isArray(value);
}
