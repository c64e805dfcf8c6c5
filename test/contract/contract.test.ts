import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from './cases/index.ts';
import { compare, observe } from './compare.ts';
import { DIFFERENCES, type Difference } from './differences.ts';
import { localSystem } from './local.ts';
import type { Case, System } from './system.ts';

let system: System;

beforeAll(async () => {
	system = await localSystem();
}, 60_000);

afterAll(() => system.close());

describe('the contract, on the local AWS', () => {
	it.each(CASES)('$name', async (each) => {
		expect(await observe(system, each)).toEqual(each.gives);
	});
});

describe('the listed differences', () => {
	it('are each of one case, and real ones', () => {
		const names = CASES.map(({ name }) => name);
		const listed = DIFFERENCES.map((difference) => difference.case);

		expect(new Set(names).size).toBe(names.length);
		expect(new Set(listed).size).toBe(listed.length);
		expect(listed.filter((name) => !names.includes(name))).toEqual([]);
		expect(
			CASES.filter(({ name, gives }) => DIFFERENCES.some((each) => each.case === name && isDeepStrictEqual(each.moto, gives))),
		).toEqual([]);
	});
});

describe('a comparison', () => {
	const giving = (seen: unknown, gives: unknown = 'right'): Case => ({ name: 'it', gives, act: async () => seen });
	const listed: Difference = { case: 'it', moto: 'other', ours: 'right', source: 'documentation' };
	const problem = async (each: Case, ...differences: Difference[]) =>
		(await compare(system, [each], differences)).map((verdict) => verdict.problem);

	it('finds what holds, and what differs as listed', async () => {
		expect(await problem(giving('right'))).toEqual([undefined]);
		expect(await compare(system, [giving('other')], [listed])).toEqual([{ name: 'it', difference: listed }]);
	});

	it.each([
		['differs and is not listed', giving('other'), []],
		['is listed and differs no longer', giving('right'), [listed]],
		['differs otherwise than listed', giving('third'), [listed]],
	])('fails what %s', async (_, each, differences) => {
		expect(await problem(each, ...differences)).toEqual([expect.any(String)]);
	});

	it('fails a listed difference whose case is not there', async () => {
		expect(await problem(giving('right'), { ...listed, case: 'gone' })).toEqual([undefined, expect.stringContaining('no such case')]);
	});

	it('takes what a case throws for what it gives', async () => {
		const failing: Case = { name: 'it', gives: { threw: 'broken' }, act: () => Promise.reject(new Error('broken')) };

		expect(await problem(failing)).toEqual([undefined]);
	});

	it('reads the account of any system alike', async () => {
		const arn = giving(`arn:aws:sqs:eu-west-1:${system.account}:orders`, 'arn:aws:sqs:eu-west-1:111122223333:orders');
		const other = giving('arn:aws:sqs:eu-west-1:123456789012:orders', 'arn:aws:sqs:eu-west-1:111122223333:orders');
		const elsewhere = { ...system, account: '123456789012' };

		expect(await problem(arn)).toEqual([undefined]);
		expect((await compare(elsewhere, [other], [])).map((verdict) => verdict.problem)).toEqual([undefined]);
	});
});
