import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain, matches, PatternError, validatePattern } from '../../shared/event-pattern.ts';

const event = {
	source: 'aws.autoscaling',
	detail: {
		group: 'web-blue',
		count: 5,
		big: 300,
		ok: true,
		gone: null,
		ip: '10.1.2.3',
		ip6: '2001:db8::5',
		file: '/var/log/nginx/access.log',
		labels: ['blue', 'canary'],
		nested: { deep: { value: 'x' } },
		empty: [],
		disks: [
			{ name: 'root', size: 8 },
			{ name: 'data', size: 100 },
		],
	},
};

describe('a condition matches', () => {
	it.each([
		['exact text', { group: ['web-blue'] }],
		['one of several values', { group: ['web-green', 'web-blue'] }],
		['a number by its value', { big: [3.0e2] }],
		['true', { ok: [true] }],
		['null', { gone: [null] }],
		['a prefix', { group: [{ prefix: 'web-' }] }],
		['a prefix in any case', { group: [{ prefix: { 'equals-ignore-case': 'WEB-' } }] }],
		['a suffix', { group: [{ suffix: '-blue' }] }],
		['a suffix in any case', { group: [{ suffix: { 'equals-ignore-case': '-BLUE' } }] }],
		['text in any case', { group: [{ 'equals-ignore-case': 'Web-Blue' }] }],
		['anything but a value', { group: [{ 'anything-but': 'web-green' }] }],
		['anything but a list', { group: [{ 'anything-but': ['web-green', 'batch'] }] }],
		['anything but numbers', { count: [{ 'anything-but': [4, 6] }] }],
		['anything but text, of a number', { count: [{ 'anything-but': '5' }] }],
		['anything but a prefix', { group: [{ 'anything-but': { prefix: 'batch-' } }] }],
		['anything but several suffixes', { group: [{ 'anything-but': { suffix: ['-red', '-green'] } }] }],
		['anything but text in any case', { group: [{ 'anything-but': { 'equals-ignore-case': ['WEB-GREEN'] } }] }],
		['anything but a wildcard', { group: [{ 'anything-but': { wildcard: '*-green' } }] }],
		['a range', { count: [{ numeric: ['>', 0, '<=', 5] }] }],
		['an equal number', { count: [{ numeric: ['=', 5.0] }] }],
		['a bound', { count: [{ numeric: ['>=', 5] }] }],
		['a field that exists', { group: [{ exists: true }] }],
		['a field that does not exist', { colour: [{ exists: false }] }],
		['a field that is no leaf as absent', { nested: [{ exists: false }] }],
		['an empty list as absent', { empty: [{ exists: false }] }],
		['a wildcard', { file: [{ wildcard: '/var/*/nginx/*.log' }] }],
		['an IPv4 block', { ip: [{ cidr: '10.0.0.0/8' }] }],
		['an IPv6 block', { ip6: [{ cidr: '2001:db8::/32' }] }],
		['another spelling of an address', { ip6: ['2001:0db8:0:0:0:0:0:5'] }],
		['one value of a list', { labels: ['canary'] }],
		['a value of a list that is not the negated one', { labels: [{ 'anything-but': 'blue' }] }],
		['nested objects', { nested: { deep: { value: ['x'] } } }],
		['two fields of one object in a list', { disks: { name: ['data'], size: [100] } }],
		['$or at the root of detail', { $or: [{ group: ['other'] }, { count: [5] }] }],
		['$or within an object', { nested: { $or: [{ deep: { value: ['y'] } }, { deep: { value: ['x'] } }] } }],
		['$or beside other fields', { group: ['web-blue'], $or: [{ count: [1] }, { big: [300] }] }],
	])('%s', (_, detail) => {
		expect(matches({ detail }, event)).toBe(true);
		expect(explain({ detail }, event)).toBeUndefined();
	});

	it.each([
		['text for a number', { count: ['5'] }],
		['a number for text', { group: [5] }],
		['another case', { group: ['Web-Blue'] }],
		['a prefix of a number', { count: [{ prefix: '5' }] }],
		['a negated value', { group: [{ 'anything-but': ['web-blue'] }] }],
		['a negated value of an absent field', { colour: [{ 'anything-but': 'red' }] }],
		['an existing field as absent', { group: [{ exists: false }] }],
		['a field that is no leaf as existing', { nested: [{ exists: true }] }],
		['a number outside a range', { count: [{ numeric: ['>', 5, '<', 9] }] }],
		['text as a number', { group: [{ numeric: ['>', 0] }] }],
		['an address outside a block', { ip: [{ cidr: '10.2.0.0/16' }] }],
		['an IPv6 address in an IPv4 block', { ip6: [{ cidr: '0.0.0.0/0' }] }],
		['text that is no address', { group: [{ cidr: '10.0.0.0/8' }] }],
		['fields of two objects in a list', { disks: { name: ['root'], size: [100] } }],
		['fields of two objects across $or', { disks: { name: ['root'] }, $or: [{ disks: { size: [100] } }, { disks: { size: [99] } }] }],
		['neither branch of $or', { $or: [{ group: ['other'] }, { count: [6] }] }],
		['a wildcard that must overlap itself', { group: [{ wildcard: 'web-blu*lue' }] }],
	])('not %s', (_, detail) => {
		expect(matches({ detail }, event)).toBe(false);
		expect(explain({ detail }, event)).toBeDefined();
	});

	it('takes \\* in a wildcard as the character', () => {
		expect(matches({ a: [{ wildcard: 'x\\**' }] }, { a: 'x*y' })).toBe(true);
		expect(matches({ a: [{ wildcard: 'x\\**' }] }, { a: 'xyy' })).toBe(false);
	});

	it('does not match what is no object', () => {
		for (const other of [undefined, null, 'text', 7, [{ a: 1 }]]) expect(matches({ a: [1] }, other)).toBe(false);
	});

	it('does not take inherited properties for fields', () => {
		expect(matches({ constructor: [{ exists: true }] }, {})).toBe(false);
		expect(validatePattern({ a: [{ toString: 'x' }] })?.path).toBe('a[0].toString');
	});
});

describe('a malformed pattern is refused with its path', () => {
	it.each([
		['a list', [], ''],
		['an empty object', {}, ''],
		['an empty object within', { detail: {} }, 'detail'],
		['a value outside a list', { detail: { state: 'x' } }, 'detail.state'],
		['an empty list', { state: [] }, 'state'],
		['a list in a list', { state: [['x']] }, 'state[0]'],
		['two keys in a condition', { state: [{ prefix: 'a', suffix: 'b' }] }, 'state[0]'],
		['an unknown condition', { state: ['x', { prefx: 'a' }] }, 'state[1].prefx'],
		['a prefix that is no text', { state: [{ prefix: 1 }] }, 'state[0].prefix'],
		['a nested prefix of another kind', { state: [{ prefix: { wildcard: 'a' } }] }, 'state[0].prefix.wildcard'],
		['a mixed anything-but', { state: [{ 'anything-but': ['a', 1] }] }, 'state[0].anything-but'],
		['an anything-but of true', { state: [{ 'anything-but': true }] }, 'state[0].anything-but'],
		['an empty anything-but', { state: [{ 'anything-but': [] }] }, 'state[0].anything-but'],
		['a negated range', { state: [{ 'anything-but': { numeric: ['>', 1] } }] }, 'state[0].anything-but.numeric'],
		['a negated empty prefix', { state: [{ 'anything-but': { prefix: ['a', ''] } }] }, 'state[0].anything-but.prefix[1]'],
		['exists with text', { state: [{ exists: 'true' }] }, 'state[0].exists'],
		['two stars', { state: [{ wildcard: 'a**' }] }, 'state[0].wildcard'],
		['a stray backslash', { state: [{ wildcard: 'a\\n' }] }, 'state[0].wildcard'],
		['a range upside down', { state: [{ numeric: ['>', 5, '<', 1] }] }, 'state[0].numeric'],
		['a range of two lower bounds', { state: [{ numeric: ['>', 1, '>', 2] }] }, 'state[0].numeric'],
		['an unknown operator', { state: [{ numeric: ['!=', 1] }] }, 'state[0].numeric'],
		['a number out of bounds', { state: [{ numeric: ['<', 6e9] }] }, 'state[0].numeric[1]'],
		['a bad block', { state: [{ cidr: '10.0.0.0/33' }] }, 'state[0].cidr'],
		['$or with one branch', { $or: [{ a: [1] }] }, '$or'],
		['$or of values', { $or: [{ a: [1] }, 2] }, '$or[1]'],
		['a fault within $or', { detail: { $or: [{ a: [1] }, { b: 2 }] } }, 'detail.$or[1].b'],
		['a path given twice', { a: [1], $or: [{ a: [2] }, { b: [1] }] }, '$or[0].a'],
	])('%s', (_, pattern, path) => {
		const error = validatePattern(pattern);
		expect(error).toBeInstanceOf(PatternError);
		expect(error?.path).toBe(path);
		expect(() => matches(pattern, {})).toThrow(PatternError);
	});

	it('refuses a pattern that stands for too many combinations', () => {
		const or = { $or: [{ x: [1] }, { y: [1] }] };
		const pattern = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, or]));
		expect(validatePattern(pattern)?.reason).toContain('more than 1000 combinations');
	});

	it('refuses a pattern that is nested without end', () => {
		let pattern: unknown = [1];
		for (let i = 0; i < 5_000; i++) pattern = { a: pattern };
		expect(validatePattern(pattern)?.reason).toContain('deep');
	});
});

describe('the explanation', () => {
	it('names the first field that is not met, what was wanted and what is there', () => {
		const found = explain({ detail: { group: [{ prefix: 'web-' }], count: [6, 7] } }, event);
		expect(found).toEqual({ path: 'detail.count', wanted: [6, 7], actual: [5], acrossElements: false });
	});

	it('shows an absent field as having no values', () => {
		expect(explain({ detail: { colour: ['red'] } }, event)?.actual).toEqual([]);
	});

	it('speaks of the branch of $or that comes closest', () => {
		const found = explain({ $or: [{ source: ['other'] }, { source: ['aws.autoscaling'], detail: { count: [9] } }] }, event);
		expect(found?.path).toBe('detail.count');
	});

	it('says when every field is met, but not within one object of a list', () => {
		expect(explain({ detail: { disks: { name: ['root'], size: [100] } } }, event)?.acrossElements).toBe(true);
	});
});

describe('for any input', () => {
	const name = fc.constantFrom('a', 'b', '$or', 'prefix', 'numeric', 'anything-but', 'exists', 'wildcard', 'cidr');
	const { value: anyJson } = fc.letrec((tie) => ({
		value: fc.oneof(
			{ depthSize: 'small', withCrossShrink: true },
			fc.oneof(fc.string({ maxLength: 4 }), fc.integer({ min: -9, max: 9 }), fc.boolean(), fc.constant(null)),
			fc.array(tie('value'), { maxLength: 3 }),
			fc.dictionary(name, tie('value'), { maxKeys: 3 }),
		),
	}));

	it('a pattern is either refused or answers, and the explanation agrees with the answer', () => {
		fc.assert(
			fc.property(anyJson, anyJson, (pattern, subject) => {
				if (validatePattern(pattern)) expect(() => matches(pattern, subject)).toThrow(PatternError);
				else expect(explain(pattern, subject) === undefined).toBe(matches(pattern, subject));
			}),
			{ numRuns: 2_000 },
		);
	});

	it('a wildcard agrees with the regular expression of the same meaning', () => {
		const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
		fc.assert(
			fc.property(fc.array(letters, { minLength: 1, maxLength: 4 }), letters, (literals, text) => {
				const wildcard = literals.join('*').replace(/\*+/g, '*');
				const regex = new RegExp(`^${wildcard.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
				expect(matches({ x: [{ wildcard }] }, { x: text })).toBe(regex.test(text));
			}),
		);
	});

	it('an IPv4 block agrees with arithmetic', () => {
		const address = fc.nat({ max: 0xffffffff });
		const dotted = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
		fc.assert(
			fc.property(address, address, fc.integer({ min: 0, max: 31 }), (block, ip, bits) => {
				const size = 2 ** (32 - bits);
				expect(matches({ x: [{ cidr: `${dotted(block)}/${bits}` }] }, { x: dotted(ip) })).toBe(
					Math.floor(block / size) === Math.floor(ip / size),
				);
			}),
		);
	});
});
