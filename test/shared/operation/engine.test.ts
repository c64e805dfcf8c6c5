import { describe, expect, it } from 'vitest';
import { advance, type Happening } from '../../../shared/operation/engine.ts';
import type { Fact } from '../../../shared/operation/facts.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import { awsError, type Core, commandId, createCore, invocation, noActiveAction, nodeId, noReply, throttled } from '../../support/core.ts';
import { anOperation, CONTINUE, CONTINUE_AND_TELL, MINUTE, OPENED_AT, succeeded, TERMINATING } from '../../support/operations.ts';

const about = (number: number, changes: Parameters<typeof anOperation>[0] = {}) =>
	anOperation({ subject: { ...TERMINATING, instanceId: nodeId(number) }, ...changes });
const opened = (operation: Operation): Happening => ({ operation, facts: [{ type: 'opened' }], created: true });

async function open(core: Core, ...operations: readonly Operation[]): Promise<Operation[]> {
	return (await advance(core.services, operations.map(opened))).map(({ operation }) => operation);
}

/** As the ledger has it now. */
async function read(core: Core, { id }: Operation): Promise<Operation> {
	const [operation] = await core.another().ledger.load([id]);
	if (operation === undefined) throw new Error(`${id} is not in the ledger`);
	return operation;
}

async function happens(core: Core, operation: Operation, ...facts: readonly Fact[]): Promise<Operation> {
	const [outcome] = await advance(core.services, [{ operation: await read(core, operation), facts }]);
	return outcome?.operation ?? operation;
}

const tick: Fact = { type: 'tick' };
const published = (core: Core) =>
	core.calls('PutEvents').flatMap(({ Entries }) => Entries.map(({ Detail }: { Detail: string }) => JSON.parse(Detail)));

describe('opening an operation', () => {
	it('checks its node, puts the work on record, sends it, and writes what came of it', async () => {
		const core = await createCore();
		const recorded: (Operation | undefined)[] = [];
		core.on('SendCommand', async () => {
			recorded.push((await core.another().ledger.load([about(1).id]))[0]);
			return { Command: { CommandId: commandId(1) } };
		});
		const [operation] = await open(core, about(1));
		expect(recorded[0]).toMatchObject({ state: 'starting', work: { attempt: 1 } });
		expect(recorded[0]?.work).not.toHaveProperty('externalId');
		expect(operation).toMatchObject({ state: 'running', work: { externalId: commandId(1) } });
		expect(await read(core, about(1))).toEqual(JSON.parse(JSON.stringify(operation)));
		expect(core.called()).toEqual(['DescribeInstanceInformation', 'SendCommand', 'PutEvents']);
	});

	it('keeps the request ids of the calls behind the history', async () => {
		const core = await createCore();
		const [operation] = await open(core, about(1));
		expect(operation?.history.map(({ what, requestId }) => ({ what, requestId }))).toEqual([
			{ what: 'command sent', requestId: 'request-2' },
		]);
	});

	it('that exists already starts nothing', async () => {
		const core = await createCore();
		await open(core, about(1));
		const [outcome] = await advance(core.services, [opened(about(1))]);
		expect(outcome?.taken).toBe(true);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});

	it('twice at once starts it once', async () => {
		const core = await createCore();
		const outcomes = await Promise.all([advance(core.services, [opened(about(1))]), advance(core.another(), [opened(about(1))])]);
		expect(outcomes.flat().filter(({ taken }) => taken)).toHaveLength(1);
		expect(core.calls('SendCommand')).toHaveLength(1);
	});
});

describe('identical commands wanted at once', () => {
	it('are sent once for fifty nodes, with one write each, and are running without another', async () => {
		const core = await createCore();
		const nodes = Array.from({ length: 50 }, (_, number) => about(number));
		const before = core.writes();
		await open(core, ...nodes);
		expect(core.calls('SendCommand')).toHaveLength(1);
		expect(core.calls('SendCommand')[0].InstanceIds).toHaveLength(50);
		expect(core.calls('DescribeInstanceInformation')).toHaveLength(1);
		// Fifty operations, the work record before and after the call, and what the command was sent for.
		expect(core.writes() - before).toBe(53);
		expect((await read(core, about(7))).state).toBe('running');
	});

	it('are sent in as many calls as fifty nodes each need', async () => {
		const core = await createCore();
		await open(core, ...Array.from({ length: 51 }, (_, number) => about(number)));
		expect(core.calls('SendCommand').map(({ InstanceIds }) => InstanceIds.length)).toEqual([50, 1]);
	});

	it('are not sent together where they differ', async () => {
		const core = await createCore();
		await open(
			core,
			about(1),
			about(2),
			about(3, { run: { parameters: { GraceSeconds: ['5'] } } }),
			about(4, { run: { timeoutSeconds: 60 } }),
		);
		expect(core.calls('SendCommand').map(({ InstanceIds }) => InstanceIds)).toEqual([[nodeId(1), nodeId(2)], [nodeId(3)], [nodeId(4)]]);
	});

	it('leave out a node that is not managed, and only that', async () => {
		const core = await createCore();
		let registered = true;
		core.on('DescribeInstanceInformation', ({ Filters }) => ({
			InstanceInformationList: Filters[0].Values.filter((id: string) => registered || id !== nodeId(2)).map((InstanceId: string) => ({
				InstanceId,
				PingStatus: 'Online',
			})),
		}));
		core.on('SendCommand', ({ InstanceIds }) => {
			registered = false;
			if (InstanceIds.includes(nodeId(2))) throw awsError('InvalidInstanceId');
			return { Command: { CommandId: commandId(1) } };
		});
		const operations = await open(core, about(1), about(2), about(3));
		expect(operations.map(({ state }) => state)).toEqual(['running', 'failed', 'running']);
		expect(core.calls('SendCommand').at(-1).InstanceIds).toEqual([nodeId(1), nodeId(3)]);
		expect(core.calls('CompleteLifecycleAction').map(({ LifecycleActionToken }) => LifecycleActionToken)).toHaveLength(1);
		expect((await read(core, about(3))).history.at(-1)?.why).toContain('with 1 more');
	});

	it('whose reply is lost are all found again by their comment', async () => {
		const core = await createCore();
		core.on('SendCommand', () => {
			throw noReply();
		});
		await open(core, about(1), about(2));
		const [{ Comment }] = core.calls('SendCommand');
		core.on('ListCommands', () => ({
			Commands: [
				{ CommandId: 'command-x', Comment: 'another' },
				{ CommandId: commandId(1), Comment },
			],
		}));
		core.pass(MINUTE);
		await advance(core.services, [
			{ operation: await read(core, about(1)), facts: [tick] },
			{ operation: await read(core, about(2)), facts: [tick] },
		]);
		expect(core.calls('SendCommand')).toHaveLength(1);
		expect(core.calls('ListCommands')).toHaveLength(1);
		for (const number of [1, 2])
			expect(await read(core, about(number))).toMatchObject({ state: 'running', work: { externalId: commandId(1) } });
	});

	it('that were never sent are sent again after two minutes, also where two runs look at different nodes of them', async () => {
		const core = await createCore();
		core.on('SendCommand', () => {
			throw noReply();
		});
		await open(core, about(1), about(2), about(3));
		let commands = 0;
		core.on('SendCommand', () => ({ Command: { CommandId: `again-${++commands}` } }));
		core.pass(MINUTE);
		expect((await happens(core, about(1), tick)).state).toBe('starting');
		expect(core.calls('SendCommand')).toHaveLength(1);
		core.pass(MINUTE);
		await happens(core, about(1), tick);
		await happens(core, about(2), tick);
		await happens(core, about(3), tick);
		const sent = core.calls('SendCommand').slice(1);
		expect(sent.map(({ InstanceIds }) => InstanceIds)).toEqual([[nodeId(1)], [nodeId(2)], [nodeId(3)]]);
		expect(new Set(sent.map(({ Parameters }) => Parameters.WorkId[0])).size).toBe(1);
		expect(await read(core, about(3))).toMatchObject({ state: 'running', work: { externalId: 'again-3' } });
	});

	it('that never reached their nodes go again one by one', async () => {
		const core = await createCore();
		await open(core, about(1), about(2));
		const notStarted: Fact = { type: 'work', status: 'not-started', details: 'Terminated' };
		await advance(core.services, [
			{ operation: await read(core, about(1)), facts: [notStarted] },
			{ operation: await read(core, about(2)), facts: [notStarted] },
		]);
		expect(core.calls('SendCommand').map(({ InstanceIds }) => InstanceIds)).toEqual([[nodeId(1), nodeId(2)], [nodeId(1)], [nodeId(2)]]);
	});
});

describe('two runs at once', () => {
	it('lose nothing: who comes second decides again on what the first wrote', async () => {
		const core = await createCore();
		await open(core, about(1));
		const stale = await read(core, about(1));
		await happens(core, about(1), { type: 'seen', token: 'the hook fired again', eventId: 'event-2' });
		await advance(core.services, [{ operation: stale, facts: [succeeded] }]);
		expect(await read(core, about(1))).toMatchObject({ state: 'succeeded', token: 'the hook fired again' });
	});

	it('that never end are waited out by the one that was told something: it says that it has not heard', async () => {
		const core = await createCore();
		const [operation] = (await open(core, about(1))) as [Operation];
		const overtaken = { ...core.services, ledger: { ...core.services.ledger, save: async () => false } };
		const outcomes = await advance(overtaken, [{ operation, facts: [succeeded] }]);
		expect(outcomes).toMatchObject([{ taken: false, lost: true }]);
		expect((await read(core, about(1))).state).toBe('running');
	});

	it('forget nothing that one of them has done: what the other decided meanwhile is known to be done', async () => {
		const core = await createCore();
		await open(core, about(1, { then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }));
		const failed: Fact = { type: 'work', status: 'failed', details: 'Failed' };
		core.on('CompleteLifecycleAction', async () => {
			core.on('CompleteLifecycleAction', () => {
				throw throttled();
			});
			await happens({ ...core, services: core.another() }, about(1), failed);
			return {};
		});

		await happens(core, about(1), succeeded);

		const after = await read(core, about(1));
		expect(after).toMatchObject({ state: 'failed', result: { lifecycle: 'CONTINUE', opsItemId: 'oi-000000000001' } });
		expect(after.history.map(({ what }) => what)).toContain('lifecycle action completed');
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(2);
		expect(core.calls('CreateOpsItem')).toHaveLength(1);
	});

	it('say what the action was completed with, whatever the other decided', async () => {
		const core = await createCore();
		await open(core, about(1, { then: { onSuccess: CONTINUE, onFailure: { lifecycle: 'ABANDON' } } }));
		core.on('CompleteLifecycleAction', async () => {
			core.on('CompleteLifecycleAction', () => {
				throw throttled();
			});
			await happens({ ...core, services: core.another() }, about(1), { type: 'work', status: 'failed', details: 'Failed' });
			return {};
		});

		await happens(core, about(1), succeeded);

		expect(await read(core, about(1))).toMatchObject({ state: 'failed', result: { lifecycle: 'CONTINUE' } });
	});

	it('do nothing again that is done, where a tick asks for it and somebody else moves the operation meanwhile', async () => {
		const core = await createCore();
		await open(core, about(1, { then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }));
		core.on('CompleteLifecycleAction', () => {
			throw throttled();
		});
		await happens(core, about(1), { type: 'work', status: 'failed', details: 'Failed' });
		core.on('CompleteLifecycleAction', async () => {
			await happens({ ...core, services: core.another() }, about(1), { type: 'seen', token: 'the hook fired again' });
			return {};
		});
		core.pass(MINUTE);

		await happens(core, about(1), tick);

		expect(await read(core, about(1))).toMatchObject({ state: 'failed', token: 'the hook fired again', result: { lifecycle: 'CONTINUE' } });
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(2);
		expect(core.calls('CreateOpsItem')).toHaveLength(1);
	});

	it('know that an action is over where one of them has learned it, however often the other asks anew', async () => {
		const core = await createCore();
		await open(core, about(1));
		core.on('CompleteLifecycleAction', () => {
			throw throttled();
		});
		await happens(core, about(1), succeeded);
		core.on('DescribeAutoScalingInstances', () => ({ AutoScalingInstances: [] }));
		core.on('CompleteLifecycleAction', async () => {
			core.on('CompleteLifecycleAction', () => {
				throw throttled();
			});
			await happens({ ...core, services: core.another() }, about(1), tick);
			throw noActiveAction();
		});
		core.pass(MINUTE);

		await happens(core, about(1), tick);

		expect(await read(core, about(1))).toMatchObject({ state: 'succeeded', result: { lifecycle: 'over' } });
	});

	it('leave no OpsItem open that one of them opened when the other had resolved its own, and closed', async () => {
		const core = await createCore();
		await open(core, about(1, { then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }));
		core.on('CreateOpsItem', async () => {
			const other = await read(core, about(1));
			const closed = { state: 'skipped', closedAt: OPENED_AT, result: { reason: 'by hand', opsItemId: 'oi-1', resolved: true } } as const;
			await core.another().ledger.save({ ...other, ...closed, version: other.version + 1 });
			return { OpsItemId: 'oi-2' };
		});

		await happens(core, about(1), { type: 'work', status: 'failed', details: 'Failed' });

		expect(core.calls('UpdateOpsItem')).toMatchObject([{ OpsItemId: 'oi-2', Status: 'Resolved' }]);
		expect((await read(core, about(1))).result).toMatchObject({ opsItemId: 'oi-1' });
	});

	it('open an OpsItem again that one of them resolved when the other had closed without that', async () => {
		const core = await createCore();
		await open(core, about(1));
		core.on('UpdateOpsItem', async () => {
			const other = await read(core, about(1));
			await core.another().ledger.save({ ...other, ...closed, version: other.version + 1 });
			return {};
		});
		const closed = { state: 'failed', closedAt: OPENED_AT, result: { reason: 'it failed', opsItemId: 'oi-1' } } as const;
		const ending = { state: 'succeeded', reason: 'calm', then: CONTINUE, pending: ['resolve-ops-item'] } as const;
		const calm = { ...(await read(core, about(1))), result: { reason: 'calm', opsItemId: 'oi-1' }, ending };

		await advance(core.services, [{ operation: calm, facts: [tick] }]);

		expect(core.calls('UpdateOpsItem').map(({ OpsItemId, Status }) => [OpsItemId, Status])).toEqual([
			['oi-1', 'Resolved'],
			['oi-1', 'Open'],
		]);
	});

	it('complete one action with one result', async () => {
		const core = await createCore();
		await open(core, about(1));
		const stale = await read(core, about(1));
		await happens(core, about(1), succeeded);
		await advance(core.services, [{ operation: stale, facts: [{ type: 'work', status: 'failed', details: 'Failed' }] }]);
		expect((await read(core, about(1))).state).toBe('succeeded');
	});
});

describe('an ending', () => {
	it('with one effect takes one write', async () => {
		const core = await createCore();
		await open(core, about(1));
		const before = core.writes();
		await happens(core, about(1), succeeded);
		expect(core.writes() - before).toBe(1);
	});

	it('with several is recorded before each of them, and goes on where it stopped', async () => {
		const core = await createCore();
		await open(core, about(1, { then: { onSuccess: CONTINUE, onFailure: CONTINUE_AND_TELL } }));
		core.on('CreateOpsItem', () => {
			throw throttled();
		});
		await happens(core, about(1), { type: 'work', status: 'failed', details: 'Failed' });
		expect(await read(core, about(1))).toMatchObject({ ending: { pending: ['open-ops-item'] }, result: { lifecycle: 'CONTINUE' } });
		core.on('CreateOpsItem', () => ({ OpsItemId: 'oi-000000000001' }));
		core.pass(MINUTE);
		await happens(core, about(1), tick);
		expect(await read(core, about(1))).toMatchObject({ state: 'failed', result: { lifecycle: 'CONTINUE', opsItemId: 'oi-000000000001' } });
		expect(core.calls('CompleteLifecycleAction')).toHaveLength(1);
	});

	it('whose action cannot be completed is due again, and done when AWS takes it', async () => {
		const core = await createCore();
		await open(core, about(1));
		core.on('CompleteLifecycleAction', () => {
			throw throttled();
		});
		await happens(core, about(1), succeeded);
		const pending = await read(core, about(1));
		expect(pending).toMatchObject({ ending: { state: 'succeeded' } });
		expect(pending.dueAt).toBeLessThan(OPENED_AT + MINUTE);
		core.on('CompleteLifecycleAction', () => ({}));
		core.pass(MINUTE);
		expect(await happens(core, about(1), tick)).toMatchObject({ state: 'succeeded', result: { lifecycle: 'CONTINUE' } });
	});
});

describe('work that is found to have ended and an instance that is found to be gone', () => {
	it('in one look end as the work ended, whatever the neighbours ask for', async () => {
		const core = await createCore();
		await open(core, about(1));
		core.on('DescribeAutoScalingInstances', () => ({ AutoScalingInstances: [] }));
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), 'any', 'Success')] }));
		const late = about(2, { actionStartedAt: OPENED_AT - 10 * MINUTE });
		const outcomes = await advance(core.services, [opened(late), { operation: await read(core, about(1)), facts: [tick] }]);
		expect(outcomes.map(({ operation }) => operation.state)).toEqual(['skipped', 'succeeded']);
	});
});

describe('what is published', () => {
	it('is every change of state, with id, version and subject', async () => {
		const core = await createCore();
		await open(core, about(1));
		await happens(core, about(1), succeeded);
		expect(published(core).map(({ operationId, state, result }) => ({ operationId, state, lifecycle: result?.lifecycle }))).toEqual([
			{ operationId: about(1).id, state: 'running', lifecycle: undefined },
			{ operationId: about(1).id, state: 'succeeded', lifecycle: 'CONTINUE' },
		]);
		expect(core.calls('PutEvents')[0].Entries[0]).toMatchObject({ Source: 'fleetkeeper', DetailType: 'Operation State Change' });
		expect(published(core).at(-1).version).toBe((await read(core, about(1))).version);
	});

	it('is not repeated by ticks that change nothing', async () => {
		const core = await createCore();
		await open(core, about(1));
		core.pass(5 * MINUTE);
		await happens(core, about(1), tick);
		expect(published(core)).toHaveLength(1);
	});

	it('and was not taken is published by the clock, after the close too, and counted once', async () => {
		const core = await createCore();
		await open(core, about(1));
		core.on('PutEvents', () => {
			throw throttled();
		});
		await happens(core, about(1), succeeded);
		const untold = await read(core, about(1));
		expect(untold.publishedVersion).toBeLessThan(untold.version);
		expect(await core.services.ledger.due(OPENED_AT + MINUTE)).toEqual([untold.id]);
		core.on('PutEvents', ({ Entries }) => ({ Entries: Entries.map(() => ({})) }));
		core.pass(MINUTE);
		await happens(core, about(1), tick);
		const told = await read(core, about(1));
		expect(told.publishedVersion).toBe(told.version);
		expect(await core.services.ledger.due(core.now())).toEqual([]);
		expect(published(core).at(-1)).toMatchObject({ state: 'succeeded' });
		expect(core.counts.filter(({ name }) => name === 'OperationsClosed')).toEqual([
			{ name: 'OperationsClosed', dimensions: { playbook: 'drain-web', outcome: 'succeeded' } },
		]);
	});

	it('and EventBridge refused one entry of is published again for that one', async () => {
		const core = await createCore();
		core.on('PutEvents', ({ Entries }) => ({
			Entries: Entries.map((_: unknown, index: number) => (index === 0 ? { ErrorCode: 'ThrottlingException' } : {})),
		}));
		await open(core, about(1), about(2, { run: { timeoutSeconds: 60 } }));
		const [first, second] = await Promise.all([read(core, about(1)), read(core, about(2))]);
		expect(first.publishedVersion).toBeLessThan(first.version);
		expect(second.publishedVersion).toBe(second.version);
	});
});
