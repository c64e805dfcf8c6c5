import { describe, expect, it } from 'vitest';
import { tableOf } from '../../../shared/aws/table.ts';
import { Retry } from '../../../shared/errors.ts';
import { nodesOf, putNodes } from '../../../shared/operation/nodes.ts';
import { settleCommands } from '../../../shared/operation/settle.ts';
import { commandCore, commandRequest, hears, onCommand, theCommand } from '../../support/command-core.ts';
import {
	awsError,
	type Core,
	commandId,
	invocation,
	invocationEvent,
	nodeId,
	noReply,
	SETTINGS,
	throttled,
	tickEvery,
} from '../../support/core.ts';
import { MINUTE, SECOND } from '../../support/operations.ts';

const DOCUMENT = 'fleetkeeper-test-restart-service';
const INSTALL = 'AWS-ConfigureAWSPackage';

/** A core that has sent a command to the nodes of a tag. */
async function sent(command = 'restart-service', detail: object = {}): Promise<Core> {
	const core = await commandCore();
	await hears(core, commandRequest('request-1', { command, maxErrors: '100%', ...detail }));
	return core;
}

const nodeEvent = (number: number, status = 'Success', document = DOCUMENT) => ({
	...invocationEvent(commandId(1), nodeId(number), status, document),
	time: '2026-03-02T09:01:00Z',
});

const wholeEvent = (parameters: object | undefined, document = DOCUMENT, status = 'Success') => ({
	source: 'aws.ssm',
	'detail-type': 'EC2 Command Status-change Notification',
	detail: { 'command-id': commandId(1), 'document-name': document, status, ...(parameters && { parameters }) },
});

/** From now on ListCommands counts so many nodes of the command, and ListCommandInvocations lists these. */
function counts(core: Core, TargetCount: number, statuses: Readonly<Record<number, string>> = {}, StatusDetails = 'Success') {
	const Comment = core.calls('SendCommand')[0]?.Comment;
	const Status = StatusDetails === 'InProgress' ? 'InProgress' : 'Success';
	core.on('ListCommands', ({ CommandId }) => ({ Commands: [{ CommandId, Comment, Status, StatusDetails, TargetCount, ErrorCount: 0 }] }));
	core.on('ListCommandInvocations', ({ InstanceId, Filters: [{ value = '' } = {}] = [] }) => ({
		CommandInvocations: Object.entries(statuses)
			.map(([number, status]) => ({ ...invocation(nodeId(Number(number)), Comment, status), Status: coarse(status) }))
			.filter((each) => InstanceId === undefined || each.InstanceId === InstanceId)
			.filter(({ Status }) => value === '' || Status === value),
	}));
}
const coarse = (status: string) => (status === 'Terminated' ? 'Cancelled' : status === 'Undeliverable' ? 'Failed' : status);

const workId = async (core: Core) => ({ WorkId: [`${(await theCommand(core)).id}.1`] });
const nodes = async (core: Core) => nodesOf(tableOf(core.deps), (await theCommand(core)).id);

describe('the ends of nodes of a command on many', () => {
	it('go on record beside the operation, which is not written for them', async () => {
		const core = await sent();
		const { version } = await theCommand(core);
		await settleCommands(core.another(), [nodeEvent(1), nodeEvent(2, 'Failed')]);
		expect((await theCommand(core)).version).toBe(version);
		expect((await nodes(core)).map(({ node, status }) => [node, status])).toEqual([
			[nodeId(1), 'Success'],
			[nodeId(2), 'Failed'],
		]);
		expect(core.called().filter((name) => name.startsWith('List'))).toEqual([]);
	});

	it('may be told twice', async () => {
		const core = await sent();
		await settleCommands(core.services, [nodeEvent(1), nodeEvent(1)]);
		await settleCommands(core.another(), [nodeEvent(1), nodeEvent(2)]);
		expect(await nodes(core)).toHaveLength(2);
	});

	it('are tried again where DynamoDB does not take them, and only they', async () => {
		const core = await sent();
		const { dynamoDb } = core.deps.aws;
		const send = dynamoDb.send.bind(dynamoDb) as (command: object) => Promise<unknown>;
		const failing = async (command: object) => {
			if (command.constructor.name === 'BatchWriteItemCommand') throw awsError('ProvisionedThroughputExceededException');
			return send(command);
		};
		Object.assign(dynamoDb, { send: failing });
		const foreign = { ...nodeEvent(9), detail: { ...nodeEvent(9).detail, 'document-name': 'AWS-RunShellScript' } };
		const results = await settleCommands(core.services, [nodeEvent(1), foreign]);
		expect(results.map((each) => (each.ok ? 'ok' : (each.error as Error).name))).toEqual([
			'ProvisionedThroughputExceededException',
			'Drop',
		]);
	});

	it('are adopted where the reply to the call was lost: the event names the command', async () => {
		const core = await commandCore();
		core.on('SendCommand', () => {
			throw noReply();
		});
		await hears(core, commandRequest('request-1'));
		counts(core, 1, { 1: 'Success' });
		await settleCommands(core.another(), [nodeEvent(1)]);
		expect(await theCommand(core)).toMatchObject({ state: 'running', work: { externalId: commandId(1) } });
	});
});

describe('the end of a command as a whole', () => {
	it('closes the operation where its nodes are all on record', async () => {
		const core = await sent();
		counts(core, 2);
		await settleCommands(core.another(), [nodeEvent(1), nodeEvent(2), wholeEvent(await workId(core))]);
		expect(await theCommand(core)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 2 } } });
		expect(core.called().filter((name) => name.startsWith('List'))).toEqual(['ListCommands']);
	});

	it('waits for nodes that come after it, and asks AWS about them only when they stay away', async () => {
		const core = await sent();
		counts(core, 3, { 1: 'Success', 2: 'Success', 3: 'Success' });
		await settleCommands(core.services, [nodeEvent(1), wholeEvent(await workId(core))]);
		expect(await theCommand(core)).toMatchObject({ state: 'running', over: { ended: { targets: 3 } } });
		await settleCommands(core.services, [nodeEvent(2)]);
		expect(core.calls('ListCommandInvocations')).toHaveLength(0);
		await tickEvery(core, 1);
		expect(await theCommand(core)).toMatchObject({ state: 'succeeded', result: { nodes: { succeeded: 3 } } });
		expect(core.calls('ListCommands')).toHaveLength(1);
		expect(core.calls('ListCommandInvocations')).toHaveLength(1);
	});

	it('looks up of nodes that failed what their events do not say, those alone', async () => {
		const core = await sent();
		counts(core, 3, { 1: 'Success', 2: 'Failed', 3: 'Undeliverable' });
		await settleCommands(core.another(), [nodeEvent(1), nodeEvent(2, 'Failed'), nodeEvent(3, 'Failed'), wholeEvent(await workId(core))]);
		expect(await theCommand(core)).toMatchObject({ state: 'failed', result: { nodes: { succeeded: 1, failed: 1, unreached: 1 } } });
		expect(core.calls('ListCommandInvocations')).toMatchObject([{ Filters: [{ key: 'Status', value: 'Failed' }] }]);
		expect(await nodes(core)).toHaveLength(3);
	});

	it('quotes no secret that a node has written', async () => {
		const core = await sent('restart-service', { parameters: { ApiToken: 'hunter22' } });
		counts(core, 1);
		const plugin = { Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 1, Output: 'refused: hunter22' };
		core.on('ListCommandInvocations', () => ({ CommandInvocations: [invocation(nodeId(1), '', 'Failed', [plugin])] }));
		await settleCommands(core.services, [nodeEvent(1, 'Failed'), wholeEvent(await workId(core))]);
		expect(await nodes(core)).toMatchObject([{ status: 'Failed', exitCode: 1, output: 'refused: ***' }]);
		expect(JSON.stringify({ ...(await theCommand(core)), work: {}, occasion: {} })).not.toContain('hunter22');
	});

	it('of a document that is not told its work is known by the record of what was sent, or by its Comment', async () => {
		const core = await sent(INSTALL);
		counts(core, 1, { 1: 'Success' });
		await settleCommands(core.another(), [nodeEvent(1, 'Success', INSTALL)]);
		await settleCommands(core.another(), [wholeEvent({ action: ['Install'] }, INSTALL)]);
		expect(await theCommand(core)).toMatchObject({ state: 'succeeded' });
		expect(core.calls('ListCommands')).toHaveLength(1);

		const other = await sent(INSTALL);
		counts(other, 0);
		other.services.ledger.workOfCommand = async () => undefined;
		await settleCommands(other.services, [wholeEvent({ action: ['Install'] }, INSTALL)]);
		expect(await theCommand(other)).toMatchObject({ state: 'failed', result: { reason: 'the targets match no node' } });
	});

	it.each([
		['is for one node', { WorkId: ['lifecycle-5a1d3c7e9b02f486-1.1'] }, DOCUMENT, 'node-by-node'],
		['is of a document that nobody names', undefined, 'AWS-RunShellScript', 'foreign-command'],
	])('is dropped without a call where it %s', async (_, parameters, document, reason) => {
		const core = await sent();
		const before = core.called().length;
		const [result] = await settleCommands(core.another(), [wholeEvent(parameters, document)]);
		expect(result).toMatchObject({ ok: false, error: { reason } });
		expect(core.called()).toHaveLength(before);
	});

	it('comes back while AWS does not list it', async () => {
		const core = await sent(INSTALL);
		core.services.ledger.workOfCommand = async () => undefined;
		core.on('ListCommands', () => ({ Commands: [] }));
		const whole = wholeEvent({}, INSTALL);
		const requested = { ...whole, detail: { ...whole.detail, 'requested-date-time': new Date(core.now()).toISOString() } };
		const [result] = await settleCommands(core.services, [requested]);
		expect(result).toMatchObject({ ok: false, error: expect.any(Retry) });
	});
});

describe('the clock', () => {
	it('finds a command that has ended and was not reported, and its nodes', async () => {
		const core = await sent();
		counts(core, 2, { 1: 'Success', 2: 'Terminated' });
		await tickEvery(core, 7);
		expect(await theCommand(core)).toMatchObject({ state: 'failed', result: { nodes: { succeeded: 1, unstarted: 1 } } });
	});

	it('lets one that runs alone, and asks ever more rarely', async () => {
		const core = await sent();
		counts(core, 2, {}, 'InProgress');
		await tickEvery(core, 30);
		expect(await theCommand(core)).toMatchObject({ state: 'running' });
		expect(core.calls('ListCommands').length).toBeLessThanOrEqual(5);
	});

	it('goes on when AWS throttles the look-up', async () => {
		const core = await sent();
		core.on('ListCommands', () => {
			throw throttled();
		});
		await tickEvery(core, 6);
		expect(await theCommand(core)).toMatchObject({ state: 'running' });
		counts(core, 1, { 1: 'Success' });
		await tickEvery(core, 6);
		expect(await theCommand(core)).toMatchObject({ state: 'succeeded' });
	});
});

describe('nodes in the ledger', () => {
	const result = (status: string, changes: object = {}) => ({ node: nodeId(1), commandId: commandId(1), status, ...changes });

	it('keep the last that was said of each, in whatever order it came', async () => {
		const core = await commandCore(onCommand());
		const table = tableOf(core.deps);
		const [early, late] = [result('TimedOut', { endedAt: core.now() }), result('Success', { endedAt: core.now() + SECOND })];
		await putNodes(table, 'command-1', [late], 1);
		await putNodes(table, 'command-1', [early], 1);
		expect(await nodesOf(table, 'command-1')).toEqual([late]);
	});

	it('keep what was looked up, whatever an event says later', async () => {
		const core = await commandCore();
		const table = tableOf(core.deps);
		const listed = result('Failed', { exitCode: 3, listed: true });
		await putNodes(table, 'command-1', [listed], 1);
		await putNodes(table, 'command-1', [result('Failed', { endedAt: core.now() + MINUTE })], 1);
		expect(await nodesOf(table, 'command-1', commandId(1))).toEqual([listed]);
		expect(await nodesOf(table, 'command-1', commandId(2))).toEqual([]);
	});

	it('are written 25 at a time, the same key once', async () => {
		const core = await commandCore();
		const many = Array.from({ length: 60 }, (_, n) => result('Success', { node: nodeId(n % 55), endedAt: core.now() }));
		await putNodes(tableOf({ aws: core.deps.aws, settings: SETTINGS }), 'command-1', many, 1);
		expect(core.requestLog.entries.filter(({ operation }) => operation === 'BatchWriteItem')).toHaveLength(3);
		expect(await nodesOf(tableOf(core.deps), 'command-1')).toHaveLength(55);
	});
});
