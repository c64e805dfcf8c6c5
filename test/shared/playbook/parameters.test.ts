import { describe, expect, it } from 'vitest';
import type { Occasion } from '../../../shared/operation/types.ts';
import { resolveNode, resolveParameters, resolvePath } from '../../../shared/playbook/parameters.ts';

const NODE = 'i-0fee1dead0c0ffee0';
const source: Occasion = {
	detail: {
		EC2InstanceId: NODE,
		count: 3,
		list: ['a', 'b'],
		inner: { deep: true, 'with-dash': 'x' },
		entries: [{ id: 'first' }, { id: 'second' }],
		none: [],
		nothing: null,
		holes: ['a', null],
		odd: 'AWS::SSM::ManagedInstanceInventory/mi-0123456789abcdef0',
	},
	account: '111122223333',
	region: 'eu-west-1',
	source: 'aws.ec2',
	'detail-type': 'Something Happened',
	id: 'e-1',
	time: '2026-03-02T09:00:00Z',
	resources: [`arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}`, 'arn:aws:s3:::logs'],
	dimensions: { InstanceId: NODE, 'Per.Volume': 'vol-1' },
};

it('puts the values of paths in the place of the paths, and leaves all else', () => {
	const parameters = {
		Id: ['$.detail.EC2InstanceId'],
		Where: ['$.region', 'x', '$.account'],
		Plain: ['$5', 'detail.EC2InstanceId'],
		Deep: ['$.detail.inner.deep'],
	};
	expect(resolveParameters(parameters, source)).toEqual({
		ok: true,
		parameters: { Id: [NODE], Where: ['eu-west-1', 'x', '111122223333'], Plain: ['$5', 'detail.EC2InstanceId'], Deep: ['true'] },
	});
});

it('takes all values of a list, as text', () => {
	expect(resolveParameters({ All: ['$.detail.list', '$.detail.count'] }, source)).toEqual({
		ok: true,
		parameters: { All: ['a', 'b', '3'] },
	});
});

it.each([
	['$.detail.Origin', 'leads nowhere: the event has no such field'],
	['$.detail.EC2InstanceId.x', 'leads nowhere: the event has no such field'],
	['$.detail.EC2InstanceId.0', 'leads nowhere: the event has no such field'],
	['$.detail.toString', 'leads nowhere: the event has no such field'],
	['$.detail.list.length', 'leads nowhere: the event has no such field'],
	['$.detail.list.2', 'leads nowhere: the event has no such field'],
	['$.dimensions.constructor', 'leads nowhere: the event has no such field'],
	['$.detail.nothing', 'leads to null, not to text'],
	['$.detail.nothing.x', 'leads nowhere: the event has no such field'],
	['$.detail.inner', 'leads to an object, not to text'],
	['$.detail.entries', 'leads to an object, not to text'],
	['$.detail.holes', 'leads to a list with null in it, not to text'],
	['$.detail.none', 'leads to an empty list'],
])('%s %s', (path, problem) => {
	expect(resolveParameters({ P: [path] }, source)).toEqual({ ok: false, problem: `parameter P: ${path} ${problem}` });
});

it.each([
	['$.resources.1', ['arn:aws:s3:::logs']],
	['$.detail.entries.1.id', ['second']],
	['$.detail.inner.with-dash', ['x']],
	['$.detail.list', ['a', 'b']],
	['$.source', ['aws.ec2']],
	['$.detail-type', ['Something Happened']],
	['$.id', ['e-1']],
	['$.time', ['2026-03-02T09:00:00Z']],
	['$.dimensions.InstanceId', [NODE]],
	['$.dimensions.Per.Volume', ['vol-1']],
])('%s leads to %j', (path, values) => {
	expect(resolvePath(path, source)).toEqual({ ok: true, values });
});

it('finds nothing where the occasion was kept without it', () => {
	const { detail, account, region } = source;
	for (const path of ['$.resources.0', '$.id', '$.dimensions.InstanceId']) {
		expect(resolvePath(path, { detail, account, region })).toMatchObject({ ok: false });
	}
});

describe('the node of a command', () => {
	it.each([
		[NODE, NODE],
		['$.detail.EC2InstanceId', NODE],
		['$.resources.0', NODE],
		['$.detail.odd', 'mi-0123456789abcdef0'],
		['$.dimensions.InstanceId', NODE],
	])('%s is %s', (node, expected) => {
		expect(resolveNode(node, source)).toEqual({ ok: true, node: expected });
	});

	it.each([
		['$.detail.none', '$.detail.none leads to an empty list'],
		['$.detail.list', '$.detail.list leads to 2 values, not to one node'],
		['$.resources.1', "$.resources.1 leads to 'arn:aws:s3:::logs', which is no managed node"],
		['$.detail.instance-id', '$.detail.instance-id leads nowhere: the event has no such field'],
	])('%s: %s', (node, problem) => {
		expect(resolveNode(node, source)).toEqual({ ok: false, problem });
	});
});
