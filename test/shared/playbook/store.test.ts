import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { AwsError } from '../../../local/aws/types.ts';
import { recompile } from '../../../shared/playbook/change.ts';
import { createPlaybookStore } from '../../../shared/playbook/store.ts';
import { documents } from '../../support/documents.ts';
import { createTestAws } from './aws.ts';
import { DRAIN } from './samples.ts';

const MINUTE = 60_000;
const DENIED = new AwsError('AccessDeniedException', 'not allowed');

async function compiled() {
	const world = await createTestAws();
	world.put('drain-web', DRAIN);
	await recompile(world.deps);
	world.calls();
	return { ...world, store: createPlaybookStore(world.deps) };
}

it('reads the item once a minute', async () => {
	const { store, calls, pass } = await compiled();
	const first = await store.load();
	pass(MINUTE - 1);
	await store.load();
	expect(calls()).toEqual(['dynamodb:GetItem']);
	expect(first.set.playbooks.map(({ playbook }) => playbook.name)).toEqual(['drain-web']);
	pass(1);
	await store.load();
	expect(calls()).toEqual(['dynamodb:GetItem']);
});

it('reads it once for callers that come at the same time', async () => {
	const { store, calls } = await compiled();
	await Promise.all([store.load(), store.load(), store.load()]);
	expect(calls()).toEqual(['dynamodb:GetItem']);
});

it('leaves out what the settings of the stage switch off', async () => {
	const { deps } = await compiled();
	const { set } = await createPlaybookStore({ ...deps, settings: { ...deps.settings, parts: ['alarms'] } }).load();
	expect(set.playbooks).toEqual([]);
});

it('keeps nothing between two stores', async () => {
	const { store, deps, calls } = await compiled();
	await store.load();
	await createPlaybookStore(deps).load();
	expect(calls()).toHaveLength(2);
});

it('keeps the last set where the table cannot be read, says so, and reads again a minute later', async () => {
	const { store, deps, pass, fail } = await compiled();
	const before = await store.load();
	pass(MINUTE);
	fail(() => DENIED);
	expect(await store.load()).toBe(before);
	expect(deps.log.error).toHaveBeenCalledWith(
		expect.stringContaining('the last ones stay'),
		expect.objectContaining({ error: expect.stringContaining('not allowed') }),
	);
	fail(() => undefined);
	pass(MINUTE);
	expect((await store.load()).set).toEqual(before.set);
	expect(deps.log.error).toHaveBeenCalledTimes(1);
});

it('passes on a first failure, and reads again at once', async () => {
	const { store, fail } = await compiled();
	fail(() => DENIED);
	await expect(store.load()).rejects.toThrow('not allowed');
	fail(() => undefined);
	expect((await store.load()).set.playbooks).toHaveLength(1);
});

it('is empty and says why before anything has been compiled', async () => {
	const { deps } = await createTestAws();
	expect(await createPlaybookStore(deps).load()).toEqual({
		set: { playbooks: [], compiledAt: expect.any(String) },
		reason: 'no playbooks compiled yet',
	});
});

it('says which table is missing, of which stage, and what to do', async () => {
	const { deps } = await createTestAws({ table: false });
	await expect(createPlaybookStore(deps).load()).rejects.toThrow(/'fleetkeeper-test' does not exist.*--stage test.*npm start/);
});

it('tells of a pause, which a new compilation leaves in place', async () => {
	const { store, deps, put, pass } = await compiled();
	const paused = { at: '2026-03-02T09:00:00Z', by: 'ana', reason: 'network change' };
	await documents(deps.aws).send(
		new UpdateCommand({
			TableName: deps.settings.tableName,
			Key: { pk: 'playbooks', sk: 'compiled' },
			UpdateExpression: 'SET paused = :paused',
			ExpressionAttributeValues: { ':paused': paused },
		}),
	);
	put('drain-web', DRAIN.replace('2h', '3h'));
	await recompile(deps);
	pass(MINUTE);
	const loaded = await store.load();
	expect(loaded.paused).toEqual(paused);
	expect(loaded.set.playbooks[0]?.playbook.run?.timeoutSeconds).toBe(10_800);
});
