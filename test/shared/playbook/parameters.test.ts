import { expect, it } from 'vitest';
import { resolveParameters } from '../../../shared/playbook/parameters.ts';

const source = {
	detail: { EC2InstanceId: 'i-1', count: 3, list: ['a', 'b'], inner: { deep: true } },
	account: '111122223333',
	region: 'eu-west-1',
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
		parameters: { Id: ['i-1'], Where: ['eu-west-1', 'x', '111122223333'], Plain: ['$5', 'detail.EC2InstanceId'], Deep: ['true'] },
	});
});

it('takes all values of a list, as text', () => {
	expect(resolveParameters({ All: ['$.detail.list', '$.detail.count'] }, source)).toEqual({
		ok: true,
		parameters: { All: ['a', 'b', '3'] },
	});
});

it.each([
	['$.detail.Origin', 'parameter P: $.detail.Origin leads nowhere: the event has no such field'],
	['$.detail.EC2InstanceId.x', 'parameter P: $.detail.EC2InstanceId.x leads nowhere: the event has no such field'],
	['$.detail.toString', 'parameter P: $.detail.toString leads nowhere: the event has no such field'],
	['$.detail.inner', 'parameter P: $.detail.inner leads to an object, not to text'],
])('%s: %s', (path, problem) => {
	expect(resolveParameters({ P: [path] }, source)).toEqual({ ok: false, problem });
});
