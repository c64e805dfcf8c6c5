/** Texts near to playbooks: what people write, and what they write by mistake. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { playbookTexts } from './ground.ts';
import { junk, words } from './junk.ts';
import { mutated, mutation, mutationWith } from './mutations.ts';

/** A text and the name that it is stored under. */
export interface PlaybookText {
	readonly name: string;
	readonly text: string;
}

const EVERY_KEY = readFileSync(join(import.meta.dirname, 'every-key.yaml'), 'utf8');
const BASES: readonly PlaybookText[] = Object.entries({ ...playbookTexts(), 'every-key': EVERY_KEY }).map(([name, text]) => ({
	name,
	text,
}));

/** What belongs into playbooks, mostly elsewhere or otherwise. */
const VALUES: readonly unknown[] = [
	...words('15m|0s|-1m|1.5h|15 min|9999999d|1w|PT15M|90|1d|48h|30s|29s|continue|CONTINUE|abandon|wait|skip|observe|act|ok|ignore|name|a'),
	...words(
		'$.detail|$.detail.|$.detail.a..b|$.detail.list.0|$.detail["a"]|$|$.|$.dimensions.|$.dimensions.a.b|$.resources.x|$.nothing|{{ a }}',
	),
	...words(
		'yes|on|off|no|Null|~|0x10|1_000|.inf|2026-03-02|instance-terminating|instance-launching|alarm|noncompliant|event|request|scheduled',
	),
	...words('AWS-RunPatchBaseline|arn:aws:ssm:eu-west-1:111122223333:document/acme|arn:|../x|drain node'),
	...['x'.repeat(129), 90, 0.5],
];

/** Conditions of patterns, well formed and not. */
const CONDITIONS: readonly unknown[] = JSON.parse(`[
	{"prefix":""},{"prefix":7},{"prefix":{"equals-ignore-case":"A"}},{"prefix":{"suffix":"a"}},{"suffix":"x"},{"suffix":null},
	{"equals-ignore-case":"X"},{"equals-ignore-case":[]},{"wildcard":"*"},{"wildcard":"**"},{"wildcard":"a\\\\"},{"wildcard":"a\\\\*b*"},
	{"anything-but":[]},{"anything-but":"x"},{"anything-but":["x",1]},{"anything-but":{"prefix":["a",""]}},{"anything-but":{"numeric":["=",1]}},
	{"numeric":[]},{"numeric":[">",5,"<",1]},{"numeric":["=",1e300]},{"numeric":[">",0,"<=",5]},{"numeric":["~",1]},{"numeric":5},
	{"exists":"yes"},{"exists":true},{"exists":false},{"cidr":"10.0.0.0/8"},{"cidr":"10.0.0.0/33"},{"cidr":"::/0"},{"cidr":7},{"regex":".*"},
	{"$or":[]},{"$or":[{"a":[1]}]},{"$or":[{"a":[1]},{"b":[2]}]},{"$or":{}},{"prefix":"a","suffix":"b"},{},[],[[]],[null],null,true,1e6,
	{"constructor":["x"]},{"__proto__":null,"toString":["x"]}
]`);

const condition = fc.constantFrom(...CONDITIONS);
const place = fc.oneof(
	{ weight: 3, arbitrary: mutation },
	{ weight: 2, arbitrary: mutationWith(fc.constantFrom(...VALUES), { replace: 1 }) },
	{ weight: 2, arbitrary: mutationWith(fc.oneof(condition, fc.array(condition, { maxLength: 3 })), { replace: 1 }) },
);

type Change = (text: string, at: number, other: string) => string;

/** One line becomes several, none, or another. */
const line =
	(change: (line: string) => readonly string[]): Change =>
	(text, at) => {
		const lines = text.split('\n');
		lines.splice(at % lines.length, 1, ...change(lines[at % lines.length] ?? ''));
		return lines.join('\n');
	};

const ODD = '[]{}:,&*#?|-<>=!%@\\"\'`\t\0\x85\u2028\ufeff\r';

/** What goes wrong with a text itself. */
const TEXTUAL: readonly Change[] = [
	...[
		line((one) => [one, one]),
		line(() => []),
		line((one) => [` ${one}`]),
		line((one) => [one.replace(/^ /, '')]),
		line((one) => [`\t${one}`]),
	],
	...[line((one) => [one.replace(':', '')]), line((one) => [one.replace(':', ': ')]), line((one) => [one.replace(': ', ': &a ')])],
	...[line((one) => [one.replace(/: .*/, ': *a')]), line((one) => [one.replace(': ', ': !!binary ')])],
	...[line((one) => [one.replace(': ', ': |\n    ')]), line((one) => [one.replace(/: (.*)/, ': "$1')]), line((one) => [`# ${one}`])],
	...[line((one) => [one, '<<: { name: other }']), line((one) => [one, '? [complex, key]', ': value'])],
	line((one) => [one, '__proto__: { run: {} }']),
	(text, at) => text.slice(0, at % (text.length + 1)),
	(text, at) => text.slice(0, at % (text.length + 1)) + ODD.charAt(at % ODD.length) + text.slice(at % (text.length + 1)),
	(text) => text.replaceAll('\n', '\r\n'),
	(text) => text.replaceAll('\n', '\r'),
	(text) => `\ufeff${text}`,
	(text) => `---\n${text}...\n`,
	(text, _, other) => `${text}---\n${other}`,
	(text) => `%YAML 1.1\n---\n${text}`,
	(text) => `${text}\n${text}`,
	(text) => `- ${text.replaceAll('\n', '\n  ')}`,
	(text) => JSON.stringify(text),
	(text) => `${text}# ${'x'.repeat(9_000)}\n`,
	(text) => `${text}about: ${'é'.repeat(3_900)}\n`,
];

const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
const branches = (name: string, count: number) => `$or: [${times(count, (n) => `{${name}${n}: [1]}`).join(', ')}]`;
const whenOf = (detail: string) => `name: x\npriority: 1\non: event\nwhen:\n  source: [a]\n  detail:\n${detail}opsItem: {}\n`;

/** Texts that are none of a playbook, and some that grow when they are read. */
const OTHERS: readonly string[] = [
	...words(
		' |---|...|# only a comment|null|~|7|text|[]|{}|- a|"|\'|{|[|&a|*a|!|%|@|`|?|:|- - -||a: &a [*a]|a: &a { b: *a }|&a : 1|? a|: a',
	),
	...words('{a: b, a: c}|{a: {b: {c}}}|[a, [b, [c]]|a: b: c|a: [|!!set {a, b}|!!js/function x'),
	...[
		'\n',
		'\0',
		'\t',
		'['.repeat(5_000),
		'{a: '.repeat(1_900),
		'- '.repeat(4_000),
		'? '.repeat(4_000),
		'a: '.repeat(2_700),
		'a:\n'.repeat(2_700),
	],
	...[40, 120].map((count) => times(count, (depth) => `${' '.repeat(depth)}a:`).join('\n')),
	// Every line doubles the one before it.
	times(30, (n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1}, *a${n - 1}`}]`).join('\n'),
	whenOf(`    ${branches('a', 31)}\n    b:\n      ${branches('b', 32)}\n`),
	whenOf(`    ${branches('a', 30)}\n    b:\n      ${branches('b', 30)}\n${times(250, (n) => `    c${n}: [1]\n`).join('')}`),
];

/** None, one, or two: with more wrong nothing is left to be right. */
function few<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
	const list = (length: number) => fc.array(one, { minLength: length, maxLength: length });
	return fc.oneof({ weight: 5, arbitrary: list(0) }, { weight: 4, arbitrary: list(1) }, { weight: 1, arbitrary: list(2) });
}

type Form = 'block' | 'flow' | 'json';

const recipe = fc.record({
	base: fc.constantFrom(...BASES),
	other: fc.constantFrom(...BASES),
	data: few(place),
	form: fc.constantFrom<Form>('block', 'block', 'flow', 'json'),
	text: few(fc.tuple(fc.constantFrom(...TEXTUAL), fc.nat(9_999))),
	instead: fc.oneof(
		{ weight: 20, arbitrary: fc.constant(undefined) },
		fc.constantFrom(...OTHERS),
		junk.map(String),
		fc.string({ unit: 'grapheme' }),
	),
});

/** Texts near to playbooks. */
export const playbookText: fc.Arbitrary<PlaybookText> = recipe.map(({ base, other, data, form, text, instead }) => {
	const { name, text: written } = base;
	if (instead !== undefined) return { name, text: instead };
	const changed = data.length === 0 ? written : inForm(mutated(parse(written), data), form);
	return { name, text: text.reduce((soFar, [change, at]) => change(soFar, at, other.text), changed) };
});

function inForm(data: unknown, form: Form): string {
	if (form === 'json') return JSON.stringify(data) ?? '';
	return stringify(data, { collectionStyle: form, aliasDuplicateObjects: false, lineWidth: 0 }) ?? '';
}
