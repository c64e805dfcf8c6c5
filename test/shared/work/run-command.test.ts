import { describe, expect, it } from 'vitest';
import type { LifecycleOperation, Work } from '../../../shared/operation/types.ts';
import { commentOf } from '../../../shared/work/naming.ts';
import { findCommand, sendCommand } from '../../../shared/work/run-command.ts';
import { shareCommands } from '../../../shared/work/work.ts';
import { awsError, commandId, createCore, type Input, nodeId, noReply, throttled } from '../../support/core.ts';
import { anOperation, OPENED_AT, SECOND, someWork, TERMINATING } from '../../support/operations.ts';

/** Operations that share work, or the one that has its own. */
function wanting(count: number, changes: Partial<Work> = {}): { readonly work: Work; readonly operations: LifecycleOperation[] } {
	const nodes = Array.from({ length: count }, (_, number) => anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number) } }));
	const shared = count > 1;
	const work = someWork(nodes[0] ?? anOperation(), { ...(shared && { id: 'shared-1', shared }), ...changes });
	return { work, operations: nodes.map((operation) => ({ ...operation, work })) };
}

const facts = (answers: ReadonlyMap<string, unknown>) => [...answers.values()];

describe('SendCommand', () => {
	it('carries what lets no node hold up its neighbours, an explicit delivery timeout, and the name of the work', async () => {
		const core = await createCore();
		const { work, operations } = wanting(2);
		await sendCommand(core.services, work, operations);
		expect(core.calls('SendCommand')).toEqual([
			{
				DocumentName: 'fleetkeeper-test-drain-node',
				InstanceIds: [nodeId(0), nodeId(1)],
				Parameters: { GraceSeconds: ['120'], WorkId: ['shared-1'], TimeoutSeconds: ['900'] },
				Comment: 'fleetkeeper shared-1/1',
				TimeoutSeconds: 180,
				MaxConcurrency: '100%',
				MaxErrors: '100%',
				OutputS3BucketName: 'fleetkeeper-test-output-111122223333-eu-west-1',
				OutputS3KeyPrefix: 'commands/shared-1',
				CloudWatchOutputConfig: { CloudWatchLogGroupName: '/fleetkeeper/test/command-output', CloudWatchOutputEnabled: true },
			},
		]);
	});

	it('comes after the work record with its fixed list of nodes, which then gets the command id', async () => {
		const core = await createCore();
		const { work, operations } = wanting(2);
		core.on('SendCommand', async () => {
			expect((await core.another().ledger.work('shared-1', 1))?.work).not.toHaveProperty('externalId');
			return { Command: { CommandId: commandId(1) } };
		});
		expect(facts(await sendCommand(core.services, work, operations))).toMatchObject([
			{ type: 'work-started', externalId: commandId(1) },
			{ type: 'work-started' },
		]);
		expect(await core.services.ledger.work('shared-1', 1)).toMatchObject({
			work: { externalId: commandId(1) },
			members: [{ instanceId: nodeId(0) }, { instanceId: nodeId(1) }],
		});
	});

	it('is made once where its record cannot be written: each operation then has to say that it was sent', async () => {
		const core = await createCore();
		const { work, operations } = wanting(2);
		const full = async () => {
			throw awsError('ProvisionedThroughputExceededException', 'too fast');
		};
		const services = { ...core.services, ledger: { ...core.services.ledger, updateWork: full } };
		const started = { type: 'work-started', externalId: commandId(1), unrecorded: 'ProvisionedThroughputExceededException: too fast' };
		expect(facts(await sendCommand(services, work, operations))).toMatchObject([started, started]);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it.each([
		['throttled', throttled()],
		['refused', awsError('InvalidDocument')],
		['unknown', noReply()],
		['unknown', awsError('InternalServerError', 'oops', 500)],
	] as const)('that is %s is told so, and is not repeated', async (why, error) => {
		const core = await createCore();
		const { work, operations } = wanting(1);
		core.on('SendCommand', () => {
			throw error;
		});
		expect(facts(await sendCommand(core.services, work, operations))).toMatchObject([{ type: 'work-not-started', why }]);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('is made by one of two runs that have the same work', async () => {
		const core = await createCore();
		const { work, operations } = wanting(2);
		const answers = await Promise.all([sendCommand(core.services, work, operations), sendCommand(core.another(), work, operations)]);
		expect(core.calls('SendCommand')).toHaveLength(1);
		expect(answers.flatMap(facts).map((fact) => (fact as { why?: string }).why)).toEqual(
			expect.arrayContaining(['taken', 'taken', undefined, undefined]),
		);
	});

	it('of another run tells the nodes apart that it left out', async () => {
		const core = await createCore();
		const { work, operations } = wanting(3);
		await sendCommand(core.services, work, operations.slice(0, 2));
		expect(facts(await sendCommand(core.services, work, operations.slice(1)))).toMatchObject([{ why: 'taken' }, { why: 'left-out' }]);
	});
});

describe('a node that makes AWS refuse the whole call', () => {
	function refusing(...bad: readonly number[]) {
		const ids = bad.map(nodeId);
		return ({ InstanceIds }: Input) => {
			if (InstanceIds.some((id: string) => ids.includes(id))) throw awsError('InvalidInstanceId');
			return { Command: { CommandId: commandId(1) } };
		};
	}
	const knows =
		(status: (id: string) => string | undefined) =>
		({ Filters }: Input) => ({
			InstanceInformationList: Filters[0].Values.flatMap((InstanceId: string) => {
				const PingStatus = status(InstanceId);
				return PingStatus === undefined ? [] : [{ InstanceId, PingStatus }];
			}),
		});

	it.each([undefined, 'ConnectionLost'])('(%s by now) is left out, and its neighbours go on under the same work', async (status) => {
		const core = await createCore();
		const { work, operations } = wanting(5);
		core.on('SendCommand', refusing(1, 3));
		core.on(
			'DescribeInstanceInformation',
			knows((id) => ([nodeId(1), nodeId(3)].includes(id) ? status : 'Online')),
		);
		const answers = facts(await sendCommand(core.services, work, operations)) as { why?: string; type: string }[];
		expect(answers.filter(({ why }) => why === 'not-managed')).toHaveLength(2);
		expect(answers.filter(({ type }) => type === 'work-started')).toHaveLength(3);
		expect(core.calls('SendCommand').map(({ InstanceIds }) => InstanceIds.length)).toEqual([5, 3]);
		expect((await core.services.ledger.work('shared-1', 1))?.members).toHaveLength(3);
	});

	it('alone needs no look-up to be known', async () => {
		const core = await createCore();
		const { work, operations } = wanting(1);
		core.on('SendCommand', refusing(0));
		expect(facts(await sendCommand(core.services, work, operations))).toMatchObject([{ why: 'not-managed' }]);
		expect(core.calls('DescribeInstanceInformation')).toEqual([]);
	});

	it('and cannot be told apart has all asked again later, and none failed', async () => {
		const core = await createCore();
		const { work, operations } = wanting(2);
		core.on('SendCommand', refusing(0));
		core.on('DescribeInstanceInformation', () => {
			throw throttled();
		});
		expect(facts(await sendCommand(core.services, work, operations))).toMatchObject([{ why: 'throttled' }, { why: 'throttled' }]);
	});
});

describe('looking for a command whose reply never came', () => {
	const listed = (...comments: readonly string[]) => ({
		Commands: comments.map((Comment, index) => ({ Comment, CommandId: commandId(index + 1) })),
	});

	it('asks by document and time, a minute of clock skew allowed, and knows it by its comment', async () => {
		const core = await createCore();
		const { work, operations } = wanting(1);
		core.on('ListCommands', () => listed('by hand', commentOf({ ...work, attempt: 2 }), commentOf(work)));
		expect(facts(await findCommand(core.services, work, operations))).toEqual([
			{ type: 'work-started', externalId: commandId(3), adopted: true },
		]);
		expect(core.calls('ListCommands')[0].Filters).toEqual([
			{ key: 'InvokedAfter', value: '2026-03-02T08:59:00Z' },
			{ key: 'DocumentName', value: 'fleetkeeper-test-drain-node' },
		]);
	});

	it('reads on until it is found', async () => {
		const core = await createCore();
		const { work, operations } = wanting(1);
		core.on('ListCommands', ({ NextToken }) =>
			NextToken === undefined ? { ...listed('by hand'), NextToken: 'more' } : listed(commentOf(work)),
		);
		expect(facts(await findCommand(core.services, work, operations))).toMatchObject([{ type: 'work-started' }]);
	});

	it('proves nothing for two minutes, since the list lags', async () => {
		const core = await createCore();
		const { work, operations } = wanting(1);
		core.pass(120 * SECOND - 1);
		expect(facts(await findCommand(core.services, work, operations))).toEqual([{ type: 'work-not-found', certain: false }]);
		core.pass(1);
		expect(facts(await findCommand(core.services, work, operations))).toEqual([{ type: 'work-not-found', certain: true }]);
	});

	it('that is shared puts its id on record for all its nodes, and adopts it for no other', async () => {
		const core = await createCore();
		const { work, operations } = wanting(3);
		const members = operations.slice(0, 2).map(({ id, subject }) => ({ operationId: id, instanceId: subject.instanceId }));
		await core.services.ledger.createWork({ work, members });
		core.on('ListCommands', () => listed(commentOf(work)));
		expect(facts(await findCommand(core.services, work, operations)).map((fact) => (fact as { type: string }).type)).toEqual([
			'work-started',
			'work-started',
			'work-not-found',
		]);
		expect((await core.services.ledger.work('shared-1', 1))?.work).toMatchObject({ externalId: commandId(1), startedAt: OPENED_AT });
	});

	it('that AWS does not answer is taken up again by the clock', async () => {
		const core = await createCore();
		const { work, operations } = wanting(1);
		core.on('ListCommands', () => {
			throw throttled();
		});
		expect(facts(await findCommand(core.services, work, operations))).toMatchObject([
			{ type: 'not-done', effect: 'find-work', why: 'retry' },
		]);
	});
});

describe('sharing', () => {
	const wants = (count: number, changes: Partial<Work> = {}, more: Partial<LifecycleOperation> = {}) =>
		Array.from({ length: count }, (_, number) => {
			const operation = anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number) } });
			return { ...operation, work: someWork(operation, changes), ...more };
		});

	it('gives operations that want the same one work, under a name that follows from them', () => {
		const shared = shareCommands(wants(3));
		expect(new Set([...shared.values()].map(({ id }) => id)).size).toBe(1);
		expect(shareCommands(wants(3).reverse())).toEqual(new Map([...shared].reverse()));
	});

	it('takes a node once: what else is wanted there goes alone', () => {
		const [first, second] = wants(2);
		if (first === undefined || second === undefined) throw new Error('There are two.');
		const again = { ...first, id: `${first.id}-again` };
		expect([...shareCommands([first, second, again]).keys()]).toEqual([again.id, second.id]);
		expect(shareCommands([first, again])).toEqual(new Map());
	});

	it('names another try after a throttle otherwise: the record of the first is there', () => {
		const first = [...shareCommands(wants(2)).values()][0]?.id;
		const second = [...shareCommands(wants(2, {}, { version: 2 })).values()][0]?.id;
		expect(second).not.toBe(first);
	});

	it.each([
		['a runbook', wants(2, { type: 'automation' })],
		['work that is sent again', wants(2, { attempt: 2 })],
		['work that is begun anew', wants(2, {}, { attempts: { start: 1, ending: 0 } })],
		['one alone', wants(1)],
	])('is not for %s', (_, operations) => {
		expect(shareCommands(operations)).toEqual(new Map());
	});
});
