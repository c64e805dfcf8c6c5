import { describe, expect, it } from 'vitest';
import { perform } from '../../../shared/operation/perform.ts';
import type { PatchOperation } from '../../../shared/operation/types.ts';
import { patchAtAws } from '../../../shared/parts/patch-at-aws.ts';
import { awsError, type Core, createCore, type Input, throttled } from '../../support/core.ts';
import { OPENED_AT } from '../../support/operations.ts';
import { aRun, DAY, GRANT, HOUR, RUN } from '../../support/patch-core.ts';

const node = (n: number) => `i-${String(n).padStart(17, '0')}`;
const OVER = aRun({
	granted: GRANT,
	window: { ...aRun().window, status: 'SUCCESS', endedAt: OPENED_AT + HOUR, tasks: 1, commands: ['command-1'] },
});
const SOAKED = { ...OVER, state: 'verifying' as const, soaksUntil: OPENED_AT + 2 * DAY };

/** What Patch Manager tells of a node that the run has patched. */
const state = (n: number, changes: object = {}) => ({
	...{ InstanceId: node(n), Operation: 'Install', SnapshotId: RUN.executionId, OperationStartTime: new Date(OPENED_AT + 60_000) },
	...{ InstalledCount: 3, MissingCount: 0, FailedCount: 0 },
	...changes,
});
/** A page of a list, as calls with tokens ask for it. */
const page = <T>(all: readonly T[], size: number, token = '0') => {
	const from = Number(token);
	return { items: all.slice(from, from + size), next: from + size < all.length ? String(from + size) : undefined };
};

interface Group {
	readonly tagged?: readonly number[];
	readonly states?: readonly object[];
	readonly lost?: readonly number[];
	/** Statuses of the run's command by node. */
	readonly invocations?: Readonly<Record<number, string>>;
}

async function withGroup({ tagged = [1, 2], states = [state(1), state(2)], lost = [], invocations = {} }: Group = {}): Promise<Core> {
	const core = await createCore({ parts: (deps) => [patchAtAws(deps)] });
	core.on('GetResources', ({ PaginationToken, ResourcesPerPage }) => {
		const { items, next = '' } = page(tagged, ResourcesPerPage, PaginationToken);
		const arn = (n: number) => ({ ResourceARN: `arn:aws:ec2:eu-west-1:111122223333:instance/${node(n)}` });
		return { ResourceTagMappingList: items.map(arn), PaginationToken: next };
	});
	core.on('DescribeInstancePatchStatesForPatchGroup', ({ NextToken, MaxResults }) => {
		const { items, next } = page(states, MaxResults, NextToken);
		return { InstancePatchStates: items, NextToken: next };
	});
	core.on('DescribeInstanceInformation', ({ NextToken, MaxResults, Filters }) => {
		const isByIds = Filters[0].Key === 'InstanceIds';
		const asked = isByIds ? Filters[0].Values : lost.map(node);
		const { items, next } = page(asked as readonly string[], MaxResults, NextToken);
		const info = (InstanceId: string) => ({
			...{ InstanceId, LastPingDateTime: new Date(OPENED_AT) },
			PingStatus: lost.map(node).includes(InstanceId) ? 'ConnectionLost' : 'Online',
		});
		return { InstanceInformationList: items.map(info), NextToken: next };
	});
	core.on('ListCommandInvocations', ({ Filters }) => ({
		CommandInvocations: Object.entries(invocations)
			.map(([n, Status]) => ({ InstanceId: node(Number(n)), Status }))
			.filter(({ Status }) => Filters.every((filter: Input) => filter.value === Status)),
	}));
	core.on('PutObject', () => ({}));
	return core;
}

const survey = async ({ services }: Core, operation: PatchOperation = OVER) =>
	(await perform(services, [{ operation, effect: { name: 'survey-nodes' } }]))[0]?.fact;
const report = (core: Core) => JSON.parse(core.calls('PutObject').at(-1)?.Body);

describe('the report of a run', () => {
	it('is written where the run can be found by its group and time, with every node in it', async () => {
		const core = await withGroup({ tagged: [1, 2, 3], states: [state(1), state(2, { MissingCount: 2, CriticalNonCompliantCount: 1 })] });
		const Key = `patch-reports/test/20260302T090000Z-${RUN.executionId}.json`;
		const Bucket = 'fleetkeeper-test-output-111122223333-eu-west-1';
		expect(await survey(core)).toMatchObject({
			type: 'patched',
			report: `s3://${Bucket}/${Key}`,
			found: { nodes: { well: 1, missing: 1, 'never-reached': 1 }, named: [{ node: node(3) }, { node: node(2) }] },
		});
		expect(core.calls('PutObject')).toMatchObject([{ Bucket, Key, ExpectedBucketOwner: RUN.account, ContentType: 'application/json' }]);
		expect(report(core)).toMatchObject({
			...{ group: 'test', of: 'run', summary: '1 of 3 nodes are well; 1 never reached, 1 with patches missing' },
			window: { status: 'SUCCESS', startedAt: '2026-03-02T09:00:00.000Z', executionId: RUN.executionId },
			patches: { installed: 6, missing: 2, failed: 0, pendingReboot: 0 },
			severity: { critical: 1, security: 0, other: 0 },
			gate: { isProven: false, successPercent: 95, next: 'prod', openedBy: { operation: GRANT.operation } },
			each: [
				{ node: node(1), verdict: 'well', installed: 3 },
				{ node: node(2), verdict: 'missing', critical: 1 },
				{ node: node(3), verdict: 'never-reached' },
			],
		});
	});

	it('of 1,000 nodes reads full pages', async () => {
		const all = Array.from({ length: 1_000 }, (_, n) => n);
		const core = await withGroup({ tagged: all, states: all.map((n) => state(n)) });
		expect(await survey(core)).toMatchObject({ found: { nodes: { well: 1_000 } } });
		expect(core.called()).toHaveLength(10 + 10 + 1 + 1);
	});

	it('asks how commands ended only of nodes that have reported nothing, in a run that ended well', async () => {
		const core = await withGroup({ tagged: [1, 2, 3], states: [state(1)], invocations: { 2: 'Failed', 3: 'TimedOut' } });
		expect(await survey(core)).toMatchObject({
			found: {
				named: [
					{ node: node(2), verdict: 'failed' },
					{ node: node(3), verdict: 'never-reached', why: 'its command ended TimedOut' },
				],
			},
		});
		expect(core.calls('ListCommandInvocations').map(({ Filters }) => Filters[0].value)).toEqual(['Failed', 'TimedOut']);
	});

	it('finds commands without an end in one that did not', async () => {
		const core = await withGroup({ invocations: { 2: 'InProgress' } });
		const cut = { ...OVER, window: { ...OVER.window, status: 'TIMED_OUT' } };
		expect(await survey(core, cut)).toMatchObject({ found: { nodes: { 'not-back': 1 }, unsettled: 1 } });
	});

	it('asks the commands of a node that was scanned since', async () => {
		const scanned = { Operation: 'Scan', SnapshotId: 'another', OperationStartTime: new Date(OPENED_AT + 2 * HOUR) };
		const core = await withGroup({ states: [state(1, scanned), state(2, scanned)], invocations: { 1: 'Success', 2: 'Failed' } });
		expect(await survey(core)).toMatchObject({ found: { nodes: { well: 1, failed: 1 } } });
	});

	it('has nodes whose connection is lost, also where the account has so many that they are asked for by their ids', async () => {
		const few = await withGroup({ lost: [2, 77] });
		expect(await survey(few)).toMatchObject({ found: { nodes: { 'not-back': 1 } } });
		expect(few.calls('DescribeInstanceInformation')).toMatchObject([{ Filters: [{ Key: 'PingStatus' }] }]);
		const many = await withGroup({ lost: [2, ...Array.from({ length: 200 }, (_, n) => n + 100)] });
		expect(await survey(many)).toMatchObject({ found: { nodes: { 'not-back': 1, well: 1 } } });
		expect(many.calls('DescribeInstanceInformation').at(-1)).toMatchObject({
			Filters: [{ Key: 'InstanceIds', Values: [node(1), node(2)] }],
		});
	});

	it.each([
		['GetResources', throttled(), 'retry'],
		['DescribeInstancePatchStatesForPatchGroup', throttled(), 'retry'],
		['DescribeInstanceInformation', throttled(), 'retry'],
		['PutObject', throttled(), 'retry'],
		['PutObject', awsError('AccessDenied', 'Access Denied', 403), 'refused'],
	])('is not made of what is missing: %s is asked again', async (name, error, why) => {
		const core = await withGroup();
		core.on(name, () => {
			throw error;
		});
		expect(await survey(core)).toMatchObject({ type: 'not-done', effect: 'survey-nodes', why });
	});

	it('after the soak stands beside that of the run, and asks no command', async () => {
		const core = await withGroup({ states: [state(1), state(2, { FailedCount: 1 })] });
		expect(await survey(core, SOAKED)).toMatchObject({
			report: expect.stringMatching(/-soak\.json$/),
			found: { nodes: { well: 1, failed: 1 } },
		});
		expect(core.calls('ListCommandInvocations')).toEqual([]);
		expect(report(core)).toMatchObject({ of: 'soak', gate: { isProven: false } });
	});
});
