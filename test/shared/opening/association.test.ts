import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../shared/errors.ts';
import type { AssociationNames } from '../../../shared/opening/association.ts';
import { openFromNodeStates } from '../../../shared/opening/node-state.ts';
import { tickDue } from '../../../shared/operation/clock.ts';
import type { AssociationOperation } from '../../../shared/operation/types.ts';
import { awsError, commandId, noReply, throttled } from '../../support/core.ts';
import { MINUTE, SECOND } from '../../support/operations.ts';
import { complianceEvent, createStateCore, node, WHERE } from '../../support/state-core.ts';

type Core = Awaited<ReturnType<typeof createStateCore>>;

const ID = '3c1d7e52-08fa-4b6e-9a41-5d2f6b7c8e90';
const NAME = 'fleetkeeper-test-agents';
const sample = (name: string): unknown => JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));

let ids = 0;
const around = (at: number) => ({ id: `event-${++ids}`, ...WHERE, source: 'aws.ssm', time: new Date(at).toISOString() });
const whole = (at: number, status: string, counts: unknown = '{"Success":9,"Failed":1}', detail: object = {}) => ({
	...around(at),
	'detail-type': 'EC2 State Manager Association State Change',
	detail: { 'association-id': ID, status, targets: 'not json', 'association-status-aggregated-count': counts, ...detail },
});
const ofNode = (at: number, n: number, detail: object = {}) => ({
	...around(at),
	'detail-type': 'EC2 State Manager Instance Association State Change',
	detail: { 'association-id': ID, 'instance-id': node(n), status: 'Failed', 'detailed-status': '', 'error-code': '3', ...detail },
});

/** An association of which State Manager says this. */
async function withAssociation(described: object = {}, ...executions: readonly { readonly counts: string; readonly nodes: object }[]) {
	const core = await createStateCore();
	const state = { Overview: { Status: 'Failed', AssociationStatusAggregatedCount: { Success: 9, Failed: 1 } }, ...described };
	core.on('DescribeAssociation', () => ({
		AssociationDescription: { AssociationId: ID, AssociationName: NAME, Name: 'AWS-UpdateSSMAgent', ...state },
	}));
	core.on('DescribeAssociationExecutions', () => ({
		AssociationExecutions: executions.map(({ counts }, index) => ({
			...{ ExecutionId: String(index), ResourceCountByStatus: counts, CreatedTime: new Date(index) },
		})),
	}));
	core.on('DescribeAssociationExecutionTargets', ({ ExecutionId, Filters: [filter] = [] }) => ({
		AssociationExecutionTargets: Object.entries(executions[Number(ExecutionId)]?.nodes ?? {})
			.filter(([, Status]) => filter === undefined || filter.Value === Status)
			.map(([ResourceId, Status]) => ({ ResourceId, Status, OutputSource: { OutputSourceId: 'run-1', OutputSourceType: 'RunCommand' } })),
	}));
	return core;
}

const hear = async (core: Core, names: AssociationNames, ...events: readonly unknown[]) => {
	const results = await openFromNodeStates(core.services, names, events);
	return results.map((result) => (result.ok ? result.value.outcome : ((result.error as Drop).reason ?? (result.error as Error).name)));
};
const operation = async (core: Core) =>
	(await core.services.ledger.latest({ kind: 'association', associationId: ID, ...WHERE })) as AssociationOperation;

describe('Events of associations', () => {
	it('of one failure, as the samples have it, apply it again on the node that they name, with two calls for what it is', async () => {
		const core = await withAssociation({ AssociationName: 'fleetkeeper-test-update-agent' });
		const events = [sample('instance-association-failed'), sample('association-failed')];
		core.pass(20 * MINUTE);
		expect(await hear(core, new Map(), ...events)).toEqual(['opened', 'opened']);

		expect(core.calls('SendCommand')).toEqual([
			{
				DocumentName: 'AWS-RefreshAssociation',
				Targets: [{ Key: 'InstanceIds', Values: ['i-0a1b2c3d4e5f60718'] }],
				Parameters: { associationIds: [ID] },
				Comment: `fleetkeeper ${(await operation(core)).id}, part 1 of 1`,
				TimeoutSeconds: 600,
				MaxConcurrency: '100%',
				MaxErrors: '100%',
			},
		]);
		expect(core.called().filter((name) => name.startsWith('Describe'))).toEqual(['DescribeAssociation', 'DescribeAssociation']);
		expect(await operation(core)).toMatchObject({ state: 'running', again: { nodes: ['i-0a1b2c3d4e5f60718'] } });
	});

	it('that tell of no node make its executions tell: of a node the newest counts', async () => {
		const core = await withAssociation(
			{ Overview: { Status: 'Failed', AssociationStatusAggregatedCount: { Failed: 2 } } },
			{ counts: '{Failed=2, TimedOut=1}', nodes: { [node(1)]: 'Failed', [node(2)]: 'Failed', [node(3)]: 'TimedOut' } },
			{ counts: '{Success=1}', nodes: { [node(2)]: 'Success' } },
		);
		await hear(core, new Map(), whole(core.now(), 'Failed', '{'));

		expect((await operation(core)).again?.nodes).toEqual([node(1), node(3)]);
		expect((await operation(core)).nodes).toEqual([]);
	});

	it('of many nodes read those that failed, by their status', async () => {
		const nodes = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [node(n), n < 60 ? 'Failed' : n < 70 ? 'TimedOut' : 'Success']));
		const core = await withAssociation(
			{ Overview: { Status: 'Failed', AssociationStatusAggregatedCount: { Failed: 70, Success: 50 } } },
			{ counts: '{Failed=60, TimedOut=10, Success=50}', nodes },
		);
		await hear(core, new Map(), whole(core.now(), 'Failed', '{"Failed":70}'));

		expect(core.calls('DescribeAssociationExecutionTargets').map(({ Filters }) => Filters[0].Value)).toEqual(['Failed', 'TimedOut']);
		expect(core.calls('SendCommand').map(({ Targets }) => Targets[0].Values.length)).toEqual([50, 20]);
	});

	it('of one association in one batch are told at once', async () => {
		const core = await withAssociation();
		const before = core.writes();
		const nodes = Array.from({ length: 30 }, (_, n) => ofNode(core.now(), n));
		expect(await hear(core, new Map(), ...nodes)).toEqual(Array(30).fill('opened'));
		expect(core.writes() - before).toBe(1);
		expect(await operation(core)).toMatchObject({
			state: 'waiting',
			failing: 30,
			history: [{ why: expect.stringContaining('on 30 nodes') }],
		});
		expect(core.calls('SendCommand')).toEqual([]);
	});

	it('of somebody else are dropped, and AWS is asked about them once an hour', async () => {
		const core = await withAssociation({ AssociationName: 'theirs' });
		const names: AssociationNames = new Map();
		for (let n = 0; n < 3; n += 1) expect(await hear(core, names, whole(core.now(), 'Failed'))).toEqual(['foreign-association']);
		expect(core.calls('DescribeAssociation')).toHaveLength(1);
		core.pass(61 * MINUTE);
		await hear(core, names, ofNode(core.now(), 1));
		expect(core.calls('DescribeAssociation')).toHaveLength(2);

		core.on('DescribeAssociation', () => {
			throw awsError('AssociationDoesNotExist');
		});
		expect(await hear(core, new Map(), whole(core.now(), 'Failed'))).toEqual(['foreign-association']);
	});

	it('that say nothing new open nothing', async () => {
		const core = await withAssociation();
		const names: AssociationNames = new Map();
		expect(await hear(core, names, whole(core.now(), 'Success', '{"Success":10}'), ofNode(core.now() - SECOND, 1))).toEqual([
			'nothing-open',
			'nothing-open',
		]);
		const failure = whole(core.now(), 'Failed');
		await hear(core, names, ofNode(core.now(), 1), failure);
		core.pass(MINUTE);
		expect(await hear(core, names, whole(core.now(), 'Success', '{"Success":10}'))).toEqual(['exists']);
		expect((await operation(core)).state).toBe('succeeded');
		expect(await hear(core, names, failure)).toEqual(['old-news']);
		core.pass(MINUTE);
		expect(await hear(core, names, ofNode(core.now(), 1), whole(core.now(), 'Failed'))).toEqual(['opened', 'opened']);
		expect((await operation(core)).occurrence).toBe(2);
	});

	it('wait where AWS does not say whose they are, and hold up no others', async () => {
		const core = await withAssociation();
		core.on('DescribeAssociation', () => {
			throw throttled();
		});
		expect(await hear(core, new Map(), whole(core.now(), 'Failed'), complianceEvent(node(1), 'non_compliant', core.now()))).toEqual([
			'Retry',
			'opened',
		]);
	});

	it.each([
		['an id that is none', { 'association-id': 'mine' }],
		['a status that there is not', { status: 'Lost' }],
	])('are refused with %s', async (_, detail) => {
		const core = await withAssociation();
		expect(await hear(core, new Map(), whole(core.now(), 'Failed', '{}', detail), ofNode(core.now(), 1, { status: 'Success' }))).toEqual([
			'Fail',
			'not-failed',
		]);
	});
});

describe('Applying it again', () => {
	const failOnce = (core: Core, error: Error) => {
		let failed = false;
		core.on('SendCommand', () => {
			if (!failed) {
				failed = true;
				throw error;
			}
			return { Command: { CommandId: commandId(7) } };
		});
	};
	const tick = (core: Core) => {
		core.pass(2 * MINUTE);
		return tickDue(core.services, 'state');
	};

	it('after a reply that never came looks for its command first', async () => {
		const core = await withAssociation();
		failOnce(core, noReply());
		await hear(core, new Map(), ofNode(core.now(), 1), whole(core.now(), 'Failed'));
		const { id } = await operation(core);
		core.on('ListCommands', () => ({ Commands: [{ CommandId: commandId(1), Comment: `fleetkeeper ${id}, part 1 of 1` }] }));
		await tick(core);

		expect(core.calls('SendCommand')).toHaveLength(1);
		expect(core.calls('ListCommands')[0].Filters).toContainEqual({ key: 'DocumentName', value: 'AWS-RefreshAssociation' });
		expect(await operation(core)).toMatchObject({
			state: 'running',
			history: expect.arrayContaining([expect.objectContaining({ what: 'applied again', why: expect.stringContaining(commandId(1)) })]),
		});
	});

	it('sends what it does not find', async () => {
		const core = await withAssociation();
		failOnce(core, throttled());
		await hear(core, new Map(), ofNode(core.now(), 1), whole(core.now(), 'Failed'));
		await tick(core);
		expect(core.calls('SendCommand')).toHaveLength(2);
		expect((await operation(core)).state).toBe('running');
	});

	it('waits while all starting of work is paused', async () => {
		const core = await withAssociation();
		await core.pause(true);
		await hear(core, new Map(), ofNode(core.now(), 1), whole(core.now(), 'Failed'));
		expect(await operation(core)).toMatchObject({ state: 'waiting', waiting: 'pause' });
		expect(core.calls('SendCommand')).toEqual([]);
	});

	it('that AWS does not allow is an OpsItem', async () => {
		const core = await withAssociation();
		failOnce(core, awsError('AccessDeniedException'));
		await hear(core, new Map(), ofNode(core.now(), 1), whole(core.now(), 'Failed'));
		expect(core.calls('CreateOpsItem')[0].Title).toBe(`Association ${NAME} fails`);
		expect((await operation(core)).state).toBe('verifying');
	});
});
