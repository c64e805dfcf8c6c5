import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsText, endOf, isCoarse, NONE, nodeText, notable, tally, total } from '../../../../shared/kinds/command/nodes.ts';
import type { NodeResult } from '../../../../shared/operation/types.ts';

const of = (status: string, changes: Partial<NodeResult> = {}): NodeResult => ({
	node: `i-${status}`,
	commandId: 'command-1',
	status,
	...changes,
});

describe('the end of a node', () => {
	it.each([
		['Success', 'succeeded'],
		['Failed', 'failed'],
		['Execution Timed Out', 'failed'],
		['ExecutionTimedOut', 'failed'],
		['Cancelled', 'cancelled'],
		['Canceled', 'cancelled'],
		['Terminated', 'unstarted'],
		['Delivery Timed Out', 'unreached'],
		['Undeliverable', 'unreached'],
		['InvalidPlatform', 'unreached'],
		['AccessDenied', 'unreached'],
		['a word that AWS has yet to invent', 'failed'],
	])('%s is %s', (status, end) => {
		expect(endOf({ status })).toBe(end);
	});

	it.each([
		['Success', false],
		['Failed', true],
		['TimedOut', true],
		['Canceled', true],
		['Terminated', false],
	])('%s of an event says too little: %s', (status, coarse) => {
		expect(isCoarse(of(status))).toBe(coarse);
		expect(isCoarse(of(status, { listed: true }))).toBe(false);
	});
});

describe('a tally', () => {
	it('is complete once every node has ended, and it is known how', () => {
		expect(tally([of('Success')], 1).complete).toBe(true);
		expect(tally([of('Success')], 2)).toMatchObject({ complete: false, counts: { succeeded: 1, unknown: 1 } });
		expect(tally([of('Failed')], 1).complete).toBe(false);
		expect(tally([of('Failed', { listed: true })], 1).complete).toBe(true);
		expect(tally([], 0).complete).toBe(true);
	});

	it('has a place for every node', () => {
		const statuses = fc.array(fc.constantFrom('Success', 'Failed', 'TimedOut', 'Terminated', 'Undeliverable', 'Cancelled'));
		fc.assert(
			fc.property(statuses, fc.nat(200), (each, more) => {
				const results = each.map((status, n) => of(status, { node: `i-${n}` }));
				expect(total(tally(results, results.length + more).counts)).toBe(results.length + more);
			}),
		);
	});

	it('knows when the last node ended', () => {
		expect(tally([of('Success', { endedAt: 5 }), of('Failed', { endedAt: 9 })], 2).endedAt).toBe(9);
	});
});

it('those that tell most are kept, and no more than have room', () => {
	const many = Array.from({ length: 200 }, (_, n) => of('Terminated', { node: `i-${n}` }));
	const kept = notable(...many, of('Success'), of('Failed', { node: 'i-x' }));
	expect(kept).toHaveLength(30);
	expect(kept[0]?.node).toBe('i-x');
	expect(kept.some(({ status }) => status === 'Success')).toBe(false);
});

it('is told in words', () => {
	expect(countsText({ ...NONE, succeeded: 94, failed: 7, unstarted: 19 })).toBe('94 succeeded, 7 failed, 19 never started');
	expect(countsText(NONE)).toBe('no nodes');
	expect(nodeText(of('Failed', { node: 'i-1', exitCode: 3, output: 'disk full' }))).toBe('i-1 (Failed, exit code 3: disk full)');
	expect(nodeText(of('Undeliverable', { node: 'i-1' }))).toBe('i-1 (Undeliverable)');
});
