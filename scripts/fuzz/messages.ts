/** Batches of messages as SQS hands them to a function, good and bad ones mixed. */

import fc from 'fast-check';
import { type FuzzedFunction, PREPARED } from './functions.ts';
import { words } from './junk.ts';
import { type Mutation, mutated, mutation } from './mutations.ts';
import type { End, Event } from './samples.ts';

export interface Message {
	readonly body: string;
	/** What the body says; undefined where it is not JSON. */
	readonly event: Event;
	/** What must become of it; absent where something has happened to the event. */
	readonly ends?: End;
	readonly receives: number;
}

/** How a function is called: by its queue, by hand with one event, or with a batch that is spoiled itself. */
export type Way = 'batch' | 'direct' | 'spoiled';

/** When AWS fails: from one call on, and for how many. A reply that is lost comes after the effect. */
export interface Trouble {
	readonly error: 'throttled' | 'server error' | 'no reply';
	readonly from: number;
	readonly lasts: number;
}

export interface Scenario {
	readonly way: Way;
	readonly messages: readonly Message[];
	readonly trouble?: Trouble;
	/** What happens to the batch itself. */
	readonly spoiling: readonly Mutation[];
}

export const MOST_MESSAGES = 60;

/** Bodies that are no JSON, or none of an event. */
const BODIES: readonly string[] = [
	...words('{|}|[|"|{"detail":|not { json|<event/>|null|true|7|"text"|[]|{}|[{}]|[[[]]]|{"detail":{}}|{"Records":[]}| |-|1e999'),
	...words(`{'id':'x'}|{"id":"x",}|{"a":NaN}|{"a":undefined}|{"a":01}|{"a":"\\x"}`),
	...['\n', '\ufeff{}', '{"__proto__":{"detail":{}}}', '{"detail":{"__proto__":{"a":1}}}'],
	...[`${'['.repeat(50_000)}${']'.repeat(50_000)}`, `{"a":`.repeat(5_000), '9'.repeat(100_000)],
];

/** What goes wrong with the text of an event. */
const TEXTUAL: readonly ((text: string, at: number) => string)[] = [
	(text, at) => text.slice(0, at % text.length) || '{',
	(text, at) => text.slice(0, at % text.length) + text.slice((at % text.length) + 1) || '{',
	(text) => `${text}${text}`,
	(text) => `\ufeff${text}`,
	(text) => text.replace('{', '{"id":"another","detail":{},'),
	(text) => text.replace('"detail":{', '"detail":{"__proto__":{"a":1},"constructor":{"prototype":{}},'),
	(text, at) => text.replace(/\}\}$/, `,"deep":${'['.repeat(at)}${']'.repeat(at)}}}`),
	(text) => text.replace('"detail":{', '"detail":{"most":1e400,"least":1e-400,"long":12345678901234567890,"":1,'),
	(text) => text.replace(/\}\}$/, ',"list":[1e999,{"":[]}]}}'),
	(text) => text.replaceAll('"', "'"),
	(text) => JSON.stringify(text),
];

const CHOICES = { mutated: 16, good: 2, textual: 1, other: 1 } as const;
type Choice = keyof typeof CHOICES;

const recipe = fc.record({
	choice: fc.oneof(...Object.entries(CHOICES).map(([choice, weight]) => ({ weight, arbitrary: fc.constant(choice as Choice) }))),
	sample: fc.nat(999),
	/** About a subject that there is something about, where there is such. */
	known: fc.boolean(),
	mutations: fc.array(mutation, { minLength: 1, maxLength: 4, size: 'max' }),
	at: fc.nat(30_000),
	pick: fc.nat(999),
	receives: fc.constantFrom(1, 1, 1, 1, 2, 9, 10),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer R> ? R : never;

function messageOf({ samples }: FuzzedFunction, { choice, sample, known, mutations, at, pick, receives }: Recipe, index: number): Message {
	const { make, ends } = samples[sample % samples.length] as FuzzedFunction['samples'][number];
	const event = make(known ? (index + pick) % PREPARED : PREPARED + index);
	if (choice === 'good') return { body: JSON.stringify(event), event, ends, receives };
	const body = deliverable(
		choice === 'other'
			? (BODIES[pick % BODIES.length] ?? '')
			: choice === 'mutated'
				? (JSON.stringify(mutated(event, mutations)) ?? 'null')
				: (TEXTUAL[pick % TEXTUAL.length]?.(JSON.stringify(event), at) ?? ''),
	);
	return { body, event: parsed(body), receives };
}

/** SQS takes no other characters (SendMessage); JSON can say them all the same. */
function deliverable(text: string): string {
	return text.toWellFormed().replaceAll(/[\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

/** As AWS can be told of it: without halves of surrogate pairs. */
function parsed(body: string): Event {
	try {
		const wellFormed = (_: string, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value);
		return JSON.parse(body, /\\ud/i.test(body) ? wellFormed : undefined);
	} catch {
		return undefined;
	}
}

const ERRORS = ['throttled', 'server error', 'no reply'] as const;
const trouble: fc.Arbitrary<Trouble | undefined> = fc.oneof(
	{ weight: 7, arbitrary: fc.constant(undefined) },
	{ weight: 1, arbitrary: fc.record({ error: fc.constantFrom(...ERRORS), from: fc.nat(12), lasts: fc.constantFrom(1, 2, 1_000) }) },
);

/** What a function may be given. */
export function scenarioFor(target: FuzzedFunction): fc.Arbitrary<Scenario> {
	return fc
		.record({
			way: fc.oneof({ weight: 7, arbitrary: fc.constant('batch') }, fc.constant('direct'), fc.constant('spoiled')),
			recipes: fc.array(recipe, { minLength: 1, maxLength: MOST_MESSAGES, size: 'max' }),
			trouble,
			spoiling: fc.array(mutation, { minLength: 1, maxLength: 3 }),
		})
		.map(({ way, recipes, trouble: inTrouble, spoiling }): Scenario => {
			return {
				way: way as Way,
				messages: (way === 'direct' ? recipes.slice(0, 1) : recipes).map((each, index) => messageOf(target, each, index)),
				...(inTrouble && { trouble: inTrouble }),
				spoiling: way === 'spoiled' ? spoiling : [],
			};
		});
}
