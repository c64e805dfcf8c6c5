import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws/types.ts';
import { recompile } from '../../../shared/playbook/change.ts';
import { createPlaybookStore } from '../../../shared/playbook/store.ts';
import { documents } from '../../support/documents.ts';
import { createTestAws } from './aws.ts';
import { DRAIN, drainAs } from './samples.ts';

type World = Awaited<ReturnType<typeof createTestAws>>;

const INVALID = DRAIN.replace('2h', '15 min');
const NOTHING = { opened: [], resolved: [] };

/** What functions see, as `name timeout`. */
async function inForce({ deps }: World): Promise<string[]> {
	const { set } = await createPlaybookStore(deps).load();
	return set.playbooks.map(({ playbook }) => `${playbook.name} ${playbook.run?.timeoutSeconds}`);
}

describe('while all playbooks are valid', () => {
	it('compiles what Parameter Store holds, more than one page of it', async () => {
		const world = await createTestAws();
		for (let i = 1; i <= 23; i++) world.put(`drain-${i}`, drainAs(`drain-${i}`, i));
		const report = await recompile(world.deps);
		expect(report).toMatchObject({ changed: true, invalid: [], opsItems: NOTHING });
		expect(report.inForce).toHaveLength(23);
		expect(await inForce(world)).toHaveLength(23);
	});

	it('writes an empty set where there is none, so that it is known', async () => {
		const world = await createTestAws();
		await recompile(world.deps);
		expect(await createPlaybookStore(world.deps).load()).not.toHaveProperty('reason');
	});

	it('costs two calls a minute where nothing changed', async () => {
		const world = await createTestAws();
		world.put('drain-web', DRAIN);
		const { revision } = await recompile(world.deps);
		world.calls();
		expect(await recompile(world.deps)).toMatchObject({ revision, changed: false });
		expect(world.calls()).toEqual(['dynamodb:GetItem', 'ssm:GetParametersByPath']);
	});

	it('follows an edit and a removal', async () => {
		const world = await createTestAws();
		world.put('drain-web', DRAIN);
		world.put('other', drainAs('other', 7));
		await recompile(world.deps);
		world.put('drain-web', DRAIN.replace('2h', '1h'));
		world.remove('other');
		expect(await recompile(world.deps)).toMatchObject({ changed: true, inForce: ['drain-web@2'] });
		expect(await inForce(world)).toEqual(['drain-web 3600']);
	});
});

describe('a playbook that is not valid', () => {
	async function broken() {
		const world = await createTestAws();
		world.put('drain-web', DRAIN);
		await recompile(world.deps);
		world.put('drain-web', INVALID);
		return world;
	}

	it('stays in force as it was, and an OpsItem quotes the error and the line', async () => {
		const world = await broken();
		const report = await recompile(world.deps);
		expect(report).toMatchObject({ inForce: ['drain-web@1'], opsItems: { opened: ['drain-web'] } });
		expect(await inForce(world)).toEqual(['drain-web 7200']);
		expect(world.opsItems).toHaveLength(1);
		expect(world.opsItems[0]?.title).toContain('drain-web');
		expect(world.opsItems[0]?.description).toContain("drain-web:15:12 run.timeout: '15 min' is not a duration");
		expect(world.opsItems[0]?.description).toContain('Version 1 stays in force.');
	});

	it('opens one OpsItem, whatever the number of runs, and calls OpsCenter once', async () => {
		const world = await broken();
		await recompile(world.deps);
		world.calls();
		expect(await recompile(world.deps)).toMatchObject({ opsItems: NOTHING });
		expect(world.calls()).toEqual(['dynamodb:GetItem', 'ssm:GetParametersByPath']);
	});

	it('has its OpsItem brought up to date by another error', async () => {
		const world = await broken();
		await recompile(world.deps);
		world.put('drain-web', DRAIN.replace('priority', 'prioritty'));
		await recompile(world.deps);
		expect(world.opsItems).toHaveLength(1);
		expect(world.opsItems[0]?.description).toContain('did you mean priority?');
	});

	it('has its OpsItem resolved by a version that is valid', async () => {
		const world = await broken();
		await recompile(world.deps);
		world.put('drain-web', DRAIN.replace('2h', '4h'));
		expect(await recompile(world.deps)).toMatchObject({ invalid: [], opsItems: { opened: [], resolved: ['drain-web'] } });
		expect(world.opsItems.map(({ status }) => status)).toEqual(['Resolved']);
		expect(await inForce(world)).toEqual(['drain-web 14400']);
	});

	it('has its OpsItem resolved by its removal', async () => {
		const world = await broken();
		await recompile(world.deps);
		world.remove('drain-web');
		expect(await recompile(world.deps)).toMatchObject({ inForce: [], opsItems: { resolved: ['drain-web'] } });
		expect(world.opsItems[0]?.status).toBe('Resolved');
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).toEqual(['dynamodb:GetItem', 'ssm:GetParametersByPath']);
	});

	it('is taken from its history where nothing has been compiled before', async () => {
		const world = await createTestAws();
		for (const source of [DRAIN, DRAIN.replace('2h', '1h'), INVALID, INVALID]) world.put('drain-web', source);
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['drain-web@2'] });
		expect(await inForce(world)).toEqual(['drain-web 3600']);
	});

	it('gives way to a valid version that no run has seen in between, and the history is read once', async () => {
		const world = await broken();
		world.put('drain-web', DRAIN.replace('2h', '1h'));
		world.put('drain-web', INVALID);
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['drain-web@3'] });
		expect(await inForce(world)).toEqual(['drain-web 3600']);
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).toEqual(['dynamodb:GetItem', 'ssm:GetParametersByPath']);
	});

	it('stays as it was in force where its text is valid no more, as after an upgrade', async () => {
		const world = await broken();
		world.put('drain-web', INVALID);
		world.put('drain-web', INVALID);
		world.rewrite('drain-web', 1, INVALID);
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['drain-web@1'] });
	});

	it('is not in force where it never was valid, and its history is read once', async () => {
		const world = await createTestAws();
		world.put('drain-web', INVALID);
		world.put('other', drainAs('other', 7));
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['other@1'], invalid: [{ name: 'drain-web' }] });
		expect(world.opsItems[0]?.description).toContain('Not in force at all');
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).not.toContain('ssm:GetParameterHistory');
	});

	it('does not take back a priority that another playbook has now', async () => {
		const world = await broken();
		world.put('other', drainAs('other', 100));
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['other@1'] });
		expect(world.opsItems[0]?.description).toContain('other has taken the priority');
	});

	it('is told of by a later run where OpsCenter does not answer', async () => {
		const world = await broken();
		world.fail(({ operation }) => (operation === 'CreateOpsItem' ? new AwsError('AccessDeniedException', 'not allowed') : undefined));
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['drain-web@1'], opsItems: NOTHING });
		world.fail(() => undefined);
		expect(await recompile(world.deps)).toMatchObject({ opsItems: { opened: ['drain-web'] } });
	});

	it('gets a new OpsItem after an operator closed the first and another error came', async () => {
		const world = await broken();
		await recompile(world.deps);
		for (const item of world.opsItems) item.status = 'Resolved';
		world.put('drain-web', DRAIN.replace('priority', 'prioritty'));
		await recompile(world.deps);
		expect(world.opsItems.map(({ status }) => status)).toEqual(['Resolved', 'Open']);
	});
});

it('leaves both of two playbooks that claim one priority as they were', async () => {
	const world = await createTestAws();
	world.put('a', drainAs('a', 1));
	world.put('b', drainAs('b', 2));
	await recompile(world.deps);
	world.put('b', drainAs('b', 1));
	expect(await recompile(world.deps)).toMatchObject({ inForce: ['a@1', 'b@1'], opsItems: { opened: ['a', 'b'] } });
});

it('reads everything again where another run was faster', async () => {
	const world = await createTestAws();
	world.put('drain-web', DRAIN);
	let lost = false;
	world.fail(({ operation }) => {
		if (operation !== 'UpdateItem' || lost) return undefined;
		lost = true;
		world.put('drain-web', DRAIN.replace('2h', '1h'));
		return new AwsError('ConditionalCheckFailedException', 'the conditional request failed');
	});
	expect(await recompile(world.deps)).toMatchObject({ changed: true, inForce: ['drain-web@2'] });
	expect(await inForce(world)).toEqual(['drain-web 3600']);
});

it('does not overwrite what another run wrote in between', async () => {
	const world = await createTestAws();
	world.put('drain-web', DRAIN);
	await recompile(world.deps);
	world.put('drain-web', DRAIN.replace('2h', '1h'));
	const other = new UpdateCommand({
		TableName: world.deps.settings.tableName,
		Key: { pk: 'playbooks', sk: 'compiled' },
		UpdateExpression: 'SET revision = :next',
		ExpressionAttributeValues: { ':next': 7 },
	});
	let written: Promise<unknown> | undefined;
	world.fail(({ operation }) => {
		if (operation === 'GetParametersByPath') written ??= documents(world.deps.aws).send(other);
		return undefined;
	});
	const report = await recompile(world.deps);
	await written;
	// One write for the set, one for its labels.
	expect(report.revision).toBe(9);
});

describe('a set that no item can hold', () => {
	const BIG = Array.from({ length: 60 }, (_, i) => `big-${i + 1}`);

	async function tooLarge() {
		const world = await createTestAws();
		world.put('drain-web', DRAIN);
		await recompile(world.deps);
		for (const [i, name] of BIG.entries()) {
			world.put(name, drainAs(name, i + 1).replace('[nginx]\nrun', `[nginx, ${'x'.repeat(7_000)}]\nrun`));
		}
		return world;
	}

	it('leaves in force what was, and an OpsItem names the largest', async () => {
		const world = await tooLarge();
		const problem = expect.stringMatching(/^The 61 compiled playbooks.* have \d+ bytes.*largest are big-/);
		expect(await recompile(world.deps)).toMatchObject({ changed: false, inForce: ['drain-web@1'], invalid: [{ name: '*', problem }] });
		expect(await inForce(world)).toEqual(['drain-web 7200']);
		expect(world.opsItems).toMatchObject([{ title: expect.stringContaining('too large'), description: problem, status: 'Open' }]);
	});

	it('is told of once, whatever the number of runs', async () => {
		const world = await tooLarge();
		await recompile(world.deps);
		world.calls();
		await recompile(world.deps);
		expect(new Set(world.calls())).toEqual(new Set(['dynamodb:GetItem', 'ssm:GetParametersByPath']));
		expect(world.opsItems).toHaveLength(1);
	});

	it('has its OpsItem resolved when it fits again', async () => {
		const world = await tooLarge();
		await recompile(world.deps);
		for (const name of BIG.slice(1)) world.remove(name);
		expect(await recompile(world.deps)).toMatchObject({ inForce: ['big-1@1', 'drain-web@1'], invalid: [] });
		expect(world.opsItems.map(({ status }) => status)).toEqual(['Resolved']);
		world.calls();
		await recompile(world.deps);
		expect(world.calls()).toEqual(['dynamodb:GetItem', 'ssm:GetParametersByPath']);
	});

	it('leaves nothing in force where nothing was', async () => {
		const world = await createTestAws();
		for (const [i, name] of BIG.entries())
			world.put(name, drainAs(name, i + 1).replace('[nginx]\nrun', `[nginx, ${'x'.repeat(7_000)}]\nrun`));
		expect(await recompile(world.deps)).toMatchObject({ inForce: [], opsItems: { opened: ['*'] } });
	});
});

it('says which table is missing', async () => {
	const world = await createTestAws({ table: false });
	await expect(recompile(world.deps)).rejects.toThrow("The ledger table 'fleetkeeper-test' does not exist.");
});
