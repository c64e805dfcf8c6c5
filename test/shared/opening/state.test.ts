import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../shared/errors.ts';
import { GATHER } from '../../../shared/kinds/state/next.ts';
import { gatherDue } from '../../../shared/opening/gathering.ts';
import { openFromNodeStates } from '../../../shared/opening/node-state.ts';
import { openFromFindings } from '../../../shared/opening/state.ts';
import { MANY, openStates } from '../../../shared/opening/state-bundles.ts';
import { tickDue } from '../../../shared/operation/clock.ts';
import { throttled } from '../../support/core.ts';
import { MINUTE, SECOND } from '../../support/operations.ts';
import { complianceEvent, createStateCore, node, WHERE } from '../../support/state-core.ts';

type Core = Awaited<ReturnType<typeof createStateCore>>;

const hear = async (core: Core, ...events: readonly unknown[]) => {
	const results = await openFromNodeStates(core.services, new Map(), events);
	return results.map((result) => {
		if (!result.ok) return (result.error as Drop).reason ?? (result.error as Error).name;
		const { outcome, operation } = result.value;
		return `${outcome} ${operation.kind === 'state' ? (operation.subject.node ?? operation.subject.group) : operation.kind}`;
	});
};
const fallen = (core: Core, ...numbers: readonly number[]) =>
	numbers.map((n) => {
		core.noncompliant.set(node(n), 'medium');
		return complianceEvent(node(n), 'non_compliant', core.now());
	});
const well = (core: Core, ...numbers: readonly number[]) =>
	numbers.map((n) => {
		core.noncompliant.delete(node(n));
		return complianceEvent(node(n), 'compliant', core.now());
	});
const tick = (core: Core) => tickDue(core.services, 'state', (ids) => gatherDue(core.services, ids));
/** Nobody has heard of what gathers before this. */
const gathers = (core: Core) => {
	core.pass(GATHER);
	return tick(core);
};
const inGroup = (core: Core, group: string, ...numbers: readonly number[]) => {
	for (const n of numbers) core.groups.set(node(n), group);
};
const sample = (name: string): unknown => JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
/** How many nodes each open operation holds. */
const sizes = async (core: Core) => (await openStates(core.services)).map(({ nodes }) => Object.keys(nodes).length).sort();

describe('Events of compliance', () => {
	it('open and resolve one OpsItem for a node, as the samples say', async () => {
		const core = await createStateCore();
		core.pass(20 * MINUTE);
		core.noncompliant.set('i-0a1b2c3d4e5f60718', 'critical');
		expect(await hear(core, sample('configuration-compliance-non-compliant'))).toEqual(['opened i-0a1b2c3d4e5f60718']);
		expect(core.called()).not.toContain('CreateOpsItem');
		await gathers(core);
		expect(core.calls('CreateOpsItem')[0]).toMatchObject({ Severity: '2', Category: 'Security', Title: expect.stringContaining('i-0a1b') });
		expect(await hear(core, sample('configuration-compliance-compliant'))).toEqual(['exists i-0a1b2c3d4e5f60718']);
		expect(core.calls('UpdateOpsItem')).toMatchObject([{ OpsItemId: 'oi-000000000001', Status: 'Resolved' }]);
	});

	it('are taken in the order of their times, and a node that is well by the last of them opens nothing', async () => {
		const core = await createStateCore();
		const [bad, good] = [complianceEvent(node(1), 'non_compliant', core.now() - SECOND), complianceEvent(node(1), 'compliant', core.now())];
		expect(await hear(core, good, bad)).toEqual(['nothing-open', 'nothing-open']);
		expect(core.called()).not.toContain('GetResources');

		const again = complianceEvent(node(2), 'non_compliant', core.now());
		expect(await hear(core, again, complianceEvent(node(2), 'compliant', core.now() - SECOND))).toEqual([
			`opened ${node(2)}`,
			`opened ${node(2)}`,
		]);
	});

	it('of something worse make the OpsItem more severe', async () => {
		const core = await createStateCore();
		core.on('GetOpsItem', () => ({ OpsItem: { Status: 'Open' } }));
		await hear(core, ...fallen(core, 1));
		await gathers(core);
		core.pass(2 * MINUTE);
		await hear(core, complianceEvent(node(1), 'non_compliant', core.now(), { severity: 'critical' }));

		expect(core.calls('CreateOpsItem')).toMatchObject([{ Severity: '3' }]);
		expect(core.calls('UpdateOpsItem')).toMatchObject([{ Severity: '2', OperationalData: { severity: { Value: 'critical' } } }]);
	});

	it('that come twice, or after their operation has closed, open nothing', async () => {
		const core = await createStateCore();
		const [bad] = fallen(core, 1);
		await hear(core, bad);
		expect(await hear(core, bad)).toEqual([`exists ${node(1)}`]);
		core.pass(MINUTE);
		await hear(core, ...well(core, 1));
		expect(await hear(core, bad)).toEqual(['old-news']);
		core.pass(MINUTE);

		expect(await hear(core, ...fallen(core, 1))).toEqual([`opened ${node(1)}`]);
		await gathers(core);
		expect(core.calls('CreateOpsItem')).toHaveLength(1);
	});

	it('that say nothing of that shape are refused one by one', async () => {
		const core = await createStateCore();
		const [good] = fallen(core, 1);
		const bad = [
			complianceEvent('web-1', 'non_compliant', 0),
			complianceEvent(node(2), 'unknown' as never, 0),
			complianceEvent(node(2), 'compliant', 0, { 'compliance-type': 'Custom:Mine' }),
			{ ...good, source: 'ops.console' },
			{ ...good, 'detail-type': 'Something Else' },
			undefined,
		];
		expect(await hear(core, ...bad, good)).toEqual([...bad.map(() => 'Fail'), `opened ${node(1)}`]);
	});

	it('of times to come, or without one, make nothing that follows old news', async () => {
		const core = await createStateCore();
		const [first, second] = [1, 2].map((n) => complianceEvent(node(n), 'non_compliant', core.now()));
		await hear(core, { ...first, time: '+275760-09-13T00:00:00Z' }, { ...second, time: 'yesterday' });
		core.pass(2 * MINUTE);
		expect(await hear(core, ...well(core, 1, 2))).toEqual([`exists ${node(1)}`, `exists ${node(2)}`]);
		expect(await sizes(core)).toEqual([]);
	});

	it('are taken from the source that one of AWS samples has', async () => {
		const core = await createStateCore();
		const [event] = fallen(core, 1);
		expect(await hear(core, { ...event, source: 'aws.111122223333' })).toEqual([`opened ${node(1)}`]);
	});
});

describe('Nodes of a patch group', () => {
	it(`are one operation from ${MANY} at once on, found by one call for their tags`, async () => {
		const core = await createStateCore();
		inGroup(core, 'prod', 1, 2, 3, 4, 5);
		inGroup(core, 'test', 6, 7);
		const outcomes = await hear(core, ...fallen(core, 1, 6, 2, 3, 7, 4, 5));

		expect(outcomes).toEqual([
			'opened prod',
			`opened ${node(6)}`,
			'opened prod',
			'opened prod',
			`opened ${node(7)}`,
			'opened prod',
			'opened prod',
		]);
		expect(core.calls('GetResources')).toHaveLength(1);
		expect(await sizes(core)).toEqual([1, 1, 5]);
		const before = core.called().length;
		await gathers(core);
		const calls = core.called().slice(before);
		expect(calls.filter((name) => name === 'CreateOpsItem')).toHaveLength(3);
		expect(calls.filter((name) => ['ListResourceComplianceSummaries', 'DescribeInstanceInformation'].includes(name))).toHaveLength(2);
	});

	it('that fall one after another are one operation from then on, which takes over those that gather', async () => {
		const core = await createStateCore();
		inGroup(core, 'prod', 1, 2, 3, 4, 5, 6);
		for (const n of [1, 2, 3, 4]) expect(await hear(core, ...fallen(core, n))).toEqual([`opened ${node(n)}`]);
		core.pass(MINUTE);
		expect(await hear(core, ...well(core, 1), ...fallen(core, 5))).toEqual(['opened prod', 'opened prod']);
		expect(await sizes(core)).toEqual([4]);
		core.pass(SECOND);
		expect(await hear(core, ...fallen(core, 1, 6), ...well(core, 2))).toEqual(['exists prod', 'exists prod', 'exists prod']);
		await gathers(core);

		expect(core.calls('CreateOpsItem')).toMatchObject([{ OperationalData: { noncompliant: { Value: '5' } } }]);
	});

	it('count together with those that people have been told of, which keep operations of their own', async () => {
		const core = await createStateCore();
		inGroup(core, 'prod', 1, 2, 3, 4, 5, 6);
		await hear(core, ...fallen(core, 1, 2, 3, 4));
		await gathers(core);

		expect(await hear(core, ...fallen(core, 5))).toEqual(['opened prod']);
		core.pass(MINUTE);
		expect(await hear(core, ...fallen(core, 6, 1), ...well(core, 2))).toEqual(['exists prod', `exists ${node(1)}`, `exists ${node(2)}`]);
		expect(await hear(core, ...well(core, 5))).toEqual(['exists prod']);
	});

	it('are known without their tags, once an operation has them', async () => {
		const core = await createStateCore();
		inGroup(core, 'prod', 1, 2, 3, 4, 5);
		await hear(core, ...fallen(core, 1, 2, 3, 4, 5));
		core.pass(2 * MINUTE);
		core.on('GetResources', () => {
			throw throttled();
		});
		expect(await hear(core, ...well(core, 1, 2), ...fallen(core, 3))).toEqual(['exists prod', 'exists prod', 'exists prod']);
		expect(await hear(core, ...fallen(core, 9), ...well(core, 3))).toEqual(['Retry', 'exists prod']);
	});

	it('that carry no tag are one group, and types of compliance are kept apart', async () => {
		const core = await createStateCore();
		const association = { 'compliance-type': 'Association' };
		const others = [1, 2, 3, 4].map((n) => complianceEvent(node(n), 'non_compliant', core.now(), association));
		const outcomes = await hear(core, ...fallen(core, 1, 2, 3, 4, 5), ...others);

		expect(outcomes.slice(0, 5)).toEqual(Array(5).fill('opened (none)'));
		expect(outcomes.slice(5)).toEqual([1, 2, 3, 4].map((n) => `opened ${node(n)}`));
	});

	it('may be nodes of other places, and carry the tag with a space', async () => {
		const core = await createStateCore();
		const ids = Array.from({ length: 5 }, (_, n) => `mi-${String(n).padStart(17, '0')}`);
		core.on('GetResources', ({ ResourceARNList }) => ({
			ResourceTagMappingList: ResourceARNList.map((ResourceARN: string) => ({ ResourceARN, Tags: [{ Key: 'Patch Group', Value: 'lab' }] })),
		}));
		expect(await hear(core, ...ids.map((id) => complianceEvent(id, 'non_compliant', core.now())))).toEqual(Array(5).fill('opened lab'));
		expect(core.calls('GetResources')[0].ResourceARNList[0]).toBe(`arn:aws:ssm:eu-west-1:111122223333:managed-instance/${ids[0]}`);
	});

	it('that two runs hear of at the same moment are in the same operation', async () => {
		const core = await createStateCore();
		inGroup(core, 'prod', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
		const another = { ...core, services: core.another() };
		await Promise.all([hear(core, ...fallen(core, 1, 2, 3, 4, 5)), hear(another, ...fallen(core, 6, 7, 8, 9, 10))]);

		expect(await sizes(core)).toEqual([10]);
	});
});

describe('The clock', () => {
	/** Runs that did not know of each other heard of one node each. */
	const sideBySide = async (count: number) => {
		const core = await createStateCore();
		const numbers = Array.from({ length: count }, (_, n) => n + 1);
		inGroup(core, 'prod', ...numbers);
		fallen(core, ...numbers);
		for (const n of numbers) {
			const found = { ...WHERE, complianceType: 'Patch', node: node(n), is: 'noncompliant', at: core.now(), eventId: `e-${n}` } as const;
			await openFromFindings(core.services, [found], []);
			core.pass(SECOND);
		}
		return core;
	};
	const told = (core: Core) => core.calls('CreateOpsItem').map(({ Title }) => Title);

	it('hands over many that were opened side by side, when the first of them is due, at a bounded price', async () => {
		const core = await sideBySide(20);
		const before = core.called().length;
		await gathers(core);
		expect(await sizes(core)).toEqual([20]);
		const calls = core.called().slice(before);
		expect(calls.filter((name) => name !== 'PutEvents')).toEqual([]);
		await gathers(core);

		expect(told(core)).toEqual(['Nodes of patch group prod do not comply with their patches']);
		expect(core.calls('CreateOpsItem')[0].OperationalData.noncompliant.Value).toBe('20');
	});

	it(`leaves fewer than ${MANY} to themselves`, async () => {
		const core = await sideBySide(4);
		await gathers(core);
		expect(await sizes(core)).toEqual([1, 1, 1, 1]);
		expect(told(core)).toHaveLength(4);
	});

	it('goes on with a handing over whose run was killed', async () => {
		const core = await sideBySide(MANY);
		const killed = { ...core.services, ledger: { ...core.services.ledger, save: () => Promise.reject(new Error('killed')) } };
		core.pass(GATHER);
		await expect(gatherDue(killed, await core.services.ledger.due(core.now(), 'state'))).rejects.toThrow('killed');
		expect(await sizes(core)).toEqual([1, 1, 1, 1, 1, MANY]);
		await hear(core, ...well(core, 1));
		expect(await sizes(core)).toEqual([1, 1, 1, 1, MANY - 1]);
		await tick(core);
		expect(await sizes(core)).toEqual([MANY - 1]);
		await gathers(core);

		expect(told(core)).toEqual(['Nodes of patch group prod do not comply with their patches']);
	});

	it('tells nobody of nodes whose group is being opened by another run, and hands them over with the next tick', async () => {
		const core = await sideBySide(MANY);
		const { ledger } = core.services;
		const busy = { ...core.services, ledger: { ...ledger, create: () => Promise.resolve(false) } };
		core.pass(GATHER);
		await tickDue(core.services, 'state', (ids) => gatherDue(busy, ids));
		expect([told(core), await sizes(core)]).toEqual([[], [1, 1, 1, 1, 1]]);
		await tick(core);
		expect(await sizes(core)).toEqual([MANY]);
	});

	it('reads no operation where none of nodes is due', async () => {
		const core = await createStateCore();
		const ids = ['association-0123456789abcdef-1'];
		const none = { ...core.services, ledger: { due: expect.fail, load: expect.fail } as never };
		expect(await gatherDue(none, ids)).toEqual(ids);
	});
});
