import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromAttributes, toAttributes } from '../../../shared/aws/attributes.ts';
import { Fail } from '../../../shared/errors.ts';

const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));

function orRefused(convert: () => unknown): unknown {
	try {
		return convert();
	} catch {
		return 'refused';
	}
}

describe('plain values as attributes', () => {
	it('are those that the SDK makes of them', () => {
		const values = { text: '', number: -1.5, yes: false, none: null, list: [1, ['a'], {}], map: { ids: new Set(['a', 'b']) } };
		expect(toAttributes(values)).toEqual(marshall(values));
		expect(fromAttributes(marshall(values))).toEqual(values);
	});

	it('come back as they are, or as they do by the SDK (which loses a key __proto__, and refuses a number for its size)', () => {
		fc.assert(
			fc.property(json, (values) => {
				const bySdk = orRefused(() => unmarshall(marshall(values)));
				const own = orRefused(() => fromAttributes(toAttributes(values)));
				expect([values, bySdk]).toContainEqual(own);
			}),
			{ examples: [[JSON.parse('{"__proto__":""}')]] },
		);
	});

	it.each([2 ** 53, -(2 ** 60), 1e125, 0.1])('come back where they are numbers of any size that DynamoDB holds: %d', (number) => {
		expect(fromAttributes(toAttributes({ number }))).toEqual({ number });
	});

	it('are whole characters, also where a text was cut in the middle of one', () => {
		expect(toAttributes({ text: '🚀'.slice(0, 1) })).toEqual({ text: { S: '\ufffd' } });
	});

	it('leave out what is undefined', () => {
		expect(toAttributes({ a: undefined, b: [undefined, 1], c: { d: undefined } })).toEqual({ b: { L: [{ N: '1' }] }, c: { M: {} } });
	});

	it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e126])('are refused where the ledger could not give them back: %d', (number) => {
		expect(() => toAttributes({ number })).toThrow(Fail);
	});
});
