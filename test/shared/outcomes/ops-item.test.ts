import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../shared/operation/types.ts';
import { openOpsItem } from '../../../shared/outcomes/ops-item.ts';
import { awsError, createCore, nodeId, throttled } from '../../support/core.ts';
import { anOperation, CONTINUE, failed, Life, TERMINATING } from '../../support/operations.ts';

/** An operation that failed and whose action is completed. */
function failing(number: number, changes: object = {}): Operation {
	const operation = anOperation({
		subject: { ...TERMINATING, instanceId: nodeId(number), ...changes },
		then: { onSuccess: CONTINUE, onFailure: { ...CONTINUE, opsItem: { severity: '2', category: 'Availability', priority: 3 } } },
	});
	return new Life(operation).runs().meets(failed, { type: 'done', effect: 'complete-lifecycle' }).operation;
}
const facts = (answers: ReadonlyMap<string, unknown>) => [...answers.values()];

describe('an OpsItem', () => {
	it('is one for a playbook and group, with each node, why it failed and what became of its action', async () => {
		const core = await createCore();
		const answers = await openOpsItem(core.services, [failing(1), failing(2)]);
		expect(facts(answers)).toMatchObject([
			{ type: 'done', opsItemId: 'oi-000000000001', opsItem: 'opened', note: 'oi-000000000001 opened' },
			{ type: 'done', opsItemId: 'oi-000000000001', opsItem: 'added', note: 'node added to oi-000000000001' },
		]);
		const [input, ...more] = core.calls('CreateOpsItem');
		expect(more).toEqual([]);
		expect(input).toMatchObject({
			Source: 'fleetkeeper',
			Severity: '2',
			Category: 'Availability',
			Priority: 3,
			Title: 'drain-web fails on nodes of web-1',
		});
		expect(JSON.parse(input.OperationalData['/aws/dedup'].Value)).toEqual({ dedupString: 'fleetkeeper:test:drain-web:web-1' });
		expect(JSON.parse(input.OperationalData[`node/${nodeId(2)}`].Value)).toEqual({
			operation: failing(2).id,
			reason: expect.stringContaining('nginx did not stop'),
			lifecycle: 'CONTINUE',
		});
	});

	it('names the group as its resource, not the nodes: AWS makes one OpsItem for a resource', async () => {
		const core = await createCore();
		const groupArn = 'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:uuid:autoScalingGroupName/web-1';
		await openOpsItem(core.services, [failing(1, { groupArn }), failing(2, { groupArn })]);
		expect(JSON.parse(core.calls('CreateOpsItem')[0].OperationalData['/aws/resources'].Value)).toEqual([{ arn: groupArn }]);
	});

	it('is another for another group', async () => {
		const core = await createCore();
		await openOpsItem(core.services, [failing(1), failing(2, { group: 'web-2' })]);
		expect(core.calls('CreateOpsItem')).toHaveLength(2);
	});

	it('that is open already gets the node added', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemAlreadyExistsException', 'exists', 400, { OpsItemId: 'oi-00000000000a' });
		});
		expect(facts(await openOpsItem(core.services, [failing(1)]))).toMatchObject([
			{ type: 'done', opsItemId: 'oi-00000000000a', opsItem: 'added' },
		]);
		const [input] = core.calls('UpdateOpsItem');
		expect(input.OpsItemId).toBe('oi-00000000000a');
		expect(Object.keys(input.OperationalData)).toEqual([`node/${nodeId(1)}`]);
	});

	it("is the operation's own where the call that opened it was made before and its reply was lost", async () => {
		const core = await createCore();
		await openOpsItem(core.services, [failing(1), failing(2)]);
		const { OperationalData } = core.calls('CreateOpsItem')[0];
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemAlreadyExistsException', 'exists', 400, { OpsItemId: 'oi-000000000001' });
		});
		core.on('GetOpsItem', () => ({ OpsItem: { OperationalData } }));
		expect(facts(await openOpsItem(core.services, [failing(2), failing(1)]))).toMatchObject([
			{ opsItemId: 'oi-000000000001', opsItem: 'added' },
			{ opsItemId: 'oi-000000000001', opsItem: 'opened' },
		]);
	});

	it('of five hundred nodes stays within what AWS takes', async () => {
		const core = await createCore();
		await openOpsItem(
			core.services,
			Array.from({ length: 150 }, (_, number) => failing(number)),
		);
		const [input] = core.calls('CreateOpsItem');
		expect(input.Description.length).toBeLessThanOrEqual(2_048);
	});

	it('that is throttled is to be tried again', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw throttled();
		});
		expect(facts(await openOpsItem(core.services, [failing(1)]))).toMatchObject([
			{ type: 'not-done', effect: 'open-ops-item', why: 'retry' },
		]);
	});

	it('that is refused keeps no operation open, and the history says why there is none', async () => {
		const core = await createCore();
		core.on('CreateOpsItem', () => {
			throw awsError('OpsItemLimitExceededException', 'too many');
		});
		expect(facts(await openOpsItem(core.services, [failing(1)]))).toMatchObject([
			{ type: 'done', note: expect.stringContaining('not opened: OpsItemLimitExceededException') },
		]);
		expect(core.logs.at(-1)).toMatchObject({ level: 'error', message: 'OpsItem not opened' });
	});
});
