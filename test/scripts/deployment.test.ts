import { describe, expect, it } from 'vitest';
import { differences } from '../../scripts/deployment/differences.ts';

describe('what is deployed', () => {
	it('may have more than the template wants', () => {
		expect(differences({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, {})).toEqual([]);
	});

	it('may be given as text', () => {
		expect(differences({ seconds: 360, on: true }, { seconds: '360', on: 'true' }, {})).toEqual([]);
	});

	it.each([
		[{ a: { b: 1 } }, { a: { b: 2 } }, 'a.b is 2 instead of 1'],
		[{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, 'a[1].b is 3 instead of 2'],
		[{ a: [1] }, { a: [1, 2] }, 'a has 2 entries instead of 1'],
		[{ a: { b: 1 } }, {}, 'a is missing'],
		[{ a: { b: 1 } }, { a: {} }, 'a.b is missing'],
		[{ a: [1] }, { a: 1 }, 'a is 1 instead of [1]'],
		[{ a: { b: 1 } }, { a: 'b' }, 'a is "b" instead of {"b":1}'],
	])('%j is not %j', (wanted, got, difference) => {
		expect(differences(wanted, got, {})).toEqual([difference]);
	});

	it('may differ where that is expected, and must', () => {
		const notKept = { 'a.b': 'it is not passed on' };
		expect(differences({ a: { b: 1, c: 1 } }, { a: { c: 1 } }, notKept)).toEqual([]);
		expect(differences({ a: { b: 1, c: 1 } }, { a: { b: 1, c: 1 } }, notKept)).toEqual(['a.b is kept now: take it off the list.']);
		expect(differences({ a: { b: 1, c: 1 } }, { a: { b: 1 } }, notKept)).toHaveLength(2);
	});
});
