import { describe, expect, it } from 'vitest';
import { errorOf, smallAws } from './support/small-aws.ts';

/** Parameter Store without its published three calls a second: `putParameter` and pauses would hide what is tested. */
function store() {
	const aws = smallAws();
	return {
		...aws,
		put: async (Name: string, Value: string, more: object = {}) => {
			await aws.advance(1);
			return aws.call('ssm', 'PutParameter', { Name, Value, Type: 'String', ...more });
		},
		get: (Name: string, more: object = {}) => aws.call('ssm', 'GetParameter', { Name, ...more }).Parameter,
	};
}

it('keeps versions, finds them by number and label, and tells of every change', async () => {
	const aws = store();
	await aws.put('/app/colour', 'blue', { Description: 'A colour' });
	await aws.put('/app/colour', 'red', { Overwrite: true });
	aws.call('ssm', 'LabelParameterVersion', { Name: '/app/colour', ParameterVersion: 1, Labels: ['known-good'] });

	expect(aws.get('/app/colour')).toMatchObject({
		Value: 'red',
		Version: 2,
		ARN: 'arn:aws:ssm:eu-west-1:111122223333:parameter/app/colour',
	});
	expect(aws.get('/app/colour:1').Value).toBe('blue');
	expect(aws.get('/app/colour:known-good')).toMatchObject({ Value: 'blue', Selector: ':known-good' });
	expect(errorOf(() => aws.get('/app/colour:9')).code).toBe('ParameterVersionNotFound');

	aws.call('ssm', 'DeleteParameter', { Name: '/app/colour' });
	expect(errorOf(() => aws.get('/app/colour')).code).toBe('ParameterNotFound');
	expect(aws.details('Parameter Store Change').map((detail) => detail['operation'])).toEqual([
		'Create',
		'Update',
		'LabelParameterVersion',
		'Delete',
	]);
	expect(aws.details('Parameter Store Change')[0]).toEqual({
		operation: 'Create',
		name: '/app/colour',
		type: 'String',
		description: 'A colour',
	});
});

describe('PutParameter refuses', () => {
	it.each([
		['ValidationException', '/app/a', 'use {{ ssm:other }}', {}],
		['ValidationException', '/app/a', 'x'.repeat(4097), {}],
		['ValidationException', '/app/a', 'x'.repeat(8193), { Tier: 'Advanced' }],
		['ValidationException', 'app/a', 'x', {}],
		['ValidationException', '/app/a b', 'x', {}],
		['AccessDeniedException', '/aws/a', 'x', {}],
		['ValidationException', 'awsome', 'x', {}],
		['ValidationException', '/ssm/a', 'x', {}],
		['ParameterPatternMismatchException', '/app/a', 'red', { AllowedPattern: '^blue$' }],
		['HierarchyLevelLimitExceededException', `/${Array(16).fill('a').join('/')}`, 'x', {}],
	])('with %s: %s', async (code, name, value, more) => {
		const aws = store();
		await expect(aws.put(name, value, more)).rejects.toMatchObject({ code });
	});

	it('a second parameter of a name, unless it overwrites', async () => {
		const aws = store();
		await aws.put('/app/a', '1');
		await expect(aws.put('/app/a', '2')).rejects.toMatchObject({ code: 'ParameterAlreadyExists' });
	});

	it('the 101st version while the oldest has a label', async () => {
		const aws = store();
		for (let version = 1; version <= 100; version++) await aws.put('/app/a', String(version), { Overwrite: true });
		aws.call('ssm', 'LabelParameterVersion', { Name: '/app/a', ParameterVersion: 1, Labels: ['keep'] });
		await expect(aws.put('/app/a', '101', { Overwrite: true })).rejects.toMatchObject({ code: 'ParameterMaxVersionLimitExceeded' });

		aws.call('ssm', 'LabelParameterVersion', { Name: '/app/a', ParameterVersion: 100, Labels: ['keep'] });
		expect(await aws.put('/app/a', '101', { Overwrite: true })).toMatchObject({ Version: 101 });
		expect(errorOf(() => aws.get('/app/a:1')).code).toBe('ParameterVersionNotFound');
	});

	it('no version once the label is taken off the oldest', async () => {
		const aws = store();
		for (let version = 1; version <= 100; version++) await aws.put('/app/a', String(version), { Overwrite: true });
		aws.call('ssm', 'LabelParameterVersion', { Name: '/app/a', ParameterVersion: 1, Labels: ['keep'] });

		const unlabelled = aws.call('ssm', 'UnlabelParameterVersion', { Name: '/app/a', ParameterVersion: 1, Labels: ['keep', 'other'] });

		expect(unlabelled).toEqual({ RemovedLabels: ['keep'], InvalidLabels: ['other'] });
		expect(await aws.put('/app/a', '101', { Overwrite: true })).toMatchObject({ Version: 101 });
	});
});

it('takes 8 KB in the advanced tier', async () => {
	expect(await store().put('/app/a', 'x'.repeat(8000), { Tier: 'Advanced' })).toEqual({ Version: 1, Tier: 'Advanced' });
});

it('gives what is under a path ten at a time, deeper levels only when asked', async () => {
	const aws = store();
	for (let index = 0; index < 12; index++) aws.ssm.putParameter({ name: `/app/playbooks/p${index}`, value: 'x', type: 'String' });
	aws.ssm.putParameter({ name: '/app/playbooks/old/p', value: 'x', type: 'String' });
	aws.ssm.putParameter({ name: '/app/playbooksette', value: 'x', type: 'String' });
	const under = (more: object) => aws.call('ssm', 'GetParametersByPath', { Path: '/app/playbooks/', ...more });

	const first = under({});
	expect(first.Parameters).toHaveLength(10);
	expect(under({ NextToken: first.NextToken }).Parameters).toHaveLength(2);
	expect(under({ Recursive: true, NextToken: '10' }).Parameters).toHaveLength(3);
});

it('shows a secret only with decryption', async () => {
	const aws = store();
	await aws.put('/app/secret', 'hush', { Type: 'SecureString' });
	expect(aws.get('/app/secret').Value).not.toContain('hush');
	expect(aws.get('/app/secret', { WithDecryption: true }).Value).toBe('hush');
});

it('reads are throttled at 40 a second together', () => {
	const aws = store();
	aws.ssm.putParameter({ name: 'a', value: 'x', type: 'String' });
	for (let call = 0; call < 20; call++) {
		aws.get('a');
		aws.call('ssm', 'GetParameters', { Names: ['a', 'b'] });
	}
	expect(errorOf(() => aws.get('a')).code).toBe('ThrottlingException');
});
