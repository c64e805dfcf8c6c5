import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws/types.ts';
import { Drop, Fail } from '../../../shared/errors.ts';
import { handleNews } from '../../../shared/playbook/news.ts';
import { createTestAws } from './aws.ts';
import { DRAIN } from './samples.ts';

/** A sample event, as stage `test` gets it. */
function sample(name: string) {
	const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'events', name), 'utf8');
	return JSON.parse(text.replaceAll('/fleetkeeper/local/', '/fleetkeeper/test/'));
}

describe('a policy on a parameter', () => {
	it.each([
		['playbook-expired.json', 'Playbook drain-web has expired (stage test)', 'Parameter Store has deleted it'],
		['playbook-expiring.json', 'Playbook drain-web expires soon (stage test)', 'The parameter expires in 5 Days.'],
		['playbook-not-changed.json', 'Playbook drain-web has not been changed for long (stage test)', 'has not been changed for 90 Days.'],
	])('opens an OpsItem (%s)', async (name, title, said) => {
		const world = await createTestAws();
		expect(await handleNews(world.deps, [sample(name)])).toEqual([{ ok: true, value: { opsItemId: world.opsItems[0]?.id } }]);
		expect(world.opsItems).toMatchObject([{ title, description: expect.stringContaining(said) }]);
	});

	it('has one OpsItem while it is open, with the newest news', async () => {
		const world = await createTestAws();
		await handleNews(world.deps, [sample('playbook-expiring.json')]);
		await handleNews(world.deps, [sample('playbook-expired.json')]);
		expect(world.opsItems.map(({ title }) => title)).toEqual(['Playbook drain-web has expired (stage test)']);
	});

	it('is told beside the compilation, which serves all of a batch', async () => {
		const world = await createTestAws();
		world.put('drain-web', DRAIN);
		const results = await handleNews(world.deps, [sample('playbook-changed.json'), sample('playbook-expiring.json'), sample('tick.json')]);
		const report = { ok: true, value: expect.objectContaining({ inForce: ['drain-web@1'] }) };
		expect(results).toEqual([report, { ok: true, value: { opsItemId: world.opsItems[0]?.id } }, report]);
		expect(world.calls().filter((call) => call === 'ssm:GetParametersByPath')).toHaveLength(1);
	});

	it('that comes without its type is refused, and its neighbours are served', async () => {
		const world = await createTestAws();
		const [bad, good] = await handleNews(world.deps, [sample('bad/policy-type-missing.json'), sample('playbook-expiring.json')]);
		expect(bad).toMatchObject({ ok: false, error: expect.any(Fail) });
		expect(String((bad as { error?: unknown }).error)).toContain('detail.policy-type is missing');
		expect(good?.ok).toBe(true);
	});

	it('that is about another parameter of the stage opens an OpsItem too, which does not speak of a playbook', async () => {
		const world = await createTestAws();
		await handleNews(world.deps, [sample('parameter-not-changed.json')]);
		expect(world.opsItems).toMatchObject([
			{
				title: 'Parameter /fleetkeeper/test/agent-configuration has not been changed for long (stage test)',
				description: expect.stringContaining('Look at whether it still holds.'),
			},
		]);
	});

	it('on the code of an activation is dropped when it expires as it should', async () => {
		const world = await createTestAws();
		const event = sample('playbook-expired.json');
		const code = { ...event, detail: { ...event.detail, 'parameter-name': '/fleetkeeper/test/activations/7d0a1b2c' } };
		expect(await handleNews(world.deps, [code])).toMatchObject([{ ok: false, error: { reason: 'activation-code' } }]);
		expect(world.opsItems).toEqual([]);
	});

	it('that is about no parameter of this stage is dropped', async () => {
		const world = await createTestAws();
		const event = sample('playbook-expiring.json');
		const foreign = { ...event, detail: { ...event.detail, 'parameter-name': '/fleetkeeper/prod/playbooks/drain-web' } };
		expect(await handleNews(world.deps, [foreign])).toMatchObject([{ ok: false, error: expect.any(Drop) }]);
		expect(world.opsItems).toEqual([]);
	});

	it.each([
		['is to be tried again where OpsCenter is busy', new AwsError('ThrottlingException', 'Rate exceeded'), 'ThrottlingException'],
		['is given up where OpsCenter has no room this month', new AwsError('OpsItemLimitExceededException', 'too many'), 'Fail'],
	])('%s', async (_, answer, kind) => {
		const world = await createTestAws();
		world.fail(({ operation }) => (operation === 'CreateOpsItem' ? answer : undefined));
		expect(await handleNews(world.deps, [sample('playbook-expiring.json')])).toMatchObject([{ ok: false, error: { name: kind } }]);
	});
});
