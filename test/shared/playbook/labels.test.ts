import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws/types.ts';
import { recompile } from '../../../shared/playbook/change.ts';
import { createTestAws } from './aws.ts';
import { DRAIN, drainAs } from './samples.ts';

const INVALID = DRAIN.replace('2h', '15 min');
const IDLE = ['dynamodb:GetItem', 'ssm:GetParametersByPath'];

async function deployed() {
	const world = await createTestAws();
	world.put('drain-web', DRAIN);
	await recompile(world.deps);
	return world;
}

describe('the label of the version in force', () => {
	it('is put on a new playbook, once', async () => {
		const world = await deployed();
		expect(world.valid('drain-web')).toBe(1);
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).toEqual(IDLE);
	});

	it('moves on to the next version that is valid, past one that is not', async () => {
		const world = await deployed();
		world.put('drain-web', INVALID);
		await recompile(world.deps);
		expect(world.valid('drain-web')).toBe(1);
		world.put('drain-web', DRAIN.replace('2h', '1h'));
		await recompile(world.deps);
		expect(world.valid('drain-web')).toBe(3);
	});

	it('is taken off before it can keep Parameter Store from dropping the version, and comes back with the next valid one', async () => {
		const world = await deployed();
		for (let i = 0; i < 49; i++) world.put('drain-web', INVALID);
		await recompile(world.deps);
		expect(world.valid('drain-web')).toBe(1);
		world.put('drain-web', INVALID);
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['drain-web@1'] });
		expect(world.valid('drain-web')).toBeUndefined();
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).toEqual(IDLE);
		world.put('drain-web', DRAIN);
		await recompile(world.deps);
		expect(world.valid('drain-web')).toBe(52);
	});

	it('leaves a version that lost its place to another playbook as late as that', async () => {
		const world = await deployed();
		world.put('drain-web', INVALID);
		world.put('other', drainAs('other', 100));
		await recompile(world.deps);
		expect(world.valid('drain-web')).toBe(1);
		for (let i = 0; i < 50; i++) world.put('drain-web', INVALID);
		await recompile(world.deps);
		expect(world.valid('drain-web')).toBeUndefined();
	});

	it('is done without where the version has ten labels already, and does not stay on the one before', async () => {
		const world = await deployed();
		world.put('drain-web', DRAIN.replace('2h', '1h'));
		world.fail(({ operation }) =>
			operation === 'LabelParameterVersion'
				? new AwsError('ParameterVersionLabelLimitExceeded', 'A version can have 10 labels.')
				: undefined,
		);
		expect(await recompile(world.deps)).toMatchObject({ changed: true, inForce: ['drain-web@2'] });
		expect(world.valid('drain-web')).toBeUndefined();
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).toEqual(IDLE);
	});

	it('is put there by the next run where Parameter Store is at its rate limit', async () => {
		const world = await deployed();
		for (const [i, name] of ['a', 'b', 'c'].entries()) world.put(name, drainAs(name, i + 1));
		let granted = 1;
		world.fail(({ operation }) =>
			operation === 'LabelParameterVersion' && granted-- <= 0 ? new AwsError('ThrottlingException', 'Rate exceeded') : undefined,
		);
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['a@1', 'b@1', 'c@1', 'drain-web@1'] });
		expect(['a', 'b', 'c'].map(world.valid)).toEqual([1, undefined, undefined]);
		world.fail(() => undefined);
		await recompile(world.deps);
		expect(['a', 'b', 'c'].map(world.valid)).toEqual([1, 1, 1]);
	});
});
