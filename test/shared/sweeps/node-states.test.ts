import { describe, expect, it } from 'vitest';
import { tickDue } from '../../../shared/operation/clock.ts';
import { advance } from '../../../shared/operation/engine.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import { sweepStates } from '../../../shared/sweeps/node-states.ts';
import { throttled } from '../../support/core.ts';
import { MINUTE } from '../../support/operations.ts';
import { createStateCore, node, WHERE } from '../../support/state-core.ts';

type Core = Awaited<ReturnType<typeof createStateCore>>;

const DAY = 1_440 * MINUTE;
const NAME = 'fleetkeeper-test-agents';
const associationId = (n: number) => `3c1d7e52-08fa-4b6e-9a41-${String(n).padStart(12, '0')}`;
const sweep = (core: Core) => sweepStates(core.services, WHERE);
/** Operations that are open, by what each is about. */
const open = async (core: Core) => {
	const operations = await core.services.ledger.load(await core.services.ledger.due(Number.MAX_SAFE_INTEGER, 'state'));
	return new Map(
		operations.flatMap((operation): [string, Operation][] => {
			if (operation.kind === 'association') return [[operation.name, operation]];
			return operation.kind === 'state'
				? [[`${operation.subject.complianceType} ${operation.subject.node ?? operation.subject.group}`, operation]]
				: [];
		}),
	);
};
const ends = async (core: Core, about: string, verb: 'cancel' | 'complete') => {
	const operation = (await open(core)).get(about);
	if (operation) await advance(core.services, [{ operation, facts: [{ type: 'operator', verb, by: 'anna' }] }]);
};

/** An account where nothing is amiss, until a test says otherwise. */
async function begin(failing: readonly (string | undefined)[] = []) {
	const core = await createStateCore();
	core.on('ListAssociations', ({ AssociationFilterList }) => ({
		Associations:
			AssociationFilterList[0].value === 'Failed'
				? failing.map((AssociationName, n) => ({ AssociationId: associationId(n), AssociationName }))
				: [],
	}));
	core.on('DescribeAssociation', () => ({ AssociationDescription: { Overview: { Status: 'Pending' } } }));
	return core;
}
const noncompliant = (core: Core, ...numbers: readonly number[]) => {
	for (const n of numbers) core.noncompliant.set(node(n), 'high');
};

describe('The sweep of nodes', () => {
	it('costs three calls where nothing is amiss', async () => {
		const core = await begin();
		expect(await sweep(core)).toEqual({ waiting: 0, opened: 0 });
		expect(core.called()).toEqual(['ListAssociations', 'ListResourceComplianceSummaries', 'ListResourceComplianceSummaries']);
	});

	it('opens operations for what nobody reported, and nothing for what is known', async () => {
		const core = await begin();
		noncompliant(core, 1, 2, 3, 4, 5, 6);
		for (const n of [1, 2, 3, 4, 5]) core.groups.set(node(n), 'prod');

		expect(await sweep(core)).toEqual({ waiting: 12, opened: 4 });
		const both = ['Association', 'Patch'].flatMap((type) => [`${type} ${node(6)}`, `${type} prod`]);
		expect([...(await open(core)).keys()].sort()).toEqual(both);
		core.pass(60 * MINUTE);
		expect(await sweep(core)).toEqual({ waiting: 12, opened: 0 });
		// They last as long as they last: nobody is to be told that they are old.
		expect(await core.services.ledger.openings()).toEqual([]);
	});

	it('leaves alone what Systems Manager does not manage', async () => {
		const core = await begin();
		noncompliant(core, 1, 2);
		core.gone.add(node(1));
		await sweep(core);
		expect([...(await open(core)).keys()].sort()).toEqual([`Association ${node(2)}`, `Patch ${node(2)}`]);
	});

	it.each(['cancel', 'complete'] as const)('leaves alone for a day what a person has ended (%s)', async (verb) => {
		const core = await begin();
		noncompliant(core, 1);
		await sweep(core);
		core.pass(30 * MINUTE);
		await ends(core, `Patch ${node(1)}`, verb);
		core.pass(60 * MINUTE);
		expect((await sweep(core)).opened).toBe(0);
		core.pass(DAY);
		expect((await sweep(core)).opened).toBe(1);
	});

	it('finds a node that falls again after its patch group had taken it over', async () => {
		const core = await begin();
		for (const n of [1, 2, 3, 4, 5]) core.groups.set(node(n), 'prod');
		noncompliant(core, 1);
		await sweep(core);
		noncompliant(core, 2, 3, 4, 5);
		await sweep(core);
		expect([...(await open(core)).keys()].sort()).toEqual(['Association prod', 'Patch prod']);
		core.noncompliant.clear();
		core.pass(4 * MINUTE);
		await tickDue(core.services, 'state');
		expect(await open(core)).toEqual(new Map());

		noncompliant(core, 1);
		core.pass(60 * MINUTE);
		await sweep(core);
		expect([...(await open(core)).keys()].sort()).toEqual([`Association ${node(1)}`, `Patch ${node(1)}`]);
	});

	it('reads page after page, and goes on with the rest where one list is not to be had', async () => {
		const core = await begin();
		core.on('ListResourceComplianceSummaries', ({ Filters, NextToken = '1' }) => {
			if (Filters[0].Values[0] === 'Patch') throw throttled();
			const ResourceComplianceSummaryItems = [
				{ ResourceId: node(Number(NextToken)), ComplianceType: 'Association', Status: 'NON_COMPLIANT' },
			];
			return { ResourceComplianceSummaryItems, ...(NextToken === '1' && { NextToken: '2' }) };
		});
		expect(await sweep(core)).toEqual({ waiting: 2, opened: 2 });
		expect(core.logs.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { complianceType: 'Patch' } }]);
	});

	it('asks OpsCenter, and is settled by the clock: one list for all, and gone is well', async () => {
		const core = await begin();
		noncompliant(core, 1, 2, 3);
		await sweep(core);
		core.noncompliant.delete(node(1));
		core.gone.add(node(2));
		const lists = core.calls('ListResourceComplianceSummaries').length;
		core.pass(16 * MINUTE);
		await tickDue(core.services, 'state');

		expect(core.calls('ListResourceComplianceSummaries').length - lists).toBe(2);
		expect([...(await open(core)).keys()].sort()).toEqual([`Association ${node(3)}`, `Patch ${node(3)}`]);
	});
});

describe('The sweep of associations', () => {
	it('opens operations for those of ours that fail, once', async () => {
		const core = await begin([NAME, 'theirs', undefined]);
		expect(await sweep(core)).toEqual({ waiting: 1, opened: 1 });
		expect((await open(core)).get(NAME)?.history[0]?.why).toContain('the sweep found it');
		core.pass(60 * MINUTE);
		expect(await sweep(core)).toEqual({ waiting: 1, opened: 0 });
	});

	it('leaves alone for a day what a person has ended while it failed', async () => {
		const core = await begin([NAME]);
		core.on('DescribeAssociation', () => ({
			AssociationDescription: { Overview: { Status: 'Failed', AssociationStatusAggregatedCount: { Failed: 1 } } },
		}));
		core.on('DescribeAssociationExecutions', () => ({ AssociationExecutions: [] }));
		await sweep(core);
		core.pass(MINUTE);
		await ends(core, NAME, 'cancel');
		core.pass(60 * MINUTE);
		expect((await sweep(core)).opened).toBe(0);
		core.pass(DAY);
		expect((await sweep(core)).opened).toBe(1);
	});

	it('says so where it cannot ask, and looks at nodes all the same', async () => {
		const core = await begin();
		core.on('ListAssociations', () => {
			throw throttled();
		});
		noncompliant(core, 1);
		expect(await sweep(core)).toEqual({ waiting: 2, opened: 2 });
		expect(core.logs.some(({ message }) => message.startsWith('Associations could not be swept'))).toBe(true);
	});
});
