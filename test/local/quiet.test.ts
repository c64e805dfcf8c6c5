import { describe, expect, it } from 'vitest';
import type { ApiCall } from '../../local/aws/api-call.ts';
import { QuietClocks } from '../../local/quiet.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FUNCTION = 'fleetkeeper-local-reconcile';

const call = (service: string, operation: string, input: object = {}, more: Partial<ApiCall> = {}): ApiCall => ({
	...{ at: 0, service, operation, requestId: 'r', caller: FUNCTION, input },
	...more,
});
const item = (pk: string, dueShard: string, dueAt: number) => ({
	Item: { pk: { S: pk }, sk: { S: '000001' }, dueShard: { S: dueShard }, dueAt: { N: String(dueAt) } },
});
const DUE = { IndexName: 'due', KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now' };

/** A clock that has run at minute 0 and made these calls. */
function ranAndRead(...calls: readonly ApiCall[]) {
	const clocks = new QuietClocks();
	expect(clocks.skips('minute', FUNCTION, 0)).toBe(false);
	for (const each of calls) clocks.observe(each);
	return { clocks, skips: (minute: number) => clocks.skips('minute', FUNCTION, minute * MINUTE) };
}

describe('A clock whose last run has read', () => {
	const READ = call('ssm', 'ListCommands');
	const other = { caller: 'operator' };

	it('is left out while nothing happens, for a day', () => {
		const { skips } = ranAndRead(READ);
		expect([skips(1), skips(2), skips(23 * 60), skips(24 * 60), skips(24 * 60 + 1)]).toEqual([true, true, true, false, true]);
	});

	it.each<[string, (clocks: QuietClocks) => void, boolean]>([
		['something was written in what it reads', (clocks) => clocks.observe(call('ssm', 'SendCommand', {}, other)), false],
		['something was written elsewhere', (clocks) => clocks.observe(call('ec2', 'RebootInstances', {}, other)), true],
		['somebody else has read', (clocks) => clocks.observe(call('ssm', 'ListCommands', {}, other)), true],
		['a parameter was written', (clocks) => clocks.observe(call('ssm', 'PutParameter', {}, other)), true],
		[
			'an event tells of it',
			(clocks) => clocks.emitted({ source: 'aws.ssm', detailType: 'EC2 Command Status-change Notification' }),
			false,
		],
		['an event tells of something else', (clocks) => clocks.emitted({ source: 'aws.autoscaling', detailType: 'Launch' }), true],
		['a fault was met', (clocks) => clocks.disturb(), false],
	])('runs again or not where %s', (_, happens, isLeftOut) => {
		const { clocks, skips } = ranAndRead(READ);
		happens(clocks);
		expect(skips(1)).toBe(isLeftOut);
	});

	it('runs again where it was refused something', () => {
		const { skips } = ranAndRead(READ, call('ssm', 'ListCommands', {}, { error: { code: 'ThrottlingException', message: '' } }));
		expect(skips(1)).toBe(false);
	});
});

describe('A clock that has looked for what is due', () => {
	it('runs again once something is, and not because something was written that is not', () => {
		const { clocks, skips } = ranAndRead(call('dynamodb', 'Query', DUE));
		clocks.observe(call('dynamodb', 'PutItem', item('operation#patch-1', 'open#patch', HOUR), { caller: 'another' }));
		expect([skips(1), skips(59), skips(60)]).toEqual([true, true, false]);
	});

	it('runs until that is done, and once more to see what it has done', () => {
		const { clocks, skips } = ranAndRead(call('dynamodb', 'Query', DUE));
		clocks.observe(call('dynamodb', 'PutItem', item('operation#patch-1', 'open#patch', MINUTE)));
		expect([skips(1), skips(2)]).toEqual([false, false]);
		clocks.observe(call('dynamodb', 'PutItem', item('operation#patch-1', 'closed#2026-03-02#1', MINUTE)));
		expect([skips(3), skips(4)]).toEqual([false, true]);
	});
});

it('What a clock has read of the ledger is news where it is written: other items are not', () => {
	const { clocks, skips } = ranAndRead(call('dynamodb', 'GetItem', { Key: { pk: { S: 'playbooks' }, sk: { S: 'compiled' } } }));
	clocks.observe(call('dynamodb', 'PutItem', item('operation#patch-1', 'open#patch', 48 * HOUR), { caller: 'another' }));
	expect(skips(1)).toBe(true);
	clocks.observe(call('dynamodb', 'UpdateItem', { Key: { pk: { S: 'playbooks' }, sk: { S: 'compiled' } } }));
	expect(skips(2)).toBe(false);
});
