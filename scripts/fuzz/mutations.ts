/** What goes wrong with an event on its way: parts that are lost, renamed, doubled, or of another type. */

import fc from 'fast-check';
import { HUGE, junk, KEYS, TEXTS, TIMES, WORDS } from './junk.ts';

type Container = Record<string, unknown> | unknown[];

/** A part of an event: where it stands. */
interface Place {
	readonly within: Container;
	readonly key: string;
}

/** How often each happens, in comparison. */
const WHATS = {
	...{ drop: 9, replace: 24, rename: 6, double: 3, add: 9, wrapInList: 3, wrapInObject: 3 },
	...{ asText: 3, tweak: 12, word: 12, time: 6, swap: 6, huge: 1, emptied: 3 },
} as const;
type What = keyof typeof WHATS;

/** One thing that goes wrong. `at` picks the part, among as many as there are. */
export interface Mutation {
	readonly what: What;
	readonly at: number;
	readonly junk: unknown;
	/** Picks among what the mutation has to choose from. */
	readonly pick: number;
}

const PICKS = 9_999;

/** @param value what comes in the place of other values. */
export function mutationWith(value: fc.Arbitrary<unknown>, whats: Partial<Record<What, number>> = WHATS): fc.Arbitrary<Mutation> {
	const what = fc.oneof(...Object.entries(whats).map(([each, weight]) => ({ weight, arbitrary: fc.constant(each as What) })));
	return fc.record({ what, at: fc.nat(PICKS), junk: value, pick: fc.nat(PICKS) });
}

export const mutation = mutationWith(junk);

/** The event with all of it gone wrong, one after another. It is changed in place. */
export function mutated(event: unknown, mutations: readonly Mutation[]): unknown {
	const root: Container = [event];
	for (const each of mutations) {
		const places = placesIn(root);
		const [place, other] = [each.at, each.pick].map((pick) => places[pick % places.length]);
		if (place !== undefined && other !== undefined) mutate(place, other, each);
	}
	return root[0];
}

/** Parts of an event that are looked at: of a list of thousands the first. */
const MOST_PLACES = 400;

function placesIn(root: Container): Place[] {
	const places: Place[] = [];
	const waiting: Container[] = [root];
	for (let within = waiting.shift(); within !== undefined && places.length < MOST_PLACES; within = waiting.shift()) {
		for (const key of Object.keys(within)) {
			places.push({ within, key });
			const value = get({ within, key });
			if (value !== null && typeof value === 'object') waiting.push(value as Container);
		}
	}
	return places;
}

function get({ within, key }: Place): unknown {
	return Object.getOwnPropertyDescriptor(within, key)?.value;
}

/** Also where the key is `__proto__`: JSON.parse makes such keys. */
function set({ within, key }: Place, value: unknown): void {
	Object.defineProperty(within, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove({ within, key }: Place): void {
	if (Array.isArray(within)) within.splice(Number(key), 1);
	else delete within[key];
}

const among = <T>(values: readonly T[], pick: number): T => values[pick % values.length] as T;

function mutate(place: Place, other: Place, mutation: Mutation): void {
	const { what, pick } = mutation;
	const { within, key } = place;
	const value = get(place);
	const inList = Array.isArray(within);
	if (what === 'drop' || what === 'rename') remove(place);
	if (what === 'rename') set({ within, key: inList ? key : renamed(key, pick) }, value);
	else if (what === 'double') set({ within, key: inList ? String(within.length) : renamed(key, pick) }, value);
	else if (what === 'add' && isObject(value)) set({ within: value, key: among(KEYS, pick) }, structuredClone(mutation.junk));
	else if (what !== 'drop') set(place, instead(value, get(other), key, mutation));
}

/** What comes into the place of a value. */
function instead(value: unknown, other: unknown, key: string, { what, junk: given, pick }: Mutation): unknown {
	const isText = typeof value === 'string';
	switch (what) {
		case 'wrapInList':
			return [value];
		case 'wrapInObject':
			return { [renamed(key, pick)]: value };
		case 'asText':
			return isText ? Number(value) : JSON.stringify(value);
		case 'tweak':
			return isText ? tweaked(value, pick) : structuredClone(given);
		case 'word':
			return among(WORDS, pick);
		case 'time':
			return among(TIMES, pick);
		case 'swap':
			// A part that is put into itself would be a circle.
			return structuredClone(other);
		case 'huge':
			return `${isText ? value : ''}${'x'.repeat(among(HUGE, pick))}`;
		case 'emptied':
			return Array.isArray(value) ? [] : isObject(value) ? {} : '';
		default:
			return structuredClone(given);
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function renamed(key: string, pick: number): string {
	return among([key.toUpperCase(), key.toLowerCase(), `${key} `, `${key}s`, key.slice(1), key.replaceAll('-', '_'), ...KEYS], pick);
}

function tweaked(text: string, pick: number): string {
	const some = among(TEXTS, pick);
	const middle = Math.floor(text.length / 2);
	const tweaks = [
		...[text.toUpperCase(), text.slice(0, -1), text.slice(1), `${text} `, `\n${text}`, text + some, some + text, text.repeat(3)],
		...[text.slice(0, middle) + some + text.slice(middle), text.replace(/\d/, 'Z'), text.replace(/[0-9a-f]/g, '0')],
	];
	return among(tweaks, pick >> 3);
}
